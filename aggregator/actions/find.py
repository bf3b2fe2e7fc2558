"""What a person means by an id, a link or a name on the command line."""

from dataclasses import dataclass

from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, StoredPost
from aggregator.store import posts, visits
from aggregator.store.database import Database


class NotFoundHere(AggregatorError):  # noqa: N818 - named for the matter
    """Nothing here goes by that name."""


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

    The last is a source that left feeds.yaml while it is still remembered.
    Raises NotFoundHere, also where a link fits several posts (the message lists them).
    """
    key = key.strip()
    if source := catalogue.source(key):
        return Found(source.id)
    hits = posts.find(database, key)
    if hits and _are_one(hits):
        return Found(hits[0].post.source_id, tuple(hits))
    if hits:
        listed = "\n".join(
            f"  {hit.post.public_id}  {hit.post.source_id}  {hit.post.title or hit.post.excerpt}"
            for hit in hits
        )
        raise NotFoundHere(
            f"{key} fits {len(hits)} posts:\n{listed}", advice="Name one of them by its id."
        )
    if key in visits.states(database, [key]):
        return Found(key)
    raise NotFoundHere(
        f"There is no source and no stored post named {key}.",
        advice="`posts` lists stored posts with their ids; `status` lists the sources.",
    )


def _are_one(hits: list[StoredPost]) -> bool:
    """Whether nobody could name them apart, or they are copies of one another."""
    ids = {hit.post.public_id for hit in hits}
    contents = {hit.post.content_key for hit in hits}
    return len(ids) == 1 or (len(contents) == 1 and None not in contents)
