"""The other ways to embed in a real Chromium: included at the server, declarative, in an iframe."""

from pathlib import Path
from typing import Any

import brotli
import pytest

from tests.browser.axe import faults
from tests.browser.chromium import Chromium, Visit
from tests.browser.embedding import BLOGS, POSTS, WAYS, Embedding, embedding, settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ARTICLES = "document.querySelector('feed-widget').shadowRoot.querySelectorAll('article').length"
LISTEN = """
window.heights = [];
addEventListener("message", told => { if (told.data.feedWidget) window.heights.push(told.data.feedWidget); });
"""


def included(site: Embedding) -> str:
    return site.included(POSTS, BLOGS)


def frame(site: Embedding, name: str = POSTS) -> str:
    return f'<iframe src="{site.address}/w/{name}.frame.html" width="100%" height="50" title="Latest posts"></iframe>'


# --- included at the server ----------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_included_fragments_need_no_script(
    chromium: Chromium, site: Embedding, scripts: bool
) -> None:
    address = site.page(included(site), policy="default-src 'self'")
    with chromium.visit(address, scripts=scripts) as visit:
        assert visit.value("document.querySelectorAll('.fw article').length") == 10
        assert visit.complaints() == []


def test_two_included_widgets_cost_one_request_and_five_kilobytes(
    chromium: Chromium, site: Embedding
) -> None:
    """Besides the page, which they make larger, and the pictures."""
    site.sent.clear()
    with chromium.visit(site.page(included(site))):
        pass
    plain, full = (len(brotli.compress(text.encode(), quality=5)) for text in ("", included(site)))
    sent = [(path, size) for path, size in site.sent if path.startswith("/w/")]
    assert {path for path, _ in sent} == {f"/{site.renderer.assets().stylesheet.path}"}
    assert sent[0][1] + full - plain <= 5_000


# --- declarative shadow DOM ----------------------------------------------------------------------


def test_a_declarative_widget_needs_no_script(chromium: Chromium, site: Embedding) -> None:
    address = site.page(site.file(f"w/{POSTS}.dsd.html"), policy="default-src 'self'")
    with chromium.visit(address, scripts=False) as visit:
        assert visit.value(ARTICLES) == 5
        link = "document.querySelector('feed-widget > a')"
        assert visit.value(f"{link}.getClientRects().length") == 0
        border = "getComputedStyle(document.querySelector('feed-widget').shadowRoot.querySelector('.fw'))"
        assert visit.value(f"{border}.borderTopWidth") == "1px"
        assert visit.complaints() == []


def test_the_loader_keeps_a_declarative_widget_and_tells_its_times(
    chromium: Chromium, site: Embedding
) -> None:
    """Three days after its newest post; what is older than a week keeps its date."""
    before = "Date.now = () => Date.UTC(2026, 10, 26, 12);"
    address = site.page(site.file(f"w/{POSTS}.dsd.html") + site.loader)
    site.sent.clear()
    with chromium.visit(address, before=before) as visit:
        root = "document.querySelector('feed-widget').shadowRoot"
        assert visit.value("document.querySelector('feed-widget').dataset.state") == "ready"
        assert visit.value(ARTICLES) == 5
        times = visit.value(
            f"[...{root}.querySelectorAll('time')].map(one => [one.textContent, one.title])"
        )
        assert any(words.endswith("days ago") and "2026" in title for words, title in times)
    assert f"/w/{POSTS}.shadow.html" not in {path for path, _ in site.sent}


# --- iframe --------------------------------------------------------------------------------------


def test_the_frame_shows_it_under_its_own_policy(chromium: Chromium, site: Embedding) -> None:
    with chromium.visit(f"{site.address}/w/{POSTS}.frame.html", height=3000) as visit:
        assert visit.value("document.querySelectorAll('article').length") == 5
        assert (
            visit.value("getComputedStyle(document.querySelector('.fw')).borderTopWidth") == "1px"
        )
        assert visit.complaints() == []


def height(visit: Visit) -> Any:
    """Of the frame, once it is no longer the one in the snippet."""
    return visit.value(
        """new Promise(done => {
          const look = () => document.querySelector("iframe").height !== "50"
            ? done(Number(document.querySelector("iframe").height)) : setTimeout(look, 5);
          look();
        })"""
    )


@pytest.mark.parametrize("order", ["frame first", "loader first"])
def test_the_loader_makes_a_frame_as_high_as_it_is(
    chromium: Chromium, site: Embedding, order: str
) -> None:
    pieces = [frame(site), site.loader]
    body = "".join(pieces if order == "frame first" else reversed(pieces))
    with chromium.visit(site.page(body, policy="default-src 'self'"), width=390) as visit:
        found = height(visit)
        inside = "document.querySelector('iframe').contentDocument.documentElement"
        assert found == visit.value(f"Math.ceil({inside}.getBoundingClientRect().height)")
        assert visit.complaints() == []


def test_a_frame_reports_a_sensible_height(chromium: Chromium, site: Embedding) -> None:
    with chromium.visit(site.page(frame(site)), before=LISTEN) as visit:
        found = visit.value(
            "new Promise(done => { const look = () => heights.length ? done(heights) : setTimeout(look, 5); look(); })"
        )
        assert all(isinstance(one, int) and 1 <= one <= 10_000 for one in found)


@pytest.mark.parametrize("said", ["'900'", "0", "10001", "-5", "1.5", "null", "{}", "NaN"])
def test_the_loader_takes_no_odd_height(chromium: Chromium, site: Embedding, said: str) -> None:
    with chromium.visit(site.page(frame(site) + site.loader)) as visit:
        before = height(visit)
        visit.value(
            f"""(() => {{
              const source = document.querySelector("iframe").contentWindow;
              dispatchEvent(new MessageEvent("message",
                {{ data: {{ feedWidget: {said} }}, origin: location.origin, source }}));
            }})()"""
        )
        assert visit.value("Number(document.querySelector('iframe').height)") == before


def test_only_the_frame_itself_may_set_its_height(chromium: Chromium, site: Embedding) -> None:
    """Neither another window nor the same one under another origin; other frames are left alone."""
    site.page(frame(site) + "<iframe height=40 srcdoc='x'></iframe>" + site.loader)
    with chromium.visit(f"{site.address}/") as visit:
        before = height(visit)
        for source, origin in (
            ("window", "location.origin"),
            ("document.querySelector('iframe').contentWindow", "'https://evil.example'"),
            ("document.querySelectorAll('iframe')[1].contentWindow", "location.origin"),
        ):
            visit.value(
                'dispatchEvent(new MessageEvent("message", '
                f"{{ data: {{ feedWidget: 77 }}, origin: {origin}, source: {source} }}))"
            )
        heights = visit.value(
            "[...document.querySelectorAll('iframe')].map(one => Number(one.height))"
        )
        assert heights == [before, 40]


@pytest.mark.parametrize("named", [True, False])
def test_only_named_sites_may_frame_it(
    chromium: Chromium, tmp_path: Path, site: Embedding, named: bool
) -> None:
    with embedding(tmp_path, frame_sites=(site.address,) if named else ()) as service:
        address = site.page(frame(service) + service.loader)
        with chromium.visit(address) as visit:
            refused = [said for said in visit.complaints() if "frame-ancestors" in said]
            assert bool(refused) is not named


# --- for everybody -------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("look", "width"), [("light", 1280), ("dark", 390), ("forced", 320)])
def test_axe_finds_nothing(
    chromium: Chromium, site: Embedding, way: str, look: str, width: int
) -> None:
    address = site.shape(way, style=":root { color-scheme: light dark; background: Canvas }")
    with chromium.visit(address, look=look, width=width) as visit:
        settle(visit)
        assert faults(visit) == []


def test_axe_finds_a_fault_planted_in_the_shadow_root(chromium: Chromium, site: Embedding) -> None:
    """Proof that it looks there."""
    with chromium.visit(site.shape("loader")) as visit:
        settle(visit)
        assert not [one for one in faults(visit) if one.startswith("image-alt")]
        visit.value(
            "document.querySelector('feed-widget').shadowRoot.querySelector('img').removeAttribute('alt')"
        )
        assert [one for one in faults(visit) if one.startswith("image-alt")]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("width", [200, 320])
def test_nothing_scrolls_sideways(
    chromium: Chromium, site: Embedding, way: str, width: int
) -> None:
    with chromium.visit(site.shape(way, style="body { margin: 0 }"), width=width) as visit:
        settle(visit)
        assert visit.overflow() == []


@pytest.mark.parametrize("box", ["display: inline-block", "float: left", "width: max-content"])
def test_it_does_not_collapse_where_its_box_shrinks_to_what_it_holds(
    chromium: Chromium, site: Embedding, box: str
) -> None:
    address = site.page(f"<div class=box>{included(site)}</div>", style=f".box {{ {box} }}")
    with chromium.visit(address) as visit:
        assert visit.value("document.querySelector('.fw').offsetWidth") >= 150


@pytest.mark.parametrize("box", ["display: flex", "display: grid", "display: block"])
def test_it_fits_into_200_pixels_of_any_box(chromium: Chromium, site: Embedding, box: str) -> None:
    style = f".box {{ width: 200px; {box} }}"
    address = site.page(
        f"<div class=box>{site.file(f'w/{POSTS}.html')}</div>{site.stylesheet}", style=style
    )
    with chromium.visit(address) as visit:
        assert visit.value("document.querySelector('.fw').offsetWidth") <= 200


@pytest.mark.parametrize(
    ("above", "more"),
    [
        ("<h2 class=fw-h>Latest posts</h2>", "fw-notice-apart"),
        ("<p class=fw-intro>A word before.</p>", "fw-notice-apart"),
        ("<p class=fw-text>A text of ours.</p>", "fw-notice-apart"),
        ("<ul class=fw-list><li class=fw-item>A post</li></ul>", ""),
        ("<ul class='fw-list fw-list-cards'><li class=fw-item-cards>A card</li></ul>", ""),
    ],
)
def test_the_rule_above_the_last_words_keeps_its_distance(
    chromium: Chromium, site: Embedding, above: str, more: str
) -> None:
    """Also where a widget shows no posts."""
    last = f"<p class='fw-notice {more}'>A word at the end.</p>"
    page = site.page(f"<section class=fw>{above}{last}</section>{site.stylesheet}")
    with chromium.visit(page) as visit:
        distance = """
        (function () {
          const range = document.createRange(), last = document.querySelector(".fw-notice");
          range.selectNodeContents(last.previousSibling.querySelector("li") ?? last.previousSibling);
          return last.getBoundingClientRect().top - range.getBoundingClientRect().bottom;
        })()
        """
        assert visit.value(distance) >= 8


def test_a_fragment_is_readable_without_any_style(chromium: Chromium, site: Embedding) -> None:
    """Pictures have the size that is said, and the words that only some hear make sense."""
    with chromium.visit(site.page(site.file(f"w/{POSTS}.html"))) as visit:
        size = "(one => [one.width, one.height])(document.querySelector('.fw-img'))"
        said = "(one => [one.getAttribute('width'), one.getAttribute('height')].map(Number))"
        assert visit.value(size) == visit.value(f"{said}(document.querySelector('.fw-img'))")
        assert (
            visit.value("getComputedStyle(document.querySelector('.fw-vh')).position") == "static"
        )


def test_pictures_are_not_printed_and_addresses_are(chromium: Chromium, site: Embedding) -> None:
    with chromium.visit(site.page(included(site)), look="print") as visit:
        assert visit.value("document.querySelector('.fw-img').getClientRects().length") == 0
        after = "getComputedStyle(document.querySelector('.fw-link'), '::after').content"
        assert "https://" in visit.value(after)
