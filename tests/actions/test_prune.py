"""What is kept how long: by platforms' terms, by age, and after a source left the list."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.actions import curate
from aggregator.actions.prune import Kind, Pruner
from aggregator.app import App
from aggregator.connectors import youtube
from aggregator.errors import AggregatorError
from aggregator.model import (
    Outcome,
    Plan,
    PlannedAct,
    Post,
    RawDate,
    RawPost,
    RawText,
    Standing,
    StoredPost,
    VerdictKind,
    Visit,
)
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import (
    audit,
    departures,
    plans,
    posts,
    publishes,
    retention,
    sightings,
    visits,
)
from aggregator.store.emptied import is_empty
from aggregator.store.sightings import Sighting

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEPT = youtube.TERMS.kept_for or timedelta(0)
DAY = timedelta(days=1)
HEAD = """\
site: {name: Example Institute, url: "https://www.example.org"}
widgets:
  - {id: latest, title: Latest posts, layout: posts, show: 3}
sources:
  - {id: blog, feed: 'https://blog.example/feed', in: latest}
"""
CHANNEL = "  - {id: channel, youtube: UCabcdefghijklmnopqrstuv, in: latest}\n"


@dataclass
class House:
    """An Aggregator with a post of a channel and one of a blog, stored at ``NOW``."""

    folder: Path
    app: App = field(init=False)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.follow(HEAD + CHANNEL)
        self.app = self.open()
        self.app.sync(self.app.catalogue())
        for source in self.app.catalogue().sources:
            self.bring(source.id, f"of {source.id}")

    def open(self, **changes: Any) -> App:
        config, data = self.folder / "feeds.yaml", self.folder / "data"
        settings = load_settings(sealed=True, config=config, data=data, **changes)
        return App(settings, clock=lambda: self.now)

    def bring(self, source_id: str, *guids: str, published: datetime | None = None) -> None:
        source = self.app.catalogue().source(source_id)
        assert source is not None
        found = []
        for guid in guids:
            body = RawText(f"Said in {guid} to whoever wants to know about it.", is_html=False)
            date = RawDate(published.isoformat()) if published else None
            link = f"https://{source_id}.example/{guid.replace(' ', '-')}"
            raw = RawPost(guid=guid, permalink=link, body=body, published=date)
            post = post_from(raw, source, None, self.now)
            assert isinstance(post, Post)
            found.append(post)
        state = visits.states(self.app.database)[source_id]
        visit = Visit(source_id, self.now, Outcome.CHANGED, state, tuple(found))
        visits.save(self.app.database, [visit], self.now)

    def follow(self, text: str) -> None:
        (self.folder / "feeds.yaml").write_text(text, "utf-8")

    def pruner(self, after: timedelta) -> Pruner:
        app = self.app
        return Pruner(app.database, app.settings, app.current(), NOW + after)

    def prune(self, after: timedelta) -> dict[Kind, dict[str, int]]:
        """By kind and name, how much was erased."""
        return told(self.pruner(after))

    def hide(self, guid: str) -> None:
        curate.decide(
            self.app.publisher, [self.find(guid).post.public_id], VerdictKind.HIDDEN,
            by="Ada", now=self.now, reason="shows a face",
        )  # fmt: skip

    def plan(self, source_id: str, guid: str | None) -> Plan:
        """To be taken down a year later."""
        at = self.now + 365 * DAY
        plan = Plan(PlannedAct.TAKEDOWN, source_id, guid, at, "Ada", self.now)
        plans.add(self.app.database, plan)
        return plan

    def find(self, guid: str) -> StoredPost:
        (found,) = (one for one in posts.listing(self.app.database) if one.post.guid == guid)
        return found

    @property
    def guids(self) -> list[str]:
        return sorted(stored.post.guid for stored in posts.listing(self.app.database))


def told(pruner: Pruner) -> dict[Kind, dict[str, int]]:
    found: dict[Kind, dict[str, int]] = {}
    for one in pruner.prune():
        found.setdefault(one.kind, {})[one.name] = one.count
    return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.app.close()


# --- by the terms of platforms ---------------------------------------------------------------


def test_it_goes_once_its_time_is_over_and_a_blog_s_own_stays(house: House) -> None:
    assert house.prune(KEPT + DAY) == {Kind.TERMS: {"channel": 1}}
    assert house.guids == ["of blog"]


def test_it_stays_until_then(house: House) -> None:
    assert house.prune(KEPT) == {}
    assert house.guids == ["of blog", "of channel"]


def test_what_its_platform_confirmed_meanwhile_stays(house: House) -> None:
    seen = Sighting(NOW + DAY, NOW + DAY)
    sightings.settle(house.app.database, "channel", {"of channel": seen}, (), (), seen.looked)
    assert house.prune(KEPT + DAY) == {}


def test_the_terms_hold_for_a_source_that_left_the_list(house: House) -> None:
    house.follow(HEAD)
    house.app.sync(house.app.catalogue())
    assert house.prune(KEPT + DAY) == {Kind.TERMS: {"channel": 1}}


def test_a_look_erases_nothing(house: House) -> None:
    (found,) = house.pruner(KEPT + DAY).overdue()
    assert (found.kind, found.name, found.count) == (Kind.TERMS, "channel", 1)
    assert house.guids == ["of blog", "of channel"]


# --- old posts -------------------------------------------------------------------------------

MANY = [f"post {number}" for number in range(retention.NEWEST_KEPT)]
LONG_AGO = NOW - 500 * DAY


@pytest.fixture
def old(house: House) -> House:
    """A blog with as many new posts as are always kept, and an old one."""
    house.bring("blog", *MANY, published=NOW - DAY)
    house.bring("blog", "old", published=LONG_AGO)
    return house


def test_an_old_post_that_nobody_shows_is_erased(old: House) -> None:
    assert old.prune(timedelta(0)) == {Kind.OLD: {"blog": 1}}
    assert "old" not in old.guids


def test_the_newest_of_a_source_stay_however_old_they_are(house: House) -> None:
    house.bring("blog", *MANY[2:], "old", published=LONG_AGO)
    assert house.prune(timedelta(0)) == {}


def test_an_old_post_that_a_widget_shows_stays(old: House) -> None:
    public_id = old.find("old").post.public_id
    publishes.record(
        old.app.database,
        "latest",
        NOW,
        changed=True,
        valid_until=None,
        shown=frozenset([public_id]),
    )
    assert old.prune(timedelta(0)) == {}


def test_an_old_post_that_is_pinned_stays(old: House) -> None:
    key = old.find("old").post.public_id
    curate.decide(old.app.publisher, [key], VerdictKind.PINNED, by="Ada", now=NOW)
    publishes.record(
        old.app.database, "latest", NOW, changed=True, valid_until=None, shown=frozenset()
    )
    assert old.prune(timedelta(0)) == {}


def test_a_post_without_a_date_is_never_too_old(house: House) -> None:
    """It would come back as a new one."""
    house.bring("blog", "undated")
    house.now += 500 * DAY
    house.bring("blog", *MANY, published=house.now - DAY)
    assert house.prune(500 * DAY).get(Kind.OLD) is None


@pytest.mark.parametrize("guid", ["old", None])
def test_an_old_post_stays_while_a_plan_waits_for_it(old: House, guid: str | None) -> None:
    """On that day it tells which copies elsewhere go with it."""
    plan = old.plan("blog", guid)
    assert old.prune(timedelta(0)) == {}
    plans.done(old.app.database, plan)
    assert old.prune(timedelta(0)) == {Kind.OLD: {"blog": 1}}


def test_where_posts_are_kept_for_ever_none_is_too_old(old: House) -> None:
    old.app.close()
    old.app = old.open(keep_posts="")
    assert old.prune(timedelta(0)) == {}


def test_posts_that_staff_wrote_are_never_too_old(house: House) -> None:
    """Nothing could fetch them again."""
    house.follow(HEAD + CHANNEL + "  - {id: board, hand: true, name: Board, in: latest}\n")
    house.app.sync(house.app.catalogue())
    house.bring("board", *MANY, published=NOW - DAY)
    house.bring("board", "old", published=LONG_AGO)
    assert house.prune(timedelta(0)) == {}


# --- hidden posts ----------------------------------------------------------------------------


def test_of_a_hidden_post_the_content_goes_and_the_verdict_stays(house: House) -> None:
    house.hide("of blog")
    assert house.prune(91 * DAY) == {Kind.TERMS: {"channel": 1}, Kind.HIDDEN: {"blog": 1}}
    left = house.find("of blog")
    assert is_empty(left.post)
    assert left.standing is Standing.HIDDEN
    assert left.verdict is not None
    assert left.verdict.reason is None


def test_it_is_not_found_in_the_file_any_more(house: House) -> None:
    house.hide("of blog")
    house.prune(91 * DAY)
    assert house.app.database.erase_expected_traces()
    file = house.folder / "data" / "aggregator.db"
    assert b"Said in of blog" not in file.read_bytes()
    assert b"shows a face" not in file.read_bytes()


def test_a_hidden_post_that_is_fetched_anew_stays_hidden_and_empty(house: House) -> None:
    house.hide("of blog")
    house.prune(91 * DAY)
    house.bring("blog", "of blog")
    assert is_empty(house.find("of blog").post)
    assert house.find("of blog").standing is Standing.HIDDEN


def test_a_copy_of_it_under_another_id_is_hidden(house: House) -> None:
    """A blog that moves gives its posts new ids; that must not bring one back."""
    house.bring("blog", "first")
    house.hide("first")
    house.prune(91 * DAY)
    source = house.app.catalogue().source("blog")
    assert source is not None
    body = RawText("Said in first to whoever wants to know about it.", is_html=False)
    copy = post_from(
        RawPost(guid="moved", permalink="https://moved.example/first", body=body), source, None, NOW
    )
    assert isinstance(copy, Post)
    state = visits.states(house.app.database)["blog"]
    visits.save(house.app.database, [Visit("blog", NOW, Outcome.CHANGED, state, (copy,))], NOW)
    assert house.find("moved").standing is Standing.HIDDEN


def test_a_post_without_content_cannot_be_approved(house: House) -> None:
    house.hide("of blog")
    house.prune(91 * DAY)
    key = house.find("of blog").post.public_id
    with pytest.raises(AggregatorError, match="erased"):
        curate.decide(
            house.app.publisher, [key], VerdictKind.APPROVED, by="Ada", now=NOW + 92 * DAY
        )


def test_a_hidden_post_stays_whole_until_then(house: House) -> None:
    house.hide("of blog")
    assert Kind.HIDDEN not in house.prune(90 * DAY)


# --- what left feeds.yaml --------------------------------------------------------------------


@pytest.fixture
def left(house: House) -> House:
    """The blog left the list, which was seen at ``NOW``."""
    house.follow(HEAD.partition("  - {id: blog")[0] + CHANNEL)
    house.app.sync(house.app.catalogue())
    house.pruner(timedelta(0)).overdue()
    return house


def test_a_source_that_left_is_erased_after_its_time(left: House) -> None:
    assert left.prune(29 * DAY).get(Kind.LEFT) is None
    assert left.prune(30 * DAY)[Kind.LEFT] == {"blog": 1}
    assert "of blog" not in left.guids
    assert "blog" not in visits.states(left.app.database)
    assert left.prune(31 * DAY).get(Kind.LEFT) is None


@pytest.mark.parametrize("guid", ["of blog", None])
def test_a_source_that_left_stays_while_a_plan_waits_for_it(left: House, guid: str | None) -> None:
    plan = left.plan("blog", guid)
    assert left.prune(60 * DAY).get(Kind.LEFT) is None
    plans.done(left.app.database, plan)
    assert left.prune(60 * DAY)[Kind.LEFT] == {"blog": 1}


def test_what_was_hidden_of_it_stays_hidden(house: House) -> None:
    house.hide("of blog")
    house.follow(HEAD.partition("  - {id: blog")[0] + CHANNEL)
    house.app.sync(house.app.catalogue())
    house.pruner(timedelta(0)).overdue()
    house.prune(30 * DAY)
    house.follow(HEAD + CHANNEL)
    house.app.sync(house.app.catalogue())
    house.bring("blog", "of blog")
    assert house.find("of blog").standing is Standing.HIDDEN


def test_a_source_that_came_back_begins_anew(left: House) -> None:
    left.follow(HEAD + CHANNEL)
    left.app.sync(left.app.catalogue())
    left.pruner(29 * DAY).overdue()
    left.follow(HEAD.partition("  - {id: blog")[0] + CHANNEL)
    left.app.sync(left.app.catalogue())
    assert left.prune(40 * DAY).get(Kind.LEFT) is None


def test_while_the_list_is_broken_nothing_has_left_it(left: House) -> None:
    left.follow("sources: [")
    assert left.prune(60 * DAY).get(Kind.LEFT) is None


def test_that_it_was_erased_is_in_the_audit(left: House) -> None:
    left.prune(30 * DAY)
    acts = {(one.act, one.source_id, one.after) for one in audit.rows(left.app.database)}
    assert ("pruned", "blog", "all of it") in acts


# --- clocks that jump ------------------------------------------------------------------------


def test_after_a_long_time_the_clock_waits_a_day_before_it_erases_by_age(left: House) -> None:
    """Where the clock is wrong for an hour, nothing is lost by it."""
    left.pruner(DAY).prune(cautious=True)
    assert not [one for one in left.pruner(60 * DAY).prune(cautious=True) if one.kind is Kind.LEFT]
    again = left.pruner(61 * DAY).prune(cautious=True)
    assert [one.name for one in again if one.kind is Kind.LEFT] == ["blog"]


def test_what_a_wrong_clock_noted_counts_from_now(house: House) -> None:
    departures.note(house.app.database, ["source blog"], NOW + 900 * DAY)
    assert departures.note(house.app.database, ["source blog"], NOW) == {"source blog": NOW}
