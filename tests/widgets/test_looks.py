"""The looks that staff gave single widgets: in the stylesheet, and so in every shape."""

from dataclasses import replace

import pytest

from aggregator.model import Look, Widget
from aggregator.widgets.render import Renderer

LOOK = Look("latest-posts", (("--fw-link", "light-dark(#0a558c, #9fcbff)"), ("--fw-gap", "0")))
OTHER = Look("patient-blogs", (("--fw-bg", "#ffffff"),))
RULES = (
    ':where(.fw[aria-labelledby="fw-latest-posts-h"])'
    "{--fw-link:light-dark(#0a558c, #9fcbff);--fw-gap:0}\n"
    ':where(.fw[aria-labelledby="fw-patient-blogs-h"]){--fw-bg:#ffffff}\n'
)


@pytest.fixture
def dressed(gallery: dict[str, Widget]) -> Widget:
    widget = gallery["posts"]
    return replace(widget, site=replace(widget.site, looks=(LOOK, OTHER)))


def shapes(renderer: Renderer, widget: Widget) -> dict[str, str]:
    start = f"w/{widget.spec.id}"
    return {file.path.removeprefix(start): file.body.decode() for file in renderer.render(widget)}


def test_they_stand_at_the_end_of_the_style(renderer: Renderer) -> None:
    """Under both of its names, of which one is new."""
    plain, ours = renderer.assets(), renderer.assets((LOOK, OTHER))
    assert ours.css == plain.css + RULES
    assert ours.plain_stylesheet.body == ours.stylesheet.body
    assert ours.plain_stylesheet.path == plain.plain_stylesheet.path
    assert ours.stylesheet.path != plain.stylesheet.path
    assert (ours.loader, ours.frame) == (plain.loader, plain.frame)


def test_the_name_in_the_rule_is_that_of_the_box(renderer: Renderer, dressed: Widget) -> None:
    look = replace(LOOK, widget_id=dressed.spec.id)
    selector = renderer.assets((look,)).css.rpartition(":where(.fw[")[2].partition("]")[0]
    assert f'<section class="fw fw-layout-posts" {selector}' in shapes(renderer, dressed)[".html"]


def test_the_fragment_is_the_same_as_without(
    renderer: Renderer, dressed: Widget, gallery: dict[str, Widget]
) -> None:
    """It carries no style; those who included it before need not change their pages."""
    assert shapes(renderer, dressed)[".html"] == shapes(renderer, gallery["posts"])[".html"]


@pytest.mark.parametrize("shape", [".dsd.html", ".frame.html", "/index.html"])
def test_shapes_link_the_new_stylesheet(renderer: Renderer, dressed: Widget, shape: str) -> None:
    assert renderer.assets((LOOK, OTHER)).stylesheet.path in shapes(renderer, dressed)[shape]


def test_the_loader_gets_it_inside(renderer: Renderer, dressed: Widget) -> None:
    assert f"{RULES}</style>\n" in shapes(renderer, dressed)[".shadow.html"]


def test_another_look_is_another_stamp(
    renderer: Renderer, dressed: Widget, gallery: dict[str, Widget]
) -> None:
    """Of a neighbour, too: it has a hand in the name of the stylesheet."""
    fewer = replace(dressed, site=replace(dressed.site, looks=(LOOK,)))
    stamps = {renderer.stamp(one) for one in (dressed, fewer, gallery["posts"])}
    assert len(stamps) == 3
