"""Taking down a source: it does not come back under another key of feeds.yaml."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.actions.takedown import take_down
from aggregator.app import App
from aggregator.model import Outcome, RawPost, RawText, Visit
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import posts, verdicts, visits

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HEAD = """\
site: {name: Example Institute, url: "https://www.example.org"}
widgets:
  - {id: latest, title: Latest posts, layout: posts, show: 3}
sources:
"""
CHANNEL = "UCabcdefghijklmnopqrstuv"
SAME = [
    (
        f"feed: 'https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}'",
        f"youtube: {CHANNEL}",
    ),
    ("feed: 'https://medium.com/feed/@anna'", "medium: '@anna'"),
    ("feed: 'https://anna.substack.com/feed'", "substack: anna"),
    ("feed: 'https://social.example/@anna.rss'", "mastodon: anna@social.example"),
    ("feed: 'https://bsky.app/profile/anna.example/rss'", "bluesky: anna.example"),
]
"""Two ways to follow one account."""


@dataclass
class House:
    """An Aggregator whose list changes."""

    folder: Path

    def __post_init__(self) -> None:
        self.config = self.folder / "feeds.yaml"
        self.follow("feed: 'https://blog.example/feed'")
        settings = load_settings(sealed=True, config=self.config, data=self.folder / "data")
        self.app = App(settings, clock=lambda: NOW)

    def follow(self, line: str, *, source_id: str = "anna") -> None:
        self.config.write_text(f"{HEAD}  - {{id: {source_id}, {line}, in: latest}}\n", "utf-8")

    def sync(self) -> None:
        self.app.sync(self.app.catalogue())

    @property
    def is_down(self) -> bool:
        """Whether the one source of the list is taken down, as widgets know it."""
        (source,) = self.app.catalogue().sources
        return verdicts.facts(self.app.database, [source], NOW)[source.id].taken_down

    def bring(self) -> None:
        """Store a post of the one source."""
        (source,) = self.app.catalogue().sources
        raw = RawPost(guid="1", body=RawText("What nobody may read again.", is_html=False))
        post = post_from(raw, source, None, NOW)
        state = visits.states(self.app.database)[source.id]
        visit = Visit(source.id, NOW, Outcome.CHANGED, state, (post,))  # type: ignore[arg-type]
        visits.save(self.app.database, [visit], NOW)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize(("first", "then"), [*SAME, *((b, a) for a, b in SAME)])
def test_the_account_stays_down_under_another_key(house: House, first: str, then: str) -> None:
    house.follow(first)
    house.sync()
    take_down(house.app.publisher, "anna", by="Ada", now=NOW)
    house.follow(then, source_id="another")
    house.sync()
    assert house.is_down
    assert not visits.states(house.app.database)


@pytest.mark.parametrize(("first", "then"), SAME)
def test_what_was_stored_under_another_key_goes_as_well(
    house: House, first: str, then: str
) -> None:
    """It was followed as a feed before, and what came that way is still stored."""
    house.follow(first, source_id="before")
    house.sync()
    house.bring()
    house.follow(then)
    house.sync()
    take_down(house.app.publisher, "anna", by="Ada", now=NOW)
    assert posts.listing(house.app.database) == []


def test_an_account_that_only_looks_alike_stays(house: House) -> None:
    house.follow(f"feed: 'https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}'")
    house.sync()
    take_down(house.app.publisher, "anna", by="Ada", now=NOW)
    house.follow("youtube: UCzyxwvutsrqponmlkjihgfe", source_id="another")
    house.sync()
    assert not house.is_down


def test_a_source_that_left_the_list_stays_down_under_another_key(house: House) -> None:
    first, then = SAME[0]
    house.follow(first)
    house.sync()
    house.follow("feed: 'https://blog.example/feed'", source_id="blog")
    house.sync()
    take_down(house.app.publisher, "anna", by="Ada", now=NOW)
    house.follow(then, source_id="another")
    house.sync()
    assert house.is_down
