"""Rules C: when a feed is asked. What single steps do is tested in ``tests/actions``."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from aggregator.model import Outcome
from aggregator.store import visits
from tests.rules.neighbour import PACE, Neighbour, source
from tests.rules.origin import (
    DAY,
    HOUR,
    MINUTE,
    START,
    Asked,
    Origin,
    Play,
    Say,
    blog,
    feed,
    gone_to,
    http_date,
    polite,
)

TEN_YEARS = 10 * 365 * DAY
MoveIn = Callable[..., Neighbour]


@pytest.fixture
def hourly(neighbour: Neighbour, origin: Origin) -> Neighbour:
    """A neighbour whose staff want ``/feed`` looked at every hour."""
    neighbour.follow(source("family", origin.url(), ", every: 1h"))
    return neighbour


def about(found: timedelta, wanted: timedelta) -> bool:
    """Give or take the tenth by which waits are spread."""
    return 0.9 * wanted <= found <= 1.1 * wanted


def last_wait(neighbour: Neighbour) -> timedelta:
    state = neighbour.state()
    assert state.next_due
    assert state.last_visit
    return state.next_due - state.last_visit


def seconds(span: timedelta) -> str:
    return str(int(span.total_seconds()))


def test_C1_restarts_cost_no_request(neighbour: Neighbour, origin: Origin) -> None:
    origin.play("/feed", polite(feed()))
    neighbour.run(2 * DAY)
    neighbour.run(neighbour.due_in() - HOUR)
    before = len(origin.log)
    for _ in range(9):
        neighbour.restart()
        neighbour.run(2 * MINUTE)
    assert len(origin.log) == before


@pytest.mark.parametrize(("minutes", "more"), [(5, 0), (29, 0), (31, 1)])
def test_C2_a_person_cannot_ask_twice_within_the_floor(
    neighbour: Neighbour, origin: Origin, minutes: int, more: int
) -> None:
    origin.play("/feed", lambda asked: polite(feed())(asked).but(Cache_Control="max-age=86400"))
    neighbour.run(minutes * MINUTE)
    claim = neighbour.insist("family")
    assert (len(origin.log), bool(claim.held_off)) == (1 + more, not more)


def test_C2_whatever_happens_the_floor_holds(hourly: Neighbour, origin: Origin) -> None:
    """Errors, restarts and an impatient person together."""
    origin.play("/feed", polite(feed()), Say(500), Say(429), Say(404), polite(feed()))
    for _ in range(12):
        hourly.run(17 * MINUTE)
        hourly.insist("family")
        hourly.restart()
    assert min(origin.gaps()) >= 30 * MINUTE


@pytest.mark.parametrize(
    ("cache_control", "expires", "age", "hours"),
    [
        ("max-age=43200", None, "", 12),
        ("public, MAX-AGE=43200", None, "", 12),
        ("", 12, "", 12),
        ("max-age=43200", 9, "", 12),
        ("max-age=3600", 12, "", 1),
        ("max-age=43200", None, "14400", 8),
        ("s-maxage=43200", None, "", 1),
        ("no-cache", None, "", 1),
        ("no-store, max-age=0", None, "", 1),
        ("max-age=abc", None, "", 1),
        ("", 0, "", 1),
    ],
)
def test_C3_what_is_fresh_is_not_asked_for(
    hourly: Neighbour,
    origin: Origin,
    cache_control: str,
    expires: int | None,
    age: str,
    hours: int,
) -> None:
    """Said by the first answer, a 200, and by all others, which are 304s."""

    def play(asked: Asked) -> Say:
        answer = polite(feed())(asked).but(Cache_Control=cache_control, Age=age)
        if expires is None:
            return answer
        return answer.but(Expires=http_date(asked.at + expires * HOUR) if expires else "0")

    origin.play("/feed", play)
    hourly.run(3 * hours * HOUR)
    gaps = origin.gaps()
    assert len(gaps) >= 2
    first_is_spread = 1 if hours == 1 else 0  # rule C11
    assert all(about(gap, hours * HOUR) for gap in gaps[first_is_spread:])
    assert hours == 1 or min(gaps) >= hours * HOUR - timedelta(seconds=1)


RFC_850 = "%A, %d-%b-%y %H:%M:%S GMT"
ASCTIME = "%a %b %d %H:%M:%S %Y"
WAITS: dict[str, Callable[[datetime], str]] = {
    "seconds": lambda _: "21600",
    "date": lambda now: http_date(now + 6 * HOUR),
    "RFC 850": lambda now: (now + 6 * HOUR).strftime(RFC_850),
    "asctime": lambda now: (now + 6 * HOUR).strftime(ASCTIME),
}


@pytest.mark.parametrize("form", WAITS)
@pytest.mark.parametrize("status", [429, 503])
def test_C4_a_wait_is_honoured_in_each_form(
    hourly: Neighbour, origin: Origin, form: str, status: int
) -> None:
    def wait(asked: Asked) -> Say:
        return Say(status).but(Retry_After=WAITS[form](asked.at))

    origin.play("/feed", polite(feed()), wait, polite(feed()))
    hourly.run(10 * HOUR)
    assert 6 * HOUR - timedelta(seconds=1) <= origin.gaps()[1] <= 7 * HOUR


@pytest.mark.parametrize(
    "answers",
    [[Say(403)], [gone_to("/elsewhere"), Say(500)], [gone_to("/elsewhere"), polite(feed())]],
    ids=["refusal", "redirect to an error", "redirect to the feed"],
)
def test_C4_other_answers_may_ask_for_a_wait_too(
    hourly: Neighbour, origin: Origin, answers: list[Say | Play]
) -> None:
    """A redirect that does is followed all the same: the wait is for the next visit."""
    first, *behind = answers
    assert isinstance(first, Say)
    origin.play("/feed", first.but(Retry_After="21600"))
    origin.play("/elsewhere", *behind, Say(500))
    hourly.run(5 * HOUR + 50 * MINUTE)
    assert len(origin.moments("/feed")) == 1


def test_C4_without_a_wait_the_freshness_of_the_error_counts(
    hourly: Neighbour, origin: Origin
) -> None:
    origin.play("/feed", Say(429).but(Cache_Control="max-age=21600"))
    hourly.run(5 * HOUR + 50 * MINUTE)
    assert len(origin.log) == 1


def test_C4_a_wait_beats_a_person(hourly: Neighbour, origin: Origin) -> None:
    origin.play("/feed", Say(429).but(Retry_After="21600"))
    for _ in range(5):
        hourly.run(HOUR)
        hourly.insist("family")
    assert len(origin.log) == 1


@pytest.mark.parametrize("wait", [None, "soon", "-5", "Mon, 01 Jan 2001 00:00:00 GMT"])
def test_C5_429_without_a_wait_doubles_from_two_hours_to_a_day(
    hourly: Neighbour, origin: Origin, wait: str | None
) -> None:
    origin.play("/feed", Say(429).but(Retry_After=wait) if wait else Say(429))
    hourly.run(5 * DAY)
    wanted = [2, 4, 8, 16, 24, 24]
    assert all(about(gap, hours * HOUR) for gap, hours in zip(origin.gaps(), wanted, strict=False))


@pytest.mark.parametrize("status", [429, 503])
def test_C5_a_busy_server_never_ends_a_feed(hourly: Neighbour, origin: Origin, status: int) -> None:
    origin.play("/feed", Say(status))
    hourly.run(60 * DAY)
    origin.play("/feed", feed())
    hourly.run(2 * DAY)
    assert hourly.posts() == ["Post 1", "Post 2"]


FAULTS = {
    "server fault": Say(500),
    "no feed": Say(200, b"<!doctype html><title>Hello</title><p>Nothing here.", {"ETag": '"x"'}),
    "empty": Say(200),
    "moved nowhere": Say(301),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_C6_faults_double_from_an_hour_to_a_day(
    hourly: Neighbour, origin: Origin, fault: str
) -> None:
    origin.play("/feed", FAULTS[fault])
    hourly.run(5 * DAY)
    wanted = [1, 2, 4, 8, 16, 24, 24]
    assert all(about(gap, hours * HOUR) for gap, hours in zip(origin.gaps(), wanted, strict=False))


def test_C6_an_unreachable_server_is_left_for_a_day(neighbour: Neighbour) -> None:
    neighbour.follow(family="http://family.test:1/feed")
    neighbour.run(12 * DAY)
    assert about(last_wait(neighbour), DAY)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_C6_what_is_not_there_is_left_for_a_week(
    neighbour: Neighbour, origin: Origin, status: int
) -> None:
    origin.play("/feed", Say(status))
    neighbour.run(40 * DAY)
    assert about(origin.gaps()[-1], 7 * DAY)
    assert len(origin.log) <= 15


def test_C6_a_name_that_nobody_has_is_left_for_a_week(neighbour: Neighbour) -> None:
    neighbour.follow(family="http://family.nowhere/feed")
    neighbour.run(40 * DAY)
    assert about(last_wait(neighbour), 7 * DAY)


def test_C7_one_success_resets_the_streak(hourly: Neighbour, origin: Origin) -> None:
    origin.play("/feed", *[Say(500)] * 6, polite(feed()), Say(500))
    hourly.run(6 * DAY)
    after_success = origin.gaps()[7]
    assert about(after_success, HOUR)


@pytest.mark.parametrize("status", [200, 429, 503])
def test_C8_nobody_silences_a_feed_for_years(
    neighbour: Neighbour, origin: Origin, status: int
) -> None:
    forever = seconds(TEN_YEARS)
    never = feed(etag=None) if status == 200 else Say(status)
    origin.play("/feed", never.but(Retry_After=forever, Cache_Control=f"max-age={forever}"))
    cap = PACE.longest if status == 200 else PACE.longest_wait
    neighbour.run(2 * cap + DAY)
    assert len(origin.log) == 3


@pytest.mark.parametrize(
    ("hint", "hours"),
    [
        ("<ttl>720</ttl>", 12),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", 24),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 6),
    ],
)
def test_C9_a_feed_may_ask_for_longer_intervals(
    hourly: Neighbour, origin: Origin, hint: str, hours: int
) -> None:
    origin.play("/feed", polite(feed(more=hint)))
    hourly.run(4 * hours * HOUR)
    assert all(about(gap, hours * HOUR) for gap in origin.gaps())
    assert len(origin.gaps()) >= 2


def test_C9_a_feed_cannot_ask_for_shorter_ones(neighbour: Neighbour, origin: Origin) -> None:
    neighbour.follow(source("family", origin.url(), ", every: 6h"))
    origin.play("/feed", polite(feed(more="<ttl>5</ttl>")))
    neighbour.run(2 * DAY)
    assert all(about(gap, 6 * HOUR) for gap in origin.gaps()[1:])


def test_C9_skipped_hours_are_left_alone(hourly: Neighbour, origin: Origin) -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in (3, 4, 5, 24))
    origin.play("/feed", polite(feed(more=f"<skipHours>{hours}</skipHours>")))
    hourly.run(3 * DAY)
    asked_at = {moment.hour for moment in origin.moments()}
    assert not asked_at & {3, 4, 5, 0}
    assert asked_at >= {6, 1, 23}


def test_C9_skipped_days_are_left_alone(neighbour: Neighbour, origin: Origin) -> None:
    neighbour.follow(source("family", origin.url(), ", every: 8h"))
    days = "<day>Saturday</day><day>Sunday</day>"
    origin.play("/feed", polite(feed(more=f"<skipDays>{days}</skipDays>")))
    neighbour.run(14 * DAY)
    assert {moment.weekday() for moment in origin.moments()} == {0, 1, 2, 3, 4}


def test_C9_an_overdue_visit_still_skips_the_hour(hourly: Neighbour, origin: Origin) -> None:
    """The program was down when it was due, and comes up in an hour to be skipped."""
    hours = "<hour>14</hour><hour>15</hour>"
    origin.play("/feed", polite(feed(more=f"<skipHours>{hours}</skipHours>")))
    hourly.run(MINUTE)
    hourly.now = START.replace(hour=14, minute=20)
    hourly.run(3 * HOUR)
    assert origin.moments()[1].hour == 16


def many(origin: Origin, count: int, *, hosts: int) -> dict[str, str]:
    return {
        f"blog-{number}": origin.url(f"/{number}", f"host-{number % hosts}.example.test")
        for number in range(count)
    }


def test_C10_one_host_is_asked_one_thing_at_a_time(neighbour: Neighbour, origin: Origin) -> None:
    origin.slowness = 0.01
    neighbour.follow(**many(origin, 12, hosts=1))
    neighbour.run(MINUTE)
    assert (len(origin.log), origin.most_at_once) == (12, 1)


def test_C10_one_domain_is_asked_two_things_at_once(neighbour: Neighbour, origin: Origin) -> None:
    origin.slowness = 0.01
    neighbour.follow(**many(origin, 12, hosts=12))
    neighbour.run(MINUTE)
    assert len(origin.log) == 12
    assert origin.most_at_once <= 2


def test_C10_a_host_that_asked_for_a_wait_is_left_by_its_other_feeds(
    neighbour: Neighbour, origin: Origin
) -> None:
    """For an hour at most: the whole wait is for the feed that was asked."""
    origin.play("/0", Say(429).but(Retry_After=seconds(6 * HOUR)))
    neighbour.follow(**many(origin, 2, hosts=1))
    neighbour.run(50 * MINUTE)
    early = len(origin.log)
    neighbour.run(2 * HOUR)
    assert (early, len(origin.moments("/1")) > 0) == (1, True)


def test_C11_an_import_is_spread(neighbour: Neighbour, origin: Origin) -> None:
    """Sixty feeds that came together: their second visits fill the day to come."""
    wanted = many(origin, 60, hosts=60)
    for number in range(60):
        origin.play(f"/{number}", polite(feed()))
    neighbour.follow(*(source(name, url, ", every: 1d") for name, url in wanted.items()))
    neighbour.run(MINUTE)
    waits = [neighbour.due_in(name) for name in wanted]
    quarters = [sum(wait // (6 * HOUR) == quarter for wait in waits) for quarter in range(4)]
    assert min(quarters) >= 6


def test_C11_nothing_is_asked_on_the_hour(hourly: Neighbour, origin: Origin) -> None:
    origin.play("/feed", polite(feed()))
    hourly.run(4 * DAY)
    assert sum(moment.minute == 0 for moment in origin.moments()) < len(origin.log) / 10
    assert len(set(origin.gaps())) == len(origin.gaps())


def test_C12_a_live_feed_is_asked_all_the_time(neighbour: Neighbour, origin: Origin) -> None:
    origin.play("/feed", blog(7 * DAY))
    neighbour.run(40 * DAY)
    assert max(origin.gaps()) <= 1.05 * DAY
    assert "Post 14" in neighbour.posts()  # of five days before the end


def test_C13_after_a_long_sleep_the_longest_due_come_first(
    neighbour: Neighbour, origin: Origin
) -> None:
    """A week later all are overdue; they come in the order in which they were due."""
    wanted = many(origin, 40, hosts=40)
    for number in range(40):
        origin.play(f"/{number}", polite(feed()))
    neighbour.follow(**wanted)
    neighbour.run(MINUTE)
    due = {name: state.next_due for name, state in visits.states(neighbour.app.database).items()}
    neighbour.now += 7 * DAY
    origin.log.clear()
    claimed = visits.claim(neighbour.app.database, neighbour.now, PACE.lease, 10)
    order = sorted(due, key=lambda name: due[name] or START)
    assert [state.source_id for state in claimed] == order[:10]


def test_C13_after_a_long_sleep_each_is_asked_once_and_then_as_ever(
    hourly: Neighbour, origin: Origin
) -> None:
    origin.play("/feed", polite(feed()))
    hourly.run(2 * HOUR)
    hourly.now += 7 * DAY
    origin.log.clear()
    hourly.run(10 * HOUR)
    assert min(origin.gaps()) >= 0.95 * HOUR
    assert hourly.state().outcome is Outcome.UNCHANGED
