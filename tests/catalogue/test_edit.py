"""feeds.yaml changed by machine: what is wanted changes, and nothing else by a byte."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.catalogue.edit import (
    NewSource,
    add_sources,
    awaiting_consent,
    remove_entry,
    set_fields,
)
from aggregator.catalogue.written import may_be_plain, write
from aggregator.errors import CatalogueError, EditRefused
from aggregator.model import Catalogue, SourceState

Read = Callable[[str | bytes], Catalogue]

HEAD = """\
site: {name: Clinic, url: https://www.example.org}   # us
widgets:
  - id: news
    title: News
    layout: posts
  - id: families
    title: Families
    layout: blogs
    require: consent
"""
NEW = NewSource("new-one", "feed", "https://new.example.org/feed/", "The new one", ("news",))


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)


# --- what people see ----------------------------------------------------------------------------


def test_a_source_is_added_as_its_neighbours_are_written() -> None:
    text = HEAD + (
        "sources:\n"
        "-   id: first          # ours\n"
        "    feed: https://a.example.org/\n"
        "    in: news\n"
        "    # every: 2h\n"
        "\n"
        "# An afterthought.\n"
    )
    assert add_sources(text, [NEW]) == text.replace(
        "    # every: 2h\n",
        "    # every: 2h\n"
        "\n"
        "-   id: new-one\n"
        "    feed: https://new.example.org/feed/\n"
        "    name: The new one\n"
        "    in: news\n",
    ).replace("every: 2h\n\n-", "every: 2h\n-")


@pytest.mark.parametrize("nothing", ["sources: []  # none yet\n", "sources:  # none yet\n"])
def test_the_first_source_keeps_the_comment_beside_the_empty_list(nothing: str) -> None:
    added = add_sources(HEAD + nothing, [NEW])
    assert added.startswith(HEAD + "sources:  # none yet\n  - id: new-one\n")


def test_a_file_without_the_section_gets_it_at_its_end(read: Read) -> None:
    catalogue = read(
        add_sources(HEAD, [NEW, replace(NEW, id="b", address="https://b.example.org")])
    )
    assert [source.id for source in catalogue.sources] == ["new-one", "b"]


def test_entries_in_braces_stay_in_braces() -> None:
    text = HEAD + "sources:\n  - {id: a, feed: 'https://a.example.org/', in: news}\n"
    added = add_sources(text, [NEW])
    assert added.removeprefix(text) == (
        "  - {id: new-one, feed: https://new.example.org/feed/, name: The new one, in: news}\n"
    )


def test_a_list_in_brackets_takes_one_more() -> None:
    text = HEAD + "sources: [{id: a, feed: 'https://a.example.org/', in: news}]\n"
    assert add_sources(text, [NEW]).endswith(
        "in: news}, {id: new-one, feed: https://new.example.org/feed/, name: The new one, "
        "in: news}]\n"
    )


def test_the_reason_of_a_pause_stands_beside_it() -> None:
    new = replace(NEW, state=SourceState.PAUSED, why="waits for consent")
    added = add_sources(HEAD + "sources: []\n", [new])
    assert "    state: paused  # waits for consent" in added


def test_a_source_of_a_widget_that_requires_consent_waits(read: Read) -> None:
    catalogue = read(HEAD)
    assert awaiting_consent(replace(NEW, widgets=("families",)), catalogue).state == "paused"
    assert awaiting_consent(NEW, catalogue) == NEW


def test_one_line_of_a_group_changes_alone() -> None:
    text = HEAD + (
        "sources:\n"
        "  - id: a\n"
        "    feed: https://a.example.org/\n"
        "    in: families\n"
        "    consent:\n"
        "      reference: PF-1   # in the red folder\n"
        "      basis: authorization\n"
        "      given: 2026-05-01\n"
        "      # withdrawn: 2026-11-20\n"
        "    review: first\n"
    )
    changed = set_fields(text, "a", {"consent.withdrawn": date(2026, 11, 23)})
    assert changed == text.replace(
        "given: 2026-05-01\n      # withdrawn: 2026-11-20\n",
        "given: 2026-05-01\n      withdrawn: 2026-11-23\n      # withdrawn: 2026-11-20\n",
    )


def test_a_group_that_is_not_there_is_made() -> None:
    text = HEAD + "sources:\n  - id: a\n    feed: https://a.example.org/\n    in: families\n"
    assert set_fields(
        text, "a", {"consent.reference": "PF-1", "consent.given": date(2026, 5, 1)}
    ).endswith("    in: families\n    consent: {reference: PF-1, given: 2026-05-01}\n")


def test_what_is_not_there_can_be_taken_away_without_a_trace() -> None:
    text = HEAD + "sources:\n  - id: a\n    feed: https://a.example.org/\n    in: families\n"
    assert set_fields(text, "a", {"consent.withdrawn": None, "about": None}) == text


def test_a_key_goes_while_another_takes_its_place() -> None:
    text = HEAD + "sources:\n  - {id: a, feed: 'https://a.example.org/', in: news, state: paused}\n"
    changed = set_fields(text, "a", {"state": None, "review": "first", "name": "A"})
    assert changed == text.replace("state: paused", "name: A, review: first")


def test_keys_that_are_new_stand_in_the_order_of_the_reference() -> None:
    text = (
        HEAD
        + "sources:\n  - id: a\n    in: news\n    feed: https://a.example.org/\n    every: 2h\n"
    )
    changed = set_fields(text, "a", {"state": "paused", "about": "Ours.", "name": "A"})
    assert [line.split(":")[0].strip() for line in lines_of(changed)[-6:]] == [
        *("in", "feed", "name", "about", "state", "every")
    ]


def test_the_name_of_a_token_stays_and_can_be_changed() -> None:
    text = (
        HEAD
        + "sources:\n  - id: a\n    social: a@social.example\n    in: news\n"
        + "    token: SOCIAL_TOKEN_2   # of our own app\n"
    )
    assert lines_of(set_fields(text, "a", {"name": "A"}))[-1] == lines_of(text)[-1]
    changed = set_fields(text, "a", {"token": "SOCIAL_TOKEN_3"})
    assert lines_of(changed)[-1] == "    token: SOCIAL_TOKEN_3   # of our own app\n"


def test_a_list_with_a_line_for_each_item_stays_one() -> None:
    text = HEAD + (
        "sources:\n  - id: a\n    feed: https://a.example.org/\n    in:\n      - news\n      - families\n"
    )
    assert set_fields(text, "a", {"in": ["families", "news"]}).endswith(
        "    in:\n      - families\n      - news\n"
    )


def test_a_widget_is_changed_as_well() -> None:
    text = HEAD + "sources: []\n"
    assert set_fields(text, "news", {"show": 3}, section="widgets") == text.replace(
        "layout: posts\n", "layout: posts\n    show: 3\n"
    )


def test_the_second_key_moves_up_where_the_first_one_goes() -> None:
    text = HEAD + "sources:\n  - name: A   # so called\n    # below\n    id: a\n    in: news\n"
    assert set_fields(text, "a", {"name": None}).endswith(
        "sources:\n  - # below\n    id: a\n    in: news\n"
    )


def test_comments_above_a_source_stay_when_it_goes() -> None:
    text = HEAD + (
        "sources:\n  # --- ours ---\n  - id: a\n    in: news\n    # inside\n\n  - id: b\n    in: news\n"
    )
    assert remove_entry(text, "a").endswith("sources:\n  # --- ours ---\n  - id: b\n    in: news\n")


# --- what is refused ----------------------------------------------------------------------------


def test_an_entry_that_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(EditRefused, match='no entry "gone"'):
        set_fields(HEAD, "gone", {"name": "A"})


def test_a_broken_text_is_not_touched() -> None:
    with pytest.raises(CatalogueError, match="line 12"):
        add_sources(HEAD + "sources:\n  - id: a\n  in: [news\n", [NEW])


def test_what_cannot_be_done_safely_is_not_done() -> None:
    """Behind the three dots that end a document, nothing belongs to it any more."""
    with pytest.raises(EditRefused, match="not safe"):
        add_sources(HEAD + "...\n", [NEW])


def test_a_list_in_a_file_of_braces_that_has_none_is_left_to_people() -> None:
    with pytest.raises(EditRefused, match="no list"):
        add_sources('{"site": {"name": "Clinic"}}', [NEW])


# --- any file that people may write -------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "A year",
        "It's ours",
        'The "new" one',
        "Ours: a diary",
        "# one",
        "Наш блог",
        "日記",
        "yes",
        "7",
    ]
)
QUOTES = st.sampled_from(["", "'", '"'])


@st.composite
def entries(draw: st.DrawFn, place: int, column: int, *, braces: bool) -> str:
    """An entry of one habit or another, with comments of its own."""
    name = write(draw(WORDS), inside=braces, quote=draw(QUOTES))
    address = write(f"https://{place}.example.org/feed/", inside=braces, quote=draw(QUOTES))
    widget = draw(st.sampled_from(["news", "[news, families]", "[]", "'news'"]))
    pairs = [f"id: s{place}", f"feed: {address}", f"name: {name}", f"in: {widget}"]
    if draw(st.booleans()):
        pairs = draw(st.permutations(pairs))
    lead, comment = " " * column, draw(st.sampled_from(["", "   # ours", " # a: [b"]))
    if braces:
        return f"{lead}- {{{', '.join(pairs)}}}{comment}\n"
    if draw(st.booleans()):
        pairs.append("about: |\n" + " " * (column + 8) + "Some # text.")
    if draw(st.booleans()):
        rest = "\n" + " " * (column + 6)
        pairs.append(f"consent:{rest}reference: P-1{rest}basis: form{rest}given: 2026-05-01")
    gap = draw(st.sampled_from([2, 2, 3, 4]))
    inner = "\n" + lead + " " * gap
    above = draw(st.sampled_from(["", f"{lead}# About the next.\n", "# --- Section ---\n"]))
    below = draw(st.sampled_from(["", f"{lead}{' ' * gap}# state: resting\n"]))
    pairs[0] += comment
    return f"{above}{lead}{'-'.ljust(gap)}{inner.join(pairs)}\n{below}"


@st.composite
def files(draw: st.DrawFn) -> str:
    """A whole file: indentation, blank lines, line ends, a mark at its start, an end without one."""
    column, count = draw(st.sampled_from([0, 2, 4])), draw(st.integers(1, 4))
    braces = draw(st.booleans())
    gap = draw(st.sampled_from(["", "\n", "\n\n"]))
    listed = gap.join(draw(entries(place, column, braces=braces)) for place in range(count))
    tail = draw(st.sampled_from(["", "\n# The end.\n", "\n\n", "# - id: example\n"]))
    text = f"{HEAD}sources:{draw(st.sampled_from(['', '  # all', chr(10)]))}\n{listed}{tail}"
    if draw(st.booleans()):
        sources, widgets = text.removeprefix(HEAD), HEAD
        text = f"{sources.rstrip()}\n\n{widgets}"
    if draw(st.booleans()):
        text = text.rstrip("\n")
    return draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", draw(LINE_ENDS))


LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
NAMES = st.text(max_size=40).filter(lambda text: text.strip() == text and text.isprintable())


@settings(max_examples=25)
@given(files())
def test_what_is_added_and_removed_again_leaves_no_trace(read: Read, text: str) -> None:
    added = add_sources(text, [NEW, replace(NEW, id="two", address="https://2.example.org/x")])
    assert len(read(added).sources) == len(read(text).sources) + 2
    assert remove_entry(remove_entry(added, "two"), "new-one") == text


@settings(max_examples=25)
@given(files())
def test_what_is_added_stands_in_one_place_and_changes_no_line(text: str) -> None:
    added = add_sources(text, [NEW])
    more = len(added) - len(text)
    assert any(
        added == text[:at] + added[at : at + more] + text[at:] for at in range(len(text) + 1)
    )


@settings(max_examples=25)
@given(files(), WORDS)
def test_a_key_that_is_changed_changes_its_line_only(read: Read, text: str, word: str) -> None:
    source = read(text).source("s0")
    assert source is not None
    changed = set_fields(text, "s0", {"name": word})
    assert read(changed).source("s0") == replace(source, name=word)
    assert other_lines(changed) == other_lines(text)


@settings(max_examples=25)
@given(files(), WORDS.filter(may_be_plain))
def test_a_key_that_is_changed_and_changed_back_leaves_no_trace(
    read: Read, text: str, word: str
) -> None:
    source = read(text).source("s0")
    assert source is not None
    old = str(source.name)
    back = set_fields(set_fields(text, "s0", {"name": word}), "s0", {"name": old})
    assert back == text or not may_be_plain(old)


def other_lines(text: str) -> list[str]:
    return [line for line in lines_of(text) if "name:" not in line]


@settings(max_examples=25)
@given(files())
def test_a_key_that_is_added_and_removed_again_leaves_no_trace(read: Read, text: str) -> None:
    changed = set_fields(text, "s0", {"state": "paused", "every": "2h"})
    source = read(changed).source("s0")
    assert source is not None
    assert source.state == "paused"
    assert set_fields(changed, "s0", {"every": None, "state": None}) == text


@settings(max_examples=25)
@given(files())
def test_what_is_removed_takes_no_other_line_along(read: Read, text: str) -> None:
    """Every line that stays is there in its order, and only lines of the entry are gone."""
    left = remove_entry(text, "s0")
    assert [source.id for source in read(left).sources] == [
        source.id for source in read(text).sources if source.id != "s0"
    ]
    kept, gone = lines_of(left), []
    for line in map(str.strip, lines_of(text)):
        if kept and kept[0].strip() == line:
            kept.pop(0)
        else:
            gone.append(line)
    assert not kept
    assert len([line for line in gone if not line]) <= 1
    assert not [line for line in gone if line.startswith(("# About", "# ---", "# The end"))]


@given(NAMES.filter(bool), st.booleans())
def test_any_text_is_written_so_that_it_is_read_as_it_was(
    read: Read, name: str, braces: bool
) -> None:
    entry = f"{{id: a, feed: 'https://a.example.org/', name: {write(name, inside=True)}, in: news}}"
    if not braces:
        entry = f"id: a\n    feed: https://a.example.org/\n    in: news\n    name: {write(name)}"
    source = read(f"{HEAD}sources:\n  - {entry}\n").sources[0]
    assert source.name == " ".join(name.split())


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        *(("Two sisters", False), ("Our year: a diary", True), ("yes", True), ("2026", True)),
        *(("a #tag", True), ("C# for all", False), ("https://a.example/?b=c#d", False)),
        *(("“Curly”", True), ("Наш блог", False), ("ends with:", True), ("- a", True)),
    ],
)
def test_quotes_stand_only_where_they_are_needed(text: str, quotes: bool) -> None:
    assert may_be_plain(text) is not quotes
