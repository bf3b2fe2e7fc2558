"""What a person means by an id, a link or a name on the command line.

In: what they wrote or pasted. Out: the source or the posts meant, else a NotFoundHere that says
what may be meant instead.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from aggregator.catalogue.nearest import nearest
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, Source, StoredPost
from aggregator.normalise.urls import pasted
from aggregator.store import digests, former_ids, posts, receipts, visits
from aggregator.store.database import Database
from aggregator.store.places import bare
from aggregator.store.receipts import Past

_MOST_NEAR = 3
_LOOKED_THROUGH = 500
"""Newest posts, for one whose title was written instead of its id."""
_SOME_OF_AN_ID = re.compile(r"[0-9a-f]{4,11}")
_SOME_OF_A_NAME = 4
"""Signs of a title or id that tell more than chance."""


class NotFoundHere(AggregatorError):  # noqa: N818 - named for the matter
    """Nothing here goes by that name."""


class TakenDownBefore(NotFoundHere):
    """It was here, and was taken down for good."""

    def __init__(self, key: str, past: Past, catalogue: Catalogue) -> None:
        day = catalogue.site.day(past.at)
        super().__init__(
            f"“{key}” was taken down for good on {day}, receipt {past.receipt}: nothing of it is "
            "left.",
            advice=f"`receipts {past.receipt}` proves it. Where its author wants to come back: "
            "docs/care.md, “Coming back”.",
        )
        self.past = past


@dataclass(frozen=True, slots=True)
class Found:
    """A source, or a post."""

    source_id: str
    posts: tuple[StoredPost, ...] = ()
    """Empty: the whole source. Several: one post as far as anybody can tell, so that what is
    decided about it is decided about all of them."""

    @property
    def title(self) -> str:
        """How to call it."""
        if not self.posts:
            return self.source_id
        post = self.posts[0].post
        return post.title or post.excerpt or post.public_id

    @property
    def public_id(self) -> str | None:
        """The post's id; None: it is a source."""
        return self.posts[0].post.public_id if self.posts else None


def find(database: Database, catalogue: Catalogue, key: str) -> Found:
    """A source of the catalogue, a stored post by public id or permalink, or a lost source's id.

    The last is a source that left feeds.yaml while it is still remembered. What was called so once
    is found as well.
    Of a link, scheme, ``www.``, a slash at the end and trackers may be missing or wrong.
    Raises NotFoundHere, also where a link fits several posts (the message lists them), and
    TakenDownBefore.
    """
    key = key.strip()
    if source := catalogue.source(key):
        return Found(source.id)
    hits = posts.find(database, key, pasted(key))
    if hits and _are_one(hits):
        return Found(hits[0].post.source_id, tuple(hits))
    if hits:
        listed = "\n".join(f"  {_line(hit)}" for hit in hits)
        raise NotFoundHere(
            f"{key} fits {len(hits)} posts:\n{listed}", advice="Name one of them by its id."
        )
    if key in visits.states(database, [key]):
        return Found(key)
    if past := taken_down(database, key):
        raise TakenDownBefore(key, past, catalogue)
    if (today := id_of_today(database, catalogue, key)) != key:
        return find(database, catalogue, today)
    raise NotFoundHere(
        f"There is no source and no stored post named “{key}”.",
        advice=_advice(
            [*_near_sources(catalogue, key), *_near_posts(database, key)],
            "`posts` lists stored posts with their ids; `status` lists the sources.",
        ),
    )


def find_all(
    database: Database, catalogue: Catalogue, keys: Iterable[str]
) -> list[tuple[str, Found]]:
    """What is meant by each key, each thing once. Raises as ``find`` does."""
    named = ((key, find(database, catalogue, key)) for key in keys)
    once = {(found.source_id, found.public_id): (key, found) for key, found in named}
    return list(once.values())


def id_of_today(database: Database, catalogue: Catalogue, name: str) -> str:
    """The id by which goes now what went by that one before; of all else, what was said."""
    name = name.strip()
    if catalogue.source(name):
        return name
    return former_ids.now_called(database).get(name, name)


def source_named(database: Database, catalogue: Catalogue, name: str) -> Source:
    """The source that has or had that id. Raises NotFoundHere, with those that may be meant."""
    if source := catalogue.source(id_of_today(database, catalogue, name)):
        return source
    raise NotFoundHere(
        f"There is no source named “{name}” in feeds.yaml.",
        advice=_advice(
            list(_near_sources(catalogue, name)), "`status` lists the sources with their ids."
        ),
    )


def taken_down(database: Database, key: str) -> Past | None:
    """The takedown of a post, by its id or link, or of a source, by its id; None: there is none."""
    secret, link = database.secret, pasted(key)
    marks = list(digests.of_source(secret, key, None).values())
    if link is not None:
        marks.append(digests.of_link(secret, link))
    return receipts.of_post(database, key) or receipts.of_digests(database, marks)


def _advice(near: list[str], otherwise: str) -> str:
    lines = "\n".join(f"  {one}" for one in near[:_MOST_NEAR])
    return f"Did you mean:\n{lines}" if near else otherwise


def _near_sources(catalogue: Catalogue, key: str) -> Iterator[str]:
    """Those called so or nearly so, or at that address, as lines to be listed."""
    place, called = bare(pasted(key) or ""), key.strip().casefold()
    by_name = {one.id: one for one in catalogue.sources}
    by_name |= {one.name: one for one in catalogue.sources if one.name}
    close = by_name.get(nearest(key, by_name) or "")
    for one in catalogue.sources:
        at_it = place is not None and place in {
            bare(known) for known in (one.address, one.home, one.link) if known
        }
        begins = len(called) >= _SOME_OF_A_NAME and any(
            name.casefold().startswith(called) for name in (one.id, one.name or "")
        )
        if at_it or begins or one is close:
            yield f"{one.id}  {one.name or one.address}"


def _near_posts(database: Database, key: str) -> Iterator[str]:
    """Those of which it is the beginning of the id, or a part of the title, as lines."""
    called = key.casefold().strip(' .…"“”')
    found = iter(
        posts.beginning_with(database, called, _MOST_NEAR)
        if _SOME_OF_AN_ID.fullmatch(called)
        else ()
    )
    yield from map(_line, found)
    if len(called) >= _SOME_OF_A_NAME:
        newest = posts.listing(database, limit=_LOOKED_THROUGH)
        titled = (one for one in newest if called in (one.post.title or "").casefold())
        yield from map(_line, islice(titled, _MOST_NEAR))


def _line(hit: StoredPost) -> str:
    post = hit.post
    return f"{post.public_id}  {post.source_id}  {post.title or post.excerpt}"


def _are_one(hits: list[StoredPost]) -> bool:
    """Whether nobody could name them apart, or they are copies of one another."""
    ids = {hit.post.public_id for hit in hits}
    contents = {hit.post.content_key for hit in hits}
    return len(ids) == 1 or (len(contents) == 1 and None not in contents)
