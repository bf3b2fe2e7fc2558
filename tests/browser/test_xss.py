"""Every hostile payload, through a feed and the door, in every shape of a widget, in a real Chromium.

The pages allow scripts and have no policy: nothing but the markup itself keeps a payload from
running. That markup stays within its allow-list is judged in ``tests/corpus/test_xss.py``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from aggregator.connectors._syndication import read_syndication
from aggregator.demo.cases import NOW, pictures
from aggregator.model import (
    Author,
    Card,
    Document,
    Media,
    Picture,
    Post,
    PostKind,
    RawPost,
    RawQuote,
    RawText,
    Site,
    Source,
    StoredPost,
    Widget,
    WidgetSpec,
)
from aggregator.normalise.post import post_from
from tests.browser.chromium import Chromium, Visit
from tests.browser.embedding import Embedding, Reply, embedding
from tests.corpus.hostile import AT_ONCE, json_feed, payloads, rss

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

BEFORE = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "print", "open", "stop"])
  window[name] = (...told) => ran.push(`${name}(${told})`);
window.usual = new Set(Object.getOwnPropertyNames(window));
addEventListener("error", told => ran.push(`error: ${told.message}`), true);
"""
"""A record of what runs; the page has it before anything of its own."""
RAN = """
[...ran, ...Object.getOwnPropertyNames(window)
  .filter(name => !usual.has(name) && !/^\\d+$/.test(name) && name !== "usual")]
"""
EVERY = """
(() => {
  const every = root => [...root.querySelectorAll("*")]
    .flatMap(one => [one, ...(one.shadowRoot ? every(one.shadowRoot) : [])]);
  return every(document);
})()
"""
HANDLERS = f"""
{EVERY}.flatMap(one => one.getAttributeNames().filter(name => /^on|^(style|srcdoc|action|formaction)$/i.test(name)))
"""
SCHEMES = f"""
[...new Set({EVERY}.filter(one => ["href", "src", "xlink:href"].some(name => one.hasAttribute(name)))
  .map(one => one.href?.baseVal ?? one.href ?? one.src)
  .map(url => URL.canParse(url, document.baseURI) ? new URL(url, document.baseURI).protocol : "none"))]
"""
"""Of all addresses, as the browser reads them; ``none``: it cannot, so that they lead nowhere."""
HARMLESS = {"http:", "https:", "mailto:", "tel:", "none"}
ITEMS = f"{EVERY}.filter(one => one.matches('.fw-item')).length"
PAINTED = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))"
NOTICED = {
    "Page.frameAttached",
    "Page.javascriptDialogOpening",
    "Page.windowOpen",
    "Page.frameRequestedNavigation",
}


def happened(visit: Visit, own: set[str]) -> list[str]:
    """What a page did that it should not; ``own``: paths that it may ask for."""
    visit.value(PAINTED)
    asked = [urlsplit(url) for url in visit.requests()]
    here = urlsplit(visit.address).netloc
    return [
        *visit.value(RAN),
        *visit.value(HANDLERS),
        *(f"links to {scheme}" for scheme in set(visit.value(SCHEMES)) - HARMLESS),
        *(
            f"asked for {url.geturl()}"
            for url in asked
            if url.netloc != here or url.path not in own
        ),
        *(
            told["method"]
            for told in visit.browser.heard(visit.session)
            if told["method"] in NOTICED
        ),
        *visit.complaints(),
    ]


def straight(number: int, payload: str) -> RawPost:
    """A post as a platform's own interface gives it, the payload in all that feeds do not carry."""
    plain = RawText(payload, is_html=False, language=payload)
    return RawPost(
        guid=f"straight {number}",
        permalink=f"https://e.example/{number}?{payload}",
        body=plain,
        author=Author(payload, payload, payload),
        language=payload,
        tags=(payload,),
        media=(
            Media("https://e.example/film.mp4", "video/mp4", payload, seconds=9, captions=True),
        ),
        kind=PostKind.QUOTE,
        warning=payload if number % 2 else None,
        quote=RawQuote(Author(payload, payload, payload), payload, plain),
    )


def cards(some: Sequence[str]) -> Iterator[Card]:
    """All payloads as posts of two feeds and of an interface; the picture's words hold one, too."""
    copy = pictures()[0].path.removeprefix("media/").removesuffix(".webp")
    raws = [
        *read_syndication(Document("https://e.example/feed", rss(some)), ()).posts,
        *read_syndication(Document("https://e.example/feed", json_feed(some)), ()).posts,
        *(straight(number, payload) for number, payload in enumerate(some)),
    ]
    for number, raw in enumerate(raws):
        payload = some[number % len(some)]
        source = Source(f"s{number}", "feed", "https://e.example/feed", name=payload, about=payload)
        post = post_from(raw, source, None, NOW)
        if isinstance(post, Post):
            stored = StoredPost(post, number, NOW, NOW)
            picture = Picture(copy, 320, 180, payload)
            yield Card(source, payload, post.permalink, stored, picture=picture)


def widget(layout: str, some: Sequence[str], shown: Sequence[Card]) -> Widget:
    spec = WidgetSpec(
        id=f"hostile-{layout}",
        title=some[0],
        layout=layout,
        show=max(1, len(shown)),
        intro=some[-1],
        notice=some[0],
        text="\n\n".join(some) if layout == "notice" else None,
    )
    return Widget(spec, Site(some[0], "https://www.example.org/"), tuple(shown))


def in_feeds(files: Mapping[str, str]) -> Iterator[str]:
    """What its feeds, where a widget has any, hold as HTML."""
    if ".json" in files:
        for item in json.loads(files[".json"])["items"]:
            yield item.get("content_html", "")
    if ".rss" in files:
        for node in ET.fromstring(files[".rss"]).iterfind("channel//*"):
            if node.tag.rpartition("}")[2] in {"title", "encoded", "description"}:
                yield node.text or ""


def shapes(site: Embedding, some: Sequence[str], alone: str) -> tuple[dict[str, str], int]:
    """Pages by path, and how many items are in the first.

    It holds what can stand in a page, of all layouts; the others are the whole pages of one of them.
    """
    shown = tuple(cards(some))
    third = len(shown) // 3
    pages: dict[str, list[str]] = {"/": []}
    count = 0
    for at, layout in enumerate(sorted(site.renderer.layouts())):
        # Neighbouring layouts have the payloads of different feeds: all in all would take long.
        part = shown[(at % 3) * third : (at % 3 + 1) * third]
        files = {
            file.path.removeprefix(f"w/hostile-{layout}"): file.body.decode()
            for file in site.renderer.render(widget(layout, some, part))
        }
        for shape in (".html", ".shadow.html", ".dsd.html"):
            pages["/"].append(files[shape])
            count += files[shape].count('<li class="fw-item')
        pages["/"] += [f"<div>{text}</div>" for text in in_feeds(files)]
        if layout == alone:
            pages["/frame.html"] = [files[".frame.html"]]
            pages["/whole/"] = [files["/index.html"]]
    return {path: "".join(texts) for path, texts in pages.items()}, count


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedding]:
    with embedding(tmp_path_factory.mktemp("public")) as site:
        site.replies["/favicon.ico"] = Reply(kind="image/x-icon")
        yield site


def own(site: Embedding) -> set[str]:
    """Paths that pages may ask for besides themselves."""
    files = (*site.renderer.assets(), *pictures())
    return {"/favicon.ico", *(f"/{file.path}" for file in files)}


def batches(corpus: Path) -> list[list[str]]:
    hostile = payloads(corpus)
    return [hostile[start : start + AT_ONCE] for start in range(0, len(hostile), AT_ONCE)]


@pytest.mark.corpus
@pytest.mark.parametrize("part", range(4))
def test_nothing_runs(chromium: Chromium, site: Embedding, corpus: Path, part: int) -> None:
    layouts = sorted(site.renderer.layouts())
    for number, some in list(enumerate(batches(corpus)))[part::4]:
        pages, count = shapes(site, some, layouts[number % len(layouts)])
        for path, html in pages.items():
            site.replies[path] = Reply(html.encode())
            with chromium.visit(f"{site.address}{path}", before=BEFORE) as visit:
                assert happened(visit, {path, *own(site)}) == []
                assert path != "/" or visit.value(ITEMS) == count


CONTROLS = {
    "script": "<script>alert(1)</script>",
    "handler": "<img src=/w/loader.js onerror=confirm(1)>",
    "a link that runs": "<a href='jav&#x09;ascript:prompt(1)'>A</a>",
    "a handler that waits": "<p onmouseover=print()>A</p>",
    "a global": "<script>hacked = 1</script>",
    "a fault": "<script>nothing.of(this)</script>",
    "another host": "<img src=http://localhost:9/x>",
    "another path": "<img src=/x>",
    "a frame": "<iframe src='about:blank'></iframe>",
    "a way out": "<meta http-equiv=refresh content='0;url=/x'>",
    "in a shadow root": "<div><template shadowrootmode=open><b onclick=print()></b></template></div>",
    "in a picture": "<svg><a xlink:href='javascript:alert(1)'><text>A</text></a></svg>",
}


@pytest.mark.parametrize("planted", CONTROLS)
def test_it_would_be_noticed(chromium: Chromium, site: Embedding, planted: str) -> None:
    site.replies["/"] = Reply(f"<!DOCTYPE html><title>A page</title>{CONTROLS[planted]}".encode())
    with chromium.visit(f"{site.address}/", before=BEFORE) as visit:
        assert happened(visit, {"/", *own(site)})


def test_a_page_without_harm_is_passed(chromium: Chromium, site: Embedding) -> None:
    with chromium.visit(site.page(site.file("w/posts-latest.dsd.html")), before=BEFORE) as visit:
        assert happened(visit, {"/", "/site.css", *own(site)}) == []
