"""Numbers for monitoring: what is counted, what is measured, how it is written."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from aggregator.actions.metrics import FAMILIES, Family, Gauges, measure, page
from aggregator.actions.tally import Tally
from aggregator.model import (
    Catalogue,
    ConditionKind,
    Identity,
    Outcome,
    Site,
    Source,
    Suspicion,
    Visit,
    VisitState,
    WidgetSpec,
    Written,
)
from aggregator.store import publishes, visits
from aggregator.store.database import Database, open_database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STATE = VisitState("blog", "feed:https://blog.example.org/feed")
VISIT = Visit(
    "blog", NOW, Outcome.UNCHANGED, STATE, status=304, requests=2, received=180, why="why"
)
NOTHING = Gauges(dict.fromkeys(ConditionKind, 0), 0, 0, 0, {}, 0, 0, 0)
SITE = Site("Example Institute", "https://www.example.org")


def numbers(tally: Tally, gauges: Gauges = NOTHING) -> dict[str, float]:
    """As Prometheus reads the page: by name and label, in braces as on the page."""
    found = {}
    for family in text_string_to_metric_families(page(tally, gauges).decode()):
        for sample in family.samples:
            label = "".join(f"{{{value}}}" for value in sample.labels.values())
            found[sample.name + label] = sample.value
    return found


# --- what is counted -------------------------------------------------------------------------


def test_a_visit_counts() -> None:
    tally = Tally()
    tally.visited(VISIT, Written("blog"))
    found = numbers(tally)
    assert found["aggregator_visits_total{unchanged}"] == 1
    assert found["aggregator_not_modified_total"] == 1
    assert found["aggregator_requests_total"] == 2
    assert found["aggregator_received_bytes_total"] == 180


def test_posts_count() -> None:
    tally = Tally()
    tally.visited(replace(VISIT, outcome=Outcome.CHANGED, status=200), Written("blog", 3, 1))
    found = numbers(tally)
    assert found["aggregator_posts_total{new}"] == 3
    assert found["aggregator_posts_total{edited}"] == 1
    assert found["aggregator_not_modified_total"] == 0


def test_an_error_counts_by_its_kind() -> None:
    tally = Tally()
    failed = replace(STATE, error_kind="timed out")
    tally.visited(replace(VISIT, outcome=Outcome.FAILED, state=failed), Written("blog"))
    assert numbers(tally)["aggregator_errors_total{timed out}"] == 1


def test_a_push_is_no_visit_and_repeats_no_error() -> None:
    """The state of a pushed source is that of its last visit."""
    tally = Tally()
    failed = replace(STATE, error_kind="timed out")
    pushed = Visit("blog", NOW, Outcome.CHANGED, failed, pushed=True)
    tally.visited(pushed, Written("blog", 1))
    found = numbers(tally)
    assert found["aggregator_pushes_total"] == 1
    assert found["aggregator_visits_total{changed}"] == 0
    assert "aggregator_errors_total{timed out}" not in found


def test_a_visit_that_could_not_be_stored() -> None:
    tally = Tally()
    tally.visited(VISIT, None)
    found = numbers(tally)
    assert found["aggregator_visits_total{unwritten}"] == 1
    assert found["aggregator_visits_total{unchanged}"] == 0


# --- what is measured ------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'aggregator.db'}", b"k" * 32)
    yield database
    database.close()


def catalogue(*names: str, widgets: tuple[str, ...] = ()) -> Catalogue:
    specs = tuple(WidgetSpec(name, name, "posts", 3) for name in widgets)
    sources = tuple(Source(name, "feed", f"https://{name}.example/feed") for name in names)
    return Catalogue(SITE, specs, sources)


def measured(database: Database, of: Catalogue, now: datetime = NOW) -> Gauges:
    return measure(database, of, now, token_ends={}, hold_bytes=7, parser_kills=2)


def test_sources_by_condition(database: Database) -> None:
    of = catalogue("a", "b", "c")
    visits.sync(database, of.sources, NOW)
    (claimed,) = visits.claim(database, NOW, MINUTE, 1, ["b"])
    doubted = Suspicion(NOW, ("A sign.",), Identity())
    after = replace(claimed, last_visit=NOW, last_ok=NOW, visits=1, suspicion=doubted)
    visits.save(database, [Visit("b", NOW, Outcome.HELD, after)], NOW)
    found = measured(database, of).sources
    assert {kind: count for kind, count in found.items() if count} == {
        ConditionKind.NEW: 2,
        ConditionKind.CHANGED_OWNER: 1,
    }


def test_the_lag_of_what_is_due(database: Database) -> None:
    """Of forty sources one is late by an hour, and two by five minutes; what is claimed is not."""
    names = [f"s{number}" for number in range(40)]
    of = catalogue(*names)
    due = dict.fromkeys(names, NOW + MINUTE) | {
        "s0": NOW - 60 * MINUTE,
        "s1": NOW - 5 * MINUTE,
        "s2": NOW - 5 * MINUTE,
    }
    visits.sync(database, of.sources, NOW - 90 * MINUTE)
    states = visits.claim(database, NOW, MINUTE, len(names))
    visits.release(database, states, due)
    found = measured(database, of)
    assert (found.due_lag_max, found.due_lag_p95) == (3600, 300)
    visits.claim(database, NOW, MINUTE, 1)
    assert measured(database, of).due_lag_max == 300


def test_nothing_is_late_where_nothing_is_followed(database: Database) -> None:
    found = measured(database, catalogue())
    assert (found.due_lag_max, found.due_lag_p95) == (0, 0)


def test_the_age_of_widgets_of_today(database: Database) -> None:
    for name in ("latest-posts", "one-that-was"):
        publishes.record(database, name, NOW, changed=True, valid_until=None, shown=None)
    found = measured(database, catalogue(widgets=("latest-posts",)), NOW + 2 * MINUTE)
    assert found.widget_ages == {"latest-posts": 120}


def test_the_size_of_the_database(database: Database, tmp_path: Path) -> None:
    files = [tmp_path / "aggregator.db", tmp_path / "aggregator.db-wal"]
    assert measured(database, catalogue()).database_bytes == sum(f.stat().st_size for f in files)


def test_what_only_the_program_knows_is_handed_on(database: Database) -> None:
    found = numbers(Tally(), measured(database, catalogue()))
    assert found["aggregator_hold_bytes"] == 7
    assert found["aggregator_parser_kills_total"] == 2


# --- how it is written -----------------------------------------------------------------------


def test_every_condition_and_outcome_is_there_from_the_start() -> None:
    found = numbers(Tally())
    assert {f"aggregator_sources{{{kind.value}}}" for kind in ConditionKind} <= found.keys()
    assert {f"aggregator_visits_total{{{one.value}}}" for one in Outcome} <= found.keys()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_names_keep_to_the_conventions(family: Family) -> None:
    """Base units, and ``_total`` for what only grows."""
    name = family.full_name
    assert name == name.lower()
    assert not name.endswith(("_ms", "_kb", "_minutes", "_percent", "_total_bytes"))
