"""Contrast in a real Chromium, by the colours that are in force: light, dark, and forced by a reader."""

from collections.abc import Iterator

import pytest

from aggregator.catalogue.load import parse
from aggregator.model import Look
from tests.browser.chromium import Chromium
from tests.browser.embedding import BLOGS, POSTS, ROOT, WAYS, Embedding, embedding, settle
from tests.browser.eyes import borderless, pale

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LOOKS = ["light", "dark", "forced", "forced dark"]
SITE = ":root { color-scheme: light dark; background: Canvas }"
LINK = """
(root => getComputedStyle(root.querySelector(".fw-link")).color)
  (document.querySelector("feed-widget")?.shadowRoot ?? document)
"""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("look", LOOKS)
def test_every_text_can_be_read(chromium: Chromium, site: Embedding, way: str, look: str) -> None:
    with chromium.visit(site.shape(way, style=SITE), look=look) as visit:
        settle(visit)
        assert pale(visit) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("look", ["forced", "forced dark"])
def test_boxes_keep_their_borders_where_colours_are_forced(
    chromium: Chromium, site: Embedding, way: str, look: str
) -> None:
    with chromium.visit(site.shape(way, style=SITE), look=look) as visit:
        settle(visit)
        assert borderless(visit) == []


@pytest.mark.parametrize("path", ["/", "/gallery/", "/w/latest-posts/"])
@pytest.mark.parametrize("look", LOOKS)
def test_the_sample_world_can_be_read(chromium: Chromium, demo: str, path: str, look: str) -> None:
    with chromium.visit(f"{demo}{path}", look=look) as visit:
        assert pale(visit, ".fw") == []
        assert not look.startswith("forced") or borderless(visit) == []


@pytest.mark.parametrize("way", ["included", "declarative"])
def test_a_colour_that_does_not_yield_would_be_noticed(
    chromium: Chromium, site: Embedding, way: str
) -> None:
    """Forced colours are what the reader can read; who keeps his own must be found."""
    with chromium.visit(site.shape(way), look="forced") as visit:
        visit.value(
            """(root => root.querySelector(".fw-text").style.cssText
              = "forced-color-adjust: none; color: #999; background: #fff")
              (document.querySelector("feed-widget")?.shadowRoot ?? document), 1"""
        )
        assert len(pale(visit)) == 1


@pytest.mark.parametrize(
    "planted", ["border: 0", "border-color: transparent; forced-color-adjust: none"]
)
def test_a_border_that_is_missing_would_be_noticed(
    chromium: Chromium, site: Embedding, planted: str
) -> None:
    with chromium.visit(site.shape("included"), look="forced") as visit:
        visit.value(f"document.querySelector('.fw').style.cssText = '{planted}'")
        assert len(borderless(visit)) == 1


# --- looks that staff chose in feeds.yaml --------------------------------------------------------


def looks(style: str) -> tuple[Look, ...]:
    """As the catalogue reads them, for the widget of posts; the one of blogs has none."""
    text = f"""
site: {{name: A, url: https://www.example.org}}
widgets:
  - {{id: {POSTS}, title: A, layout: posts, style: {style}}}
  - {{id: {BLOGS}, title: A, layout: posts}}
"""
    return parse(text, ROOT / "feeds.yaml", {}, {"posts"}).site.looks


@pytest.fixture(
    scope="module",
    params=['"#777777"', '"#003a70"', '{light: "#fff8e0", dark: "#1a1400"}'],
    ids=["in the middle", "dark", "a pair"],
)
def grounded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Embedding]:
    """A service whose staff gave a background and nothing else."""
    chosen = looks(f"{{bg: {request.param}}}")
    with embedding(tmp_path_factory.mktemp("public"), looks=chosen) as site:
        yield site


@pytest.mark.parametrize("way", [way for way in WAYS if way != "page"])
@pytest.mark.parametrize("look", LOOKS)
def test_whatever_the_ground_every_text_can_be_read_on_it(
    chromium: Chromium, grounded: Embedding, way: str, look: str
) -> None:
    with chromium.visit(grounded.shape(way, style=SITE), look=look) as visit:
        settle(visit)
        assert pale(visit) == []


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedding]:
    """A service whose staff gave links a colour."""
    look = looks('{link: {light: "#7a1f3d", dark: "#f2a8cb"}}')
    with embedding(tmp_path_factory.mktemp("public"), looks=look) as site:
        yield site


@pytest.mark.parametrize("way", ["included", "declarative", "loader", "frame"])
def test_a_colour_of_staff_reaches_every_shape(
    chromium: Chromium, chosen: Embedding, way: str
) -> None:
    with chromium.visit(chosen.shape(way, style=SITE)) as visit:
        settle(visit)
        assert visit.value(LINK) == "rgb(122, 31, 61)"
        visit.wear("dark")
        assert visit.value(LINK) == "rgb(242, 168, 203)"


def test_it_stays_with_its_widget(chromium: Chromium, chosen: Embedding) -> None:
    with chromium.visit(chosen.page(chosen.included(BLOGS))) as visit:
        assert visit.value(LINK) == "rgb(10, 85, 140)"


@pytest.mark.parametrize(
    ("way", "rule", "wins"),
    [
        ("included", ".fw", True),
        ("declarative", "feed-widget::part(widget)", True),
        ("loader", "feed-widget::part(widget)", True),
        ("included", ":root", False),
        ("declarative", "feed-widget", False),
    ],
)
def test_what_a_site_says_of_the_box_itself_is_stronger(
    chromium: Chromium, chosen: Embedding, way: str, rule: str, wins: bool
) -> None:
    address = chosen.shape(way, style=f"{rule} {{ --fw-link: #006000 }}")
    with chromium.visit(address) as visit:
        settle(visit)
        assert (visit.value(LINK) == "rgb(0, 96, 0)") is wins
