"""What operators and staff are told of real visits: the log, the numbers, the condition."""

import re
from datetime import timedelta

import pytest

from aggregator.actions.health import healths
from aggregator.actions.metrics import measure, page
from aggregator.actions.takedown import take_down
from aggregator.model import ConditionKind, LoggedVisit, Outcome
from aggregator.store import visit_log
from tests.trip.stage import Stage, rss

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _followed(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(2, 1)
    stage.origin.headers["/feed"] = {"ETag": '"1"'}
    stage.follow(stage.source("blog"), stage.source("lost", "/nothing"))
    stage.refresh()
    stage.refresh(DAY)


def logged(stage: Stage, name: str) -> list[LoggedVisit]:
    return visit_log.of_source(stage.app.database, name)


def test_J6_visits_are_logged_with_what_came_and_why_the_next_is_then(stage: Stage) -> None:
    second, first = logged(stage, "blog")
    assert (first.status, first.outcome, first.new) == (200, Outcome.CHANGED, 2)
    assert (second.status, second.outcome, second.new) == (304, Outcome.UNCHANGED, 0)
    assert first.received > second.received > 0
    assert re.fullmatch(r"it posts .*", second.why)
    assert second.next_due is not None
    assert second.next_due > second.at


def test_J6_failures_are_logged_with_their_kind(stage: Stage) -> None:
    assert [(line.status, line.kind, line.why) for line in logged(stage, "lost")] == [
        (404, "not found", "it failed twice in a row"),
        (404, "not found", "it failed once"),
    ]


def test_J6_the_numbers_of_these_visits(stage: Stage) -> None:
    app = stage.app
    gauges = measure(
        app.database,
        app.catalogue(),
        stage.now,
        token_ends={},
        hold_bytes=0,
        parser_kills=0,
    )
    lines = page(app.tally, gauges).decode().splitlines()
    assert {
        'aggregator_visits_total{outcome="changed"} 1.0',
        'aggregator_visits_total{outcome="unchanged"} 1.0',
        'aggregator_visits_total{outcome="failed"} 2.0',
        'aggregator_errors_total{kind="not found"} 2.0',
        "aggregator_not_modified_total 1.0",
        "aggregator_requests_total 4.0",
        'aggregator_posts_total{change="new"} 2.0',
        'aggregator_sources{condition="working"} 1.0',
        'aggregator_sources{condition="not found"} 1.0',
        "aggregator_due_lag_max_seconds 0.0",
    } <= set(lines)


def test_staff_see_what_visits_met(stage: Stage) -> None:
    working, lost = healths(stage.app.publisher, stage.app.catalogue(), stage.now, token_ends={})
    assert working.condition.kind is ConditionKind.WORKING
    assert working.why.startswith("it posts")
    assert lost.words == "Not found since 23 November."
    assert lost.why == "it failed twice in a row"


def test_a_takedown_leaves_no_trace_of_visits(stage: Stage) -> None:
    take_down(stage.app.publisher, "blog", by="test", now=stage.now)
    assert logged(stage, "blog") == []
