"""What ``check`` and ``doctor`` say of tokens."""

from datetime import UTC, datetime
from typing import Any

import pytest

from aggregator.actions import token_words as words_module
from aggregator.actions.token_words import token_words, unset_words
from aggregator.errors import AggregatorError
from aggregator.model import Platform, Source, SourceState, TokenEnd, TokenNeed

PAGE = "https://social.example/tokens"
NEEDS = {
    "social": TokenNeed("SOCIAL_TOKEN", PAGE, "Any administrator may."),
    "open": TokenNeed("OPEN_TOKEN", PAGE, "Anybody may.", optional=True),
    "feed": None,
}


@pytest.fixture(autouse=True)
def _platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {name: Platform(name, object, str, "x", token=need) for name, need in NEEDS.items()}
    monkeypatch.setattr(words_module, "platforms", lambda: made)


def nothing(_: str) -> None:
    """An environment."""


def source(name: str = "account", platform: str = "social", **more: Any) -> Source:
    need = NEEDS[platform]
    return Source(name, platform, "x", **{"token": need.variable if need else None, **more})


def test_what_is_missing_is_told_once_with_all_who_need_it() -> None:
    found = unset_words([source("a"), source("b"), source("c", token="SOCIAL_C")], nothing)
    assert found == [
        (
            "SOCIAL_TOKEN is not set, so a, b cannot be read.",
            f"Any administrator may. Make a token at {PAGE}, and set SOCIAL_TOKEN to it.",
        ),
        (
            "SOCIAL_C is not set, so c cannot be read.",
            f"Any administrator may. Make a token at {PAGE}, and set SOCIAL_C to it.",
        ),
    ]


@pytest.mark.parametrize(
    "one",
    [source(platform="open"), source(platform="feed"), source(state=SourceState.PAUSED)],
    ids=["optional", "none", "paused"],
)
def test_what_is_not_needed_is_not_missing(one: Source) -> None:
    assert unset_words([one], nothing) == []


def test_doctor_names_what_is_missing() -> None:
    with pytest.raises(AggregatorError, match="SOCIAL_TOKEN is not set") as raised:
        token_words([source()], nothing, {})
    assert PAGE in raised.value.advice


def test_doctor_names_what_is_set_and_never_what_it_is() -> None:
    sources = [source("a"), source("b"), source("c", "open")]
    told = token_words(
        sources, lambda _: "secret", {"c": TokenEnd(datetime(2026, 12, 3, tzinfo=UTC))}
    )
    assert told == "set: SOCIAL_TOKEN, OPEN_TOKEN (until 2026-12-03)"


def test_doctor_does_not_claim_to_know_what_it_counts() -> None:
    latest = TokenEnd(datetime(2026, 12, 3, tzinfo=UTC), at_latest=True)
    told = token_words([source("a")], lambda _: "secret", {"a": latest})
    assert told == "set: SOCIAL_TOKEN (until 2026-12-03 at the latest)"


def test_doctor_is_content_where_none_is_needed() -> None:
    assert token_words([source(platform="feed")], nothing, {}) == "none is needed"
