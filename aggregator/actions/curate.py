"""A person's decisions about posts and sources: hide, pin, approve, and undo.

In: a key as people give it, and who decides. Out: what was decided, and the widgets as they were
published because of it: a hidden post is out of every file when this returns.
Not here: takedowns, which cannot be undone (``takedown.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.actions.copies import related, same_posts
from aggregator.actions.find import Found, find
from aggregator.actions.publish import Published, Publisher
from aggregator.errors import AggregatorError
from aggregator.model import StoredPost, Verdict, VerdictKind
from aggregator.store import verdicts
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
    copies: int
    """Of how many other posts, the same in other sources, it was decided as well."""
    dropped_end: datetime | None = None
    """When the pin would have ended in whose place one without an end came."""


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

    To hide a post hides its copies in other sources, too (``copies.py``): one of them would take
    its place.
    Raises NotFoundHere for an unknown key, AggregatorError for a pin that ends in the past, and
    StoreError for a pin of what is hidden (``verdicts.decide``).
    """
    catalogue = publisher.catalogue()
    if until is not None and until <= now:
        local = until.astimezone(ZoneInfo(catalogue.site.timezone))
        raise AggregatorError(
            f"The end of the pin, {local:%Y-%m-%d %H:%M}, is past; nothing was pinned.",
            advice="Give a later date, or none at all.",
        )
    found = find(publisher.database, catalogue, key)
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
    same = _same(publisher, found) if hides else found.posts
    holds = _held_by(publisher, found, same, now)
    copies = len(same) - len(found.posts)
    if all(_says(one, decided[0]) for one in holds):
        return _decision(publisher, found, holds[0], now, copies)
    originals = [stored.post for stored in same] if hides else []
    verdicts.decide(publisher.database, *decided, copies_of=originals)
    decision = _decision(publisher, found, decided[0], now, copies)
    return replace(decision, dropped_end=_dropped_end(holds[0], decided[0], now))


def _held_by(
    publisher: Publisher, found: Found, about: Sequence[StoredPost], now: datetime
) -> list[Verdict | None]:
    """What holds for a source, or for posts as they are now; what was edited since is undecided."""
    if not found.posts:
        return [about_source(publisher, found.source_id, now)]
    return [
        one.verdict if one.verdict and one.verdict.fingerprint == one.post.fingerprint else None
        for one in about
    ]


def _dropped_end(before: Verdict | None, after: Verdict, now: datetime) -> datetime | None:
    """When a pin would have ended that one without an end replaces."""
    if before is None or before.kind is not after.kind or after.until is not None:
        return None
    return before.until if before.until is not None and before.until > now else None


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
    seen = verdicts.undoable(database, found.source_id, guid, now)
    if seen is None:
        raise AggregatorError(
            f"There is no decision on {key} to undo.",
            advice="Decisions can be undone for 30 days; `posts` shows those that hold.",
        )
    if seen.kind is not kind:
        raise AggregatorError(
            f"The newest decision on {key} is another one: {seen.kind.value}.",
            advice=f"`{_ACTS[seen.kind]} {key} --undo` takes that back.",
        )
    together = _decided_together(publisher, found, seen)
    holds = verdicts.undo(database, seen, by, now, together=together)
    return _decision(publisher, found, holds, now, len(together))


def about_source(publisher: Publisher, source_id: str, now: datetime) -> Verdict | None:
    """What holds of a whole source; None also where it left feeds.yaml."""
    source = publisher.catalogue().source(source_id)
    return verdicts.facts(publisher.database, [source], now)[source_id].verdict if source else None


def _decided_together(publisher: Publisher, found: Found, seen: Verdict) -> list[Verdict]:
    """What the same act decided about the other posts: those found, and copies.

    By now they may be copies no more: one that was edited comes back as well.
    """
    return [
        copy.verdict
        for copy in related(publisher.database, publisher.catalogue(), found.posts)
        if copy.id != found.posts[0].id
        and copy.verdict
        and (copy.verdict.kind, copy.verdict.at) == (seen.kind, seen.at)
    ]


def _same(publisher: Publisher, found: Found) -> Sequence[StoredPost]:
    return same_posts(publisher.database, publisher.catalogue(), found.posts)


def _decision(
    publisher: Publisher, found: Found, verdict: Verdict | None, now: datetime, copies: int
) -> Decision:
    # All widgets: the files may still show the post where the list has it no longer.
    published = tuple(publisher.publish_all(now))
    return Decision(found.source_id, found.public_id, found.title, verdict, published, copies)
