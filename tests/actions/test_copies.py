"""What goes with a post that is hidden or taken down: what else is the same, and nothing more."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.actions.copies import related, same_posts
from aggregator.app import App
from aggregator.model import Post, RawDate, RawPost, RawText, StoredPost, Verdict, VerdictKind
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import posts, verdicts

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

    def put(self, source_id: str, text: str, *, days: int = 0) -> StoredPost:
        """Store a post of that many days ago."""
        source = self.app.catalogue().source(source_id)
        assert source is not None
        said = RawDate((NOW - days * DAY).isoformat())
        raw = RawPost(guid=f"{text} {days}", body=RawText(text, is_html=False), published=said)
        post = post_from(raw, source, None, NOW)
        assert isinstance(post, Post)
        with self.app.database.writing() as connection:
            posts.upsert(connection, [post], NOW, secret=self.app.database.secret)
        return next(
            one for one in posts.listing(self.app.database, [source_id]) if one.post == post
        )

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
    hidden = Verdict("toots", other.post.guid, VerdictKind.HIDDEN, "Ada", NOW)
    verdicts.decide(house.app.database, hidden)
    assert house.same(told) == ["toots 0"]


@pytest.mark.parametrize("hidden", ["Flu shots are here!", "#FluSeason"])
def test_what_the_widget_merges_now_is_found_though_another_was_like_it(
    house: House, hidden: str
) -> None:
    """An earlier version of the same post was hidden, and stands in no card."""
    told = house.put("blue", NOTICE)
    first = house.put("toots", f"{NOTICE} {hidden}", days=1)
    house.put("toots", f"{NOTICE} #flu", days=0)
    act = Verdict("toots", first.post.guid, VerdictKind.HIDDEN, "Ada", NOW)
    verdicts.decide(house.app.database, act)
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
