from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.catalogue.withdrawals import readable, taken_out
from aggregator.model import Catalogue

GOOD = """\
site: {name: Example, url: https://www.example.org}
widgets:
  - {id: news, title: News, layout: posts}
  - {id: other, title: Other, layout: posts}
sources:
  - id: insight
    feed: https://insight.example.org/last/feed/
    in: [news, other]
  - id: sisters
    feed: https://news.example.org/sisters/feed/
    in:
      # two places
      - news
      - other
    about: Since 2020-01-31, letters from a winter.
    consent:
      reference: PF-1
      basis: authorization
      given: 2026-05-01
      expires: 2027-05-01
      # withdrawn: 2026-11-20    # take the number sign away
  - {feed: https://flow.example.org/sisters, "id": 'flow', in: news,
     consent: {reference: "PF #2", basis: b, given: 2026-05-02}}
  - id: last
    feed: https://insight.example.org/sisters-last
    in: news
"""
EXPIRES = "      expires: 2027-05-01\n"
LAST = GOOD[GOOD.index("  - id: last") :]
SISTERS = GOOD[GOOD.index("  - id: sisters") : GOOD.index("  - {feed")]
ERROR = "  - id: new one\n"

Edit = tuple[str, str]
Left = Callable[..., set[str]]


def _cut(first: str, last: str) -> Edit:
    """Takes the lines from one to another away."""
    begin = GOOD.index(first)
    return GOOD[begin : GOOD.index(last, begin)], ""


@pytest.fixture
def left(read: Callable[[str], Catalogue]) -> Left:
    """What is out after edits of a file that has an error besides."""

    def out(*edits: Edit, good: str = GOOD, error: str = ERROR) -> set[str]:
        broken = good
        for old, new in edits:
            assert old in broken
            broken = broken.replace(old, new)
        return set(taken_out(broken + error, good, read(good)))

    return out


@pytest.mark.parametrize(
    "edit",
    [
        ("", ""),
        ("about: Since", 'about: "Since'),
        ("Since 2020-01-31, letters", "Letters after 2020-01-31: a year, with a second colon"),
        ("    in: [news, other]", "    inn: [news, other]"),
        ("feed: https://insight", "fed: https://insight"),
        ("\n", "\r\n"),
        ("  - id: sisters", '  -\n    "id" : "sisters"'),
        ("title: News", "title: [News"),
        ("      reference: PF-1\n      basis: authorization\n", "      {reference: 'PF-1',\n"),
        ("    consent:\n", "    consnet:\n"),
    ],
    ids=[
        "elsewhere",
        "quote",
        "colon",
        "key of a place misspelt",
        "key of an address misspelt",
        "line ends",
        "written otherwise",
        "bracket",
        "brace",
        "key of a consent misspelt",
    ],
)
def test_error_takes_nothing_out(left: Left, edit: Edit) -> None:
    assert left(edit) == set()


@pytest.mark.parametrize(
    "edit",
    [
        (EXPIRES, EXPIRES + "      withdrawn: 2026-11-20\n"),
        (EXPIRES, EXPIRES + "      Withdrawn: 2026-11-20\n"),
        (EXPIRES, EXPIRES + "      WITHDRAWN: yes\n"),
        (EXPIRES, EXPIRES + "      widthdrawn: yes\n"),
        (EXPIRES, EXPIRES + "      withdraw: yes\n"),
        (EXPIRES, EXPIRES + "    date-withdrawn: yes\n"),
        (EXPIRES, EXPIRES + "      withdrawn yes\n"),
        (EXPIRES, EXPIRES + "      revoked: 20.11.2026\n"),
        ("# withdrawn: 2026-11-20 ", "withdrawn: 2026-11-20 "),
        (EXPIRES, "      expires: 2026-06-01\n"),
        (EXPIRES, "      expires: 2026-05-01\n"),
        (EXPIRES, ""),
        (EXPIRES, "      # expires: 2027-05-01\n"),
        ("given: 2026-05-01", "given: 2028-05-01"),
        ("reference: PF-1", "reference: PF-3"),
        ("    consent:\n      reference: PF-1", "    reference: PF-1"),
        _cut("    consent:\n", "  - {feed"),
        (SISTERS, ""),
        ("  - id: sisters", "#  - id: sisters"),
        ("  - id: sisters", "  - id: gone # id: sisters"),
        ("  - id: sisters", "  - id: sisters-2"),
        ("    feed: https://news.example.org/sisters/feed/\n    in:", "    withdrawn: x\n    in:"),
    ],
)
def test_blog_with_consent_is_out(left: Left, edit: Edit) -> None:
    """Its address is part of another's, which speaks for nobody."""
    assert left(edit) == {"sisters"}


@pytest.mark.parametrize(
    "edit",
    [
        ("given: 2026-05-02", "given: 2026-05-02, withdrawn: 2026-11-20"),
        ("given: 2026-05-02", "given: 2026-05-02, expires: soon"),
        ('reference: "PF #2", ', ""),
        (",\n     consent: {reference", "\n     # {reference"),
        _cut("  - {feed", "  - id: last"),
    ],
    ids=["withdrawn", "expires", "reference", "commented out", "entry"],
)
def test_blog_in_one_line_is_out(left: Left, edit: Edit) -> None:
    """A number sign inside its quotes hides nothing of what follows."""
    assert left(edit) == {"flow"}


def test_entry_that_is_gone_is_out(left: Left) -> None:
    """Its id still is a word in another entry's address."""
    assert left((LAST, "")) == {"last"}


def test_source_whose_widget_has_its_id_is_out_with_its_entry(left: Left) -> None:
    good = GOOD.replace("id: last", "id: news")
    assert left((LAST.replace("id: last", "id: news"), ""), good=good) == {"news"}


def test_withdrawal_without_a_consent_on_record_counts(left: Left) -> None:
    """It may have been written together with the consent that it ends."""
    assert left(("sisters-last\n", "sisters-last\n    withdrawn: 2026-11-20\n")) == {"last"}


@pytest.mark.parametrize(
    ("edit", "out"),
    [
        (("in:\n      # two places\n      - news\n", "in:\n"), {"sisters news"}),
        (("- news\n      - other", "- others"), {"sisters news", "sisters other"}),
        (_cut("    in:\n", "    about"), {"sisters news", "sisters other"}),
        (("in: [news, other]", "in: [other"), {"insight news"}),
        (("    in: [news, other]\n", ""), {"insight other", "insight news"}),
        (("in: news,\n", "in: [],\n"), {"flow news"}),
    ],
)
def test_source_is_out_of_the_widgets_that_it_left(left: Left, edit: Edit, out: set[str]) -> None:
    """A widget's id in an address, as in news.example.org, names no place."""
    assert left(edit) == out


def test_withdrawal_known_before_is_left_to_its_date(left: Left) -> None:
    good = GOOD.replace(EXPIRES, EXPIRES + "      withdrawn: 2027-01-01\n")
    assert left(good=good) == set()


def test_withdrawal_known_before_with_another_date_is_out(left: Left) -> None:
    """That the same day stands elsewhere in the entry does not matter."""
    good = GOOD.replace(EXPIRES, EXPIRES + "      withdrawn: 2027-05-01\n")
    assert left(("withdrawn: 2027-05-01", "withdrawn: 2026-11-20"), good=good) == {"sisters"}


def test_new_entry_with_a_slip_leaves_its_neighbours_alone(left: Left) -> None:
    new = "  - id new\n    feed: https://n.example.org/\n    consent: {given: 2026-06-01}\n"
    assert left(("  - {feed", f"{new}  - {{feed")) == set()


def test_copy_of_an_entry_takes_nothing_out(left: Left) -> None:
    """Many begin a new entry with a copy of the one above."""
    assert left(error=SISTERS) == set()


def test_copy_with_another_consent_is_in_doubt(left: Left) -> None:
    assert left(error=SISTERS.replace("2027-05-01", "2026-06-01")) == {"sisters"}


@pytest.mark.parametrize(
    "raw", [b"", b"\n \n", b"\xef\xbb\xbf", GOOD.encode("utf-16"), b" " * 2**22]
)
def test_damaged_file_is_not_readable(raw: bytes) -> None:
    assert readable(raw) is None


def test_withdrawal_in_a_file_that_is_not_utf_8_counts(
    read: Callable[[str], Catalogue],
) -> None:
    """Dates and keys read the same in older encodings."""
    broken = GOOD.replace("about: Since", "about: Año").replace("expires: 2027", "expires: 2026")
    text = readable(broken.encode("latin-1"))
    assert text is not None
    assert taken_out(text, GOOD, read(GOOD)) == {"sisters"}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, len(GOOD)), length=st.integers(0, 40), put=st.text(max_size=8))
def test_wild_edit_is_answered(
    read: Callable[[str], Catalogue], start: int, length: int, put: str
) -> None:
    good = read(GOOD)
    places = {f"{source.id} {widget}" for source in good.sources for widget in source.widgets}
    broken = GOOD[:start] + put + GOOD[start + length :]
    assert taken_out(broken, GOOD, good) <= places | {source.id for source in good.sources}


def test_large_file_is_answered(read: Callable[[str], Catalogue]) -> None:
    """Thousands of entries, and lines on which a careless pattern would never end."""
    wild = "".join(
        [
            *("- " * 9_999, "\n"),
            *("[ ," * 9_999, "\n" * 9_999),
            "-",
            " " * 99_999,
            "x",
            "in: [" * 9_999,
        ]
    )
    assert "last" in taken_out(wild, GOOD, read(GOOD))
