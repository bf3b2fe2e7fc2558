"""From the address of a profile to the page: `add`, and the visits that follow."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.demo.bluesky import Bluesky
from aggregator.demo.interface import Interface
from aggregator.demo.mastodon import Mastodon
from aggregator.demo.notes import Account, Note
from aggregator.fetch.client import VisitWeb
from aggregator.model import Document
from tests.cli.conftest import Run
from tests.cli.conftest import run as run  # noqa: PLC0414 - a fixture, used by name
from tests.trip.platforms import served
from tests.trip.stage import Origin, Stage

LATER = datetime.now(UTC) + timedelta(days=2)
"""Commands know no clock but the real one; the visits after them come when all is due."""
POSTED = LATER - timedelta(days=9)


class Network:
    """The two platforms, on one port: each is asked under its own name."""

    def __init__(self) -> None:
        self.notes = [Note(1, "Our doors are open.", POSTED)]
        named = Account("institute.example", "Example Institute", 77)
        short = Account("institute", "Example Institute", 77)
        self.platforms: dict[str, Interface] = {
            "/xrpc/": Bluesky(named, lambda: self.notes, lambda: LATER),
            "/api/": Mastodon(short, "social.example", lambda: self.notes, lambda: LATER),
        }

    def answer(self, target: str, fields: dict[str, str]) -> Any:
        name = next((name for name in self.platforms if target.startswith(name)), "/api/")
        return self.platforms[name].answer(target, fields)

    @property
    def asked(self) -> int:
        return sum(len(platform.asked) for platform in self.platforms.values())


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def origin(network: Network, monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    """Under all their names this machine is asked."""
    real = VisitWeb.get
    names = ("https://public.api.bsky.app", "https://bsky.app", "https://social.example")
    with served(network.answer) as here:

        async def get(self: VisitWeb, url: str, **how: Any) -> Document:
            for name in names:
                url = url.replace(name, f"http://127.0.0.1:{here.port}")
            return await real(self, url, **how)

        monkeypatch.setattr(VisitWeb, "get", get)
        yield here


@pytest.fixture
def stage(run: Run, origin: Origin, tmp_path: Path) -> Iterator[Stage]:
    """The Aggregator that runs beside the commands, two days later."""
    made = Stage(tmp_path, origin)
    made.now = LATER
    yield made
    made.app.close()


EACH = pytest.mark.parametrize(
    ("said", "written"),
    [
        ("https://bsky.app/profile/institute.example", "bluesky: institute.example"),
        ("@institute.example", "bluesky: institute.example"),
        ("bluesky: institute.example", "bluesky: institute.example"),
        ("@institute@social.example", "mastodon: institute@social.example"),
        ("https://social.example/@institute.rss", "mastodon: institute@social.example"),
    ],
)


@EACH
def test_what_people_know_of_an_account_brings_its_posts_to_the_page(
    run: Run, stage: Stage, network: Network, said: str, written: str
) -> None:
    assert run("add", said, "--in", "latest-posts", "--yes").code == 0
    assert written in stage.config.read_text("utf-8")
    assert "Our doors are open." in stage.output("latest-posts.html")
    network.notes.append(Note(2, "They are closed today.", POSTED + timedelta(hours=1)))
    (report,) = stage.refresh()
    assert not report.failed
    assert "They are closed today." in stage.output("latest-posts.html")


@EACH
def test_A6_to_look_and_to_visit_costs_no_more_than_to_look(
    run: Run, stage: Stage, network: Network, said: str, written: str
) -> None:
    del written
    run("check", said)
    looked = network.asked
    run("add", said, "--in", "latest-posts", "--yes")
    assert network.asked == 2 * looked <= 8


@pytest.mark.parametrize("nobody", ["@nobody@social.example", "@nobody.example"])
def test_an_account_that_is_not_there_is_not_written(run: Run, stage: Stage, nobody: str) -> None:
    before = stage.config.read_text("utf-8")
    told = run("add", nobody, "--yes")
    assert told.code == 1
    assert "no public account" in told.err
    assert stage.config.read_text("utf-8") == before
