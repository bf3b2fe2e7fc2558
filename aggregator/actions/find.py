"""What a person means by an id, a link or a name on the command line."""

from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, Source, StoredPost
from aggregator.store import posts, visits
from aggregator.store.database import Database


class NotFoundHere(AggregatorError):  # noqa: N818 - named for the matter
    """Nothing here goes by that name."""


def find(database: Database, catalogue: Catalogue, key: str) -> Source | StoredPost | str:
    """A source of the catalogue, a stored post by public id or permalink, or a lost source's id.

    The last is a source that left feeds.yaml while its posts are still stored.
    Raises NotFoundHere, also where the key fits several posts (the message lists them).
    """
    key = key.strip()
    if source := catalogue.source(key):
        return source
    hits = posts.find(database, key)
    if len(hits) == 1:
        return hits[0]
    if hits:
        listed = "\n".join(
            f"  {hit.post.public_id}  {hit.post.source_id}  {hit.post.title or hit.post.excerpt}"
            for hit in hits
        )
        raise NotFoundHere(
            f"{key} fits {len(hits)} posts:\n{listed}", advice="Name one of them by its id."
        )
    if key in visits.states(database, [key]):
        return key
    raise NotFoundHere(
        f"There is no source and no stored post named {key}.",
        advice="`posts` lists stored posts with their ids; `status` lists the sources.",
    )
