"""How often sources are asked, and how long a new post waits, on the rhythms of real feeds.

The program's own timing is driven through simulated time: a year of each feed's posts, after two
months in which it was followed already. Its requests are set beside those of a fixed interval that
lets posts wait as long on average. Servers offer validators and ask for nothing: this measures
rule J1 alone. Nothing is fetched and nothing is random.

Rhythms are the entries' dates of the feeds in ``--feeds``: what each feed lists is repeated, whole
days apart, until it fills the time. Feeds that list less than a day tell no rhythm. Without the
folder, a made-up mix is used: posts at slightly uneven times, from one in four months to 16 a day.
"""

import argparse
import calendar
import random
import statistics
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser

from aggregator.actions.decide import Answer, after_answer
from aggregator.model import LATELY, Pace, Source, Validators, VisitState
from benchmarks.measure import ROOT, table

FEEDS = ROOT.parent / "shared" / "corpus" / "feeds" / "real"
YEAR = timedelta(days=365)
BEFORE = timedelta(days=60)
"""How long a feed is followed before anything is counted: longer than timing looks back."""
END = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
_WEB_BEGAN = 1995
CLASSES = (0.03, 0.14, 1.0, 4.0, float("inf"))
"""Upper ends, in posts a day: about one a month, one a week, one a day, one in six hours."""
NAMES = ("under 1 a month", "to 1 a week", "to 1 a day", "to 4 a day", "more")


@dataclass(frozen=True, slots=True)
class Year:
    """What a year of following one feed came to."""

    posts_a_day: float
    requests_a_day: float
    waits: tuple[timedelta, ...]
    """Of each post, until the first visit after it."""


def main() -> None:
    """Simulate all feeds and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=Path, default=FEEDS, help="folder of feeds")
    arguments = parser.parse_args()
    rhythms = list(_real(arguments.feeds) if arguments.feeds.is_dir() else _made_up())
    years = [_follow(f"feed-{number}", posts) for number, posts in enumerate(rhythms)]
    posts = sum(len(year.waits) for year in years)
    print(f"{len(years)} feeds, {posts:,} posts in a year\n")
    head = ("posts", "feeds", "requests a day", "median", "wait, hours", "fixed, a day", "ratio")
    rows = []
    for name, low, high in zip(NAMES, (0.0, *CLASSES), CLASSES, strict=False):
        rows.append(_row(name, [year for year in years if low <= year.posts_a_day < high]))
    rows.append(_row("up to 1 a day", [year for year in years if year.posts_a_day < 1]))
    rows.append(_row("all", years))
    table(head, [row for row in rows if row])
    print("must: all ≤ 0.6, aim 0.4")


def _row(name: str, years: Sequence[Year]) -> tuple[object, ...]:
    """Requests and waits of these feeds, and the fixed interval with the same mean wait.

    A post waits half a fixed interval on average.
    """
    waits = [wait / HOUR for year in years for wait in year.waits]
    if not waits:
        return ()
    asked = [year.requests_a_day for year in years]
    wait = statistics.mean(waits)
    fixed = DAY / HOUR / (2 * wait)
    mean = statistics.mean(asked)
    return name, len(years), mean, statistics.median(asked), wait, fixed, mean / fixed


def _follow(name: str, posts: Sequence[datetime]) -> Year:
    """Visit a feed as the program does, through the two months and the year."""
    source = Source(name, "feed", f"https://{name}.example.org/")
    answer = Answer(Validators(source.address, '"a"', None), None, None, None, changed=False)
    state = VisitState(name, f"feed:{source.address}")
    counted_from = END - YEAR
    now, seen, asked = counted_from - BEFORE, 0, 0
    waits: list[timedelta] = []
    while now < END:
        known = bisect_right(posts, now)
        if now >= counted_from:
            asked += 1
            waits += [now - post for post in posts[seen:known] if post >= counted_from]
        lately = seen - min(seen, bisect_right(posts, now - LATELY))
        oldest, newest = (posts[0], posts[seen - 1]) if seen else (None, None)
        state = replace(state, posts_lately=lately, oldest_post=oldest, newest_post=newest)
        posted = replace(answer, posted=tuple(posts[seen:known]))
        state = after_answer(state, source, posted, now, Pace()).state
        seen = known
        now = state.next_due or now
    days = YEAR / DAY
    return Year(sum(post >= counted_from for post in posts) / days, asked / days, tuple(waits))


# --- rhythms ---------------------------------------------------------------------------------


def _real(folder: Path) -> Iterator[list[datetime]]:
    for path in sorted(folder.iterdir()):
        dates = sorted(set(_dates(path.read_bytes())))
        if dates and dates[-1] - dates[0] >= DAY:
            yield _repeated(dates)


def _dates(feed: bytes) -> Iterator[datetime]:
    for entry in feedparser.parse(feed).entries:
        told = entry.get("published_parsed") or entry.get("updated_parsed")
        if told and _WEB_BEGAN <= told.tm_year <= END.year:
            yield datetime.fromtimestamp(calendar.timegm(told), UTC)


def _repeated(dates: Sequence[datetime]) -> list[datetime]:
    """These dates over and over, back from the end; a usual pause lies between two rounds."""
    span = dates[-1] - dates[0]
    days = -(-(span + span / (len(dates) - 1)) // DAY)  # whole ones keep the time of day
    shift = timedelta(days=(END - dates[-1]).days)
    begin = END - YEAR - 2 * BEFORE
    filled: list[datetime] = []
    while shift + dates[-1] >= begin:
        filled += [date + shift for date in dates if begin <= date + shift < END]
        shift -= days * DAY
    return sorted(filled)


def _made_up() -> Iterator[list[datetime]]:
    chance = random.Random(2026)
    for number in range(180):
        pause = 120 * DAY / 2 ** (number % 12)
        moment, posts = END - YEAR - 2 * BEFORE, []
        while moment < END:
            posts.append(moment)
            moment += pause * chance.uniform(0.2, 1.8)
        yield posts


if __name__ == "__main__":
    main()
