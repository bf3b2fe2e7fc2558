"""How things are followed is remembered together with what is told of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Barrier, Thread

from aggregator.store import alerts, conditions
from aggregator.store.alerts import Fact
from aggregator.store.conditions import Change, Followed
from aggregator.store.database import Database

FACT = Fact("blog:gone:1", "blog: gone", "It is gone.")


def test_what_is_followed_is_read_again(database: Database, now: datetime) -> None:
    after = {
        "blog": Followed("blog", "gone", now, ("not found", "gone")),
        "feeds.yaml": Followed("feeds.yaml", "working", now - timedelta(days=1)),
    }
    conditions.change(database, lambda _: Change(after, [FACT]), ["mail"], now, now)
    assert conditions.all_of(database) == after
    assert [alert.key for alert in alerts.waiting(database)] == [FACT.key]


def test_what_is_followed_no_more_is_forgotten(database: Database, now: datetime) -> None:
    one = {"blog": Followed("blog", "gone", now)}
    conditions.change(database, lambda _: Change(one), ["mail"], now, now)
    other = {"other": Followed("other", "new", now)}
    conditions.change(database, lambda _: Change(other), ["mail"], now, now)
    assert conditions.all_of(database) == other


def test_a_takedown_forgets_how_the_source_was(database: Database, now: datetime) -> None:
    after = {name: Followed(name, "gone", now) for name in ("blog", "other")}
    conditions.change(database, lambda _: Change(after), ["mail"], now, now)
    with database.writing() as connection:
        conditions.erase(connection, "blog")
    assert list(conditions.all_of(database)) == ["other"]


def test_two_that_look_at_one_time_tell_once(database: Database, now: datetime) -> None:
    """A ``serve`` and a command, say: whoever comes second decides by what the first one left."""
    together = Barrier(2)

    def decide(before: Mapping[str, Followed]) -> Change:
        told = before["blog"].told if "blog" in before else ()
        if told:
            return Change(before)
        fact = Fact(f"blog:gone:{id(together)}:{len(seen)}", "", "")
        return Change({"blog": Followed("blog", "gone", now, ("gone",))}, [fact])

    seen: list[object] = []

    def look() -> None:
        together.wait()
        seen.append(None)
        conditions.change(database, decide, ["mail"], now, now)

    both = [Thread(target=look) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(alerts.waiting(database)) == 1
