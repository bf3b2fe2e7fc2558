"""Entries as lines: taken out, and put back where they were."""

from collections.abc import Callable

import pytest

from aggregator.catalogue.edit import remove_entry, set_fields
from aggregator.catalogue.lines import (
    Written,
    first_lines,
    insert_entry,
    one_entry,
    own_lines,
    replace_entry,
    written_entries,
)
from aggregator.errors import EditRefused
from aggregator.model import Catalogue

Read = Callable[[str | bytes], Catalogue]

HEAD = """\
# The list of the clinic.
site: {name: Clinic, url: https://www.example.org}   # us
widgets:
  - id: news
    title: News
    layout: posts
"""
ENTRIES = """\
sources:
  # The first family that asked.
  - id: a          # ours
    feed: https://a.example.org/
    in: news
    # every: 2h

  - id: b
    feed: https://b.example.org/
    in: news
    about: |
      Two lines,

      and a gap.

  # About c:
  - id: c
    feed: https://c.example.org/
    in: [news]
"""
STYLES = {
    "lines": HEAD + ENTRIES,
    "no blank lines": HEAD + ENTRIES.replace("\n\n  -", "\n  -").replace("\n\n  #", "\n  #"),
    "line ends of Windows": (HEAD + ENTRIES).replace("\n", "\r\n"),
    "a mark at the start": "\ufeff" + HEAD + ENTRIES,
    "no indentation": HEAD + ENTRIES.replace("\n  ", "\n"),
    "braces": HEAD
    + "sources:\n"
    + "".join(
        f"  - {{id: {name}, feed: 'https://{name}.example.org/', in: news}}\n" for name in "abc"
    ),
    "brackets": HEAD
    + "sources: ["
    + ", ".join(f"{{id: {name}, feed: 'https://{name}.example.org/', in: news}}" for name in "abc")
    + "]\n",
}


def entry(text: str, entry_id: str) -> Written:
    return next(one for one in written_entries(text) if one.id == entry_id)


def test_the_entries_of_a_file_in_their_order() -> None:
    found = [(one.section, one.id, one.place) for one in written_entries(HEAD + ENTRIES)]
    assert found == [
        ("site", "", 0),
        ("widgets", "news", 0),
        ("sources", "a", 0),
        ("sources", "b", 1),
        ("sources", "c", 2),
    ]


@pytest.mark.parametrize("style", ["lines", "line ends of Windows", "a mark at the start"])
def test_the_line_on_which_each_entry_begins(style: str) -> None:
    found = first_lines(STYLES[style], "sources")
    assert found == {"a": 9, "b": 14, "c": 23}


def test_a_section_that_is_not_there_has_no_lines() -> None:
    assert first_lines(HEAD, "sources") == {}


def test_the_lines_of_an_entry_with_the_comment_above_it() -> None:
    assert entry(HEAD + ENTRIES, "c").lines == (
        "# About c:\n- id: c\n  feed: https://c.example.org/\n  in: [news]"
    )


def test_comments_above_an_entry_are_not_its_own() -> None:
    assert own_lines("# About c:\n- id: c\n") == "- id: c\n"


def test_fields_of_a_group_are_named_one_by_one() -> None:
    text = HEAD + "sources:\n  - {id: a, consent: {given: 2026-05-01, basis: b}, in: news}\n"
    assert entry(text, "a").fields == {
        "id": "a",
        "consent.given": "2026-05-01",
        "consent.basis": "b",
        "in": "news",
    }


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("gone", ["a", "b", "c"])
def test_what_was_removed_comes_back_as_it_was(style: str, gone: str) -> None:
    text = STYLES[style]
    before = entry(text, gone)
    back = insert_entry(remove_entry(text, gone), "sources", before.place, before.lines)
    assert back == text


@pytest.mark.parametrize("style", STYLES)
def test_what_was_removed_comes_back_though_its_neighbours_are_gone(style: str, read: Read) -> None:
    text = STYLES[style]
    before = entry(text, "b")
    for name in "bac":
        text = remove_entry(text, name)
    back = insert_entry(text, "sources", before.place, before.lines)
    assert [source.id for source in read(back).sources] == ["b"]
    assert entry(back, "b").data == before.data


def test_the_only_entry_comes_back_below_its_comment() -> None:
    text = (
        HEAD
        + "sources:\n   # Ours:\n   - id: a\n     feed: https://a.example.org/\n     in: news\n"
    )
    before = entry(text, "a")
    assert insert_entry(remove_entry(text, "a"), "sources", 0, before.lines) == text


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("changed", ["a", "b", "c"])
def test_what_was_changed_is_what_it_was(style: str, changed: str) -> None:
    text = STYLES[style]
    after = set_fields(text, changed, {"name": "Another", "every": "2h"})
    assert after != text
    assert replace_entry(after, "sources", changed, entry(text, changed).lines) == text


def test_an_entry_comes_back_into_a_file_that_has_no_such_section(read: Read) -> None:
    back = insert_entry(HEAD, "sources", 4, entry(HEAD + ENTRIES, "b").lines)
    assert [source.id for source in read(back).sources] == ["b"]


def test_lines_do_not_go_into_brackets() -> None:
    lines = entry(STYLES["lines"], "a").lines
    with pytest.raises(EditRefused, match="another way"):
        insert_entry(remove_entry(STYLES["brackets"], "a"), "sources", 0, lines)


def test_an_entry_that_is_not_there_is_not_replaced() -> None:
    with pytest.raises(EditRefused, match='no entry "d"'):
        replace_entry(HEAD + ENTRIES, "sources", "d", "- id: d")


@pytest.mark.parametrize("style", STYLES)
def test_an_entry_is_read_by_itself(style: str) -> None:
    before = entry(STYLES[style], "b")
    assert one_entry(before.lines) == before.data


@pytest.mark.parametrize("text", ["", "[", "- id: a", "sources: 3", "\0"])
def test_what_is_no_list_has_no_entries(text: str) -> None:
    assert written_entries(text) == ()


THREE = """\
widgets:
  # About c:
  - {id: news, title: News, layout: posts}
sources:
%s  - id: a
    feed: https://a.example.org/

%s  - id: b
    feed: https://b.example.org/

  # About c:
  - id: c
    feed: https://c.example.org/

  - id: d
    feed: https://d.example.org/
rules:
  # About c:
  - {id: spam, words: [x]}
"""


@pytest.mark.parametrize("gone", "abcd")
@pytest.mark.parametrize("first", ["", "  # First.\n"])
@pytest.mark.parametrize("second", ["", "  # Second.\n"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_an_entry_comes_back_between_its_comments_and_those_of_its_neighbours(
    gone: str, first: str, second: str, line_break: str
) -> None:
    text = (THREE % (first, second)).replace("\n", line_break)
    before = entry(text, gone)
    assert insert_entry(remove_entry(text, gone), "sources", before.place, before.lines) == text


def test_comments_that_stayed_tell_the_place_where_others_went_before() -> None:
    text = THREE % ("", "")
    before = entry(text, "c")
    without = remove_entry(text, "a")
    for place in (before.place, 0):
        back = insert_entry(remove_entry(without, "c"), "sources", place, before.lines)
        assert back == without
