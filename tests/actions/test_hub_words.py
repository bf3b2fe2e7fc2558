"""What is said of hubs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.actions.hub_words import pushing_words, subscription_words
from aggregator.store.subscriptions import Status, Subscription

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACTIVE = Subscription(
    "a", "blog", "https://a.example/feed", "https://hub.example/x", b"s",
    Status.ACTIVE, NOW - DAY, NOW + DAY, NOW + DAY, last_push=NOW - DAY,
)  # fmt: skip
ASKED = replace(ACTIVE, status=Status.ASKED, until=None, last_push=None)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ([], ""),
        ([ACTIVE], "hub.example pushes new posts to us, last on 2026-11-22 12:00 UTC."),
        ([ACTIVE, ASKED], "hub.example pushes new posts to us, last on 2026-11-22 12:00 UTC."),
        ([replace(ACTIVE, last_push=None)],
         "hub.example has promised to push new posts; none has come yet."),
        ([replace(ACTIVE, missed=4)],
         "hub.example has promised to push new posts, but kept 4 new posts from us; "
         "visits go on as usual."),
        ([ASKED], "hub.example was asked to push new posts, and has not answered yet."),
        ([replace(ASKED, status=Status.DENIED)],
         "hub.example does not push new posts to us; it is asked again after "
         "2026-11-24 12:00 UTC."),
        ([replace(ACTIVE, status=Status.ENDED)], ""),
        ([replace(ACTIVE, until=NOW)], ""),
    ],
)  # fmt: skip
def test_each_state_has_its_words(known: list[Subscription], words: str) -> None:
    assert subscription_words(known, NOW) == words


@given(
    st.lists(
        st.builds(
            replace,
            st.just(ACTIVE),
            status=st.sampled_from(Status),
            until=st.sampled_from([None, NOW, NOW + DAY]),
            renew_at=st.sampled_from([None, NOW]),
            last_push=st.sampled_from([None, NOW]),
            missed=st.integers(0, 5),
        ),
        max_size=4,
    )
)
def test_there_are_words_for_whatever_there_is(known: list[Subscription]) -> None:
    words = subscription_words(known, NOW)
    assert "None" not in words
    assert not words or words.endswith(".")


def test_why_nothing_is_pushed() -> None:
    assert "AGGREGATOR_PUBLIC_URL is not set" in pushing_words("", pushable=False)
    assert "is not https" in pushing_words("http://a.example", pushable=False)
    assert "are asked" in pushing_words("https://a.example", pushable=True)
