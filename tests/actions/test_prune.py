"""What may not be kept: posts unconfirmed for longer than their platform's terms allow."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.actions.prune import Overdue, overdue, prune
from aggregator.app import App
from aggregator.connectors import youtube
from aggregator.model import Outcome, Post, RawPost, RawText, Visit
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import posts, sightings, visits
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

    def __post_init__(self) -> None:
        self.follow(HEAD + CHANNEL)
        settings = load_settings(
            sealed=True, config=self.folder / "feeds.yaml", data=self.folder / "data"
        )
        self.app = App(settings, clock=lambda: NOW)
        self.app.sync(self.app.catalogue())
        for source in self.app.catalogue().sources:
            raw = RawPost(guid=f"of {source.id}", body=RawText("Said.", is_html=False))
            post = post_from(raw, source, None, NOW)
            assert isinstance(post, Post)
            state = visits.states(self.app.database)[source.id]
            visit = Visit(source.id, NOW, Outcome.CHANGED, state, (post,))
            visits.save(self.app.database, [visit], NOW)

    def follow(self, text: str) -> None:
        (self.folder / "feeds.yaml").write_text(text, "utf-8")

    def prune(self, after: timedelta) -> list[Overdue]:
        return prune(self.app.database, self.app.catalogue(), NOW + after)

    @property
    def guids(self) -> list[str]:
        return sorted(stored.post.guid for stored in posts.listing(self.app.database))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.app.close()


def test_it_goes_once_its_time_is_over_and_a_blog_s_own_stays(house: House) -> None:
    assert house.prune(KEPT + DAY) == [Overdue("channel", KEPT, 1)]
    assert house.guids == ["of blog"]


def test_it_stays_until_then(house: House) -> None:
    assert house.prune(KEPT) == []
    assert house.guids == ["of blog", "of channel"]


def test_what_its_platform_confirmed_meanwhile_stays(house: House) -> None:
    seen = Sighting(NOW + DAY, NOW + DAY)
    sightings.settle(house.app.database, "channel", {"of channel": seen}, (), (), seen.looked)
    assert house.prune(KEPT + DAY) == []


def test_the_terms_hold_for_a_source_that_left_the_list(house: House) -> None:
    house.follow(HEAD)
    house.app.sync(house.app.catalogue())
    assert house.prune(KEPT + DAY) == [Overdue("channel", KEPT, 1)]


def test_a_look_erases_nothing(house: House) -> None:
    found = overdue(house.app.database, house.app.catalogue(), NOW + KEPT + DAY)
    assert found == [Overdue("channel", KEPT, 1)]
    assert house.guids == ["of blog", "of channel"]
