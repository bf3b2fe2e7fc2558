"""The look of a widget: what is accepted can be read, and what is proposed is accepted."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.catalogue.contrast import contrast
from aggregator.catalogue.load import parse
from aggregator.catalogue.style import GROUND, LEAST, USUAL
from aggregator.errors import CatalogueError, Problem
from aggregator.model import Catalogue

Read = Callable[[str | bytes], Catalogue]
CSS = Path(__file__).resolve().parents[2] / "templates/widgets/widget.css"
FILE = "site: {name: A, url: https://www.example.org}\nwidgets:\n  - {id: a, title: A, layout: posts, style: %s}\n"
VALUE = re.compile(r"#[0-9a-f]{6}|light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)")

one = st.integers(0, 0xFFFFFF).map('"#{:06x}"'.format)
colour = one | st.builds("{{light: {}, dark: {}}}".format, one, one)
styles = st.dictionaries(st.sampled_from([*USUAL, "bg"]), colour, min_size=1)


def written(style: Mapping[str, str]) -> str:
    return FILE % ("{" + ", ".join(f"{key}: {value}" for key, value in style.items()) + "}")


def shades(value: str) -> tuple[str, str]:
    """On a light page, and on a dark one."""
    assert VALUE.fullmatch(value)
    found = re.findall("#......", value)
    return found[0], found[-1]


def look(catalogue: Catalogue) -> dict[str, str]:
    """Of the only widget."""
    return dict(catalogue.site.looks[0].declarations)


def judged(style: Mapping[str, str]) -> tuple[Catalogue | None, tuple[Problem, ...]]:
    try:
        return parse(written(style), Path("feeds.yaml"), {}, {"posts"}), ()
    except CatalogueError as error:
        return None, error.problems


def all_can_be_read(catalogue: Catalogue) -> bool:
    said = look(catalogue)
    grounds = shades(said["--fw-bg"]) if "--fw-bg" in said else tuple(GROUND)
    return all(
        contrast(over, under) >= least
        for key, least in LEAST.items()
        if (value := said.get(f"--fw-{key}"))
        for over, under in zip(shades(value), grounds, strict=True)
    )


@given(styles)
def test_what_is_accepted_can_be_read_and_what_is_proposed_is_accepted(
    style: dict[str, str],
) -> None:
    catalogue, problems = judged(style)
    for problem in problems:
        proposal = re.search(r'Write (\w+): ("#.{6}"|\{.*?\})', problem.hint)
        assert proposal
        style[proposal[1]] = proposal[2]
    if problems:
        catalogue, problems = judged(style)
    assert problems == ()
    assert catalogue
    assert all_can_be_read(catalogue)


@given(one)
def test_a_ground_alone_is_enough(ground: str) -> None:
    """Our own colours make room."""
    catalogue, _ = judged({"bg": ground})
    assert catalogue
    assert all_can_be_read(catalogue)
    assert {f"--fw-{key}" for key in USUAL} < set(look(catalogue))


def test_on_a_dark_ground_our_colours_are_the_pale_ones_whatever_the_page() -> None:
    catalogue, _ = judged({"bg": '"#16191e"'})
    assert catalogue
    assert look(catalogue)["--fw-link"] == USUAL["link"].dark


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_our_own_colours_can_be_read_on_our_own_pages(shade: str) -> None:
    for key, least in LEAST.items():
        assert contrast(getattr(USUAL[key], shade), getattr(GROUND, shade)) >= least


def test_our_own_colours_are_those_of_the_stylesheet() -> None:
    css = re.sub(r"#(.)(.)(.)\b", r"#\1\1\2\2\3\3", CSS.read_text("utf-8"))
    for key, shade in {**USUAL, "bg": GROUND}.items():
        pair = f"light-dark({shade.light}, {shade.dark})"
        name = {"bg": "background", "color": "color"}.get(key)
        wanted = f" {name}: {pair};" if name else f"var(--fw-{key}, {pair})"
        assert wanted in css
    for key in {*USUAL} - {"color"}:
        assert len(set(re.findall(rf"var\(--fw-{key}, (.*?\))\)", css))) == 1


def test_values_arrive_as_css(read: Read) -> None:
    here = Path(__file__).parent
    looks = read((here / "good/every_key.yaml").read_bytes()).site.looks
    assert looks[0].declarations == (
        ("--fw-link", "light-dark(#0a558c, #9fcbff)"),
        ("--fw-font", '"Georgia", "Source Sans 3", serif'),
        ("--fw-h-size", "1.5em"),
        ("--fw-gap", "0"),
    )


def test_a_variant_has_the_look_of_its_model(read: Read) -> None:
    catalogue = read((Path(__file__).parent / "good/every_key.yaml").read_bytes())
    news, more = catalogue.site.looks
    assert (news.widget_id, more.widget_id) == ("news", "more")
    assert news.declarations == more.declarations


def test_a_variant_may_have_a_look_of_its_own(read: Read) -> None:
    text = (
        written({"bg": '"#fff"'})
        + "  - {id: b, like: a, style: {gap: 2em}}\n  - {id: c, like: b}\n"
    )
    looks = read(text).site.looks
    assert [dict(one.declarations).get("--fw-gap") for one in looks] == [None, "2em", "2em"]


hostile = st.text(st.sampled_from("ab1#\"'(),;:{}<>/\\*@! \n-") | st.characters(), max_size=30)
keys = st.sampled_from(["link", "bg", "font", "heading-font", "h-size", "gap", "radius"])
begun = st.sampled_from(["", "#fff", "Georgia, ", "1em", "light-dark(#000,#fff)", "light-dark("])


@given(keys, begun, hostile)
def test_no_value_leaves_its_declaration(key: str, start: str, rest: str) -> None:
    """Whatever is accepted, quotes stand in pairs and nothing ends the declaration or the style."""
    catalogue, _ = judged({key: json.dumps(start + rest)})
    for name, value in look(catalogue).items() if catalogue else ():
        assert re.fullmatch(r"--fw-[a-z-]+", name)
        assert re.fullmatch(r"""(?:"[\w -]+"|[\w#., ()-])+""", value)
