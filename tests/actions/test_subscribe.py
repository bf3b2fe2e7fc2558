"""What is done about hubs: one decision for a source, from what is known of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.actions.subscribe import Ask, End, Forget, Offer, Tell, decide, offer_of
from aggregator.model import Profile
from aggregator.store.subscriptions import Status, Subscription

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OFFER = Offer("https://hub.example/", "https://a.example/feed")
ACTIVE = Subscription(
    "a", "blog", OFFER.topic, OFFER.hub, b"s", Status.ACTIVE, NOW - DAY, NOW + DAY, NOW + HOUR
)
ASKED = replace(ACTIVE, callback="b", status=Status.ASKED, until=None)
DENIED = replace(ASKED, callback="c", status=Status.DENIED)
ENDED = replace(ACTIVE, callback="d", status=Status.ENDED, renew_at=None)


def due(one: Subscription) -> Subscription:
    return replace(one, renew_at=NOW)


@pytest.mark.parametrize(
    ("known", "acts"),
    [
        ([], [Ask(OFFER)]),
        ([ASKED], []),
        ([DENIED], []),
        ([ACTIVE], []),
        ([ENDED], [Ask(OFFER)]),
        ([due(ACTIVE)], [Ask(OFFER)]),
        ([due(ACTIVE), ASKED], []),
        ([due(ACTIVE), DENIED], []),
        ([due(ACTIVE), due(ASKED)], [Forget(due(ASKED)), Ask(OFFER)]),
        ([due(DENIED)], [Forget(due(DENIED)), Ask(OFFER)]),
        ([replace(ACTIVE, until=NOW)], [Forget(replace(ACTIVE, until=NOW)), Ask(OFFER)]),
        ([replace(ACTIVE, topic="https://old.example/")], [Ask(OFFER)]),
        ([replace(ACTIVE, hub="https://old.example/")], [Ask(OFFER)]),
        ([due(ENDED), ACTIVE], [Tell(due(ENDED))]),
        ([replace(ENDED, until=NOW), ACTIVE], [Forget(replace(ENDED, until=NOW))]),
    ],
)
def test_after_a_good_visit(known: list[Subscription], acts: list[object]) -> None:
    assert list(decide(known, OFFER, NOW, visited=True)) == acts


@pytest.mark.parametrize(
    ("known", "acts"),
    [
        ([], []),
        ([ACTIVE], []),
        ([due(ACTIVE)], [Ask(OFFER)]),
        ([due(DENIED)], [Forget(due(DENIED))]),
        ([due(ASKED)], [Forget(due(ASKED))]),
    ],
)
def test_without_a_visit_a_hub_is_asked_for_no_more_than_a_renewal(
    known: list[Subscription], acts: list[object]
) -> None:
    assert list(decide(known, OFFER, NOW, visited=False)) == acts


@pytest.mark.parametrize(
    ("known", "acts"),
    [
        ([ACTIVE, ASKED], [End(ACTIVE), End(ASKED)]),
        ([DENIED], [Forget(DENIED)]),
        ([ENDED], []),
        ([due(ENDED)], [Tell(due(ENDED))]),
    ],
)
def test_without_a_hub_all_of_it_ends(known: list[Subscription], acts: list[object]) -> None:
    assert list(decide(known, None, NOW, visited=True)) == acts


moments = st.none() | st.timedeltas(-10 * DAY, 10 * DAY).map(lambda span: NOW + span)
wild = st.builds(
    Subscription,
    callback=st.uuids().map(str),
    source_id=st.just("blog"),
    topic=st.sampled_from([OFFER.topic, "https://old.example/feed"]),
    hub=st.just(OFFER.hub),
    secret=st.just(b"s"),
    status=st.sampled_from(Status),
    asked_at=st.timedeltas(-10 * DAY, timedelta(0)).map(lambda span: NOW + span),
    until=moments,
    renew_at=moments,
    last_push=moments,
    missed=st.integers(0, 9),
)


@given(st.lists(wild, max_size=5), st.none() | st.just(OFFER), st.booleans())
def test_a_hub_is_asked_once_and_never_while_it_has_not_answered(
    known: list[Subscription], offer: Offer | None, visited: bool
) -> None:
    acts = decide(known, offer, NOW, visited=visited)
    asks = [act for act in acts if isinstance(act, Ask)]
    gone = [act.subscription for act in acts if not isinstance(act, Ask)]
    waiting = [one for one in known if one.status in {Status.ASKED, Status.DENIED}]
    assert len(asks) <= 1
    assert not asks or all(one in gone for one in waiting)
    assert len({one.callback for one in gone}) == len(gone)


@given(st.lists(wild, max_size=5), st.none() | st.just(OFFER))
def test_what_is_over_goes_in_the_end(known: list[Subscription], offer: Offer | None) -> None:
    """Round by round, nothing stays for ever."""
    now = NOW
    for _ in range(10):
        now += 10 * DAY
        for act in decide(known, offer, now, visited=False):
            match act:
                case Forget(one):
                    known.remove(one)
                case Tell(one):
                    known[known.index(one)] = replace(one, renew_at=None)
                case End(one):
                    known[known.index(one)] = replace(one, status=Status.ENDED, renew_at=now)
    assert [one for one in known if one.renew_at is not None or one.status is Status.ACTIVE] == []


@pytest.mark.parametrize(
    ("profile", "offer"),
    [
        (None, None),
        (Profile("A"), None),
        (Profile(hubs=(OFFER.hub,)), None),
        (Profile(topic=OFFER.topic), None),
        (Profile(hubs=("http://hub.example:8080/",), topic=OFFER.topic), None),
        (Profile(hubs=(OFFER.hub,), topic=OFFER.topic), OFFER),
    ],
)
def test_a_source_needs_a_hub_and_a_name_for_itself(
    profile: Profile | None, offer: Offer | None
) -> None:
    assert offer_of(profile) == offer
