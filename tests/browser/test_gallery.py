"""The gallery of layouts in a real Chromium: every layout against posts that make trouble."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.browser.chromium import Chromium, Visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

STICKING_OUT = """
[...document.querySelectorAll(".fw")].flatMap(widget => {
  const box = widget.getBoundingClientRect();
  return [...widget.querySelectorAll("*")]
    .filter(part => !part.closest(".fw-vh") && part.checkVisibility())
    .filter(part => [...part.getClientRects()].some(r => r.left < box.left - 1 || r.right > box.right + 1))
    .map(part => `${widget.getAttribute("aria-labelledby")}: ${part.className || part.localName}`);
})
"""
"""Parts that reach beyond the box of their widget, left or right."""


@pytest.fixture(scope="module")
def page(chromium: Chromium, demo: str) -> Iterator[Visit]:
    with chromium.visit(f"{demo}/gallery/") as visit:
        yield visit


def test_every_widget_is_drawn(page: Visit) -> None:
    assert page.value("document.querySelectorAll('.case').length") >= 40
    assert page.value("document.querySelectorAll('.case:not(:has(.fw))').length") == 0


def test_the_page_asks_nobody_but_its_own_server(page: Visit, demo: str) -> None:
    assert page.hosts() == {urlsplit(demo).netloc}


def test_the_console_stays_silent(page: Visit) -> None:
    assert page.complaints() == []


def test_no_cookie_is_set(page: Visit) -> None:
    assert page.cookies() == []


def test_markup_in_a_text_stays_text(page: Visit) -> None:
    assert page.value("document.querySelectorAll('.fw script, .fw h1, [onerror]').length") == 0
    assert page.value("document.body.textContent.includes('onerror=alert(1)')")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_scrolls_sideways(chromium: Chromium, demo: str, width: int) -> None:
    with chromium.visit(f"{demo}/gallery/", width=width) as visit:
        assert visit.overflow() == []


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_sticks_out_of_its_box(chromium: Chromium, demo: str, width: int) -> None:
    """Not even the longest word in the column of 200 pixels."""
    with chromium.visit(f"{demo}/gallery/", width=width) as visit:
        assert visit.value(STICKING_OUT) == []


def test_it_would_be_noticed_if_something_did(chromium: Chromium, demo: str) -> None:
    with chromium.visit(f"{demo}/gallery/") as visit:
        visit.value("document.querySelector('.wide .fw-text').style.minWidth = '2000px'")
        assert "the page" in visit.overflow()
        assert len(visit.value(STICKING_OUT)) == 1


def test_the_narrow_column_is_as_narrow_as_it_says(page: Visit) -> None:
    widths = page.value(
        "[...document.querySelectorAll('.narrow .fw')].map(w => w.getBoundingClientRect().width)"
    )
    assert set(widths) == {200}


def test_text_may_be_spaced_out(chromium: Chromium, demo: str) -> None:
    """By a reader's own style sheet (WCAG 2.2, 1.4.12)."""
    with chromium.visit(f"{demo}/gallery/", width=320) as visit:
        visit.space_out()
        assert visit.value(STICKING_OUT) == []
