"""Entries of feeds.yaml changed by command, told in the audit, and taken back."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.trip.stage import HEAD, Origin, rss

CONSENT = "consent: {reference: PF-1, basis: authorization, given: 2026-05-01}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "feeds.yaml"


@pytest.fixture
def family(run: Run, origin: Origin, file: Path) -> Run:
    """A family's blog with a consent, visited and shown."""
    origin.bodies["/feed"] = rss(2, 1)
    file.write_text(
        HEAD + "  # The first one that asked.\n"
        "  - id: family\n"
        f"    feed: {origin.url('/feed')}   # ours\n"
        "    name: One year\n"
        "    in: patient-blogs\n"
        f"    {CONSENT}\n",
        "utf-8",
    )
    run("refresh")
    return run


def shown(tmp_path: Path) -> str:
    return (tmp_path / "data" / "public" / "w" / "patient-blogs.html").read_text("utf-8")


# --- remove ---------------------------------------------------------------------------------------


def test_a_removed_source_leaves_the_file_and_the_widgets(
    family: Run, file: Path, tmp_path: Path
) -> None:
    assert "One year" in shown(tmp_path)
    said = family("remove", "family")
    assert said.code == 0
    assert "-   name: One year" in said.out
    assert "Removed: family." in said.out
    assert "family" not in file.read_text("utf-8")
    assert "One year" not in shown(tmp_path)


def test_a_removal_is_undone_to_the_letter(family: Run, file: Path, tmp_path: Path) -> None:
    before = file.read_text("utf-8")
    (removed,) = family("remove", "family", "--json").lines
    said = family("undo", str(removed["undo"]))
    assert said.code == 0
    assert file.read_text("utf-8") == before
    assert "One year" in shown(tmp_path)


def test_a_comment_that_stays_is_not_shown_as_removed(family: Run, file: Path) -> None:
    said = family("remove", "family")
    assert "- # The first" not in said.out
    assert "# The first one that asked." in file.read_text("utf-8")
    assert "The comment above it stays in feeds.yaml" in said.err
    assert "    # The first one that asked." in said.out


def test_until_when_a_removal_can_be_taken_back(family: Run) -> None:
    said = family("remove", "family").out
    assert re.search(r"It can be taken back until \d+ [A-Z][a-z]+ \d{4}: `undo \d+`\.", said)


def test_after_a_takedown_a_removal_offers_no_other(family: Run) -> None:
    family("takedown", "family", "--yes")
    said = family("remove", "family")
    assert "It was taken down: nothing of it is stored any more." in said.out
    assert "takedown" not in said.out


def test_a_second_removal_has_nothing_to_do(family: Run) -> None:
    family("remove", "family")
    said = family("remove", "family")
    assert said.code == 0
    assert "nothing to do" in said.out


def test_what_never_was_cannot_be_removed(family: Run) -> None:
    said = family("remove", "famly")
    assert said.code == 1
    assert 'Did you mean "family"?' in said.err


# --- state ----------------------------------------------------------------------------------------


def test_a_state_is_one_line(family: Run, file: Path) -> None:
    before = file.read_text("utf-8")
    said = family("state", "family", "resting")
    assert "Now resting: family." in said.out
    assert file.read_text("utf-8") == before.replace(
        "    in: patient-blogs\n", "    in: patient-blogs\n    state: resting\n"
    )
    family("state", "family", "active")
    assert file.read_text("utf-8") == before


def test_a_state_that_holds_already_changes_nothing(family: Run, file: Path) -> None:
    before = file.read_text("utf-8")
    said = family("state", "family", "active")
    assert said.code == 0
    assert "Already active" in said.out
    assert file.read_text("utf-8") == before


def test_an_unknown_state_is_wrong_use_in_plain_words(family: Run) -> None:
    said = family("state", "family", "restng")
    words = " ".join(said.err.replace("│", "").split())
    assert said.code == 2
    assert "There are: active, paused, resting, memorial." in words
    assert 'Did you mean "resting"?' in words
    assert "Value error" not in words


def test_capitals_of_a_state_make_no_difference(family: Run) -> None:
    assert "Now paused: family." in family("state", "family", "Paused").out


def test_a_broken_file_is_not_changed(family: Run, file: Path) -> None:
    broken = file.read_text("utf-8") + "  - id: b\n"
    file.write_text(broken, "utf-8")
    said = family("state", "family", "paused")
    assert said.code == 1
    assert "problem" in said.err
    assert file.read_text("utf-8") == broken


# --- consent --------------------------------------------------------------------------------------


def test_a_withdrawn_consent_takes_the_blog_out_at_once(family: Run, tmp_path: Path) -> None:
    said = family("consent", "withdraw", "family")
    assert said.code == 0
    assert "the consent for family." in said.out
    assert "One year" not in shown(tmp_path)


def test_where_the_file_is_broken_elsewhere_it_says_what_takes_the_blog_out_now(
    family: Run, file: Path, tmp_path: Path
) -> None:
    file.write_text(file.read_text("utf-8") + "  - {id: b, fed: 'https://b.example'}\n", "utf-8")
    said = family("consent", "withdraw", "family")
    assert said.code == 1
    assert "feeds.yaml, line" in said.err
    assert "`hide family` takes it off the website now" in said.err
    assert family("hide", "family").code == 0
    assert "One year" not in shown(tmp_path)


def test_a_second_withdrawal_changes_nothing(family: Run, file: Path) -> None:
    family("consent", "withdraw", "family", "--on", "2026-06-01")
    before = file.read_text("utf-8")
    said = family("consent", "withdraw", "family")
    assert said.code == 0
    assert "Withdrawn on 2026-06-01 already" in said.out
    assert file.read_text("utf-8") == before


def test_a_withdrawal_before_the_consent_is_refused_in_plain_words(family: Run) -> None:
    said = family("consent", "withdraw", "family", "--on", "2026-04-30")
    assert said.code == 1
    assert "lies before the day on which consent was given, 2026-05-01" in said.err


def test_a_consent_that_has_not_begun_can_be_withdrawn(family: Run, file: Path) -> None:
    text = file.read_text("utf-8").replace("2026-05-01", "2926-05-01")
    file.write_text(text, "utf-8")
    assert family("consent", "withdraw", "family").code == 0
    assert "withdrawn: 2926-05-01" in file.read_text("utf-8")


def test_without_a_consent_there_is_none_to_withdraw(family: Run, file: Path) -> None:
    file.write_text(file.read_text("utf-8").replace(f"    {CONSENT}\n", ""), "utf-8")
    said = family("consent", "withdraw", "family")
    assert said.code == 1
    assert "`remove family`" in said.err


def record(run: Run, *more: str, reference: str = "PF-2", given: str = "2026-06-01") -> list[str]:
    said = run(
        "consent", "record", "family", "--reference", reference, "--basis", "authorization",
        "--given", given, *more,
    )  # fmt: skip
    return [str(said.code), said.out, said.err]


def test_a_consent_recorded_anew_ends_the_withdrawal(family: Run, tmp_path: Path) -> None:
    family("consent", "withdraw", "family")
    code, out, _ = record(family, "--expires", "2927-06-01")
    assert code == "0"
    assert "Recorded: the consent for family." in out
    assert "One year" in shown(tmp_path)


def test_a_consent_recorded_as_it_is_changes_nothing(family: Run) -> None:
    code, out, _ = record(family, reference="PF-1", given="2026-05-01")
    assert code == "0"
    assert "Recorded already" in out


@pytest.mark.parametrize(
    ("more", "given", "code"),
    [
        (["--expires", "2026-01-01"], "2026-06-01", "1"),
        ([], "yesterday", "1"),
        (["--expires", "31.12.2026"], "2026-06-01", "1"),
    ],
)
def test_dates_that_cannot_be_are_plain_errors(
    family: Run, file: Path, more: list[str], given: str, code: str
) -> None:
    before = file.read_text("utf-8")
    said = record(family, *more, given=given)
    assert said[0] == code
    assert file.read_text("utf-8") == before


def test_a_note_about_a_person_is_no_reference(family: Run) -> None:
    code, _, err = record(family, reference="C50.9 stage II")
    assert code == "1"
    assert "C50" not in err


def test_a_paused_source_stays_paused_and_that_is_said(family: Run) -> None:
    family("state", "family", "paused")
    assert "`state family active` begins" in record(family)[2]


# --- undo -----------------------------------------------------------------------------------------


def test_a_change_since_is_not_written_over(family: Run, file: Path) -> None:
    (done,) = family("state", "family", "paused", "--json").lines
    file.write_text(file.read_text("utf-8").replace("One year", "Two years"), "utf-8")
    before = file.read_text("utf-8")
    said = family("undo", str(done["undo"]))
    assert said.code == 1
    assert "As that change left it:" in said.out
    assert "name: One year" in said.out
    assert "name: Two years" in said.out
    assert file.read_text("utf-8") == before


def test_what_was_changed_since_is_marked_in_the_list(family: Run) -> None:
    family("state", "family", "paused")
    family("state", "family", "resting")
    newest, older = family("undo", "--json").lines
    assert (newest["changed_since"], older["changed_since"]) == (False, True)
    assert family("undo").out.count("(The entry was changed since.)") == 1
    assert "take the later change back first" in family("undo").out


def test_what_already_stands_as_before_is_not_offered(family: Run, file: Path) -> None:
    before = file.read_text("utf-8")
    family("state", "family", "paused")
    file.write_text(before, "utf-8")
    offered = [one["words"] for one in family("undo", "--json").lines]
    assert offered == [
        "Somebody, by hand in feeds.yaml, changed family (state: paused → active).",
    ]


def test_a_withdrawal_that_is_taken_back_or_comes_back_is_told(family: Run) -> None:
    (withdrawn,) = family("consent", "withdraw", "family", "--on", "2026-06-01", "--json").lines
    undone = family("undo", str(withdrawn["undo"]))
    assert "is not withdrawn any more: it may be shown again." in undone.err
    number = re.search(r"`undo (\d+)`", undone.out)
    assert number is not None
    assert "is withdrawn again, from 2026-06-01 on." in family("undo", number[1]).err


def test_what_is_no_number_is_said_in_plain_words(family: Run) -> None:
    said = family("undo", "abc")
    words = " ".join(said.err.replace("│", "").split())
    assert said.code == 2
    assert "“abc” is no number." in words
    assert "integer" not in words


def test_both_versions_in_json(family: Run, file: Path) -> None:
    (done,) = family("state", "family", "paused", "--json").lines
    family("state", "family", "resting")
    (said,) = family("undo", str(done["undo"]), "--json").lines
    assert "state: paused" in said["left"]
    assert "state: resting" in said["stands"]
    assert "state:" not in said["would_be"]


def test_a_change_by_hand_can_be_undone(family: Run, file: Path) -> None:
    before = file.read_text("utf-8")
    file.write_text(before.replace("One year", "Two years"), "utf-8")
    (listed,) = family("undo", "--json").lines
    assert listed["who"] == "file"
    assert family("undo", str(listed["number"])).code == 0
    assert file.read_text("utf-8") == before


def test_an_undo_can_be_undone(family: Run, file: Path) -> None:
    (done,) = family("state", "family", "paused", "--json").lines
    after = file.read_text("utf-8")
    (undone,) = family("undo", str(done["undo"]), "--json").lines
    assert family("undo", str(undone["undo"])).code == 0
    assert file.read_text("utf-8") == after


def test_an_undo_said_again_changes_nothing(family: Run, file: Path) -> None:
    (done,) = family("state", "family", "paused", "--json").lines
    family("undo", str(done["undo"]))
    before = file.read_text("utf-8")
    said = family("undo", str(done["undo"]))
    assert said.code == 0
    assert "nothing to do" in said.out
    assert file.read_text("utf-8") == before


def test_a_decision_is_undone_by_its_number(family: Run, tmp_path: Path) -> None:
    family("hide", "family")
    assert "One year" not in shown(tmp_path)
    (listed,) = family("undo", "--json").lines
    assert listed["words"].endswith("hid family.")
    said = family("undo", str(listed["number"]))
    assert said.out.startswith("Undone; now no decision: family.")
    assert "One year" in shown(tmp_path)


def test_what_is_not_there_cannot_be_undone(family: Run) -> None:
    said = family("undo", "4711")
    assert said.code == 1
    assert "nothing of number 4711" in said.err


def test_nothing_to_undo_at_first(family: Run) -> None:
    assert "nothing to undo" in family("undo").err


def test_a_source_that_was_added_by_command_can_be_undone(
    run: Run, origin: Origin, tmp_path: Path
) -> None:
    origin.bodies["/feed"] = rss(2, 1)
    run("add", origin.url("/feed"), "--in", "latest-posts", "--id", "blog", "--yes")
    (listed,) = run("undo", "--json").lines
    assert listed["act"] == "source added"
    assert listed["who"] != "file"
    assert run("undo", str(listed["number"])).code == 0
    assert origin.url("/feed") not in (tmp_path / "feeds.yaml").read_text("utf-8")


def test_sources_of_an_imported_list_can_be_undone(
    run: Run, tmp_path: Path, follow: Callable[..., None]
) -> None:
    follow()
    run("status")
    (tmp_path / "list.opml").write_text(
        '<opml version="2.0"><body><outline text="New" xmlUrl="https://new.example.org/feed"/>'
        "</body></opml>",
        "utf-8",
    )
    run("opml", "import", str(tmp_path / "list.opml"), "--write")
    (listed,) = run("undo", "--json").lines
    assert (listed["act"], listed["source_id"]) == ("source added", "new")
