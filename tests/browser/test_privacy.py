"""What the widgets of the sample world leave in a reader's browser, and whom they tell: nothing, nobody."""

from urllib.parse import urlsplit

import pytest

from tests.browser.chromium import Chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = ["/", "/w/latest-posts/", "/w/patient-blogs/", "/w/latest-posts.frame.html"]
KEPT = """
Promise.all([
  Object.keys(localStorage), Object.keys(sessionStorage), indexedDB.databases(), caches.keys(),
  navigator.serviceWorker.getRegistrations(), document.cookie ? [document.cookie] : [],
]).then(all => all.flat().map(String))
"""
LEAVE_SOMETHING = "localStorage.seen = 1; document.cookie = 'seen=1'"
"""A control."""


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_kept(chromium: Chromium, demo: str, path: str) -> None:
    with chromium.visit(f"{demo}{path}") as visit:
        assert visit.value(KEPT) == []
        assert visit.cookies() == []


def test_it_would_be_noticed_if_something_was(chromium: Chromium, demo: str) -> None:
    with chromium.visit(f"{demo}/", before=LEAVE_SOMETHING) as visit:
        assert visit.value(KEPT) == ["seen", "seen=1"]
        assert visit.cookies() == ["seen"]


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_is_asked(chromium: Chromium, demo: str, path: str) -> None:
    """Scrolled to its end, for pictures come late."""
    with chromium.visit(f"{demo}{path}") as visit:
        visit.value("scrollTo(0, document.body.scrollHeight)")
        visit.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert visit.hosts() == {urlsplit(demo).netloc}


@pytest.mark.parametrize("path", PAGES)
def test_no_global_is_left(chromium: Chromium, demo: str, path: str) -> None:
    usual = "window.usual = Object.getOwnPropertyNames(window)"
    new = "Object.getOwnPropertyNames(window).filter(name => !usual.includes(name) && name !== 'usual')"
    with chromium.visit(f"{demo}{path}", before=usual) as visit:
        assert visit.value(new) == []


@pytest.mark.parametrize("path", ["/", "/w/latest-posts/", "/w/patient-blogs/"])
def test_links_tell_other_sites_nothing_of_the_page(
    chromium: Chromium, demo: str, path: str
) -> None:
    """The address of a page of a cancer centre says something about who reads it."""
    outward = f"[...document.querySelectorAll('.fw a')].filter(a => a.host && a.host !== '{urlsplit(demo).netloc}')"
    with chromium.visit(f"{demo}{path}") as visit:
        assert visit.value(f"{outward}.length") > 0
        silent = "a.relList.contains('noreferrer')"
        assert visit.value(f"{outward}.filter(a => !{silent}).map(a => a.outerHTML)") == []
