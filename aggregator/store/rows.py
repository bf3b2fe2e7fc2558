"""Posts and states as rows and back. Nothing outside ``store/`` sees a row."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Text, and_, cast, or_, select

from aggregator.model import (
    Author,
    DateFlag,
    Hints,
    Identity,
    Media,
    Move,
    Outcome,
    Post,
    PostKind,
    Profile,
    Quote,
    Released,
    SafeHtml,
    Span,
    SpanKind,
    Standing,
    StoredPost,
    Suspicion,
    Validators,
    Verdict,
    VerdictKind,
    VisitState,
)
from aggregator.store.tables import (
    CURRENT,
    microseconds,
    moment,
    posts,
    verdicts,
    visit_state,
)

_MEDIA = ("url", "type", "alt", "width", "height", "id", "seconds", "captions")
_KINDS = {kind.value: kind for kind in PostKind}
_STANDINGS = {standing.value: standing for standing in Standing}


def _filled(thing: object, *names: str) -> dict[str, Any]:
    """The named fields as JSON holds them; those that are None are left out."""
    values = ((name, getattr(thing, name)) for name in names)
    return {name: value for name, value in values if value is not None}


def row_of_post(post: Post) -> dict[str, Any]:
    """The columns of ``posts`` that come from the post itself."""
    return {
        "public_id": post.public_id,
        "source_id": post.source_id,
        "guid": post.guid,
        "permalink": post.permalink,
        "title": post.title,
        "text": post.text,
        "spans": [_filled(span, "kind", "start", "end", "target") for span in post.spans],
        "excerpt": post.excerpt,
        "html": post.html,
        "language": post.language,
        "author": post.author and _filled(post.author, "name", "handle", "url"),
        "kind": post.kind.value,
        "tags": list(post.tags),
        "media": [_filled(one, *_MEDIA) for one in post.media],
        "published": post.published,
        "date_flag": post.date_flag and post.date_flag.value,
        "date_said": post.date_said,
        "updated": post.updated,
        "sensitive": post.sensitive,
        "warning": post.warning,
        "quote": post.quote and _row_of_quote(post.quote),
        "original_link": post.original_link,
        "holds": list(post.holds) or None,
        "link_key": post.link_key,
        "content_key": post.content_key,
        "fingerprint": post.fingerprint,
    }


def _row_of_quote(quote: Quote) -> dict[str, Any]:
    row = _filled(quote, "permalink", "text")
    if quote.author is not None:
        row["author"] = _filled(quote.author, "name", "handle", "url")
    return row


def quote_of(row: dict[str, Any]) -> Quote:
    """The column ``quote``, where it is not null."""
    author = row.get("author")
    return Quote(Author(**author) if author else None, row.get("permalink"), row["text"])


WITH_VERDICT = select(
    *(column for column in posts.c if column.name not in {"public_id", "held"}),
    verdicts.c.kind,
    verdicts.c.decided_by,
    verdicts.c.decided_at,
    verdicts.c.reason,
    verdicts.c.until,
    verdicts.c.post_fingerprint,
).join_from(
    posts,
    verdicts,
    and_(verdicts.c.source_id == posts.c.source_id, verdicts.c.guid == posts.c.guid, CURRENT),
    isouter=True,
)
"""Posts with the verdicts on them, as ``stored_post`` takes them."""


def _span(row: dict[str, Any]) -> Span:
    return Span(SpanKind(row["kind"]), row["start"], row["end"], row.get("target"))


def stored_post(row: Row[*tuple[Any, ...]]) -> StoredPost:
    """A row of ``WITH_VERDICT``.

    Unpacked at once, a row takes a third of the time that looking up its columns by name does.
    """
    (
        number, source_id, guid, permalink, title, text, spans, excerpt, html, language, author,
        kind, tags, media, published, date_flag, date_said, updated, sensitive, warning, quote,
        original_link, holds, link_key, content_key, fingerprint, first_seen, sort_at, standing,
        verdict_kind, verdict_by, verdict_at, verdict_reason, verdict_until, verdict_on,
    ) = row  # fmt: skip
    post = Post(
        source_id=source_id,
        guid=guid,
        permalink=permalink,
        title=title,
        text=text,
        spans=tuple(map(_span, spans)),
        excerpt=excerpt,
        html=SafeHtml(html),  # stored clean: only ``normalise`` makes the posts that come here
        language=language,
        author=None if author is None else Author(**author),
        kind=_KINDS[kind],
        tags=tuple(tags),
        media=tuple([Media(**one) for one in media]),
        published=published,
        date_flag=date_flag and DateFlag(date_flag),
        date_said=date_said,
        updated=updated,
        sensitive=sensitive,
        warning=warning,
        quote=None if quote is None else quote_of(quote),
        link_key=link_key,
        content_key=content_key,
        fingerprint=fingerprint,
        original_link=original_link,
        holds=tuple(holds or ()),
    )
    verdict = None
    if verdict_kind is not None:
        decided = VerdictKind(verdict_kind)
        told = (verdict_by, verdict_at, verdict_reason, verdict_until, verdict_on)
        verdict = Verdict(source_id, guid, decided, *told)
    return StoredPost(post, number, first_seen, sort_at, _STANDINGS[standing], verdict)


def verdict_of(row: Row[*tuple[Any, ...]]) -> Verdict:
    """A row of ``verdicts``."""
    return Verdict(
        row.source_id,
        row.guid or None,
        VerdictKind(row.kind),
        row.decided_by,
        row.decided_at,
        row.reason,
        row.until,
        row.post_fingerprint,
    )


def row_of_state(state: VisitState) -> dict[str, Any]:
    """The columns of ``visit_state`` that a visit decides; ``next_due`` apart."""
    validators = state.validators
    return {
        "lapses": state.lapses,
        "validators_url": validators and validators.url,
        "etag": validators and validators.etag,
        "last_modified": validators and validators.last_modified,
        "cursor": state.cursor,
        "profile": state.profile and _row_of_profile(state.profile),
        "last_visit": state.last_visit,
        "last_ok": state.last_ok,
        "last_new": state.last_new,
        "outcome": state.outcome and state.outcome.value,
        "error_kind": state.error_kind,
        "error_text": state.error_text,
        "error_advice": state.error_advice,
        "error_streak": state.error_streak,
        "same_body_streak": state.same_body_streak,
        "wait_until": state.wait_until,
        "look_up_after": state.look_up_after,
        "failing_since": state.failing_since,
        "gone_answers": state.gone_answers,
        "stopped_at": state.stopped_at,
        "adopted": state.adopted,
        "move": state.move and _row_of_move(state.move),
        "given_up": state.given_up,
        "hints": state.hints and _row_of_hints(state.hints),
        "unstable_ids": state.unstable_ids,
        "identity": state.identity and _row_of_identity(state.identity),
        "suspicion": _row_of_doubt(state),
        "visits": state.visits,
    }


def _row_of_profile(profile: Profile) -> dict[str, Any]:
    row = _filled(profile, "title", "link", "language", "description", "topic", "new_address")
    return row | {"hubs": list(profile.hubs)} if profile.hubs else row


def profile_of(stored: Any) -> Profile | None:
    """The column ``profile``."""
    return None if stored is None else Profile(**stored | {"hubs": tuple(stored.get("hubs", ()))})


def _row_of_move(move: Move) -> dict[str, Any]:
    return {"address": move.address, "since": microseconds(move.since), "seen": move.seen}


def _move_of(stored: Any) -> Move | None:
    return stored and Move(stored["address"], moment(stored["since"]), stored["seen"])


def _row_of_hints(hints: Hints) -> dict[str, Any]:
    return {
        "interval": hints.interval and int(hints.interval.total_seconds()),
        "skip_hours": sorted(hints.skip_hours),
        "skip_days": sorted(hints.skip_days),
    }


def _hints_of(stored: Any) -> Hints | None:
    if stored is None:
        return None
    seconds = stored["interval"]
    return Hints(
        None if seconds is None else timedelta(seconds=seconds),
        frozenset(stored["skip_hours"]),
        frozenset(stored["skip_days"]),
    )


_DIGESTS = ("authors", "ids", "texts", "words", "outbound")
_FORM = 2
"""Of an identity as it is stored. Digests of the first form were not keyed."""
_TELLING = ("Its new posts are by “", "Its new posts link to ", "Its posts were pages of ")
"""How signals of that form begin that name an author or a page."""


def _row_of_identity(identity: Identity) -> dict[str, Any]:
    """Digests as one text each: every visit reads and writes them, and few look at them."""
    facts = ("title", "language", "domain", "link_domain", "id_style", "issuer", "length")
    digests = {name: " ".join(getattr(identity, name)) for name in _DIGESTS}
    newest = identity.newest and microseconds(identity.newest)
    return _filled(identity, *facts) | digests | {"newest": newest, "form": _FORM}


def _identity_of(stored: Any) -> Identity | None:
    """Of another form, only the facts that are no digests: the rest is learnt anew."""
    if stored is None:
        return None
    digests = {name: tuple(stored[name].split()) for name in _DIGESTS}
    newest = None if stored["newest"] is None else moment(stored["newest"])
    facts = {name: value for name, value in stored.items() if name != "form"}
    known = Identity(**(facts | digests | {"newest": newest}))
    return known if _is_of_this_form(stored) else without_digests(known)


def _is_of_this_form(identity: Any) -> bool:
    return identity is not None and identity.get("form") == _FORM


def without_digests(identity: Identity, ids: Iterable[str] = ()) -> Identity:
    """What is no digest of an identity, but for these ids of posts."""
    return replace(
        identity,
        link_domain=None,
        authors=(),
        ids=tuple(ids),
        texts=(),
        words=(),
        outbound=(),
    )


OF_ANOTHER_FORM = or_(
    *(
        and_(column.is_not(None), cast(column, Text).not_like(f'%"form": {_FORM}%'))
        for column in (visit_state.c.identity, visit_state.c.suspicion)
    )
)
"""Rows of ``visit_state``: ``visit_state_of`` leaves out what must not be kept of them."""


def _row_of_doubt(state: VisitState) -> dict[str, Any] | None:
    """One column for a suspicion and for its release: a source has one of them at most."""
    if state.suspicion is not None:
        return _row_of_suspicion(state.suspicion)
    if (released := state.released) is None:
        return None
    return _row_of_suspicion(released.suspicion) | {
        "released": microseconds(released.at),
        "trusted": released.identity and _row_of_identity(released.identity),
        "profile": released.profile and _row_of_profile(released.profile),
    }


def is_doubted(stored: Any) -> bool:
    """Whether the column ``suspicion`` holds one that nobody has decided about."""
    return stored is not None and "released" not in stored


def _row_of_suspicion(suspicion: Suspicion) -> dict[str, Any]:
    return {
        "since": microseconds(suspicion.since),
        "signals": list(suspicion.signals),
        "seen": _row_of_identity(suspicion.seen),
    }


def _doubt_of(stored: Any) -> tuple[Suspicion | None, Released | None]:
    if stored is None:
        return None, None
    seen = _identity_of(stored["seen"]) or Identity()
    signals = tuple(stored["signals"])
    if not _is_of_this_form(stored["seen"]):
        signals = tuple(one for one in signals if not one.startswith(_TELLING))
    suspicion = Suspicion(moment(stored["since"]), signals, seen)
    if "released" not in stored:
        return suspicion, None
    trusted = _identity_of(stored["trusted"])
    profile = profile_of(stored["profile"])
    return None, Released(moment(stored["released"]), suspicion, trusted, profile)


def visit_state_of(row: Row[*tuple[Any, ...]]) -> VisitState:
    """A row of ``visit_state``; of a claimed one, ``next_due`` as it was before the claim."""
    validators = None
    if row.validators_url is not None:
        validators = Validators(row.validators_url, row.etag, row.last_modified)
    suspicion, released = _doubt_of(row.suspicion)
    return VisitState(
        source_id=row.source_id,
        address=row.address,
        validators=validators,
        cursor=row.cursor,
        profile=profile_of(row.profile),
        next_due=row.next_due if row.claimed_until is None else row.due_before,
        lapses=row.lapses,
        last_visit=row.last_visit,
        last_ok=row.last_ok,
        last_new=row.last_new,
        outcome=row.outcome and Outcome(row.outcome),
        error_kind=row.error_kind,
        error_text=row.error_text,
        error_advice=row.error_advice,
        error_streak=row.error_streak,
        same_body_streak=row.same_body_streak,
        wait_until=row.wait_until,
        look_up_after=row.look_up_after,
        failing_since=row.failing_since,
        gone_answers=row.gone_answers,
        stopped_at=row.stopped_at,
        adopted=row.adopted,
        move=_move_of(row.move),
        given_up=row.given_up,
        hints=_hints_of(row.hints),
        unstable_ids=row.unstable_ids,
        identity=_identity_of(row.identity),
        suspicion=suspicion,
        released=released,
        visits=row.visits,
    )
