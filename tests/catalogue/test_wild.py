"""Whatever is in the file, the answer is a catalogue or a list of problems."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from aggregator.catalogue.keep import Keeper
from aggregator.catalogue.load import parse
from aggregator.catalogue.schema import SECTIONS, keys_of
from aggregator.errors import CatalogueError, Problem
from aggregator.model import Platform

Problems = Callable[[str | bytes], tuple[Problem, ...]]

# Fixtures are the same for all examples: they hold no state.
_calm = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
_pieces = st.sampled_from(
    [
        *[
            "site:",
            "widgets:",
            "sources:",
            "  - id: a",
            "    in: a",
            "    feed: @x",
            "name",
            ": ",
            ":",
        ],
        *[
            "- ",
            "\n",
            "\n  ",
            "\t",
            "#",
            " #",
            "{",
            "}",
            "[",
            "]",
            ",",
            "&a",
            "*a",
            "!x",
            "|",
            ">",
            "?",
        ],
        *[
            '"',
            "'",
            "“",
            "\\",
            "\\U",
            "%",
            "---",
            "...",
            "\r",
            "\u2028",
            "\u00a0",
            "{id:a",
            "\n  show 3",
            "\x85",
            "<<: ",
            "~",
            "2026-02-30",
        ],
    ]
)
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["a", "posts", "https://a.example.org/", "x@social.example", "30d", "2026-05-01", "consent"]
    ),
)
_known = sorted(
    {"feed", "social", "options", *SECTIONS}
    | {key for section in SECTIONS.values() for key in keys_of(section)}
)
_keys = st.one_of(st.sampled_from(_known), st.text(max_size=6))
_values: st.SearchStrategy[Any] = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=5),
    max_leaves=20,
)
_files = st.fixed_dictionaries(
    {},
    optional={
        "site": st.dictionaries(st.sampled_from([*keys_of(SECTIONS["site"])]), _values) | _values,
        "widgets": st.lists(
            st.dictionaries(st.sampled_from([*keys_of(SECTIONS["widgets"])]), _values), max_size=3
        ),
        "sources": st.lists(
            st.dictionaries(
                st.sampled_from([*keys_of(SECTIONS["sources"]), "feed", "social"]), _values
            ),
            max_size=3,
        ),
    },
)


def _told_well(problems: tuple[Problem, ...]) -> bool:
    """Each has a place or is about the whole file, has a sentence, and can be written to a log."""
    return all(
        (problem.line >= 1) == (problem.column >= 1) and problem.what and str(problem).encode()
        for problem in problems
    )


@_calm
@given(raw=st.binary(max_size=300))
def test_any_bytes(problems: Problems, raw: bytes) -> None:
    assert _told_well(problems(raw))


@_calm
@given(text=st.text(max_size=300))
def test_any_text(problems: Problems, text: str) -> None:
    assert _told_well(problems(text))


@_calm
@given(pieces=st.lists(_pieces, max_size=40))
def test_pieces_of_yaml(problems: Problems, pieces: list[str]) -> None:
    text = "".join(pieces)
    assert _told_well(problems(text))


@settings(_calm, max_examples=60)
@given(data=_files)
def test_structures_with_our_keys(problems: Problems, data: dict[str, Any]) -> None:
    out = io.BytesIO()
    YAML(typ="safe", pure=True).dump(data, out)
    assert _told_well(problems(out.getvalue()))


_GOOD = """\
site: {name: Example, url: https://www.example.org}
widgets:
  - {id: news, title: News, layout: posts, show: 3}
sources:
  - id: insight
    feed: https://insight.example.org/feed/
    in: [news]
  - id: sisters
    feed: https://sisters.example.org/feed/
    in: news
    consent: {reference: PF-1, basis: authorization, given: 2026-05-01}
"""
_edits = st.lists(
    st.tuples(
        st.integers(0, len(_GOOD)), st.integers(0, 30), st.one_of(st.text(max_size=3), _pieces)
    ),
    min_size=1,
    max_size=4,
)
"""Where, how much goes, and what comes instead."""


def _edited(edits: list[tuple[int, int, str]]) -> str:
    text = _GOOD
    for place, gone, new in edits:
        text = text[:place] + new + text[place + gone :]
    return text


@_calm
@given(edits=_edits)
def test_slips_in_a_good_file(problems: Problems, edits: list[tuple[int, int, str]]) -> None:
    assert _told_well(problems(_edited(edits)))


def test_brackets_around_what_is_no_ipv6_address(problems: Problems) -> None:
    assert _told_well(problems(_GOOD.replace("insight.example.org", "[insight]")))


@settings(_calm, max_examples=60)
@given(raw=st.one_of(st.binary(max_size=200), st.builds(str.encode, _edits.map(_edited))))
def test_after_a_good_file_there_is_always_a_list(
    tmp_path: Path, platforms: Mapping[str, Platform], layouts: frozenset[str], raw: bytes
) -> None:
    """Nothing that is in the file now takes the last good list away."""
    path, good = tmp_path / "feeds.yaml", tmp_path / "good.yaml"
    path.write_text(_GOOD, "utf-8")
    keeper = Keeper(path, good, platforms, layouts)
    keeper.current()
    path.write_bytes(raw)
    current = keeper.current()
    followed = {source.id for source in current.catalogue.sources}
    assert current.problem is None or followed | set(current.left_out) == {"insight", "sisters"}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 10_000,
        "{a: " * 50_000,
        "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "a: &a [*a]\n",
        "\n".join(" " * depth + "a:" for depth in range(300)),
        "site: " + "9" * 10_000,
        "site: 1e999999999\n",
        "site: {name: .inf, url: .nan}\n",
        "site: !!python/object/apply:os.system [id]\n",
        "? " * 1000,
        "show 3\n" * 20_000 + "x: y\n",
    ],
    ids=[
        "brackets",
        "dashes",
        "braces",
        "expansion",
        "contains itself",
        "indented",
        "long number",
        "huge number",
        "no numbers",
        "any type",
        "questions",
        "slips",
    ],
)
def test_bombs_are_told_and_not_built(problems: Problems, text: str) -> None:
    assert problems(text)


def test_large_good_file_is_read(
    platforms: Mapping[str, Platform], layouts: frozenset[str]
) -> None:
    entries = "".join(
        f"  - {{id: s{n}, in: [], feed: 'https://s{n}.example.org/'}}\n" for n in range(200)
    )
    text = f"site: {{name: A, url: 'https://a.example.org'}}\nsources:\n{entries}"
    try:
        catalogue = parse(text, Path("feeds.yaml"), platforms, layouts)
    except CatalogueError as error:  # pragma: no cover - shown where it fails
        pytest.fail(str(error))
    assert len(catalogue.sources) == 200
