"""A person's decisions about posts and sources: hide, pin, approve, and undo.

In: a key as people give it, and who decides. Out: what was decided, and the widgets as they were
published because of it: a hidden post is out of every file when this returns.
Not here: takedowns, which cannot be undone (``takedown.py``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.actions.copies import related, same_posts
from aggregator.actions.find import Found, find_all
from aggregator.actions.publish import Published, Publisher
from aggregator.errors import AggregatorError
from aggregator.model import Post, StoredPost, Verdict, VerdictKind
from aggregator.store import latecomers, verdicts
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
    """Because of all that was decided together."""
    copies: int
    """Of how many other posts, the same in other sources, it was decided as well."""
    dropped_end: datetime | None = None
    """When the pin would have ended in whose place one without an end came."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be decided about one thing, and what holds of it now."""

    found: Found
    wanted: list[Verdict]
    same: Sequence[StoredPost]
    """Posts that go one way with it, itself among them; empty: a whole source."""
    holds: list[Verdict | None]

    @property
    def is_new(self) -> bool:
        """Whether it would not only say again what holds."""
        return not all(_says(one, self.wanted[0]) for one in self.holds)


def decide(
    publisher: Publisher,
    keys: Iterable[str],
    kind: VerdictKind,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
    until: datetime | None = None,
) -> list[Decision]:
    """Record a verdict on each of these things, on all or on none, and publish once.

    To hide a post hides its copies in other sources, too (``copies.py``): one of them would take
    its place.
    Raises NotFoundHere for an unknown key, AggregatorError for a pin that ends in the past, and
    StoreError for a pin of what is hidden (``verdicts.decide``).
    """
    if until is not None and until <= now:
        local = until.astimezone(ZoneInfo(publisher.catalogue().site.timezone))
        raise AggregatorError(
            f"The end of the pin, {local:%Y-%m-%d %H:%M}, is past; nothing was pinned.",
            advice="Give a later date, or none at all.",
        )
    said = Verdict("", None, kind, by, now, reason, until)
    named = find_all(publisher.database, publisher.catalogue(), keys)
    asked = [_asked(publisher, key, found, said) for key, found in named]
    fresh = [one for one in asked if one.is_new]
    if fresh:
        wanted = {(one.source_id, one.guid): one for new in fresh for one in new.wanted}
        originals = [stored.post for new in fresh for stored in new.same] if kind.hides else []
        verdicts.decide(publisher.database, *wanted.values(), copies_of=originals)
        asked = [_with_missed(publisher, one) if one.is_new else one for one in asked]
    published = _published(publisher, now)
    return [_decided(one, published, now) for one in asked]


def _asked(publisher: Publisher, key: str, found: Found, said: Verdict) -> _Asked:
    about = [stored.post for stored in found.posts]
    if said.kind.approves and any(map(is_empty, about)):
        raise AggregatorError(
            f"{key} was hidden so long ago that its text was erased.",
            advice="It can be shown again only once its source brings it again, edited.",
        )
    wanted = [_about(post, said) for post in about] or [replace(said, source_id=found.source_id)]
    same = _same(publisher, found) if said.kind.hides else found.posts
    return _Asked(found, wanted, same, _held_by(publisher, found, same, said.at))


def _with_missed(publisher: Publisher, asked: _Asked) -> _Asked:
    if not asked.wanted[0].kind.hides:
        return asked
    missed = hide_missed(publisher, asked.found.posts, asked.same, asked.wanted[0])
    return replace(asked, same=[*asked.same, *missed])


def hide_missed(
    publisher: Publisher, told: Sequence[StoredPost], seen: Iterable[StoredPost], said: Verdict
) -> list[StoredPost]:
    """Hide copies that were stored between a look for them and the decision; returns them.

    What is stored from now on meets the decision as it comes (``latecomers.py``). ``told``: what
    was to be hidden; ``seen``: what that look found.
    """
    known = {stored.id for stored in seen}
    same = same_posts(publisher.database, publisher.catalogue(), told) if told else ()
    missed = [
        one for one in same if one.id not in known and not (one.verdict and one.verdict.kind.hides)
    ]
    if missed:
        verdicts.decide(publisher.database, *(_about(one.post, said) for one in missed))
    return missed


def _about(post: Post, said: Verdict) -> Verdict:
    return replace(said, source_id=post.source_id, guid=post.guid, fingerprint=post.fingerprint)


def _decided(asked: _Asked, published: tuple[Published, ...], now: datetime) -> Decision:
    before, wanted = asked.holds[0], asked.wanted[0]
    holds = wanted if asked.is_new else before
    copies = len(asked.same) - len(asked.found.posts)
    decision = _decision(asked.found, holds, published, copies)
    return replace(decision, dropped_end=_dropped_end(before, wanted, now))


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


def undo(
    publisher: Publisher, keys: Iterable[str], kind: VerdictKind, *, by: str, now: datetime
) -> list[Decision]:
    """Take the newest verdict on each post or source back; the one before it holds again.

    Copies that were hidden together with a post come back together with it. Published once.
    Raises NotFoundHere for an unknown key, AggregatorError where there is nothing to undo, or
    where the newest verdict is of another kind than the one to be undone; then nothing is undone.
    """
    named = find_all(publisher.database, publisher.catalogue(), keys)
    seen = [(found, _to_undo(publisher, key, found, kind, now)) for key, found in named]
    undone = []
    for found, verdict in seen:
        together = _decided_together(publisher, found, verdict)
        holds = verdicts.undo(publisher.database, verdict, by, now, together=together)
        undone.append((found, holds, len(together)))
    published = _published(publisher, now)
    return [_decision(found, holds, published, copies) for found, holds, copies in undone]


def _to_undo(
    publisher: Publisher, key: str, found: Found, kind: VerdictKind, now: datetime
) -> Verdict:
    guid = found.posts[0].post.guid if found.posts else None
    seen = verdicts.undoable(publisher.database, found.source_id, guid, now)
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
    return seen


def about_source(publisher: Publisher, source_id: str, now: datetime) -> Verdict | None:
    """What holds of a whole source; None also where it left feeds.yaml."""
    source = publisher.catalogue().source(source_id)
    return verdicts.facts(publisher.database, [source], now)[source_id].verdict if source else None


def _decided_together(publisher: Publisher, found: Found, seen: Verdict) -> list[Verdict]:
    """What the same act decided about the other posts: those found, copies, and latecomers.

    By now they may be copies no more: one that was edited comes back as well.
    """
    if not found.posts:
        return []
    first, database = found.posts[0], publisher.database
    together = [
        copy
        for copy in related(database, publisher.catalogue(), found.posts)
        if copy.id != first.id
        and copy.verdict
        and (copy.verdict.kind, copy.verdict.at) == (seen.kind, seen.at)
    ]
    leading = [one.post.public_id for one in (first, *together)]
    late = latecomers.followers(database, leading)
    return [*(copy.verdict for copy in together if copy.verdict), *late]


def _same(publisher: Publisher, found: Found) -> Sequence[StoredPost]:
    return same_posts(publisher.database, publisher.catalogue(), found.posts)


def _published(publisher: Publisher, now: datetime) -> tuple[Published, ...]:
    # All widgets: the files may still show the post where the list has it no longer.
    return tuple(publisher.publish_all(now))


def _decision(
    found: Found, verdict: Verdict | None, published: tuple[Published, ...], copies: int
) -> Decision:
    return Decision(found.source_id, found.public_id, found.title, verdict, published, copies)
