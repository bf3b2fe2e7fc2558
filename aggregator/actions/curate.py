"""A person's decisions about posts and sources: hide, pin, approve, and undo.

In: a key as people give it, and who decides. Out: what was decided, and the widgets as they were
published because of it: a hidden post is out of every file when this returns.
Not here: takedowns, which cannot be undone (``takedown.py``).
"""

from dataclasses import dataclass
from datetime import datetime

from aggregator.actions.find import Found, find
from aggregator.actions.publish import Published, Publisher
from aggregator.errors import AggregatorError
from aggregator.model import Post, StoredPost, Verdict, VerdictKind
from aggregator.store import posts, verdicts
from aggregator.store.emptied import is_empty

_ACTS = {
    VerdictKind.HIDDEN: "hide",
    VerdictKind.PINNED: "pin",
    VerdictKind.APPROVED: "approve",
}
"""The command behind each kind of verdict."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that stands."""

    source_id: str
    public_id: str | None
    """None: about the whole source."""
    title: str
    verdict: Verdict | None
    """What holds now; None: nothing (after an undo)."""
    published: tuple[Published, ...]


def decide(
    publisher: Publisher,
    key: str,
    kind: VerdictKind,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
    until: datetime | None = None,
) -> Decision:
    """Record a verdict and publish.

    To hide a post hides its copies in other sources, too: one of them would take its place.
    Raises NotFoundHere for an unknown key, AggregatorError for a pin that ends in the past, and
    for a pin of what is hidden: only an act that says so brings it back.
    """
    if until is not None and until <= now:
        raise AggregatorError(
            f"The end of the pin, {until:%Y-%m-%d %H:%M} UTC, is past.",
            advice="Give a later date, or none at all.",
        )
    found = find(publisher.database, publisher.catalogue(), key)
    if kind is VerdictKind.PINNED and _holding(publisher, found, now) is VerdictKind.HIDDEN:
        raise AggregatorError(
            f"{key} is hidden.", advice=f"`hide {key} --undo` brings it back; then pin it."
        )
    about = [stored.post for stored in found.posts]
    if kind is not VerdictKind.HIDDEN and any(map(is_empty, about)):
        raise AggregatorError(
            f"{key} was hidden so long ago that its text was erased.",
            advice="It can be shown again only once its source brings it again, edited.",
        )
    decided = [
        Verdict(post.source_id, post.guid, kind, by, now, reason, until, post.fingerprint)
        for post in about
    ] or [Verdict(found.source_id, None, kind, by, now, reason, until)]
    hides = kind is VerdictKind.HIDDEN
    holds = _held_by(publisher, found, now, copies=hides)
    if all(_says(one, decided[0]) for one in holds):
        return _decision(publisher, found, holds[0], now)
    verdicts.decide(publisher.database, *decided, copies_of=about if hides else [])
    return _decision(publisher, found, decided[0], now)


def _held_by(
    publisher: Publisher, found: Found, now: datetime, *, copies: bool
) -> list[Verdict | None]:
    """What holds for a source, or for posts as they are now; what was edited since is undecided."""
    if not found.posts:
        return [about_source(publisher, found.source_id, now)]
    return [
        one.verdict if one.verdict and one.verdict.fingerprint == one.post.fingerprint else None
        for one in (_with_copies(publisher, found) if copies else found.posts)
    ]


def _says(before: Verdict | None, wanted: Verdict) -> bool:
    """Whether a decision would only say again what holds."""
    return before is not None and (before.kind, before.until, before.reason) == (
        wanted.kind,
        wanted.until,
        wanted.reason or before.reason,
    )


def undo(publisher: Publisher, key: str, kind: VerdictKind, *, by: str, now: datetime) -> Decision:
    """Take the newest verdict on a post or source back; the one before it holds again.

    Copies that were hidden together with a post come back together with it.
    Raises NotFoundHere for an unknown key, AggregatorError where there is nothing to undo, or
    where the newest verdict is of another kind than the one to be undone.
    """
    database = publisher.database
    found = find(database, publisher.catalogue(), key)
    guid = found.posts[0].post.guid if found.posts else None
    if not verdicts.undoable(database, found.source_id, guid, now):
        raise AggregatorError(
            f"There is no decision on {key} to undo.",
            advice="Decisions can be undone for 30 days; `posts` shows those that hold.",
        )
    holding = _holding(publisher, found, now)
    if holding is not kind and holding is not None:
        raise AggregatorError(
            f"The newest decision on {key} is another one: {holding.value}.",
            advice=f"`{_ACTS[holding]} {key} --undo` takes that back.",
        )
    together = _decided_together(publisher, found)
    holds = verdicts.undo(database, found.source_id, guid, by, now)
    for post in together:
        verdicts.undo(database, post.source_id, post.guid, by, now)
    return _decision(publisher, found, holds, now)


def _holding(publisher: Publisher, found: Found, now: datetime) -> VerdictKind | None:
    """What holds for a post or source as a person decided it."""
    verdict = (
        found.posts[0].verdict if found.posts else about_source(publisher, found.source_id, now)
    )
    return verdict.kind if verdict else None


def about_source(publisher: Publisher, source_id: str, now: datetime) -> Verdict | None:
    """What holds of a whole source; None also where it left feeds.yaml."""
    source = publisher.catalogue().source(source_id)
    return verdicts.facts(publisher.database, [source], now)[source_id].verdict if source else None


def _decided_together(publisher: Publisher, found: Found) -> list[Post]:
    """The other posts that the same act as that on the found one decided about."""
    if not found.posts or (first := found.posts[0]).verdict is None:
        return []
    act = (first.verdict.kind, first.verdict.at)
    return [
        copy.post
        for copy in _with_copies(publisher, found)
        if copy.id != first.id and copy.verdict and (copy.verdict.kind, copy.verdict.at) == act
    ]


def _with_copies(publisher: Publisher, found: Found) -> list[StoredPost]:
    copies: dict[int, StoredPost] = {}
    for stored in found.posts:
        copies |= {copy.id: copy for copy in posts.copies_of(publisher.database, stored.post)}
    return list(copies.values())


def _decision(
    publisher: Publisher, found: Found, verdict: Verdict | None, now: datetime
) -> Decision:
    # All widgets: the files may still show the post where the list has it no longer.
    published = tuple(publisher.publish_all(now))
    return Decision(found.source_id, found.public_id, found.title, verdict, published)
