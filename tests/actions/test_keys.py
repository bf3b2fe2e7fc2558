"""Tokens: where they come from, when they are renewed, and that no renewed one is ever lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.actions import keys as keys_module
from aggregator.actions.keys import KeyRing, is_due
from aggregator.actions.sealing import seal, unseal
from aggregator.connectors._contract import Keys, NoKeys
from aggregator.errors import (
    Denied,
    RateLimited,
    TokenExpired,
    TokenMissing,
    TokenWrong,
    Transient,
    Unreachable,
)
from aggregator.model import Grant, Platform, Source, Token, TokenEnd, TokenNeed
from aggregator.store import tokens
from aggregator.store.database import Database, open_database
from aggregator.store.tokens import KeptToken

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECRET = b"a secret key of at least 32 bytes"
NAME = "SOCIAL_TOKEN"
SOURCE = Source("account", "social", "institute", token=NAME)
NEED = TokenNeed(NAME, "https://social.example/tokens", "Any administrator may.")
ROTATING = replace(NEED, parts=("REFRESH_TOKEN", "CLIENT_ID"))
SETTLING = replace(NEED, settles=DAY)
_T = TypeVar("_T")


@dataclass
class Ring:
    """A ring of keys over a real database, its environment and its clock."""

    database: Database
    environment: dict[str, str] = field(default_factory=lambda: {NAME: "oldest"})
    now: datetime = NOW
    secret: bytes = SECRET
    asked: list[Token] = field(default_factory=list)
    """What was shown to the platform by those who renewed."""
    ends_asked: list[Token] = field(default_factory=list)
    """And by those who asked when a token ends."""
    grant: Grant | Exception = field(default_factory=lambda: Grant("second", 60 * DAY))

    def made(self) -> KeyRing:
        """A new one, as in another process."""
        return KeyRing(self.database, self.environment.get, self.secret, lambda: self.now)

    def do(self, act: Callable[[Keys], Awaitable[_T]], need: TokenNeed = NEED) -> _T:
        async def go() -> _T:
            return await act(self.made().of(SOURCE, need))

        return asyncio.run(go())

    def token(self, need: TokenNeed = NEED) -> Token:
        return self.do(lambda keys: keys.token(self.renew), need)

    def renewed(self, refused: Token, need: TokenNeed = NEED) -> Token:
        return self.do(lambda keys: keys.renewed(refused, self.renew), need)

    def learn(self, ends: datetime | Exception | None) -> None:
        """Ask the platform when the token ends, which answers this."""

        async def ask(token: Token) -> datetime | None:
            self.ends_asked.append(token)
            if isinstance(ends, Exception):
                raise ends
            return ends

        async def go(keys: Keys) -> None:
            await keys.learn(await keys.token(), ask)

        self.do(go)

    async def renew(self, old: Token) -> Grant:
        self.asked.append(old)
        if isinstance(self.grant, Exception):
            raise self.grant
        return self.grant

    @property
    def kept(self) -> KeptToken:
        found = tokens.find(self.database, NAME)
        assert found is not None
        return found


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Ring]:
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}", SECRET)
    yield Ring(database)
    database.close()


# --- where it comes from ---------------------------------------------------------------------


def test_it_comes_from_the_environment(ring: Ring) -> None:
    ring.environment |= {f"{NAME}_CLIENT_ID": "us", f"{NAME}_OTHER": "no part"}
    assert ring.token(ROTATING) == Token(NAME, "oldest", {"CLIENT_ID": "us"})


def test_what_is_not_set_is_told_with_its_variable_and_the_page(ring: Ring) -> None:
    ring.environment.clear()
    with pytest.raises(TokenMissing) as raised:
        ring.token()
    assert NAME in str(raised.value)
    assert NAME in raised.value.advice
    assert NEED.page in raised.value.advice


@pytest.mark.parametrize("held", ["two words", "naïve", "line\nbreak", "“quoted”", "tab\tbed"])
def test_what_cannot_be_sent_is_no_token(ring: Ring, held: str) -> None:
    """Else its refusal by our own client would show it in a log."""
    ring.environment[NAME] = held
    with pytest.raises(TokenWrong) as raised:
        ring.token()
    assert held not in f"{raised.value}{raised.value.advice}"


@pytest.mark.parametrize(("source", "need"), [(replace(SOURCE, token=None), NEED), (SOURCE, None)])
def test_without_a_need_there_is_no_token(ring: Ring, source: Source, need: TokenNeed) -> None:
    assert isinstance(ring.made().of(source, need), NoKeys)


def test_a_ring_prints_no_token(ring: Ring) -> None:
    assert "oldest" not in repr(ring.token()) + repr(ring.made()) + repr(ring.kept)


# --- when it is renewed ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "left", "due"),
    [
        (timedelta(hours=2), timedelta(minutes=31), False),
        (timedelta(hours=2), timedelta(minutes=30), True),
        (60 * DAY, 14 * DAY + HOUR, False),
        (60 * DAY, 14 * DAY, True),
        (365 * DAY, 15 * DAY, False),
        (365 * DAY, -DAY, True),
    ],
)
def test_it_is_due_in_its_last_quarter_and_no_sooner_than_two_weeks_before_its_end(
    life: timedelta, left: timedelta, due: bool
) -> None:
    kept = KeptToken(NAME, b"", NOW + left - life, expires=NOW + left)
    assert is_due(kept, NEED, NOW) is due


@pytest.mark.parametrize(
    ("need", "used", "due"),
    [(SETTLING, DAY, True), (SETTLING, DAY - HOUR, False), (NEED, 1000 * DAY, False)],
)
def test_without_a_known_end_it_is_due_once_it_has_settled(
    need: TokenNeed, used: timedelta, due: bool
) -> None:
    assert is_due(KeptToken(NAME, b"", NOW - used), need, NOW) is due


def test_one_that_was_renewed_and_has_no_end_is_left_alone() -> None:
    kept = KeptToken(NAME, b"", NOW - 99 * DAY, sealed=b"x", renewed=NOW - 98 * DAY)
    assert not is_due(kept, SETTLING, NOW)


@given(st.timedeltas(timedelta(minutes=1), 999 * DAY), st.timedeltas(-99 * DAY, 999 * DAY))
def test_what_is_due_stays_due(life: timedelta, passed: timedelta) -> None:
    kept = KeptToken(NAME, b"", NOW, expires=NOW + life)
    if is_due(kept, NEED, NOW + passed):
        assert is_due(kept, NEED, NOW + passed + DAY)
    assert is_due(kept, NEED, NOW + life)


def test_what_is_not_due_is_not_renewed(ring: Ring) -> None:
    ring.token()
    ring.learn(NOW + 60 * DAY)
    assert ring.token().access == "oldest"
    assert ring.asked == []


def test_what_is_due_is_renewed_and_used(ring: Ring) -> None:
    ring.learn(NOW + 60 * DAY)
    ring.now += 50 * DAY
    assert ring.token().access == "second"
    assert [old.access for old in ring.asked] == ["oldest"]
    assert ring.kept.expires == ring.now + 60 * DAY
    ring.now += HOUR
    assert ring.token().access == "second"
    assert len(ring.asked) == 1


def test_who_has_no_way_to_renew_uses_what_there_is(ring: Ring) -> None:
    ring.learn(NOW + HOUR)
    ring.now += 2 * HOUR
    assert ring.do(lambda keys: keys.token()).access == "oldest"


def test_a_failed_renewal_hurts_nobody_while_the_old_one_holds(ring: Ring) -> None:
    ring.learn(NOW + 60 * DAY)
    ring.now += 50 * DAY
    ring.grant = Unreachable()
    assert ring.token().access == "oldest"
    ring.grant = Grant("second", None)
    ring.now += timedelta(seconds=1)
    assert ring.token().access == "second"


def test_a_failed_renewal_is_told_once_the_old_one_has_ended(ring: Ring) -> None:
    ring.learn(NOW + HOUR)
    ring.now += 2 * HOUR
    ring.grant = Unreachable()
    with pytest.raises(Unreachable):
        ring.token()


def test_what_the_platform_refuses_is_renewed(ring: Ring) -> None:
    refused = ring.token()
    assert ring.renewed(refused).access == "second"


def test_of_two_visits_that_are_refused_one_renews(ring: Ring) -> None:
    async def both() -> list[Token]:
        keys = ring.made()
        refused = await keys.of(SOURCE, NEED).token()
        visits = (keys.of(SOURCE, NEED).renewed(refused, ring.renew) for _ in range(2))
        return await asyncio.gather(*visits)

    assert [token.access for token in asyncio.run(both())] == ["second", "second"]
    assert len(ring.asked) == 1


def test_a_renewal_that_is_refused_says_why(ring: Ring) -> None:
    ring.grant = TokenExpired()
    with pytest.raises(TokenExpired):
        ring.renewed(ring.token())
    assert ring.kept.renewed is None


def test_an_end_is_learned_only_of_the_token_in_use(ring: Ring) -> None:
    old = ring.token()
    ring.grant = Grant("second", None)
    ring.renewed(old)

    async def ask(_: Token) -> datetime:
        return NOW

    ring.do(lambda keys: keys.learn(old, ask))
    assert ring.kept.expires is None


def test_what_is_known_is_not_asked_again(ring: Ring) -> None:
    ring.learn(NOW + 60 * DAY)
    ring.learn(NOW + 90 * DAY)
    assert [token.access for token in ring.ends_asked] == ["oldest"]
    assert ring.kept.expires == NOW + 60 * DAY


def test_a_platform_that_does_not_tell_the_end_hurts_nobody(ring: Ring) -> None:
    ring.learn(Denied())
    ring.learn(None)
    assert ring.kept.expires is None


def test_who_does_not_tell_the_end_is_asked_once_a_day(ring: Ring) -> None:
    made, asked = ring.made(), 0

    async def ask(_: Token) -> None:
        nonlocal asked
        asked += 1

    async def go() -> None:
        keys = made.of(SOURCE, NEED)
        for _ in range(3):
            await keys.learn(await keys.token(), ask)

    asyncio.run(go())
    assert asked == 1
    ring.now += DAY
    asyncio.run(go())
    assert asked == 2


def test_one_at_rest_is_handed_out_to_nobody_until_then(ring: Ring) -> None:
    """Another process, or the same one started anew, knows it as well."""
    token = ring.token()
    ring.do(lambda keys: keys.rest(token, lambda now: now + HOUR))
    with pytest.raises(RateLimited, match=f"asked with {NAME} is used up"):
        ring.token()
    ring.now += HOUR
    assert ring.token() == token


def test_another_one_in_its_place_may_be_shown_at_once(ring: Ring) -> None:
    token = ring.token()
    ring.do(lambda keys: keys.rest(token, lambda now: now + HOUR))
    ring.environment[NAME] = "another"
    assert ring.token().access == "another"


def test_what_was_refused_of_one_puts_no_other_to_rest(ring: Ring) -> None:
    token = ring.token()
    ring.environment[NAME] = "another"
    ring.do(lambda keys: keys.rest(token, lambda now: now + HOUR))
    assert ring.token().access == "another"


def test_one_at_rest_is_not_renewed(ring: Ring) -> None:
    token = ring.token(SETTLING)
    ring.now += 2 * DAY
    ring.do(lambda keys: keys.rest(token, lambda now: now + HOUR))
    with pytest.raises(RateLimited):
        ring.token(SETTLING)
    assert ring.asked == []


def test_what_cannot_be_renewed_is_used_until_it_ends(ring: Ring) -> None:
    """Its platform will say so; that parts are missing helps nobody while it holds."""
    needs_more = replace(SETTLING, parts=("REFRESH_TOKEN",))
    ring.token(needs_more)
    ring.now += 2 * DAY
    assert ring.token(needs_more).access == "oldest"
    assert ring.asked == []


# --- rotating tokens, and two processes ------------------------------------------------------


def rotating(ring: Ring) -> None:
    ring.environment |= {f"{NAME}_REFRESH_TOKEN": "r1", f"{NAME}_CLIENT_ID": "us"}
    ring.grant = Grant("second", 2 * HOUR, "r2", 180 * DAY)


def test_a_rotated_part_takes_the_place_of_the_old_one(ring: Ring) -> None:
    rotating(ring)
    ring.renewed(ring.token(ROTATING), ROTATING)
    ring.now += 3 * HOUR
    ring.grant = Grant("third", 2 * HOUR)
    assert ring.token(ROTATING).access == "third"
    assert [old.parts["REFRESH_TOKEN"] for old in ring.asked] == ["r1", "r2"]
    assert ring.token(ROTATING).parts == {"REFRESH_TOKEN": "r2", "CLIENT_ID": "us"}
    assert ring.kept.refresh_expires == NOW + 180 * DAY


def test_a_renewed_one_is_in_the_database_before_anybody_has_it(ring: Ring) -> None:
    rotating(ring)

    async def go(keys: Keys) -> None:
        fresh = await keys.renewed(await keys.token(), ring.renew)
        assert ring.kept.sealed is not None
        assert unseal(SECRET, NAME, ring.kept.sealed) == {
            "access": fresh.access,
            "REFRESH_TOKEN": "r2",
        }

    ring.do(go, ROTATING)


def test_two_processes_never_use_one_rotating_part_twice(ring: Ring) -> None:
    rotating(ring)

    async def slow(old: Token) -> Grant:
        other = ring.made()  # a process that comes while the first one waits for its answer
        with pytest.raises(Transient):
            await other.of(SOURCE, ROTATING).renewed(old, ring.renew)
        return await ring.renew(old)

    async def go(keys: Keys) -> Token:
        return await keys.renewed(await keys.token(), slow)

    assert ring.do(go, ROTATING).access == "second"
    assert len(ring.asked) == 1
    assert ring.token(ROTATING).access == "second"


def test_while_another_process_renews_the_old_one_is_used_as_long_as_it_holds(ring: Ring) -> None:
    ring.learn(NOW + 60 * DAY)
    ring.now += 50 * DAY
    held = ring.kept
    assert tokens.claim(ring.database, held, ring.now)
    assert ring.token().access == "oldest"
    assert ring.asked == []


def test_a_renewal_that_was_broken_off_is_begun_again(ring: Ring) -> None:
    ring.learn(NOW + 60 * DAY)
    ring.now += 61 * DAY
    assert tokens.claim(ring.database, ring.kept, ring.now)
    ring.now += HOUR
    assert ring.token().access == "second"


def test_a_cancelled_renewal_can_be_begun_again_at_once(ring: Ring) -> None:
    async def hang(_: Token) -> Grant:
        raise asyncio.CancelledError

    async def go(keys: Keys) -> None:
        with pytest.raises(asyncio.CancelledError):
            await keys.renewed(await keys.token(), hang)

    ring.do(go)
    assert ring.kept.renewed is None


# --- what is kept, and when it is forgotten --------------------------------------------------


def test_nothing_of_a_token_can_be_read_in_the_database(ring: Ring) -> None:
    rotating(ring)
    ring.grant = Grant("second-access", HOUR, "second-refresh")
    ring.renewed(ring.token(ROTATING), ROTATING)
    files = Path(ring.database.place).parent.glob("a.db*")
    dump = b"".join(file.read_bytes() for file in files)
    assert NAME.encode() in dump
    for secret in (b"oldest", b"second-access", b"second-refresh", b"r1\0"):
        assert secret not in dump


def test_a_new_one_in_the_environment_wins(ring: Ring) -> None:
    ring.renewed(ring.token())
    ring.environment[NAME] = "made-anew"
    assert ring.token().access == "made-anew"
    assert ring.kept == KeptToken(NAME, ring.kept.origin, NOW)


def test_a_new_refresh_token_in_the_environment_wins(ring: Ring) -> None:
    rotating(ring)
    ring.renewed(ring.token(ROTATING), ROTATING)
    ring.environment[f"{NAME}_REFRESH_TOKEN"] = "another"
    assert ring.token(ROTATING).parts["REFRESH_TOKEN"] == "another"


def test_a_new_client_is_no_reason_to_forget(ring: Ring) -> None:
    rotating(ring)
    ring.renewed(ring.token(ROTATING), ROTATING)
    ring.environment[f"{NAME}_CLIENT_ID"] = "we"
    assert ring.token(ROTATING).access == "second"


def test_with_another_secret_key_the_one_of_the_environment_is_used_again(
    ring: Ring, caplog: pytest.LogCaptureFixture
) -> None:
    ring.renewed(ring.token())
    ring.secret = b"quite another key of 32 bytes or more"
    with caplog.at_level(logging.WARNING):
        assert ring.token().access == "oldest"
    assert "the secret key is another one" in caplog.text
    assert "oldest" not in caplog.text
    caplog.clear()
    assert ring.token().access == "oldest"
    assert not caplog.text


def test_damaged_bytes_are_forgotten(ring: Ring) -> None:
    ring.renewed(ring.token())
    kept = ring.kept
    tokens.claim(ring.database, kept, ring.now + HOUR)
    claimed = replace(kept, renewed=ring.now + HOUR)
    tokens.keep(ring.database, claimed, replace(claimed, sealed=b"not what was written"))
    assert ring.token().access == "oldest"
    assert ring.kept.sealed is None


def test_a_database_in_trouble_is_trouble_that_passes(ring: Ring) -> None:
    ring.database.close()
    Path(ring.database.place).unlink()
    with pytest.raises(Transient):
        ring.token()


@pytest.mark.parametrize("written", ["{}", "token={}&", "Bearer {}."])
def test_what_a_platform_repeats_is_taken_out_of_an_error(ring: Ring, written: str) -> None:
    ring.environment[NAME] = "a+secret/of=ours"
    ring.environment[f"{NAME}_REFRESH_TOKEN"] = "another-secret"
    keys = ring.made()
    held = asyncio.run(keys.of(SOURCE, ROTATING).token())
    secrets = (held.access, quote(held.access, safe=""), held.parts["REFRESH_TOKEN"])
    said = " ".join(written.format(secret) for secret in secrets)
    error = TokenExpired(said, url=f"https://social.example/?{said}", advice=said)
    error.body, error.headers = said.encode(), {"x": said}
    keys.hide(error)
    told = f"{error} {error!r} {error.advice} {error.url} {error.body!r} {error.headers}"
    assert "secret" not in told
    assert written.format("…") in str(error)


def test_short_parts_are_words_of_any_message(ring: Ring) -> None:
    ring.environment[f"{NAME}_CLIENT_ID"] = "us"
    keys = ring.made()
    asyncio.run(keys.of(SOURCE, ROTATING).token())
    error = TokenExpired("The token that must be used has ended.")
    keys.hide(error)
    assert str(error) == "The token that must be used has ended."


# --- sealing ---------------------------------------------------------------------------------


@given(st.dictionaries(st.text(), st.text()), st.text())
def test_what_is_sealed_opens_under_its_key_and_name(texts: dict[str, str], name: str) -> None:
    sealed = seal(SECRET, name, texts, NOW)
    assert unseal(SECRET, name, sealed) == texts
    assert unseal(SECRET, name + "2", sealed) is None
    assert unseal(SECRET + b"2", name, sealed) is None


@given(st.binary())
def test_no_bytes_break_the_opening(damaged: bytes) -> None:
    assert unseal(SECRET, NAME, damaged) is None


# --- what people are told of its end ---------------------------------------------------------


@pytest.fixture
def social(monkeypatch: pytest.MonkeyPatch) -> Callable[[TokenNeed], None]:
    """Make the platform of the source have this need."""

    def have(need: TokenNeed) -> None:
        platform = Platform("social", object, str, "institute", token=need)
        monkeypatch.setattr(keys_module, "platforms", lambda: {"social": platform})

    return have


def ends(ring: Ring) -> datetime | None:
    """The end that its platform told."""
    found = ring.made().ends([SOURCE], ring.now).get(SOURCE.id)
    assert found is None or not found.at_latest
    return None if found is None else found.at


def test_the_end_that_is_known_is_told(ring: Ring, social: Callable[[TokenNeed], None]) -> None:
    social(NEED)
    assert ends(ring) is None
    ring.learn(NOW + 6 * DAY)
    assert ends(ring) == NOW + 6 * DAY


def test_who_took_the_token_away_is_not_told_of_its_end(
    ring: Ring, social: Callable[[TokenNeed], None]
) -> None:
    social(NEED)
    ring.learn(NOW + 6 * DAY)
    ring.environment.clear()
    assert ends(ring) is None


def test_who_set_a_new_token_is_not_told_of_the_end_of_the_old_one(
    ring: Ring, social: Callable[[TokenNeed], None]
) -> None:
    """Though no visit has used the new one yet."""
    social(NEED)
    ring.learn(NOW + 6 * DAY)
    ring.environment[NAME] = "made-anew"
    assert ends(ring) is None


def test_what_renews_itself_ends_with_its_refresh_token(
    ring: Ring, social: Callable[[TokenNeed], None]
) -> None:
    """Its access token ends every two hours, and nobody need know."""
    social(ROTATING)
    rotating(ring)
    ring.renewed(ring.token(ROTATING), ROTATING)
    ring.now += 5 * HOUR
    assert ends(ring) == NOW + 180 * DAY


def test_what_will_be_renewed_is_no_news(ring: Ring, social: Callable[[TokenNeed], None]) -> None:
    social(ROTATING)
    rotating(ring)
    ring.learn(NOW + 20 * DAY)
    assert ends(ring) is None


def test_a_renewal_that_keeps_failing_is(ring: Ring, social: Callable[[TokenNeed], None]) -> None:
    social(SETTLING)
    ring.learn(NOW + 60 * DAY)
    ring.now += 46 * DAY + HOUR
    assert ends(ring) is None
    ring.now += DAY
    assert ends(ring) == NOW + 60 * DAY


LASTING = replace(SETTLING, parts=("REFRESH_TOKEN", "CLIENT_ID"), lasts=60 * DAY)


def test_without_what_renews_it_its_life_is_counted_from_its_first_use(
    ring: Ring, social: Callable[[TokenNeed], None]
) -> None:
    social(LASTING)
    ring.token(LASTING)
    ring.now += 40 * DAY
    ring.token(LASTING)
    found = ring.made().ends([SOURCE], ring.now)
    assert found == {SOURCE.id: TokenEnd(NOW + 60 * DAY, at_latest=True)}


def test_what_its_platform_tells_is_better_than_what_we_count(
    ring: Ring, social: Callable[[TokenNeed], None]
) -> None:
    social(LASTING)
    ring.learn(NOW + 12 * DAY)
    assert ends(ring) == NOW + 12 * DAY


def test_what_should_have_ended_and_has_not_is_no_news(
    ring: Ring, social: Callable[[TokenNeed], None]
) -> None:
    """As long as it is taken, it has not; once it is not, that is told."""
    social(LASTING)
    ring.token(LASTING)
    ring.now += 60 * DAY
    assert ends(ring) is None


def test_a_new_token_begins_to_count_anew(ring: Ring, social: Callable[[TokenNeed], None]) -> None:
    social(LASTING)
    ring.token(LASTING)
    ring.now += 50 * DAY
    ring.environment[NAME] = "made-anew"
    ring.token(LASTING)
    found = ring.made().ends([SOURCE], ring.now)
    assert found == {SOURCE.id: TokenEnd(ring.now + 60 * DAY, at_latest=True)}
