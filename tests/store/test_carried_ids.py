"""A backup from before a source got another id, or from after it, takes nothing back."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model import Post, Source, Standing, Verdict, VerdictKind, Visit
from aggregator.store import first_ids, posts, restoring, sightings, verdicts, visits
from aggregator.store.database import backup, open_database

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]
MakeVisit = Callable[..., Visit]

HOUR = timedelta(hours=1)


class Shelf:
    """A database that follows one blog, a backup of it, and the database that it becomes."""

    def __init__(self, folder: Path, secret: bytes, source: Source, now: datetime) -> None:
        self.url, self.secret, self.folder = f"sqlite:///{folder / 'live.db'}", secret, folder
        self.source, self.now = source, now
        self.database = open_database(self.url, secret)

    def call(self, source_id: str) -> None:
        self.source = replace(self.source, id=source_id)
        visits.sync(self.database, [self.source], self.now)

    def hide(self, guid: str | None) -> None:
        hidden = Verdict(self.source.id, guid, VerdictKind.HIDDEN, "Ada", self.now)
        verdicts.decide(self.database, hidden)

    def back_up(self) -> None:
        backup(self.database, self.folder / "copy.db")
        self.now += HOUR

    def put_back(self) -> None:
        self.database.close()
        copy = self.folder / "copy.db"
        restoring.restore(self.url, self.secret, self.folder, copy, by="Ada", now=self.now)
        self.database = open_database(self.url, self.secret)

    def standings(self) -> dict[tuple[str, str], Standing]:
        listed = posts.listing(self.database)
        return {(one.post.source_id, one.post.guid): one.standing for one in listed}

    def is_hidden(self) -> bool:
        verdict = verdicts.facts(self.database, [self.source], self.now)[self.source.id].verdict
        return verdict is not None and verdict.kind is VerdictKind.HIDDEN


@pytest.fixture
def shelf(
    tmp_path: Path,
    secret: bytes,
    make_source: MakeSource,
    make_post: MakePost,
    make_visit: MakeVisit,
    now: datetime,
) -> Iterator[Shelf]:
    made = Shelf(tmp_path, secret, make_source("smith"), now)
    made.call("smith")
    state = visits.states(made.database)["smith"]
    own = [make_post(one, "smith") for one in ("one", "two")]
    visits.save(made.database, [make_visit(state, *own)], now)
    yield made
    made.database.close()


def test_what_was_hidden_under_the_new_id_is_hidden_in_the_backup(shelf: Shelf) -> None:
    shelf.back_up()
    shelf.call("family")
    shelf.hide("one")
    shelf.hide(None)
    shelf.put_back()
    assert shelf.standings() == {
        ("family", "one"): Standing.HIDDEN,
        ("family", "two"): Standing.OPEN,
    }
    assert shelf.is_hidden()


def test_what_was_hidden_before_the_rename_is_hidden_as_well(shelf: Shelf) -> None:
    shelf.back_up()
    shelf.hide("one")
    shelf.call("family")
    shelf.put_back()
    assert shelf.standings()["family", "one"] is Standing.HIDDEN


def test_what_was_erased_before_the_rename_is_erased(shelf: Shelf) -> None:
    """The audit names it by the id that it had."""
    shelf.back_up()
    sightings.settle(shelf.database, "smith", {}, ["one"], [], shelf.now)
    shelf.call("family")
    shelf.put_back()
    assert set(shelf.standings()) == {("family", "two")}


def test_a_rename_back_since_the_backup_is_one(shelf: Shelf) -> None:
    shelf.call("family")
    shelf.back_up()
    shelf.hide(None)
    shelf.call("smith")
    shelf.put_back()
    assert set(shelf.standings()) == {("smith", "one"), ("smith", "two")}
    assert shelf.is_hidden()
    assert first_ids.of(shelf.database, "smith") == "smith"


def test_a_second_rename_since_the_backup_is_one(shelf: Shelf) -> None:
    shelf.call("family")
    shelf.back_up()
    shelf.call("household")
    shelf.hide(None)
    shelf.put_back()
    assert set(shelf.standings()) == {("household", "one"), ("household", "two")}
    assert shelf.is_hidden()
    assert first_ids.of(shelf.database, "household") == "smith"
