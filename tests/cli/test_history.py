"""What was done, told to people, machines and spreadsheets; and the ledger of consents."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.cli.sheets import put_csv
from tests.cli.conftest import Run, Said
from tests.trip.stage import Origin, rss

CONSENT = "consent: {reference: PF-1, basis: form, given: 2026-05-01, expires: 2926-05-01}"
Follow = Callable[..., None]


@pytest.fixture
def family(run: Run, origin: Origin, follow: Follow) -> Run:
    origin.bodies["/feed"] = rss(2, 1)
    follow(f"in: patient-blogs, {CONSENT}")
    run("refresh")
    return run


def table(said: Said) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(said.out)))


def change(feeds: Path, *words: tuple[str, str]) -> None:
    """By hand: some words for others."""
    text = feeds.read_text("utf-8")
    for before, after in words:
        assert before in text
        text = text.replace(before, after)
    feeds.write_text(text, "utf-8")


# --- audit ----------------------------------------------------------------------------------------


def test_the_newest_comes_first_in_plain_words(family: Run) -> None:
    family("hide", "blog")
    lines = family("audit").out.splitlines()
    assert lines[0].endswith(" hid blog.")
    assert lines[1].endswith(
        "Somebody, by hand in feeds.yaml, wrote down a consent for blog "
        "(reference, basis, given, expires)."
    )
    assert lines[-1] == "Times are those of America/New_York."


def test_an_export_has_all_of_it_the_oldest_first(family: Run) -> None:
    family("hide", "blog")
    said = family("audit", "--json").lines
    assert [one["act"] for one in said[-2:]] == ["consent given", "decide"]
    assert said[-1]["after"] == "hidden"
    assert [one["number"] for one in said] == sorted(one["number"] for one in said)
    rows = table(family("audit", "--csv"))
    assert [row["act"] for row in rows] == [one["act"] for one in said]
    assert rows[-1]["source"] == "blog"


def test_the_audit_of_one_source_and_one_person(family: Run) -> None:
    family("hide", "blog")
    assert {one["who"] for one in family("audit", "--who", "file", "--json").lines} == {"file"}
    acts = [one["act"] for one in family("audit", "--source", "blog", "--json").lines]
    assert acts == ["source added", "consent given", "decide"]


def test_the_audit_since_a_day(family: Run) -> None:
    assert family("audit", "--since", "2926-01-01", "--json").lines == []
    assert family("audit", "--since", "2026-01-01", "--json").lines
    assert family("audit", "--since", "yesterday").code == 1


def test_nothing_of_a_consent_but_names_of_fields_is_in_the_audit(family: Run) -> None:
    said = family("audit", "--json").out + family("audit", "--csv").out + family("audit").out
    assert "PF-1" not in said
    assert "2926" not in said


def test_no_cell_becomes_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    put_csv(("a",), [['=HYPERLINK("http://x.example")'], ["+1"], [" @sum"], ["-2"], [-2], [None]])
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[1:] == [
        ["'=HYPERLINK(\"http://x.example\")"], ["'+1"], ["' @sum"], ["'-2"], ["-2"], [""],
    ]  # fmt: skip


# --- consents -------------------------------------------------------------------------------------


def test_how_each_consent_stands(family: Run) -> None:
    said = family("consents")
    assert said.out.startswith("  blog: holds; ends in ")
    assert "PF-1, form, given 2026-05-01, expires 2926-05-01" in said.out
    assert "written by hand in feeds.yaml, noted on" in said.out


def test_a_missing_consent_is_marked(run: Run, follow: Follow) -> None:
    follow("in: patient-blogs")
    assert run("consents").out == "! blog: none recorded: not shown\n"


def test_the_ledger_for_machines_and_for_the_privacy_officer(family: Run) -> None:
    (one,) = family("consents", "--json").lines
    assert (one["source"], one["reference"], one["holds"]) == ("blog", "PF-1", True)
    (row,) = table(family("consents", "--csv"))
    assert (row["source"], row["given"], row["by"]) == ("blog", "2026-05-01", "file")


def test_all_states_of_one_consent(family: Run, tmp_path: Path) -> None:
    family("consent", "withdraw", "blog", "--on", "2026-11-01")
    change(tmp_path / "feeds.yaml", ("id: blog", "id: other"), ("/feed", "/other"))
    first, second, last = family("consents", "--history", "blog", "--json").lines
    assert first["withdrawn"] is None
    assert second["withdrawn"] == "2026-11-01"
    assert second["by"] != "file"
    assert last["reference"] is None
    assert "no consent named any more" in family("consents", "--history", "blog").out
    assert len(table(family("consents", "--history", "blog", "--csv"))) == 3
    assert "blog: no longer in feeds.yaml" in family("consents").out


def test_what_happened_to_a_source_is_found_by_each_of_its_ids(family: Run, tmp_path: Path) -> None:
    family("consent", "withdraw", "blog", "--on", "2026-11-01")
    change(tmp_path / "feeds.yaml", ("id: blog", "id: other"))
    for name in ("other", "blog"):
        rows = family("consents", "--history", name, "--json").lines
        assert [row["withdrawn"] for row in rows] == [None, "2026-11-01"]
        assert "consent withdrawn" in {
            row["act"] for row in family("audit", "--source", name, "--json").lines
        }


def test_no_history_of_what_never_was(family: Run) -> None:
    said = family("consents", "--history", "nobody")
    assert said.code == 1
    assert "No consent was ever recorded for nobody." in said.err


# --- letters --------------------------------------------------------------------------------------


def test_a_letter_is_drafted_and_not_sent(family: Run) -> None:
    family("state", "blog", "memorial")
    said = family("letter", "blog")
    assert said.code == 0
    assert said.out.startswith("Subject: With our sympathy\n\nDear family,\n")
    assert "Nothing was sent" in said.err


def test_a_letter_in_another_language_about_another_thing(family: Run) -> None:
    (said,) = family("letter", "blog", "--about", "welcome", "--language", "es", "--json").lines
    assert (said["name"], said["language"]) == ("welcome", "es")


def test_a_language_without_letters_is_refused_and_not_replaced(family: Run) -> None:
    said = family("letter", "blog", "--about", "welcome", "--language", "de")
    assert said.code == 1
    assert "There are letters in: en, es." in said.err
    assert said.out == ""


def test_where_the_blogs_language_has_no_letters_it_says_so(family: Run, follow: Follow) -> None:
    follow(f"in: patient-blogs, language: de, {CONSENT}")
    said = family("letter", "blog", "--about", "welcome")
    assert "It is in English: there is no such letter in “de”" in said.err


def test_a_letter_that_would_not_be_true_is_refused(family: Run) -> None:
    said = family("letter", "blog", "--about", "consent-ended")
    assert said.code == 1
    assert "would not be true. The consent for blog holds until 2926-05-01." in said.err


# --- the way of a withdrawal ----------------------------------------------------------------------


def test_a_withdrawal_is_followed_in_the_order_that_status_tells(family: Run) -> None:
    family("consent", "withdraw", "blog")
    step = "Erase what is stored: `takedown blog`. Then `letter blog` tells the family so"
    assert step in " ".join(family("status").out.split())
    assert "Thank you for having let us share" in " ".join(family("letter", "blog").out.split())
    family("takedown", "blog", "--yes")
    step = "`letter blog` tells the family so; then `remove blog` takes its entry out."
    assert step in " ".join(family("status").out.split())
    (receipt,) = family("receipts", "--json").lines
    assert receipt["receipt"] in family("letter", "blog").out
    family("remove", "blog")
    said = family("letter", "blog")
    assert receipt["receipt"] in said.out
    assert "What we had stored of [blog] is erased" in said.out
    assert "Fill in what stands in [brackets]" in said.err
    assert "backups are kept for 35 days at most" in said.err


def test_a_letter_about_a_blog_that_was_withdrawn_and_removed(family: Run) -> None:
    family("consent", "withdraw", "blog")
    family("remove", "blog")
    (said,) = family("letter", "blog", "--json").lines
    assert said["name"] == "withdrawn"
    assert "[blog]" not in said["subject"]


def test_nothing_is_guessed_about_one_that_was_only_removed(family: Run) -> None:
    family("remove", "blog")
    said = family("letter", "blog")
    assert "There is nothing to write about blog: It is not in feeds.yaml any more." in said.err
    assert family("letter", "blog", "--about", "moved").code == 1


def test_where_all_is_well_there_is_nothing_to_write(family: Run) -> None:
    said = family("letter", "blog")
    assert said.code == 1
    assert "nothing to write about blog: Working" in said.err
    assert "--about" in said.err


@pytest.mark.parametrize(
    ("words", "code"), [(("letter", "blgo"), 1), (("letter", "blog", "--about", "spam"), 2)]
)
def test_what_is_not_there_is_said(family: Run, words: tuple[str, ...], code: int) -> None:
    assert family(*words).code == code
