"""Widgets in a real Chromium as readers set them up: spaced out, enlarged, on a small phone, still."""

import re

import pytest

from tests.browser.chromium import Chromium
from tests.browser.embedding import BLOGS, POSTS, WAYS, Embedding, settle
from tests.browser.eyes import lost, space_out

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PATHS = ["/", "/w/latest-posts/", "/w/patient-blogs/"]
"""Of the sample world; the gallery, whose stages scroll by themselves, has tests of its own."""
TWICE = "document.documentElement.style.fontSize = '200%'"
"""As a reader enlarges text alone (WCAG 2.2, 1.4.4)."""
SIZES = """
(root => [".fw-h", ".fw-text", ".fw-link", ".fw-foot"]
  .map(one => parseFloat(getComputedStyle(root.querySelector(one)).fontSize)))
  (document.querySelector("feed-widget")?.shadowRoot ?? document)
"""
MOVING = """
document.getAnimations().length
+ [...document.querySelectorAll(".fw, .fw *")].filter(one => {
  const style = getComputedStyle(one);
  return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
}).length
"""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_lost_where_text_is_spaced_out(
    chromium: Chromium, site: Embedding, way: str, width: int
) -> None:
    with chromium.visit(site.shape(way), width=width) as visit:
        settle(visit)
        space_out(visit)
        assert lost(visit) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("width", [640, 1280])
def test_nothing_is_lost_at_twice_the_size(
    chromium: Chromium, site: Embedding, way: str, width: int
) -> None:
    """And all text is twice as large."""
    with chromium.visit(site.shape(way), width=width) as visit:
        settle(visit)
        before = visit.value(SIZES)
        visit.value(TWICE)
        assert visit.value(SIZES) == [pytest.approx(2 * size) for size in before]
        assert lost(visit) == []


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_lost_on_a_small_phone(chromium: Chromium, site: Embedding, way: str) -> None:
    with chromium.visit(site.shape(way), width=320) as visit:
        settle(visit)
        assert lost(visit) == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("reader", ["spaced out", "twice the size", "on a small phone"])
def test_nothing_is_lost_in_the_sample_world(
    chromium: Chromium, demo: str, path: str, reader: str
) -> None:
    with chromium.visit(f"{demo}{path}", width=640 if reader == "twice the size" else 320) as visit:
        if reader == "spaced out":
            space_out(visit)
        elif reader == "twice the size":
            visit.value(TWICE)
        assert lost(visit) == []


@pytest.mark.parametrize(
    "planted",
    [
        "height: 2em; overflow: hidden",
        "width: 10em; white-space: nowrap; overflow: clip",
        "height: 1em",
        "margin-bottom: -6em !important",
        "min-width: 60em",
    ],
)
@pytest.mark.parametrize("way", ["included", "declarative"])
def test_a_loss_would_be_noticed(
    chromium: Chromium, site: Embedding, way: str, planted: str
) -> None:
    with chromium.visit(site.shape(way), width=320) as visit:
        space_out(visit)
        visit.value(
            f"""(root => root.querySelector(".fw-text").style.cssText = "{planted}")
              (document.querySelector("feed-widget")?.shadowRoot ?? document)"""
        )
        assert lost(visit)


def test_a_size_that_stays_would_be_noticed(chromium: Chromium, site: Embedding) -> None:
    with chromium.visit(site.page(site.included(POSTS), style=".fw { font-size: 16px }")) as visit:
        before = visit.value(SIZES)
        visit.value(TWICE)
        assert visit.value(SIZES) == before


@pytest.mark.parametrize(("look", "moves"), [("still", False), ("moving", True)])
def test_nothing_moves_for_those_who_do_not_want_it(
    chromium: Chromium, site: Embedding, look: str, moves: bool
) -> None:
    """The other half is the proof that movement is found."""
    with chromium.visit(site.page(site.included(POSTS, BLOGS)), look=look) as visit:
        assert bool(visit.value(MOVING)) is moves


def test_the_stylesheet_says_nothing_twice(site: Embedding) -> None:
    """No selector stands twice in the same block with the same property."""
    css = re.sub(r"/\*.*?\*/", "", site.renderer.assets().css, flags=re.DOTALL)
    blocks: dict[str, str] = {}
    for condition, inside in re.findall(r"(@[^{]+)\{((?:[^{}]+\{[^{}]*\})*)\s*\}", css):
        blocks[condition.strip()] = blocks.get(condition.strip(), "") + inside
    blocks[""] = re.sub(r"@[^{]+\{(?:[^{}]+\{[^{}]*\})*\s*\}", "", css)
    assert len(blocks) > 4
    said = [
        (block, selector.strip(), line.partition(":")[0].strip(), line.count("match-parent"))
        for block, rules in blocks.items()
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", rules)
        for selector in selectors.split(",")
        for line in body.split(";")
        if line.strip() and "-webkit-" not in line
    ]
    assert len(said) == len(set(said))
