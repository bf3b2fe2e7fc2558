"""The tokens of sources: from the environment, or renewed and kept sealed in the database.

::

    the environment ─► token ─► due? ─► renew: claimed ─► asked ─► kept on the disk ─► used
                         ▲────────────────────── sealed, in the database ◄─┘

One whose platform answers no more for now is at rest, for all sources that share it.
A token that the platform rotates opens nothing once its successor is given, so a successor is kept
before anybody uses it, and of two who want to renew the same one only one asks.
Not here: how a platform is asked (its connector), what staff are told (``condition.py``,
``token_words.py``).
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import quote, quote_plus

from aggregator.actions.sealing import seal, unseal
from aggregator.connectors import platforms
from aggregator.connectors._contract import AskEnd, Keys, NoKeys, Renew, Until
from aggregator.errors import (
    AggregatorError,
    FetchError,
    RateLimited,
    StoreError,
    TokenMissing,
    TokenWrong,
    Transient,
)
from aggregator.model import Grant, Source, Token, TokenEnd, TokenNeed
from aggregator.store import digests, tokens
from aggregator.store.database import Database
from aggregator.store.tokens import KeptToken

log = logging.getLogger(__name__)

REFRESH = "REFRESH_TOKEN"
"""The part that renewing shows, where the access token itself is not enough."""
_EARLIEST = timedelta(days=14)
"""Before its end, a token with a long life is renewed."""
_LAST_PART = 4
"""One with a short life is renewed in its last quarter."""
_RENEWAL_TAKES = timedelta(minutes=2)
"""At most: what was begun longer ago and has not ended was broken off."""
_LATE = timedelta(days=1)
"""So long after it was due, a renewal must have failed: every source is visited daily."""
_ASK_AGAIN = timedelta(days=1)
"""After a platform did not tell when a token ends."""
_ACCESS = "access"
_SECRET_LENGTH = 8
"""Characters; no platform gives shorter ones."""
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Held:
    """A token at hand, and what is known of it."""

    kept: KeptToken
    token: Token


class KeyRing:
    """The tokens of all sources. Use it within one event loop."""

    def __init__(
        self,
        database: Database,
        environment: Callable[[str], str | None],
        secret: bytes,
        clock: Callable[[], datetime],
    ) -> None:
        """``environment`` tells what a variable holds; ``secret`` seals what is kept."""
        self.clock = clock
        self._database = database
        self._environment = environment
        self._secret = secret
        self._locks: dict[str, asyncio.Lock] = {}
        self._handed_out: set[str] = set()
        self._asked: dict[str, datetime] = {}
        """By variable, when its platform was last asked when it ends."""

    def of(self, source: Source, need: TokenNeed | None) -> Keys:
        """The token of a source, whose platform has this need."""
        if need is None or source.token is None:
            return NoKeys()
        return _SourceKeys(self, source.token, need)

    def hide(self, error: AggregatorError) -> None:
        """Take out of an error what a platform repeats of all that it was shown."""
        error.args = tuple(self._hidden(str(said)) for said in error.args)
        error.advice = self._hidden(error.advice)
        if isinstance(error, FetchError):
            error.url, error.body, error.headers = self._hidden(error.url), b"", {}

    def _hidden(self, text: str) -> str:
        for secret in self._handed_out:
            for written in (secret, quote(secret, safe=""), quote_plus(secret)):
                text = text.replace(written, "…")
        return text

    def is_set(self, variable: str) -> bool:
        """Whether the environment has it."""
        return self._environment(variable) is not None

    def ends(self, sources: Iterable[Source], now: datetime) -> dict[str, TokenEnd]:
        """By source id, when a person must have made a new token; those without an end left out."""
        known = tokens.known(self._database)
        needs = {name: platform.token for name, platform in platforms().items()}
        found: dict[str, TokenEnd] = {}
        for source in sources:
            need, kept = needs.get(source.platform), known.get(source.token or "")
            if need is None or kept is None or kept.origin != self._origin(kept.variable, need):
                continue  # what is known is of another token than that of today
            ends = _end_for_people(kept, need, now, renewable=self._renewable(kept, need))
            if ends is not None:
                found[source.id] = ends
        return found

    def lock(self, variable: str) -> asyncio.Lock:
        """Held while a token is looked at or renewed."""
        return self._locks.setdefault(variable, asyncio.Lock())

    async def held(self, variable: str, need: TokenNeed) -> _Held:
        """The token as it is now. Raises TokenMissing, TokenWrong or Transient."""
        held = await _in_thread(self._look, variable, need)
        self._hand_out(held.token)
        return held

    async def renew(self, held: _Held, renew: Renew) -> _Held:
        """Renew it now.

        Raises what ``renew`` raises, and Transient where another program is at it, or was just now.
        """
        kept, began = held.kept, self.clock()
        under_way = kept.renewed is not None and abs(began - kept.renewed) < _RENEWAL_TAKES
        if under_way or not await _in_thread(tokens.claim, self._database, kept, began):
            raise Transient("The access token is being renewed just now.")
        claimed = replace(kept, renewed=began)
        try:
            grant = await renew(held.token)
            fresh = self._fresh(held, grant, began)
        except BaseException:
            await _in_thread(tokens.give_back, self._database, kept, began)
            raise
        if not await _in_thread(tokens.keep, self._database, claimed, fresh.kept):
            raise Transient("The access token was changed while it was renewed.")
        self._hand_out(fresh.token)
        log.info("token variable=%s outcome=renewed ends=%s", kept.variable, fresh.kept.expires)
        return fresh

    def _hand_out(self, token: Token) -> None:
        """What is short is no secret, and may be a word of any message."""
        told = (token.access, *token.parts.values())
        self._handed_out.update(one for one in told if len(one) >= _SECRET_LENGTH)

    async def learn(self, held: _Held, ask: AskEnd) -> None:
        """Ask when it ends, unless that is known or was asked within the day."""
        variable, now = held.kept.variable, self.clock()
        asked = self._asked.get(variable)
        if held.kept.expires is not None or (asked and abs(now - asked) < _ASK_AGAIN):
            return
        self._asked[variable] = now
        try:
            ends = await ask(held.token)
        except FetchError as error:
            log.warning("token variable=%s outcome=%r when asked for its end", variable, error.kind)
            return
        if ends is not None:
            await _in_thread(tokens.learn, self._database, held.kept, ends)

    async def refuse_at_rest(self, held: _Held) -> None:
        """Raises RateLimited while its platform answers nobody who shows it."""
        until = await _in_thread(tokens.rests_until, self._database, held.kept, self.clock())
        if until is not None:
            raise RateLimited(f"What may be asked with {held.kept.variable} is used up for now.")

    async def rest(self, held: _Held, until: Until) -> None:
        """Hand it out to nobody until then."""
        ends = until(self.clock())
        await _in_thread(tokens.rest, self._database, held.kept, ends)
        log.info("token variable=%s outcome=at-rest until=%s", held.kept.variable, ends)

    def _look(self, variable: str, need: TokenNeed) -> _Held:
        token = self._of_environment(variable, need)
        origin = self._origin(variable, need)
        kept = tokens.find(self._database, variable)
        if kept is None or kept.origin != origin:
            if kept is not None and kept.sealed is not None:
                self._say_why_forgotten(kept)
            kept = tokens.begin(self._database, variable, origin, self.clock())
        if kept.sealed is None:
            return _Held(kept, token)
        opened = unseal(self._secret, variable, kept.sealed)
        if opened is None:
            self._say_why_forgotten(kept)
            tokens.forget(self._database, kept)
            return _Held(tokens.begin(self._database, variable, origin, self.clock()), token)
        access = opened.pop(_ACCESS)
        return _Held(kept, replace(token, access=access, parts={**token.parts, **opened}))

    def _origin(self, variable: str, need: TokenNeed) -> bytes:
        """A keyed digest of what the environment says."""
        refresh = self._environment(f"{variable}_{REFRESH}") if REFRESH in need.parts else None
        parts = (self._environment(variable) or "", refresh or "")
        return digests.digest(self._secret, "token", variable, *parts)

    def _of_environment(self, variable: str, need: TokenNeed) -> Token:
        access = self._environment(variable)
        if access is None:
            raise TokenMissing(
                f"There is no access token: {variable} is not set.",
                advice=f"{need.how} Make it at {need.page}, set {variable} to it in the "
                "environment, and start Aggregator again.",
            )
        if not _sendable(access):
            raise TokenWrong(
                f"What {variable} holds is no access token: there are blanks or odd letters in it.",
                advice=f"Copy it once more from {need.page}, whole and without quotes.",
            )
        values = {part: self._environment(f"{variable}_{part}") for part in need.parts}
        return Token(variable, access, {part: held for part, held in values.items() if held})

    def _fresh(self, held: _Held, grant: Grant, now: datetime) -> _Held:
        """What is kept and used from now on."""
        if not _sendable(grant.access):
            raise Transient("The platform gave an access token that cannot be sent.")
        kept, parts = held.kept, dict(held.token.parts)
        secrets = {_ACCESS: grant.access}
        if grant.refresh is not None:
            parts[REFRESH] = grant.refresh
        if REFRESH in parts:
            secrets[REFRESH] = parts[REFRESH]
        refresh_expires = kept.refresh_expires
        if grant.refresh_expires_in is not None:
            refresh_expires = now + grant.refresh_expires_in
        fresh = replace(
            kept,
            sealed=seal(self._secret, kept.variable, secrets, now),
            renewed=now,
            expires=None if grant.expires_in is None else now + grant.expires_in,
            refresh_expires=refresh_expires,
        )
        return _Held(fresh, replace(held.token, access=grant.access, parts=parts))

    def _say_why_forgotten(self, kept: KeptToken) -> None:
        """Staff may have to make a new one: that of the environment may be used up."""
        opened = kept.sealed is not None and unseal(self._secret, kept.variable, kept.sealed)
        why = "the environment has another one" if opened else "the secret key is another one"
        log.warning("token variable=%s outcome=forgotten: %s", kept.variable, why)

    def _renewable(self, kept: KeptToken, need: TokenNeed) -> bool:
        """Whether a connector renews it without a person."""
        if kept.sealed is not None:
            return True
        if not need.parts:
            return need.settles is not None
        return all(self.is_set(f"{kept.variable}_{part}") for part in need.parts)


class _SourceKeys:
    """The connectors' ``Keys``, of one source."""

    def __init__(self, ring: KeyRing, variable: str, need: TokenNeed) -> None:
        self._ring = ring
        self._variable = variable
        self._need = need

    async def token(self, renew: Renew | None = None) -> Token:
        ring = self._ring
        async with ring.lock(self._variable):
            held = await ring.held(self._variable, self._need)
            await ring.refuse_at_rest(held)
            lacks = any(part not in held.token.parts for part in self._need.parts)
            if renew is None or lacks or not is_due(held.kept, self._need, ring.clock()):
                return held.token
            try:
                return (await ring.renew(held, renew)).token
            except FetchError as error:
                ends = held.kept.expires
                if ends is not None and ends <= ring.clock():
                    raise
                log.warning("token variable=%s outcome=%r", self._variable, error.kind)
                return held.token

    async def renewed(self, refused: Token, renew: Renew) -> Token:
        ring = self._ring
        async with ring.lock(self._variable):
            held = await ring.held(self._variable, self._need)
            if held.token.access != refused.access:
                return held.token  # another visit has renewed it meanwhile
            return (await ring.renew(held, renew)).token

    async def learn(self, token: Token, ask: AskEnd) -> None:
        ring = self._ring
        async with ring.lock(self._variable):
            held = await ring.held(self._variable, self._need)
            if held.token.access == token.access:
                await ring.learn(held, ask)

    async def rest(self, token: Token, until: Until) -> None:
        ring = self._ring
        async with ring.lock(self._variable):
            held = await ring.held(self._variable, self._need)
            if held.token.access == token.access:
                await ring.rest(held, until)


def is_due(kept: KeptToken, need: TokenNeed, now: datetime) -> bool:
    """Whether to renew it now, while it still holds."""
    due_at = _due_at(kept)
    if due_at is not None:
        return now >= due_at
    settled = kept.renewed or kept.first_used
    return kept.sealed is None and need.settles is not None and now - settled >= need.settles


def _due_at(kept: KeptToken) -> datetime | None:
    """None: its end is not known."""
    if kept.expires is None:
        return None
    life = kept.expires - (kept.renewed or kept.first_used)
    return kept.expires - min(life / _LAST_PART, _EARLIEST)


def _end_for_people(
    kept: KeptToken, need: TokenNeed, now: datetime, *, renewable: bool
) -> TokenEnd | None:
    """The end that no machine puts off; None: there is none, or none is known.

    One that can be renewed ends with that; and where its renewal is late, it has failed. One whose
    end nobody tells was made before it was first used. Once it should have ended, its platform
    says better whether it has.
    """
    if not renewable and kept.expires is None:
        latest = None if need.lasts is None else kept.first_used + need.lasts
        return TokenEnd(latest, at_latest=True) if latest is not None and latest > now else None
    if not renewable:
        return None if kept.expires is None else TokenEnd(kept.expires)
    due_at = _due_at(kept)
    late = kept.expires is not None and due_at is not None and due_at + _LATE < now < kept.expires
    ends = (kept.refresh_expires, kept.expires if late else None)
    first = min((end for end in ends if end is not None), default=None)
    return None if first is None else TokenEnd(first)


def _sendable(access: str) -> bool:
    """Whether it can stand in a field of a request; else its refusal would tell it."""
    return access.isascii() and access.isprintable() and " " not in access and bool(access)


async def _in_thread(work: Callable[..., _Result], *given: object) -> _Result:
    """A question to the database; its trouble is the visit's, and passes."""
    try:
        return await asyncio.to_thread(work, *given)
    except StoreError as error:
        raise Transient(f"The access token could not be looked up: {error}") from error
