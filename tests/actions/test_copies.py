"""What goes with a post that is hidden or taken down: what else is the same, and nothing more.

Also what comes after it was hidden.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aggregator.actions import curate, planned
from aggregator.actions.copies import like_hidden, related, same_posts
from aggregator.app import App
from aggregator.model import (
    PlannedAct,
    Post,
    RawDate,
    RawPost,
    RawText,
    Standing,
    StoredPost,
    Verdict,
    VerdictKind,
)
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import latecomers, posts, verdicts
from tests.widgets.announcements import CROSS_POSTS, LOOK_ALIKES

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LIST = """\
site: {name: Example Institute, url: "https://www.example.org"}
widgets:
  - {id: latest, title: Latest posts, layout: posts, show: 3}
  - {id: other, title: Other posts, layout: posts, show: 3}
sources:
  - {id: blue, bluesky: anna.example, in: latest}
  - {id: toots, mastodon: anna@social.example, in: other}
  - {id: x, x: anna, token: X_TOKEN, in: latest}
  - {id: blog, feed: 'https://blog.example/feed', in: latest}
  - {id: planet, feed: 'https://planet.example/feed', in: latest}
"""
NOTICE = "Flu shots are here for patients and their families, on the ground floor of Alder."


@dataclass
class House:
    """An Aggregator that follows accounts and blogs."""

    app: App

    def put(self, source_id: str, text: str, *, days: int = 0, now: datetime = NOW) -> StoredPost:
        """Store a post of that many days ago, as a visit at ``now`` does."""
        source = self.app.catalogue().source(source_id)
        assert source is not None
        title, line, body = text.rpartition("\n---\n")
        raw = RawPost(
            guid=f"{text} {days}",
            # The articles of one pair stand on two sites.
            permalink=f"https://article.example/{1 + body.count('!')}" if line else None,
            title=RawText(title, is_html=False) if line else None,
            body=RawText(body, is_html=False),
            published=RawDate((NOW - days * DAY).isoformat()),
        )
        post = post_from(raw, source, None, NOW)
        assert isinstance(post, Post)
        with self.app.database.writing() as connection:
            posts.upsert(connection, [post], now, secret=self.app.database.secret)
            alike = partial(like_hidden, self.app.catalogue())
            latecomers.hide(connection, [post], now, alike)
        return next(
            one for one in posts.listing(self.app.database, [source_id]) if one.post == post
        )

    def hide(self, *told: StoredPost) -> None:
        """As a person does, without a look for copies."""
        for one in told:
            post = one.post
            act = Verdict(post.source_id, post.guid, VerdictKind.HIDDEN, "Ada", NOW)
            verdicts.decide(self.app.database, act)

    def same(self, told: StoredPost) -> list[str]:
        """Which posts are the same, by source, and how old they are."""
        found = same_posts(self.app.database, self.app.catalogue(), [told])
        assert found[0].id == told.id
        return [f"{one.post.source_id} {(NOW - one.sort_at).days}" for one in found[1:]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    config = tmp_path / "feeds.yaml"
    config.write_text(LIST, "utf-8")
    settings = load_settings(sealed=True, config=config, data=tmp_path / "data")
    with App(settings, clock=lambda: NOW) as app:
        yield House(app)


def test_a_like_post_is_the_same_though_it_stands_in_another_widget(house: House) -> None:
    told = house.put("blue", NOTICE)
    house.put("toots", f"{NOTICE} #FluSeason")
    assert house.same(told) == ["toots 0"]


def test_it_is_found_though_it_is_hidden(house: House) -> None:
    told, other = house.put("blue", NOTICE), house.put("toots", f"{NOTICE} #FluSeason")
    house.hide(other)
    assert house.same(told) == ["toots 0"]


@pytest.mark.parametrize("hidden", ["Flu shots are here!", "#FluSeason"])
def test_what_the_widget_merges_now_is_found_though_another_was_like_it(
    house: House, hidden: str
) -> None:
    """An earlier version of the same post was hidden, and stands in no card."""
    told = house.put("blue", NOTICE)
    first = house.put("toots", f"{NOTICE} {hidden}", days=1)
    house.put("toots", f"{NOTICE} #flu", days=0)
    house.hide(first)
    assert "toots 0" in house.same(told)


def test_each_post_of_a_series_has_its_own(house: House) -> None:
    sessions = {"Monday": 0, "Tuesday": 1, "Friday": 2}
    told = {
        days: house.put("blue", f"{NOTICE} Come on {day}.", days=days)
        for day, days in sessions.items()
    }
    for day, days in sessions.items():
        house.put("toots", f"{NOTICE} Come on {day}. #FluSeason", days=days)
    found = {days: house.same(one) for days, one in told.items()}
    assert found == {days: [f"toots {days}"] for days in sessions.values()}


@pytest.mark.parametrize(
    ("source_id", "text"),
    [
        ("toots", NOTICE.replace("Alder", "Birch")),
        ("x", f"{NOTICE} #FluSeason"),
    ],
    ids=["another place", "on X"],
)
def test_what_stays_apart_in_widgets_is_another(house: House, source_id: str, text: str) -> None:
    told = house.put("blue", NOTICE)
    house.put(source_id, text)
    assert house.same(told) == []


def test_two_blogs_that_are_alike_are_two(house: House) -> None:
    told = house.put("blog", NOTICE)
    house.put("planet", f"{NOTICE} Come!")
    assert house.same(told) == []


def test_a_copy_of_a_copy_is_related(house: House) -> None:
    told = house.put("blue", NOTICE)
    house.put("toots", f"{NOTICE} #FluSeason")
    found = related(house.app.database, house.app.catalogue(), [told])
    assert sorted(one.post.source_id for one in found) == ["blue", "toots"]


# --- what comes after a hide -----------------------------------------------------------------

LATER = NOW + timedelta(minutes=10)


@pytest.mark.parametrize("pair", CROSS_POSTS)
def test_one_announcement_is_hidden_though_it_comes_late(house: House, pair: str) -> None:
    told, other = CROSS_POSTS[pair]
    house.hide(house.put("blue", told))
    assert house.put("toots", other, now=LATER).standing is Standing.HIDDEN


@pytest.mark.parametrize("pair", [name for name, (a, b) in LOOK_ALIKES.items() if a != b])
def test_another_announcement_that_comes_after_a_hide_is_shown(house: House, pair: str) -> None:
    told, other = LOOK_ALIKES[pair]
    house.hide(house.put("blue", told))
    assert house.put("toots", other, now=LATER).standing is Standing.OPEN


@pytest.mark.parametrize(
    ("led", "late"), [("blue", "x"), ("x", "blue"), ("blog", "planet")], ids=" then ".join
)
def test_what_never_is_one_card_is_shown(house: House, led: str, late: str) -> None:
    house.hide(house.put(led, NOTICE))
    assert house.put(late, f"{NOTICE} Come!", now=LATER).standing is Standing.OPEN


@pytest.mark.parametrize(("led", "late"), [("blue", "blog"), ("blog", "blue")])
def test_a_blog_and_a_network_may_be_one_card(house: House, led: str, late: str) -> None:
    house.hide(house.put(led, NOTICE))
    assert house.put(late, f"{NOTICE} Come!", now=LATER).standing is Standing.HIDDEN


@pytest.mark.parametrize(("days", "standing"), [(3, Standing.HIDDEN), (4, Standing.OPEN)])
def test_the_same_words_days_later_are_a_new_post(
    house: House, days: int, standing: Standing
) -> None:
    house.hide(house.put("blue", NOTICE, days=days))
    assert house.put("toots", f"{NOTICE} #FluSeason", now=LATER).standing is standing


def test_what_is_one_card_with_a_shown_post_is_shown(house: House) -> None:
    """Like the hidden one, and yet the copy of another of that account."""
    house.hide(house.put("blue", f"{NOTICE} Today from noon on.", days=1))
    house.put("blue", NOTICE)
    late = house.put("toots", f"{NOTICE} #FluSeason", now=LATER)
    assert late.standing is Standing.OPEN


def test_what_was_there_before_stays_as_it_was(house: House) -> None:
    other = house.put("toots", f"{NOTICE} #FluSeason")
    house.hide(house.put("blue", NOTICE))
    assert house.put("toots", f"{NOTICE} #FluSeason", now=LATER) == other


def test_a_source_that_left_the_list_leads_nobody(house: House) -> None:
    house.hide(house.put("blue", NOTICE))
    config = house.app.settings.config
    text = config.read_text("utf-8")
    config.write_text(text.replace("  - {id: blue, bluesky: anna.example, in: latest}\n", ""))
    late = house.put("toots", f"{NOTICE} #FluSeason", now=LATER)
    assert late.standing is Standing.OPEN


def hide_now(house: House, key: str) -> None:
    (hidden,) = curate.decide(house.app.publisher, [key], VerdictKind.HIDDEN, by="Ada", now=NOW)
    assert hidden.copies == 1


def hide_as_planned(house: House, key: str) -> None:
    publisher = house.app.publisher
    planned.plan(publisher, [key], PlannedAct.HIDE, LATER, by="Ada", now=NOW)
    assert planned.carry_out(publisher, LATER) == []


@pytest.mark.parametrize("hide", [hide_now, hide_as_planned])
def test_what_comes_between_the_look_for_copies_and_the_decision_goes_with_it(
    house: House, monkeypatch: pytest.MonkeyPatch, hide: Callable[[House, str], None]
) -> None:
    told, decide = house.put("blue", NOTICE), verdicts.decide
    late: list[StoredPost] = []

    def decide_late(*decided: Any, **more: Any) -> None:
        if not late:
            late.append(house.put("toots", f"{NOTICE} #FluSeason"))
        decide(*decided, **more)

    monkeypatch.setattr(verdicts, "decide", decide_late)
    hide(house, told.post.public_id)
    assert late[0].standing is Standing.OPEN  # as it came
    assert standing(house, late[0]) is Standing.HIDDEN
    undo = partial(curate.undo, house.app.publisher, [told.post.public_id])
    undo(VerdictKind.HIDDEN, by="Ada", now=LATER)
    assert standing(house, late[0]) is Standing.OPEN


def standing(house: House, told: StoredPost) -> Standing:
    (stored,) = posts.find(house.app.database, told.post.public_id)
    return stored.standing
