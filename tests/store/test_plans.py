"""Acts that wait for their day."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model import Plan, PlannedAct
from aggregator.store import audit, plans
from aggregator.store.database import Database

DAY = timedelta(days=1)


@pytest.fixture
def plan(now: datetime) -> Plan:
    return Plan(PlannedAct.HIDE, "blog", "1", now + DAY, "Ada", now, "private")


def test_a_plan_waits_until_its_day(database: Database, plan: Plan, now: datetime) -> None:
    plans.add(database, plan)
    assert plans.due(database, now) == []
    assert plans.due(database, now + DAY) == [plan]
    assert plans.waiting(database) == [plan]


def test_said_again_it_changes_nothing(database: Database, plan: Plan) -> None:
    assert plans.add(database, plan) == [plan]
    assert plans.add(database, replace(plan, by="Ben")) == []
    assert plans.waiting(database) == [plan]
    assert len(audit.rows(database)) == 1


def test_another_day_takes_the_place_of_the_first(database: Database, plan: Plan) -> None:
    later = replace(plan, at=plan.at + DAY)
    plans.add(database, plan)
    assert plans.add(database, later) == [later]
    assert plans.waiting(database) == [later]


def test_to_hide_and_to_take_down_wait_side_by_side(database: Database, plan: Plan) -> None:
    removal = replace(plan, act=PlannedAct.TAKEDOWN, at=plan.at + DAY)
    plans.add(database, removal, plan)
    assert plans.of(database, "blog", "1") == [plan, removal]
    assert plans.of(database, "blog", None) == []


def test_a_plan_taken_back_is_told_once(database: Database, plan: Plan, now: datetime) -> None:
    plans.add(database, plan)
    assert plans.take_back(database, plan, by="Ben", now=now) == [plan]
    assert plans.take_back(database, plan, by="Ben", now=now) == []
    assert plans.waiting(database) == []
    assert [entry.act for entry in audit.rows(database)] == ["plan no more", "plan"]


def test_a_plan_moved_meanwhile_is_not_done_with_the_old_one(
    database: Database, plan: Plan
) -> None:
    plans.add(database, plan)
    plans.add(database, replace(plan, at=plan.at + DAY))
    plans.done(database, plan)
    assert [one.at for one in plans.waiting(database)] == [plan.at + DAY]


def test_the_audit_names_no_reason(database: Database, plan: Plan, now: datetime) -> None:
    plans.add(database, replace(plan, guid=None))
    assert audit.rows(database) == [audit.Entry(now, "Ada", "plan", "blog", after="hide")]
