"""Widgets by keyboard and by finger in a real Chromium: order, ring, size of targets."""

import pytest

from tests.browser.chromium import Chromium, Visit
from tests.browser.embedding import WAYS, Embedding, settle
from tests.browser.eyes import out_of_order, ringless, small, walk

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PATHS = ["/", "/w/latest-posts/", "/w/patient-blogs/"]
"""Of the sample world."""
SITE = ":root { color-scheme: light dark; background: Canvas } body { margin: 1rem }"


def style(visit: Visit, css: str) -> None:
    """Plant a rule in a page."""
    visit.value(
        f"document.head.append(Object.assign(document.createElement('style'), {{textContent: `{css}`}}))"
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("look", "width"), [("light", 1280), ("dark", 320), ("forced", 390), ("forced dark", 390)]
)
def test_tab_goes_from_link_to_link_in_order_and_shows_where_it_is(
    chromium: Chromium, site: Embedding, way: str, look: str, width: int
) -> None:
    with chromium.visit(site.shape(way, style=SITE), look=look, width=width) as visit:
        settle(visit)
        stops = walk(visit)
        assert len(stops) > 5
        assert out_of_order(stops) == []
        assert ringless(stops) == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("width", [320, 1280])
def test_it_does_so_in_the_sample_world(
    chromium: Chromium, demo: str, path: str, width: int
) -> None:
    with chromium.visit(f"{demo}{path}", width=width) as visit:
        stops = walk(visit)
        assert [stop.at for stop in stops] == list(range(len(stops)))
        assert ringless(stops) == []


@pytest.mark.parametrize(
    "planted",
    [
        ".fw-list { display: flex; flex-direction: column-reverse }",
        ".fw-foot { flex-direction: row-reverse; justify-content: start }",
        ".fw-item:last-child .fw-link { position: absolute; top: 0 }",
    ],
)
def test_another_order_to_the_eye_would_be_noticed(
    chromium: Chromium, site: Embedding, planted: str
) -> None:
    with chromium.visit(site.shape("included")) as visit:
        style(visit, planted)
        assert out_of_order(walk(visit))


def test_another_order_of_tabs_would_be_noticed(chromium: Chromium, site: Embedding) -> None:
    with chromium.visit(site.shape("included")) as visit:
        visit.value("document.querySelectorAll('.fw-link')[3].tabIndex = 1")
        assert out_of_order(walk(visit))


@pytest.mark.parametrize(
    "planted",
    [
        ".fw .fw-link { outline: 0 !important }",
        ".fw .fw-link { outline-width: 2px !important }",
        ".fw .fw-link { outline-offset: 0 !important }",
        ".fw .fw-link { outline-color: #ccc !important }",
        ".fw .fw-item { overflow: hidden; padding: 0 }",
        ".fw .fw-item { contain: paint; padding: 0 }",
    ],
)
def test_a_ring_that_is_missing_would_be_noticed(
    chromium: Chromium, site: Embedding, planted: str
) -> None:
    with chromium.visit(site.shape("included")) as visit:
        style(visit, planted)
        assert ringless(walk(visit))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("width", [320, 1280])
def test_targets_are_large_enough(
    chromium: Chromium, site: Embedding, way: str, width: int
) -> None:
    with chromium.visit(site.shape(way), width=width) as visit:
        settle(visit)
        assert small(visit) == []


@pytest.mark.parametrize("path", [*PATHS, "/gallery/"])
def test_they_are_in_the_sample_world(chromium: Chromium, demo: str, path: str) -> None:
    with chromium.visit(f"{demo}{path}", width=390) as visit:
        assert small(visit) == []


@pytest.mark.parametrize(
    "planted", ["min-height: 0", "min-width: 0; display: inline; font-size: 8px"]
)
def test_a_small_target_would_be_noticed(chromium: Chromium, site: Embedding, planted: str) -> None:
    with chromium.visit(site.shape("included")) as visit:
        style(visit, f".fw .fw-link {{ font-size: 12px; padding: 0; {planted} }}")
        assert small(visit)
