"""Staff give a source another id in feeds.yaml: on the website nothing comes back by that."""

from datetime import timedelta

import pytest

from aggregator.actions import curate, history, undoable
from aggregator.actions.edits import Editor
from aggregator.actions.find import find
from aggregator.actions.takedown import take_down, take_down_author
from aggregator.model import VerdictKind, public_id_of
from aggregator.store import audit, consents, undos
from tests.trip.stage import Stage, item, rss

DAY = timedelta(days=1)
CONSENT = "consent: {reference: PF-1, basis: authorization, given: 2026-05-01}"
MORE = f"in: [latest-posts, patient-blogs], {CONSENT}"


def by(author: str, number: int, title: str | None = None, text: str | None = None) -> str:
    return item(number, title=title, text=text).replace(
        "</item>", f"<author>{author}</author></item>"
    )


@pytest.fixture
def smith(stage: Stage) -> Stage:
    stage.origin.bodies["/feed"] = rss(by("Bert", 1), by("Cleo", 2), by("Cleo", 3))
    stage.follow(stage.source("smith", more=MORE))
    look(stage)
    return stage


def look(stage: Stage, after: timedelta = timedelta(0)) -> None:
    """As the command does: note what changed in the file, visit, publish."""
    history.note(stage.app.database, stage.app.current, stage.now)
    stage.refresh(after)


def hide(stage: Stage, key: str) -> None:
    curate.decide(stage.app.publisher, [key], VerdictKind.HIDDEN, by="Ada", now=stage.now)


def rename(stage: Stage, old: str = "smith", new: str = "smith-family") -> None:
    stage.write(stage.config.read_text("utf-8").replace(f"id: {old},", f"id: {new},"))


def shows(stage: Stage) -> set[int]:
    page = stage.output("latest-posts.html")
    return {number for number in (1, 2, 3) if f"https://family.example.org/{number}" in page}


def test_a_hidden_source_is_not_shown(smith: Stage) -> None:
    hide(smith, "smith")
    rename(smith)
    smith.app.publisher.publish_all(smith.now)
    look(smith, DAY)
    assert shows(smith) == set()
    assert "family.example.org" not in smith.outputs()


def test_an_author_and_a_post_that_were_taken_down_do_not_come_back(smith: Stage) -> None:
    """The post has another link and other words by now, and its guid alone tells it."""
    take_down_author(smith.app.publisher, "Bert", "smith", by="Ada", now=smith.now)
    take_down(smith.app.publisher, public_id_of("smith", "id-3"), by="Ada", now=smith.now)
    moved = by("Cleo", 3, title="New words", text="Nothing is as it was.")
    moved = moved.replace("family.example.org/3", "moved.example.org/three")
    smith.origin.bodies["/feed"] = rss(by("Bert", 1, text="Told anew."), by("Cleo", 2), moved)
    rename(smith)
    look(smith, DAY)
    assert shows(smith) == {2}
    assert "moved.example.org" not in smith.outputs()


def test_its_posts_are_shown_as_before_and_not_twice(smith: Stage) -> None:
    rename(smith)
    look(smith)
    assert shows(smith) == {1, 2, 3}
    assert smith.output("latest-posts.html").count("https://family.example.org/2") == 1


def test_the_file_is_told_to_have_changed_in_one_entry(smith: Stage) -> None:
    before = audit.newest(smith.app.database)
    rename(smith)
    look(smith)
    told = [one for one in audit.everything(smith.app.database) if one.number > before]
    assert [(one.who, one.act, one.source_id, one.before, one.after) for one in told] == [
        ("Aggregator", "new id", "smith-family", "smith", "smith-family"),
        ("file", "source changed", "smith-family", "id", "id"),
    ]
    assert len(consents.history(smith.app.database, "smith-family")) == 1


@pytest.mark.parametrize("first", ["noted", "visited"])
def test_undo_gives_it_its_id_back(smith: Stage, first: str) -> None:
    """Whichever program meets the change first."""
    hide(smith, "smith")
    rename(smith)
    if first == "visited":
        smith.app.sync(smith.app.catalogue())
    look(smith)
    app = smith.app
    editor = Editor(app.publisher, app.current, app.edit, app.sync)
    (change,) = undos.open_ones(app.database, smith.now)
    editor.undo(change.number, by="Ada", now=smith.now)
    assert [source.id for source in app.catalogue().sources] == ["smith"]
    smith.refresh(DAY)
    assert shows(smith) == set()
    (back,) = undos.open_ones(app.database, smith.now)
    assert back.entry_id == "smith"


def test_a_decision_from_before_can_be_taken_back(smith: Stage) -> None:
    post = public_id_of("smith", "id-2")
    hide(smith, post)
    rename(smith)
    look(smith)
    app = smith.app
    editor = Editor(app.publisher, app.current, app.edit, app.sync)
    text = smith.config.read_text("utf-8")
    (number,) = [
        one.number
        for one in undoable.undoable(app.database, smith.now, text)
        if one.act == "decide"
    ]
    undoable.undo(editor, app.publisher, number, by="Ada", now=smith.now)
    assert shows(smith) == {1, 2, 3}


def test_a_rename_and_its_way_back_between_two_looks_is_nothing(smith: Stage) -> None:
    rename(smith)
    smith.app.sync(smith.app.catalogue())
    rename(smith, "smith-family", "smith")
    look(smith)
    assert shows(smith) == {1, 2, 3}
    assert not undos.open_ones(smith.app.database, smith.now)


def test_it_is_found_by_what_it_was_called(smith: Stage) -> None:
    """As in a letter from before: the source, and a post of it."""
    rename(smith)
    look(smith)
    rename(smith, "smith-family", "household")
    look(smith)
    app = smith.app
    assert find(app.database, app.catalogue(), "smith").source_id == "household"
    was = public_id_of("smith", "id-1")
    assert find(app.database, app.catalogue(), was).public_id == public_id_of("household", "id-1")
