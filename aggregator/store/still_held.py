"""What goes on holding a post that is edited: rules that did not look at the edit.

A rule may have left feeds.yaml, or look at other sources by now. What it held waits until a person
lets it go. Not here: what people do about rules (``holds.py``).
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, select

from aggregator.model import Post, Standing
from aggregator.store.standing import standing, word
from aggregator.store.statements import begin_writing
from aggregator.store.tables import posts

_HELD = select(posts.c.source_id, posts.c.guid, posts.c.holds).where(
    posts.c.public_id.in_(bindparam("public_ids", expanding=True)),
    posts.c.holds.is_not(None),
    standing(posts.c) != word(Standing.APPROVED),  # a person let go of what held it
)


def still_held(connection: Connection, edits: Sequence[Post]) -> list[Post]:
    """Posts that are about to be written, with what holds them as stored and did not look now."""
    begin_writing(connection, posts)
    rows = connection.execute(_HELD, {"public_ids": [post.public_id for post in edits]})
    held = {(source_id, guid): holds for source_id, guid, holds in rows}
    return [_with(post, held.get((post.source_id, post.guid), ())) for post in edits]


def _with(post: Post, stored: Sequence[str]) -> Post:
    kept = [one for one in stored if one not in post.passed_by and one not in post.holds]
    return replace(post, holds=(*post.holds, *kept)) if kept else post
