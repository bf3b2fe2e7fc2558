"""The example article page of the sample world in a real Chromium."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.browser.chromium import Chromium, Visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TOO_SMALL = """
[...document.querySelectorAll("a, summary")]
  .filter(target => !target.closest(".fw-text, p:not(.fw-foot, .fw-more)") && target.checkVisibility())
  .filter(target => { const box = target.getBoundingClientRect();
                      return box.bottom > 0 && (box.width < 24 || box.height < 24) })
  .map(target => target.textContent.trim())
"""
"""Targets of fewer than 24 by 24 pixels that do not stand within a sentence (WCAG 2.2, 2.5.8)."""


@pytest.fixture(scope="module")
def page(chromium: Chromium, demo: str) -> Iterator[Visit]:
    with chromium.visit(f"{demo}/") as visit:
        yield visit


def test_the_sidebar_has_its_three_boxes_in_order(page: Visit) -> None:
    headings = page.value("[...document.querySelectorAll('aside h2')].map(h => h.textContent)")
    assert headings == ["Make an appointment", "Latest posts", "Patient and family blogs"]


def test_both_widgets_of_posts_have_some(page: Visit) -> None:
    counts = page.value(
        "[...document.querySelectorAll('aside .fw-list')].map(l => l.children.length)"
    )
    assert counts == [3, 8]


def test_the_telephone_numbers_of_the_notice_can_be_called(page: Visit) -> None:
    called = page.value("[...document.querySelectorAll('#appointments a')].map(a => a.href)")
    assert called == ["tel:6175550142", "tel:6175550117"]


def test_the_page_asks_nobody_but_its_own_server(page: Visit, demo: str) -> None:
    assert f"{demo}/site.css" in page.requests()
    assert page.hosts() == {urlsplit(demo).netloc}


def test_the_console_stays_silent(page: Visit) -> None:
    """Nothing is missing, and nothing is refused by the page's own strict policy."""
    assert page.complaints() == []


def test_no_cookie_is_set(page: Visit) -> None:
    assert page.cookies() == []


@pytest.mark.parametrize("width", [320, 390, 820, 1280])
def test_nothing_scrolls_sideways(chromium: Chromium, demo: str, width: int) -> None:
    with chromium.visit(f"{demo}/", width=width) as visit:
        assert visit.overflow() == []


def test_text_may_be_spaced_out(chromium: Chromium, demo: str) -> None:
    """By a reader's own style sheet (WCAG 2.2, 1.4.12), on a small phone."""
    with chromium.visit(f"{demo}/", width=320) as visit:
        visit.space_out()
        assert visit.overflow() == []


@pytest.mark.parametrize("width", [320, 1280])
def test_targets_are_large_enough(chromium: Chromium, demo: str, width: int) -> None:
    with chromium.visit(f"{demo}/", width=width) as visit:
        assert visit.value(TOO_SMALL) == []


def test_it_is_dark_where_the_reader_wants_it(chromium: Chromium, demo: str) -> None:
    """The widgets with it, though they know nothing of the reader's wish."""
    ground = "getComputedStyle(document.querySelector('#latest-posts .fw')).backgroundColor"
    with chromium.visit(f"{demo}/") as light, chromium.visit(f"{demo}/", look="dark") as dark:
        assert light.value(ground) == "rgb(255, 255, 255)"
        assert dark.value(ground) == "rgb(21, 35, 39)"


def test_on_paper_the_article_and_the_telephone_numbers_remain(
    chromium: Chromium, demo: str
) -> None:
    shown = "[...document.querySelectorAll('h1, .appointments, .fw, nav')].filter(e => e.checkVisibility()).map(e => e.localName)"
    with chromium.visit(f"{demo}/", look="print") as visit:
        assert visit.value(shown) == ["h1", "div", "section"]
        assert visit.value("document.querySelector('#fw-appointments-h').checkVisibility()")


def test_the_first_tab_skips_to_the_article(page: Visit) -> None:
    page.press_tab()
    assert page.value("document.activeElement.textContent") == "Skip to the article"
