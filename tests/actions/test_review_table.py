"""Review, holds, decisions and edits, all with all: when a post is shown."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.model import Review, Verdict, VerdictKind
from aggregator.settings import load_settings
from aggregator.store import posts, verdicts
from benchmarks.holds import post_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIST = """\
site: {name: Example Institute, url: "https://www.example.org"}
widgets: [{id: latest, title: Latest, layout: posts}]
sources: [{id: family, feed: 'https://family.example/feed', in: latest, review: %s}]
"""
SOURCE = "the source approved"
DECISIONS = [None, *VerdictKind, SOURCE]
CASES = list(itertools.product(Review, [False, True], DECISIONS, [False, True]))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    settings = load_settings(sealed=True, config=tmp_path / "feeds.yaml", data=tmp_path / "data")
    with App(settings, clock=lambda: NOW) as app:
        yield app


def is_shown(review: Review, decided: object, *, held: bool, edited: bool) -> bool:
    """The rule, written down once more, in other words than the program's."""
    if decided is VerdictKind.HIDDEN:
        return False
    approved = decided in {VerdictKind.APPROVED, VerdictKind.PINNED}
    seen = approved and not edited  # a person saw this very text
    if held:
        return seen
    if review is Review.ALWAYS:
        return seen
    if review is Review.FIRST:
        return approved or decided is SOURCE
    return True


def decide(app: App, decided: VerdictKind | str, fingerprint: bytes, guid: str) -> None:
    if isinstance(decided, VerdictKind):
        verdict = Verdict("family", guid, decided, "ann", NOW, None, None, fingerprint)
    else:
        verdict = Verdict("family", None, VerdictKind.APPROVED, "ann", NOW)
    verdicts.decide(app.database, verdict)


@pytest.mark.parametrize(("review", "held", "decided", "edited"), CASES)
def test_when_a_post_is_shown(
    app: App, review: Review, held: bool, decided: VerdictKind | str | None, edited: bool
) -> None:
    app.settings.config.write_text(LIST % review.value, "utf-8")
    post = replace(post_of("What happened."), holds=("mine",) if held else ())

    def store(text: str) -> None:
        with app.database.writing() as connection:
            written = replace(post, text=text, fingerprint=text.encode()[:16])
            posts.upsert(connection, [written], NOW, secret=app.database.secret)

    store("What happened.")
    if decided is not None:
        decide(app, decided, b"What happened.", post.guid)
    if edited:
        store("It is told anew.")
    catalogue = app.catalogue()
    chosen = app.publisher.select(catalogue, catalogue.widgets[0], NOW)
    expected = is_shown(review, decided, held=held, edited=edited)
    assert bool(chosen.cards) is expected
