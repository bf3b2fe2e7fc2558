"""What is kept of tokens, on both databases: whose renewal counts, and what is forgotten."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.store import tokens
from aggregator.store.database import Database
from aggregator.store.tokens import KeptToken

NAME = "X_BEARER_TOKEN"
HOUR = timedelta(hours=1)


@pytest.fixture
def begun(database: Database, now: datetime) -> KeptToken:
    """One that is used from now on."""
    return tokens.begin(database, NAME, b"origin", now)


def renew(database: Database, kept: KeptToken, at: datetime, sealed: bytes = b"new") -> KeptToken:
    """A whole renewal."""
    assert tokens.claim(database, kept, at)
    fresh = replace(kept, sealed=sealed, renewed=at, expires=at + HOUR)
    assert tokens.keep(database, replace(kept, renewed=at), fresh)
    return fresh


def test_what_is_begun_is_found(database: Database, begun: KeptToken, now: datetime) -> None:
    assert begun == KeptToken(NAME, b"origin", now)
    assert tokens.find(database, NAME) == begun
    assert tokens.known(database) == {NAME: begun}
    assert tokens.find(database, "OTHER_TOKEN") is None


def test_what_is_begun_again_is_known_as_before(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    """Another process may have renewed it between two questions of ours."""
    fresh = renew(database, begun, now)
    assert tokens.begin(database, NAME, b"origin", now + HOUR) == fresh


def test_another_token_of_the_environment_makes_the_old_one_forgotten(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    renew(database, begun, now)
    begun_anew = tokens.begin(database, NAME, b"another", now + HOUR)
    assert begun_anew == KeptToken(NAME, b"another", now + HOUR)
    assert tokens.find(database, NAME) == begun_anew


def test_a_renewal_replaces_what_was_known(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    fresh = renew(database, begun, now + HOUR)
    assert tokens.find(database, NAME) == fresh


def test_of_two_who_want_to_renew_only_one_may(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    assert tokens.claim(database, begun, now)
    assert not tokens.claim(database, begun, now + HOUR)


def test_a_failed_renewal_may_be_begun_again(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    assert tokens.claim(database, begun, now)
    tokens.give_back(database, begun, now)
    assert tokens.find(database, NAME) == begun
    assert tokens.claim(database, begun, now + HOUR)


def test_a_renewal_that_others_took_over_is_not_kept(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    assert tokens.claim(database, begun, now)
    claimed = replace(begun, renewed=now)
    assert tokens.claim(database, claimed, now + HOUR)
    assert not tokens.keep(database, claimed, replace(claimed, sealed=b"late"))
    found = tokens.find(database, NAME)
    assert found is not None
    assert found.sealed is None


def test_an_end_that_is_learned_is_remembered(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    tokens.learn(database, begun, now + HOUR)
    assert tokens.find(database, NAME) == replace(begun, expires=now + HOUR)
    tokens.learn(database, begun, None)
    assert tokens.find(database, NAME) == begun


def test_an_end_is_learned_of_the_token_that_is_in_use(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    fresh = renew(database, begun, now)
    tokens.learn(database, begun, now + 9 * HOUR)
    assert tokens.find(database, NAME) == fresh


def test_one_at_rest_is_so_until_its_time_is_over(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    until = now + 9 * HOUR
    tokens.rest(database, begun, until)
    assert tokens.rests_until(database, begun, now) == until
    assert tokens.at_rest(database, now) == {NAME: until}
    assert tokens.rests_until(database, begun, until) is None
    assert tokens.at_rest(database, until) == {}


def test_another_token_of_the_environment_is_not_at_rest(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    tokens.rest(database, begun, now + HOUR)
    another = tokens.begin(database, NAME, b"another", now)
    assert tokens.rests_until(database, another, now) is None
    assert tokens.at_rest(database, now) == {}


def test_a_rest_is_forgotten_with_its_token(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    tokens.rest(database, begun, now + HOUR)
    tokens.drop(database, NAME)
    again = tokens.begin(database, NAME, b"origin", now)
    assert tokens.rests_until(database, again, now) is None


def test_a_rest_of_a_clock_that_was_wrong_holds_nothing_up(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    tokens.rest(database, begun, now + 9000 * HOUR)
    assert tokens.rests_until(database, begun, now) is None


def test_what_cannot_be_opened_is_forgotten(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    tokens.forget(database, renew(database, begun, now))
    assert tokens.find(database, NAME) is None


def test_what_was_renewed_meanwhile_is_not_forgotten(
    database: Database, begun: KeptToken, now: datetime
) -> None:
    first = renew(database, begun, now)
    second = renew(database, first, now + HOUR, b"newer")
    tokens.forget(database, first)
    assert tokens.find(database, NAME) == second


def test_nothing_secret_is_in_its_print(begun: KeptToken) -> None:
    assert "origin" not in repr(begun)
    assert "sealed" not in repr(replace(begun, sealed=b"sealed"))
