"""The posts that the staff of the sample world write themselves."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from aggregator.actions.by_hand import Effect
from aggregator.app import App
from aggregator.demo.board import BOARD, write_board
from aggregator.demo.world import catalogue_text
from aggregator.settings import load_settings
from aggregator.store import posts

BEGAN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_the_board_has_two_posts_and_is_written_once(tmp_path: Path) -> None:
    config = tmp_path / "feeds.yaml"
    config.write_text(catalogue_text(1, BEGAN), "utf-8")
    made = load_settings(sealed=True, config=config, data=tmp_path / "data")
    with App(made, clock=lambda: BEGAN) as app:
        first, again = (asyncio.run(write_board(app, BEGAN)) for _ in range(2))
        stored = posts.listing(app.database, [BOARD])
    assert [one.effect for one in first] == [Effect.NEW, Effect.NEW]
    assert [one.effect for one in again] == [Effect.UNCHANGED, Effect.UNCHANGED]
    assert len(stored) == 2
    assert [one.post.media[0].alt for one in stored if one.post.media]
