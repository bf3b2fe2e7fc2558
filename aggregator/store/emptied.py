"""Hidden posts without content: what is left of them after their time keeps them hidden.

Such a row names its post by id, link and digests, so that neither the post nor a copy of it comes
back as a new one. All else about posts is written in ``posts.py``.
"""

from typing import Any

from sqlalchemy import Connection, Text, and_, cast, delete, update

from aggregator.model import Post, StoredPost
from aggregator.store import alt_texts, hand_pictures
from aggregator.store.tables import pictures, posts, sightings

EMPTY = and_(
    posts.c.text == "",
    posts.c.title.is_(None),
    posts.c.html == "",
    posts.c.quote.is_(None),
    cast(posts.c.media, Text) == "[]",
)
"""Says nothing, as SQL."""
_NOTHING: dict[str, Any] = {
    "title": None,
    "text": "",
    "spans": [],
    "excerpt": "",
    "html": "",
    "language": None,
    "author": None,
    "tags": [],
    "media": [],
    "date_said": None,
    "warning": None,
    "quote": None,
    "original_link": None,
}


def is_empty(post: Post) -> bool:
    """Whether its content was erased."""
    return not (post.title or post.text or post.html or post.quote or post.media)


def empty(connection: Connection, stored: StoredPost, link_key: str | None) -> None:
    """Erase the content of a post, what its platform said of it, and its pictures.

    ``link_key``: None where its source gives the link to other posts, too. That cannot be told any
    more once the texts are gone.
    """
    post = stored.post
    this = update(posts).where(posts.c.id == stored.id)
    connection.execute(this.values(_NOTHING | {"link_key": link_key}))
    told = and_(sightings.c.source_id == post.source_id, sightings.c.guid == post.guid)
    connection.execute(delete(sightings).where(told))
    connection.execute(delete(pictures).where(pictures.c.public_id == post.public_id))
    hand_pictures.erase(connection, [post.public_id])
    alt_texts.erase(connection, [post.public_id])
