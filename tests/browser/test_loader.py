"""The loader in a real Chromium: whatever goes wrong, a page keeps its link, and nothing runs."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.chromium import Chromium, Visit
from tests.browser.embedding import BLOGS, HEIGHT_LINE, POSTS, Embedding, Reply, embedding

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

STATES = """
new Promise(done => {
  const widgets = [...document.querySelectorAll("feed-widget")];
  const look = () => widgets.every(one => /ready|error/.test(one.dataset.state))
    ? done(widgets.map(one => one.dataset.state)) : setTimeout(look, 5);
  look();
})
"""
"""The states of all widgets, once they are settled."""
PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))"
SHOWN = """
(() => {
  const widget = document.querySelector("feed-widget");
  return [widget, ...(widget.shadowRoot || widget).querySelectorAll("*")]
    .filter(one => one.checkVisibility({contentVisibilityAuto: true}) && one.getClientRects().length)
    .map(one => one.localName);
})()
"""
"""The names of the elements of the first widget that can be seen."""
WITHOUT = "delete Element.prototype.setHTML; delete ShadowRoot.prototype.setHTML;"
COUNT_SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
HOSTILE = """<style>.fw { color: red }</style>
<section class="fw" part="widget" onclick="hacked = 1" style="position: fixed">
<p onmouseover="hacked = 16" class="kept">Kept.</p><details open ontoggle="hacked = 17"><summary>S</summary></details>
<script>hacked = 2</script>
<img src="/x" onerror="hacked = 3"><img src="javascript:hacked = 4" onload="hacked = 5">
<a href="javascript:hacked = 6" id="bad" target="_top">A</a><a href=" jav&#x09;ascript:hacked = 7">B</a>
<svg onload="hacked = 8"><style><img src=/x onerror="hacked = 9"></style><script>hacked = 10</script></svg>
<iframe srcdoc="<script>parent.hacked = 11</script>"></iframe><object data="/x"></object><embed src="/x">
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=/x onerror=hacked=12&gt;">
<template><img src=/x onerror="hacked = 13"></template><form action="/x"><input autofocus onfocus="hacked = 14">
<noscript><p title="</noscript><img src=/x onerror=hacked=15>"></noscript>
<video><source onerror="hacked = 18"></video><base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=/x">
</section>"""


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedding]:
    with embedding(tmp_path_factory.mktemp("public")) as site:
        yield site


@pytest.fixture
def site(_site: Embedding) -> Embedding:
    """A site that answers nothing but the service's files, yet."""
    for reply in _site.replies.values():
        if reply.gate is not None:
            reply.gate.set()
    _site.replies.clear()
    _site.sent = []
    return _site


def shadow(site: Embedding, reply: Reply) -> None:
    """Answer the widget's address with something else."""
    site.replies[f"/w/{POSTS}.shadow.html"] = reply


def asked(site: Embedding) -> list[str]:
    """What was asked of the service, pictures left out."""
    return sorted(path for path, _ in site.sent if path.startswith("/w/"))


def test_a_widget_is_shown_in_a_shadow_root(chromium: Chromium, site: Embedding) -> None:
    with chromium.visit(site.page(site.widget() + site.loader)) as visit:
        assert visit.value(STATES) == ["ready"]
        assert {"section", "h2", "article", "img"} <= set(visit.value(SHOWN))
        assert visit.complaints() == []


def test_its_style_is_applied(chromium: Chromium, site: Embedding) -> None:
    with chromium.visit(site.page(site.widget() + site.loader)) as visit:
        visit.value(STATES)
        sheets = "document.querySelector('feed-widget').shadowRoot.adoptedStyleSheets.length"
        border = "getComputedStyle(document.querySelector('feed-widget').shadowRoot.querySelector('.fw'))"
        assert visit.value(sheets) == 1
        assert visit.value(f"{border}.borderTopWidth") == "1px"


def test_a_page_may_style_its_parts(chromium: Chromium, site: Embedding) -> None:
    style = (
        "feed-widget::part(heading) { color: rgb(1, 2, 3) } feed-widget { --fw-link: rgb(4, 5, 6) }"
    )
    with chromium.visit(site.page(site.widget() + site.loader, style=style)) as visit:
        visit.value(STATES)
        colour = "getComputedStyle(document.querySelector('feed-widget').shadowRoot.querySelector('{}')).color"
        assert visit.value(colour.format(".fw-h")) == "rgb(1, 2, 3)"
        assert visit.value(colour.format(".fw-link")) == "rgb(4, 5, 6)"


def test_two_widgets_cost_three_requests_and_eight_kilobytes(
    chromium: Chromium, site: Embedding
) -> None:
    """Besides the page itself and the pictures, which come when they are scrolled to."""
    body = site.widget() + site.widget(BLOGS) + site.loader
    with chromium.visit(site.page(body)) as visit:
        assert visit.value(STATES) == ["ready", "ready"]
    files = [size for path, size in site.sent if path.startswith("/w/")]
    assert len(files) == 3
    assert sum(files) <= 8_000


def test_nobody_else_is_asked_and_nothing_is_kept(chromium: Chromium, site: Embedding) -> None:
    with chromium.visit(site.page(site.widget() + site.loader)) as visit:
        visit.value(STATES)
        assert visit.hosts() == {urlsplit(site.address).netloc}
        assert visit.cookies() == []
        kept = "Promise.all([indexedDB.databases(), caches.keys()]).then(all => all.flat().length)"
        assert (
            visit.value(f"{kept}.then(n => n + localStorage.length + sessionStorage.length)") == 0
        )


def test_no_global_is_left(chromium: Chromium, site: Embedding) -> None:
    found = []
    for script in ("", site.loader):
        with chromium.visit(site.page(script)) as visit:
            found.append(set(visit.value("Object.getOwnPropertyNames(window)")))
    assert found[0] == found[1]


def test_loading_it_twice_is_loading_it_once(chromium: Chromium, site: Embedding) -> None:
    again = f'<script src="{site.address}/w/loader.js"></script>'
    with chromium.visit(site.page(site.widget() + site.loader + again + site.loader)) as visit:
        assert visit.value(STATES) == ["ready"]
        assert visit.complaints() == []
    assert asked(site).count(f"/w/{POSTS}.shadow.html") == 1


def test_a_moved_widget_is_not_asked_for_again(chromium: Chromium, site: Embedding) -> None:
    with chromium.visit(site.page(site.widget() + site.loader)) as visit:
        visit.value(STATES)
        visit.value("document.body.append(document.querySelector('feed-widget'))")
        assert visit.value(STATES) == ["ready"]
        assert "article" in visit.value(SHOWN)
    assert asked(site).count(f"/w/{POSTS}.shadow.html") == 1


def test_the_page_is_told(chromium: Chromium, site: Embedding) -> None:
    before = """
    document.addEventListener("feed-widget", told => document.title = `${told.detail} ${told.target.localName}`);
    """
    with chromium.visit(site.page(site.widget() + site.loader), before=before) as visit:
        visit.value(STATES)
        assert visit.value("document.title") == "ready feed-widget"


FAILURES = {
    "an empty 500": Reply(b"", status=500),
    "an error page": Reply(b"<section>Internal error</section>", status=502),
    "not found": Reply(b"", status=404),
    "a page of something else": Reply(b"<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>"),
    "no markup": Reply(b"\x00\xff\xfe", "application/octet-stream"),
    "nothing": Reply(b""),
    "cut short": Reply(b"<style>.fw{", headers={"content-length": "11"}),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_on_any_failure_the_link_stays(chromium: Chromium, site: Embedding, failure: str) -> None:
    shadow(site, FAILURES[failure])
    with chromium.visit(site.page(site.widget() + site.loader)) as visit:
        assert visit.value(STATES) == ["error"]
        assert visit.value(SHOWN) == ["feed-widget", "a"]
        assert not [said for said in visit.complaints() if "Failed to load resource" not in said]


def test_no_answer_is_given_up_and_the_link_stays(chromium: Chromium, site: Embedding) -> None:
    """After 8 seconds; the page's own clock is hurried here."""
    shadow(site, Reply(gate=threading.Event()))
    before = "const usual = AbortSignal.timeout; AbortSignal.timeout = ms => usual.call(AbortSignal, ms / 1000);"
    with chromium.visit(site.page(site.widget() + site.loader), before=before) as visit:
        assert visit.value(STATES) == ["error"]
        assert visit.value(SHOWN) == ["feed-widget", "a"]


def test_a_script_that_was_tampered_with_does_not_run(chromium: Chromium, site: Embedding) -> None:
    loader = site.renderer.assets().loader
    site.replies[f"/{loader.path}"] = Reply(
        loader.body + b";hacked=1", "text/javascript", headers={"access-control-allow-origin": "*"}
    )
    with chromium.visit(site.page(site.widget() + site.loader)) as visit:
        assert visit.value(
            "[typeof hacked, document.querySelector('feed-widget').dataset.state]"
        ) == [
            "undefined",
            None,
        ]
        assert visit.value(SHOWN) == ["feed-widget", "a"]


def test_with_scripts_off_the_link_stands(chromium: Chromium, site: Embedding) -> None:
    address = site.page(site.widget() + site.loader, style=HEIGHT_LINE)
    with chromium.visit(address, scripts=False) as visit:
        assert visit.value(SHOWN) == ["feed-widget", "a"]
        assert visit.value("document.querySelector('feed-widget').offsetHeight") < 100
    assert asked(site) == []


@pytest.mark.parametrize("before", ["", WITHOUT], ids=["setHTML", "innerHTML"])
def test_nothing_of_a_hostile_fragment_runs(
    chromium: Chromium, site: Embedding, before: str
) -> None:
    shadow(site, Reply(HOSTILE.encode()))
    with chromium.visit(site.page(site.widget() + site.loader), before=before) as visit:
        assert visit.value("'setHTML' in document.createElement('template')") is not bool(before)
        assert visit.value(STATES) == ["ready"]
        root = "document.querySelector('feed-widget').shadowRoot"
        assert visit.value(f"{root}.querySelector('.kept').textContent") == "Kept."
        attributes = set(
            visit.value(
                f"[...{root}.querySelectorAll('*')].flatMap(one => one.getAttributeNames())"
            )
        )
        assert attributes <= {"class", "part", "src", "id", "href"}
        tags = set(visit.value(f"[...{root}.querySelectorAll('*')].map(one => one.localName)"))
        assert tags <= {"section", "p", "img", "a", "details", "summary", "style"}
        assert visit.value(f"{root}.querySelectorAll('[href]').length") == 0
        visit.value(f"{root}.querySelectorAll('a, summary, p').forEach(one => one.click())")
        visit.value(PAINTED)
        assert visit.value("typeof hacked") == "undefined"
        assert visit.value("location.pathname") == "/"


POLICIES = {
    "own files only": "default-src 'self'",
    "nothing but what is needed": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self'; img-src 'self'",
    "Trusted Types": "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_strict_page_shows_it_styled(chromium: Chromium, site: Embedding, policy: str) -> None:
    address = site.page(site.widget() + site.loader, policy=POLICIES[policy])
    with chromium.visit(address) as visit:
        assert visit.value(STATES) == ["ready"]
        assert visit.complaints() == []
        border = "getComputedStyle(document.querySelector('feed-widget').shadowRoot.querySelector('.fw'))"
        assert visit.value(f"{border}.borderTopWidth") == "1px"


def test_a_page_of_another_site_that_names_the_service_shows_it(
    chromium: Chromium, site: Embedding, tmp_path: Path
) -> None:
    there = site.address
    policy = (
        f"default-src 'self'; script-src {there}; connect-src {there}; img-src {there}; "
        "style-src 'self'"
    )
    with embedding(tmp_path) as other:
        address = other.page(site.widget() + site.loader, policy=policy)
        with chromium.visit(address, height=3000) as visit:
            assert visit.value(STATES) == ["ready"]
            visit.value(PAINTED)
            assert visit.complaints() == []
            assert visit.hosts() == {urlsplit(there).netloc, urlsplit(other.address).netloc}
        assert {path for path, _ in other.sent} == {"/", "/site.css"}


def shift(visit: Visit) -> Any:
    """How much the page has jumped so far (Cumulative Layout Shift)."""
    visit.value(PAINTED)
    return visit.value(f"{PAINTED}.then(() => window.shifted)")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("late", [False, True], ids=["at once", "late"])
def test_with_the_height_line_the_page_does_not_jump(
    chromium: Chromium, site: Embedding, width: int, late: bool
) -> None:
    body = (site.public / f"w/{POSTS}.shadow.html").read_bytes()
    gate = threading.Event()
    shadow(site, Reply(body, gate=gate))
    address = site.page(site.widget() + site.loader, style=HEIGHT_LINE)
    if not late:
        gate.set()
    with chromium.visit(address, width=width, before=COUNT_SHIFTS) as visit:
        shift(visit)
        gate.set()
        assert visit.value(STATES) == ["ready"]
        assert shift(visit) == 0


def test_without_the_height_line_a_late_answer_makes_it_jump(
    chromium: Chromium, site: Embedding
) -> None:
    """Proof that the measure measures."""
    gate = threading.Event()
    shadow(site, Reply((site.public / f"w/{POSTS}.shadow.html").read_bytes(), gate=gate))
    address = site.page(site.widget() + site.loader)
    with chromium.visit(address, width=390, before=COUNT_SHIFTS) as visit:
        shift(visit)
        gate.set()
        visit.value(STATES)
        assert shift(visit) > 0.01
