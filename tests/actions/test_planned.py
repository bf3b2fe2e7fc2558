"""Decisions with a date: done when it has come, once, by whoever looks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.actions import planned
from aggregator.actions.planned import carry_out
from aggregator.app import App
from aggregator.model import Outcome, PlannedAct, Post, RawPost, RawText, VerdictKind, Visit
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import audit, plans, posts, verdicts, visits

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
        return planned.plan(self.app.publisher, key, act, at, by="Ada", now=self.now, reason="why")

    def later(self, after: timedelta = DAY) -> None:
        self.now += after
        carry_out(self.app.publisher, self.now)

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
    back = planned.take_back(house.app.publisher, key, PlannedAct.HIDE, by="Ben", now=house.now)
    assert back.changed
    house.later()
    assert house.shown() == ["1", "2"]


def test_taking_back_what_was_not_planned_says_so(house: House) -> None:
    house.plan(house.id("1"), PlannedAct.TAKEDOWN)
    back = planned.take_back(
        house.app.publisher, house.id("1"), PlannedAct.HIDE, by="Ben", now=house.now
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


def test_where_nothing_is_due_nothing_is_published(house: House) -> None:
    house.plan(house.id("1"), PlannedAct.HIDE)
    assert carry_out(house.app.publisher, house.now) == []


def test_staff_are_told_what_is_planned(house: House) -> None:
    public_id = house.id("1")
    house.plan(public_id, PlannedAct.HIDE)
    house.plan("blog", PlannedAct.TAKEDOWN, 2 * DAY)
    told = planned.waiting_words(house.app.publisher, "America/New_York")
    assert told == {
        ("blog", public_id): "Will be hidden on 2026-11-24 07:00, as Ada decided.",
        ("blog", None): "Will be taken down for good on 2026-11-25 07:00, as Ada decided.",
    }
