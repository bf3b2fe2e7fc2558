"""Changes of feeds.yaml are told once, by name of who made them, and never twice."""

from datetime import timedelta

import pytest

from aggregator.actions import history
from aggregator.actions.edits import Editor
from aggregator.actions.ledger import standings
from aggregator.catalogue.edit import set_fields
from aggregator.errors import CatalogueError
from aggregator.store import audit, consents, noted, undos
from aggregator.store.audit import Entry
from tests.postgres import postgres as postgres  # noqa: PLC0414 - a fixture, used by name
from tests.postgres import template as template  # noqa: PLC0414 - the same
from tests.trip.conftest import origin as origin  # noqa: PLC0414 - the same
from tests.trip.conftest import stage as stage  # noqa: PLC0414 - the same
from tests.trip.stage import Stage

CONSENT = "consent: {reference: PF-1, basis: form, given: 2026-05-01}"


def note(stage: Stage) -> None:
    history.note(stage.app.database, stage.app.current, stage.now)


def told(stage: Stage, skip: int = 0) -> list[tuple[str, str, str, str | None, str | None]]:
    """Who did what to what, oldest first."""
    rows = list(audit.everything(stage.app.database))[skip:]
    return [(one.who, one.act, one.source_id, one.before, one.after) for one in rows]


@pytest.fixture
def family(stage: Stage) -> Stage:
    """A family's blog in a file that was noted once."""
    stage.follow(stage.source("family", more=f"name: One year, in: patient-blogs, {CONSENT}"))
    note(stage)
    return stage


def begun(stage: Stage) -> int:
    return len(told(stage))


def edit(stage: Stage, old: str, new: str) -> None:
    text = stage.config.read_text("utf-8")
    assert old in text
    stage.write(text.replace(old, new))


def editor(stage: Stage) -> Editor:
    app = stage.app
    return Editor(app.publisher, app.current, app.edit, app.sync)


def test_the_first_look_tells_of_all_and_keeps_nothing_to_undo(family: Stage) -> None:
    assert told(family) == [
        ("file", "site added", "", None, "name, url, timezone, contact"),
        ("file", "widget added", "", None, "id, title, layout posts, show, per_source"),
        ("file", "widget added", "", None, "id, title, layout blogs, show, require consent"),
        (
            "file",
            "source added",
            "family",
            None,
            "id, feed, name, in, consent.reference, consent.basis, consent.given",
        ),
        ("file", "consent given", "family", None, "reference, basis, given"),
    ]
    assert undos.open_ones(family.app.database, family.now) == []


def test_a_second_look_tells_nothing(family: Stage) -> None:
    before = begun(family)
    note(family)
    assert begun(family) == before


def test_a_comment_is_no_change(family: Stage) -> None:
    before = begun(family)
    edit(family, "sources:", "# Ours.\nsources:")
    note(family)
    assert begun(family) == before


def test_a_hand_edit_names_the_fields_and_not_what_they_say(family: Stage) -> None:
    before = begun(family)
    edit(family, "name: One year, in", "name: Two years, state: paused, in")
    note(family)
    assert told(family, before) == [
        ("file", "source changed", "family", "name", "name, state paused")
    ]


def test_a_hand_removal_keeps_the_lines_for_undo(family: Stage) -> None:
    text = family.config.read_text("utf-8")
    before = begun(family)
    family.follow()
    family.write(family.config.read_text("utf-8").replace("sources:\n", "sources: []\n"))
    note(family)
    acts = [act for _, act, *_ in told(family, before)]
    assert acts == ["source removed", "consent removed"]
    (kept,) = undos.open_ones(family.app.database, family.now)
    assert kept.after is None
    assert str(kept.before) in text


def test_a_change_of_consent_only_has_one_row_that_can_be_undone(family: Stage) -> None:
    before = begun(family)
    edit(family, "given: 2026-05-01", "given: 2026-05-01, expires: 2027-05-01")
    note(family)
    assert told(family, before) == [("file", "consent changed", "family", None, "expires")]
    assert len(undos.open_ones(family.app.database, family.now)) == 1


def test_a_broken_file_tells_nothing_until_it_is_mended(family: Stage) -> None:
    before = begun(family)
    good = family.config.read_text("utf-8")
    family.write(good + "  - {id: b}\n")
    note(family)
    assert begun(family) == before
    family.write(good.replace("One year", "Two years"))
    note(family)
    assert [act for _, act, *_ in told(family, before)] == ["source changed"]


def test_without_a_list_there_is_nothing_to_note(stage: Stage) -> None:
    stage.write("sources")
    with pytest.raises(CatalogueError):
        note(stage)


def test_a_rule_and_a_widget_are_told_of_too(family: Stage) -> None:
    before = begun(family)
    edit(family, "sources:", "rules:\n  - {id: spam, words: [casino]}\nsources:")
    edit(family, "title: Latest posts", "title: News")
    note(family)
    assert told(family, before) == [
        ("file", "widget changed", "", "title", "title"),
        ("file", "rule added", "", None, "spam: id, words"),
    ]
    assert audit.rows(family.app.database, 2)[1].widget_id == "latest-posts"


# --- whose it was ---------------------------------------------------------------------------------


def test_a_hand_edit_before_a_command_stays_the_hands(family: Stage) -> None:
    before = begun(family)
    edit(family, "One year", "Two years")
    editor(family).remove("family", by="ann", now=family.now)
    assert told(family, before)[:2] == [
        ("file", "source changed", "family", "name", "name"),
        (
            "ann",
            "source removed",
            "family",
            "id, feed, name, in, consent.reference, consent.basis, consent.given",
            None,
        ),
    ]


def test_whoever_notes_it_the_change_is_of_who_announced_it(
    family: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed right after the file was written: the clock of another process finds the change."""
    before = begun(family)

    def killed(text: str) -> str:
        return set_fields(text, "family", {"name": "Two years"})

    class Killed(Exception):  # noqa: N818
        pass

    def write(*words: object, **more: object) -> None:
        family.app.edit(*words, **more)  # type: ignore[arg-type]
        raise Killed

    app = family.app
    with pytest.raises(Killed):
        Editor(app.publisher, app.current, write, app.sync).change(  # type: ignore[arg-type]
            killed, by="ann", now=family.now
        )
    assert begun(family) == before
    note(family)
    assert told(family, before) == [("ann", "source changed", "family", "name", "name")]


def test_an_announcement_is_not_believed_for_ever(family: Stage) -> None:
    database = family.app.database
    noted.announce(database, "one", "ann", family.now)
    noted.announce(database, "two", "bo", family.now + timedelta(days=2))
    with database.writing() as connection:
        assert noted.announced_by(connection, "one") is None
        assert noted.announced_by(connection, "two") == "bo"
        assert noted.announced_by(connection, "two") is None


def test_an_older_look_does_not_follow_a_newer_one(family: Stage) -> None:
    """Between our look and our turn to write, another process noted a newer file."""
    before = begun(family)
    edit(family, "One year", "Two years")
    old = family.app.current()
    edit(family, "Two years", "Three years")
    note(family)
    looks = iter([old, family.app.current()])
    history.note(family.app.database, lambda: next(looks), family.now)
    assert [act for _, act, *_ in told(family, before)] == ["source changed"]


# --- takedown -------------------------------------------------------------------------------------


def erase(stage: Stage, source_id: str) -> None:
    with stage.app.database.writing() as connection:
        undos.erase(connection, source_id)
        consents.erase(connection, source_id)


def test_of_a_source_taken_down_nothing_is_kept_and_nothing_noted(family: Stage) -> None:
    from aggregator.actions.takedown import take_down  # noqa: PLC0415 - others rework it

    edit(family, "One year", "A year in our garden")
    note(family)
    family.app.sync(family.app.catalogue())
    take_down(family.app.publisher, "family", by="ann", now=family.now)
    erase(family, "family")
    before = begun(family)
    edit(family, "Latest posts", "News")
    note(family)
    edit(family, "garden", "yard")
    note(family)
    assert [act for _, act, *_ in told(family, before)] == ["widget changed"]
    with family.app.database.reading() as connection:
        assert "family" not in [one.id for one in noted.entries(connection)]
    assert consents.history(family.app.database, "family") == []
    assert undos.newest(family.app.database, "sources", "family") is None


# --- time -----------------------------------------------------------------------------------------


def test_what_undo_needs_is_forgotten_after_thirty_days(family: Stage) -> None:
    edit(family, "One year", "Two years")
    note(family)
    database = family.app.database
    assert undos.prune(database, family.now + timedelta(days=30)) == 0
    assert undos.prune(database, family.now + timedelta(days=31)) == 1


def test_the_audit_stays_and_tells_since_when(family: Stage) -> None:
    family.now += timedelta(days=1)
    edit(family, "One year", "Two years")
    note(family)
    wanted = audit.Wanted(since=family.now)
    assert audit.rows(family.app.database, wanted=wanted) == [
        Entry(family.now, "file", "source changed", "family", None, "name", "name")
    ]


def test_the_ledger_says_how_each_consent_stands(family: Stage) -> None:
    editor(family).withdraw_consent("family", family.now.date(), by="ann", now=family.now)
    ledger = consents.all_newest(family.app.database)
    (one,) = standings(family.app.catalogue(), ledger, family.now.date())
    assert one.words == "withdrawn on 2026-11-23: not shown"
    assert (one.said_by, one.ends_in, one.holds) == ("ann", 0, False)
    first, last = consents.history(family.app.database, "family")
    assert (first.said_by, last.said_by) == ("file", "ann")
