"""Rules D: what answers mean, as the wire shows it over weeks."""

from datetime import timedelta

import pytest

from aggregator.model import ConditionKind
from tests.rules.neighbour import Neighbour, source
from tests.rules.origin import (
    DAY,
    HOUR,
    Origin,
    Say,
    feed,
    gone_to,
    item,
    polite,
    rss,
)

PAGE = Say(200, b"<!doctype html><title>Welcome</title><p>This domain may be for sale.")
CHALLENGE = Say(
    403,
    b"<!doctype html><title>Just a moment...</title><p>Checking your browser.",
    {"cf-mitigated": "challenge", "Content-Type": "text/html; charset=UTF-8"},
)


@pytest.fixture
def settled(neighbour: Neighbour, origin: Origin) -> Neighbour:
    """A neighbour that has read ``/feed`` for two days, four times a day; its log is empty."""
    neighbour.follow(source("family", origin.url(), ", every: 6h"))
    origin.play("/feed", polite(feed()))
    neighbour.run(2 * DAY)
    origin.log.clear()
    return neighbour


def first_asked(origin: Origin) -> list[str]:
    """Where each visit began: only first requests come at a moment of their own."""
    begun: dict[object, str] = {}
    for asked in origin.log:
        begun.setdefault(asked.at, asked.path)
    return list(begun.values())


def test_D1_what_is_gone_is_asked_twice_more_and_then_left(
    settled: Neighbour, origin: Origin
) -> None:
    origin.play("/feed", Say(410))
    settled.run(60 * DAY)
    gaps = origin.gaps()
    assert len(gaps) == 2
    assert min(gaps) >= DAY
    assert sum(gaps, timedelta()) <= 14.5 * DAY


def test_D1_posts_of_what_is_gone_stay(settled: Neighbour, origin: Origin) -> None:
    origin.play("/feed", Say(410))
    settled.run(60 * DAY)
    assert (settled.posts(), settled.state().error_kind) == (["Post 1", "Post 2"], "gone")


def test_D1_a_person_may_still_ask_and_success_brings_it_back(
    settled: Neighbour, origin: Origin
) -> None:
    origin.play("/feed", Say(410))
    settled.run(60 * DAY)
    stopped = settled.state().stopped_at
    origin.play("/feed", polite(feed(3, 2, 1)))
    settled.insist("family")
    origin.log.clear()
    settled.run(2 * DAY)
    assert stopped is not None
    assert len(origin.log) > 4


def test_D1_one_410_among_good_answers_changes_nothing(settled: Neighbour, origin: Origin) -> None:
    """Three over time, never in a row."""
    good = polite(feed())
    origin.play("/feed", *(Say(410), good, good) * 3, good)
    settled.run(10 * DAY)
    assert settled.state().stopped_at is None
    assert settled.state().gone_answers == 0


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "not found"), (403, "denied"), (401, "denied"), (451, "denied")]
)
def test_D2_staff_are_told_by_kind(
    settled: Neighbour, origin: Origin, status: int, kind: str
) -> None:
    origin.play("/feed", Say(status))
    settled.run(DAY)
    assert settled.state().error_kind == kind
    assert settled.state().error_advice


@pytest.mark.parametrize("status", [404, 403, 401, 451])
def test_D2_after_ninety_days_it_is_tried_once_a_month(
    settled: Neighbour, origin: Origin, status: int
) -> None:
    origin.play("/feed", Say(status))
    settled.run(110 * DAY)
    origin.log.clear()
    settled.run(140 * DAY)
    assert 4 <= len(origin.log) <= 5
    assert min(origin.gaps()) >= 27 * DAY


@pytest.mark.parametrize("status", [301, 308])
def test_D3_a_permanent_move_is_followed_each_time(
    settled: Neighbour, origin: Origin, status: int
) -> None:
    origin.play("/feed", gone_to("/new", status))
    origin.play("/new", polite(feed(3, 2, 1)))
    settled.run(7 * HOUR)
    assert settled.posts() == ["Post 1", "Post 2", "Post 3"]


@pytest.mark.parametrize("status", [301, 308])
def test_D3_a_move_is_adopted_after_two_days(
    settled: Neighbour, origin: Origin, status: int
) -> None:
    origin.play("/feed", gone_to("/new", status))
    origin.play("/new", polite(feed()))
    settled.run(4 * DAY)
    seen = {asked.at: asked.path for asked in reversed(origin.log)}
    began_old = [at for at, path in seen.items() if path == "/feed"]
    assert max(began_old) - min(began_old) >= 40 * HOUR
    assert first_asked(origin)[-3:] == ["/new"] * 3


def test_D3_not_before_two_days_have_passed(settled: Neighbour, origin: Origin) -> None:
    origin.play("/feed", gone_to("/new"))
    origin.play("/new", polite(feed()))
    settled.run(2 * DAY)
    assert set(first_asked(origin)) == {"/feed"}


def test_D3_not_before_three_visits(neighbour: Neighbour, origin: Origin) -> None:
    neighbour.follow(source("family", origin.url(), ", every: 3d"))
    origin.play("/feed", gone_to("/new"))
    origin.play("/new", polite(feed()))
    neighbour.run(15 * DAY)
    assert first_asked(origin)[:4] == ["/feed", "/feed", "/feed", "/new"]


def test_D3_another_target_each_time_is_never_adopted(settled: Neighbour, origin: Origin) -> None:
    for number in range(3):
        origin.play(f"/new-{number}", polite(feed()))
    moves = [gone_to(f"/new-{number % 3}") for number in range(60)]
    origin.play("/feed", *moves)
    settled.run(10 * DAY)
    assert set(first_asked(origin)) == {"/feed"}


@pytest.fixture
def two(settled: Neighbour, origin: Origin) -> Neighbour:
    """It follows ``/new`` as well, to which ``/feed`` moves now."""
    both = (source("family", origin.url()), source("sister", origin.url("/new", "Family.test")))
    settled.follow(*(entry.replace("}", ", every: 6h}") for entry in both))
    origin.play("/feed", gone_to("/new"))
    origin.play("/new", polite(feed(3, 2, 1)))
    return settled


def test_D3_a_move_to_what_another_source_follows_is_not_adopted(
    two: Neighbour, origin: Origin
) -> None:
    two.run(10 * DAY)
    assert two.state("family").adopted is None
    assert two.state("sister").adopted is None
    assert len(origin.asked("/feed")) > 20


def test_D3_staff_are_told_that_two_sources_are_one(two: Neighbour) -> None:
    two.run(4 * DAY)
    told = two.health("family")
    assert told.condition.kind is ConditionKind.MOVED
    assert told.words == "Moved to the address that sister already follows."
    assert told.next_step == "Remove one of the two from feeds.yaml: family or sister."
    assert two.health("sister").condition.kind is ConditionKind.WORKING


def test_D3_a_check_tells_it_at_once(two: Neighbour) -> None:
    told = two.check()
    assert told["family"].words.endswith(
        "It says that it moved for good, to the address that sister follows."
    )
    assert told["family"].next_step == (
        "If it stays so, remove one of the two from feeds.yaml: family or sister."
    )
    assert (told["sister"].ok, told["sister"].next_step) == (True, "")


def test_D3_before_it_is_believed_nobody_is_told(two: Neighbour) -> None:
    two.run(DAY)
    assert two.health("family").condition.kind is ConditionKind.WORKING


def test_D3_once_the_other_entry_is_removed_the_move_is_adopted(
    two: Neighbour, origin: Origin
) -> None:
    two.run(4 * DAY)
    two.follow(source("family", origin.url(), ", every: 6h"))
    two.run(DAY)
    assert two.state("family").adopted == origin.url("/new")


def test_D3_of_two_that_move_to_one_address_the_first_adopts_it(
    settled: Neighbour, origin: Origin
) -> None:
    both = (source("family", origin.url()), source("sister", origin.url("/old")))
    settled.follow(*(entry.replace("}", ", every: 6h}") for entry in both))
    origin.play("/feed", gone_to("/new"))
    origin.play("/old", gone_to("/new"))
    origin.play("/new", polite(feed(3, 2, 1)))
    settled.run(6 * DAY)
    asked = {settled.state(name).adopted for name in ("family", "sister")}
    assert asked == {None, origin.url("/new")}
    told = [settled.health(name).words for name in ("family", "sister")]
    assert all(words.startswith("Moved") for words in told)


def test_D4_only_the_permanent_hops_of_a_chain_are_adopted(
    settled: Neighbour, origin: Origin
) -> None:
    origin.play("/feed", gone_to("/halfway", 301))
    origin.play("/halfway", gone_to("/today", 302))
    origin.play("/today", polite(feed()))
    settled.run(5 * DAY)
    assert first_asked(origin)[-1] == "/halfway"


def test_D4_behind_a_passing_redirect_nothing_is_permanent(
    settled: Neighbour, origin: Origin
) -> None:
    origin.play("/feed", gone_to("/halfway", 302))
    origin.play("/halfway", gone_to("/today", 301))
    origin.play("/today", polite(feed()))
    settled.run(5 * DAY)
    assert set(first_asked(origin)) == {"/feed"}


@pytest.mark.parametrize("status", [302, 303, 307])
def test_D5_a_passing_redirect_is_never_adopted(
    settled: Neighbour, origin: Origin, status: int
) -> None:
    origin.play("/feed", gone_to("/today", status))
    origin.play("/today", polite(feed()))
    settled.run(10 * DAY)
    assert set(first_asked(origin)) == {"/feed"}
    assert settled.state().error_kind is None


def test_D6_a_move_to_what_is_no_feed_is_an_error(settled: Neighbour, origin: Origin) -> None:
    origin.play("/feed", gone_to("/home"))
    origin.play("/home", PAGE)
    settled.run(5 * DAY)
    kind = settled.state().error_kind
    origin.play("/feed", polite(feed(3, 2, 1, etag='"2"')))
    settled.run(2 * DAY)
    assert kind == "not a feed"
    assert set(first_asked(origin)) == {"/feed"}
    assert "Post 3" in settled.posts()


def test_D7_one_stray_redirect_changes_nothing(settled: Neighbour, origin: Origin) -> None:
    good = polite(feed())
    origin.play("/feed", good, gone_to("/new"), *[good] * 4, gone_to("/new"), good)
    origin.play("/new", polite(feed()))
    settled.run(10 * DAY)
    assert set(first_asked(origin)) == {"/feed"}


def test_D7_an_adopted_address_that_fails_falls_back_once(
    settled: Neighbour, origin: Origin
) -> None:
    origin.play("/feed", gone_to("/new"))
    origin.play("/new", polite(feed()))
    settled.run(5 * DAY)
    adopted = first_asked(origin)[-1]
    origin.log.clear()
    origin.play("/feed", polite(feed(4, 3, etag='"4"')))
    origin.play("/new", Say(500))
    settled.run(6 * DAY)
    assert adopted == "/new"
    assert first_asked(origin)[:6] == ["/new"] * 5 + ["/feed"]
    assert "Post 4" in settled.posts()


def test_D7_what_was_given_up_is_not_adopted_again(settled: Neighbour, origin: Origin) -> None:
    origin.play("/feed", gone_to("/new"))
    origin.play("/new", polite(feed()))
    settled.run(5 * DAY)
    adopted = first_asked(origin)[-1]
    origin.play("/new", Say(500))
    settled.run(5 * DAY)
    origin.play("/new", polite(feed(5, etag='"5"')))
    settled.run(9 * DAY)
    assert (adopted, first_asked(origin)[-1]) == ("/new", "/feed")


@pytest.mark.parametrize(
    "answer",
    [Say(204), Say(206, feed(9).body), Say(226, feed(9).body), Say(299, feed(9).body), Say(200),
     Say(200, rss()), Say(777)],
    ids=["204", "206", "226", "299", "empty body", "no entries", "777"],
)  # fmt: skip
def test_D9_no_answer_takes_posts_away(settled: Neighbour, origin: Origin, answer: Say) -> None:
    origin.play("/feed", answer)
    settled.run(3 * DAY)
    assert settled.posts() == ["Post 1", "Post 2"]


def test_D10_hints_at_another_address_are_never_followed(
    neighbour: Neighbour, origin: Origin
) -> None:
    hints = (
        f"<itunes:new-feed-url>{origin.url('/hint')}</itunes:new-feed-url>"
        f'<atom:link rel="self" href="{origin.url("/self")}"/>'
    )
    origin.play("/feed", polite(Say(200, rss(item(1), more=hints), {"ETag": '"1"'})))
    neighbour.run(10 * DAY)
    assert {asked.path for asked in origin.log} == {"/feed"}


@pytest.mark.parametrize("status", [403, 503])
def test_D11_a_wall_against_robots_is_named_as_one(
    settled: Neighbour, origin: Origin, status: int
) -> None:
    origin.play("/feed", Say(status, CHALLENGE.body, CHALLENGE.fields))
    settled.run(DAY)
    assert settled.state().error_kind == "challenge"


@pytest.mark.parametrize("status", [403, 503])
def test_D11_a_plain_refusal_is_no_wall(settled: Neighbour, origin: Origin, status: int) -> None:
    origin.play("/feed", Say(status, b"<!doctype html><title>Forbidden</title>"))
    settled.run(DAY)
    assert settled.state().error_kind in {"denied", "server fault"}


def test_D11_nobody_else_is_played_before_a_wall(settled: Neighbour, origin: Origin) -> None:
    origin.play("/feed", CHALLENGE)
    settled.run(10 * DAY)
    assert {asked.fields["user-agent"].partition("/")[0] for asked in origin.log} == {"Aggregator"}
