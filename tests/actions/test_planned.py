"""Decisions with a date: done when it has come, once, by whoever looks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator import beside
from aggregator.actions import planned
from aggregator.actions.planned import carry_out
from aggregator.actions.publish import Publisher
from aggregator.app import App
from aggregator.errors import AggregatorError, StoreError
from aggregator.model import Outcome, PlannedAct, Post, RawPost, RawText, VerdictKind, Visit
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import (
    audit,
    file_history,
    noted,
    plans,
    posts,
    tombstones,
    verdicts,
    visits,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LIST = """\
site: {name: Example Institute, url: "https://www.example.org", timezone: America/New_York}
widgets:
  - {id: latest, title: Latest posts, layout: posts, show: 3}
sources:
  - {id: blog, feed: 'https://blog.example/feed', in: latest}
"""


@dataclass
class House:
    """An Aggregator with two posts."""

    folder: Path
    now: datetime = field(default=NOW)

    def __post_init__(self) -> None:
        config = self.folder / "feeds.yaml"
        config.write_text(LIST, "utf-8")
        settings = load_settings(sealed=True, config=config, data=self.folder / "data")
        self.app = App(settings, clock=lambda: self.now)
        self.app.sync(self.app.catalogue())
        self.bring("1", "2")
        self.app.publisher.publish_all(self.now)

    def bring(self, *guids: str) -> None:
        (source,) = self.app.catalogue().sources
        state = visits.states(self.app.database)[source.id]
        found = [self._post(guid) for guid in guids]
        visit = Visit(source.id, self.now, Outcome.CHANGED, state, tuple(found))
        visits.save(self.app.database, [visit], self.now)

    def _post(self, guid: str) -> Post:
        (source,) = self.app.catalogue().sources
        raw = RawPost(
            guid=guid,
            permalink=f"https://blog.example/{guid}",
            body=RawText(f"Words of {guid}.", is_html=False),
        )
        post = post_from(raw, source, None, self.now)
        assert isinstance(post, Post)
        return post

    def plan(self, key: str, act: PlannedAct, after: timedelta = DAY) -> planned.Planned:
        at = self.now + after
        (made,) = planned.plan(
            self.app.publisher, [key], act, at, by="Ada", now=self.now, reason="why"
        )
        return made

    def later(self, after: timedelta = DAY) -> list[AggregatorError]:
        self.now += after
        return carry_out(self.app.publisher, self.now)

    def shown(self) -> list[str]:
        text = (self.app.settings.public / "w" / "latest.html").read_text("utf-8")
        return [guid for guid in "12" if f"Words of {guid}" in text]

    def id(self, guid: str) -> str:
        [post] = [one.post for one in posts.listing(self.app.database) if one.post.guid == guid]
        return post.public_id


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.app.close()


@pytest.mark.parametrize("act", PlannedAct)
def test_nothing_happens_before_its_day_and_all_on_it(house: House, act: PlannedAct) -> None:
    house.plan(house.id("1"), act)
    house.later(DAY - timedelta(seconds=1))
    assert house.shown() == ["1", "2"]
    house.later(timedelta(seconds=1))
    assert house.shown() == ["2"]
    assert plans.waiting(house.app.database) == []


@pytest.mark.parametrize("act", PlannedAct)
def test_a_whole_source_goes_on_its_day(house: House, act: PlannedAct) -> None:
    house.plan("blog", act)
    house.later()
    assert house.shown() == []


def test_what_was_planned_to_be_hidden_is_a_verdict_like_any_other(house: House) -> None:
    public_id = house.id("1")
    house.plan(public_id, PlannedAct.HIDE)
    house.later()
    (stored,) = posts.find(house.app.database, public_id)
    assert stored.verdict is not None
    told = (stored.verdict.kind, stored.verdict.by, stored.verdict.reason)
    assert told == (VerdictKind.HIDDEN, "Ada", "why")
    assert verdicts.undoable(house.app.database, "blog", "1", house.now)


@pytest.mark.parametrize("act", PlannedAct)
def test_a_plan_outlives_the_pruning_of_its_post(house: House, act: PlannedAct) -> None:
    house.plan(house.id("1"), act)
    with house.app.database.writing() as connection:
        posts.remove(connection, posts.of_source(connection, "blog"))
    house.later()
    house.bring("1", "2")
    house.app.publisher.publish_all(house.now)
    assert house.shown() == ["2"]


def test_a_plan_taken_back_is_not_carried_out(house: House) -> None:
    key = house.id("1")
    house.plan(key, PlannedAct.HIDE)
    (back,) = planned.take_back(
        house.app.publisher, [key], PlannedAct.HIDE, by="Ben", now=house.now
    )
    assert back.changed
    house.later()
    assert house.shown() == ["1", "2"]


def test_taking_back_what_was_not_planned_says_so(house: House) -> None:
    house.plan(house.id("1"), PlannedAct.TAKEDOWN)
    (back,) = planned.take_back(
        house.app.publisher, [house.id("1")], PlannedAct.HIDE, by="Ben", now=house.now
    )
    assert (back.changed, back.plan) == (False, None)


def test_a_clock_that_jumped_ahead_does_it_at_once_and_one_set_back_waits(house: House) -> None:
    house.plan(house.id("1"), PlannedAct.HIDE)
    house.later(-400 * DAY)
    assert house.shown() == ["1", "2"]
    house.later(800 * DAY)
    assert "1" not in house.shown()


def test_killed_between_act_and_end_it_is_done_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan(house.id("1"), PlannedAct.HIDE)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(plans, "done", killed)
        with pytest.raises(KeyboardInterrupt):
            house.later()
    house.later(timedelta(0))
    assert [entry.act for entry in audit.rows(house.app.database)] == ["decide", "plan"]
    assert house.shown() == ["2"]


def test_where_nothing_is_due_nothing_is_published(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan(house.id("1"), PlannedAct.HIDE)
    published: list[datetime] = []
    monkeypatch.setattr(Publisher, "publish_all", lambda _, now: published.append(now))
    house.later(timedelta(0))
    assert published == []


@pytest.fixture
def no_takedown(house: House) -> Iterator[None]:
    """The file of tombstones cannot be written: a folder stands in its place."""
    place = house.app.settings.data / "tombstones.jsonl"
    place.unlink(missing_ok=True)
    place.mkdir()
    yield
    if place.is_dir():
        place.rmdir()


@pytest.mark.usefixtures("no_takedown")
def test_a_plan_that_cannot_be_done_keeps_no_other_from_it(house: House) -> None:
    first, second = house.id("1"), house.id("2")
    house.plan(first, PlannedAct.TAKEDOWN, DAY)
    house.plan(second, PlannedAct.HIDE, DAY + timedelta(minutes=1))
    (trouble,) = house.later(2 * DAY)
    assert house.shown() == ["1"]
    assert [one.guid for one in plans.waiting(house.app.database)] == ["1"]
    assert f"What Ada planned for {first} is not done yet" in str(trouble)
    assert trouble.advice


@pytest.mark.usefixtures("no_takedown")
def test_what_could_not_be_done_is_done_once_it_can_be(house: House) -> None:
    house.plan(house.id("1"), PlannedAct.TAKEDOWN)
    house.later()
    (house.app.settings.data / "tombstones.jsonl").rmdir()
    assert house.later(timedelta(seconds=2)) == []
    assert house.shown() == ["2"]


@pytest.mark.usefixtures("no_takedown")
def test_the_clock_notes_what_was_written_also_where_a_plan_cannot_be_done(house: House) -> None:
    house.plan(house.id("1"), PlannedAct.TAKEDOWN, -DAY)
    beside.Bookkeeping(house.app)._work()
    assert noted.digest(house.app.database) == house.app.catalogue().digest


def test_the_clock_does_what_is_due_also_where_nothing_can_be_noted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan(house.id("1"), PlannedAct.HIDE, -DAY)

    def full(*_: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(file_history, "note", full)
    with pytest.raises(StoreError):
        beside.Bookkeeping(house.app)._work()
    assert house.shown() == ["2"]


def test_a_bug_in_one_plan_keeps_no_other_from_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan(house.id("1"), PlannedAct.TAKEDOWN)
    house.plan("blog", PlannedAct.HIDE)

    def stumble(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(tombstones, "take_down_guid", stumble)
    (trouble,) = house.later()
    assert "stumbled (ZeroDivisionError)" in str(trouble)
    assert house.shown() == []


def test_staff_are_told_what_is_planned(house: House) -> None:
    public_id = house.id("1")
    house.plan(public_id, PlannedAct.HIDE)
    house.plan("blog", PlannedAct.TAKEDOWN, 2 * DAY)
    told = planned.waiting_words(house.app.publisher, "America/New_York")
    assert told == {
        ("blog", public_id): "Will be hidden on 2026-11-24 07:00, as Ada decided.",
        ("blog", None): "Will be taken down for good on 2026-11-25 07:00, as Ada decided.",
    }
