"""Every hostile payload in every text field of a feed, over HTTP, through to every output.

What is judged here is markup: tags, attributes and schemes within the allow-list. That nothing
runs in a real browser is judged where pages are opened in one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from aggregator.model import Card, OutputFile, Widget
from aggregator.store import posts
from tests.corpus.hostile import AT_ONCE, json_feed, payloads, rss
from tests.trip.conftest import origin as origin  # noqa: PLC0414 - a fixture, used by name
from tests.trip.sqlite import stage as stage  # noqa: PLC0414
from tests.trip.stage import Stage


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


WIDGET_TAGS = _names("section h1 h2 h3 h4 h5 h6 ul li article p a span time")
PAGE_TAGS = WIDGET_TAGS | _names("html head meta title link body header main")
WIDGET_ATTRIBUTES = _names("class id lang dir role href rel datetime aria-labelledby aria-label")
PAGE_ATTRIBUTES = WIDGET_ATTRIBUTES | _names("charset name content type title")
TEXT_TAGS = _names(
    "a abbr address article aside b bdi blockquote br caption center cite code dd del details div "
    "dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i ins li main ol p pre q rp rt "
    "ruby s section small span strike strong sub summary sup table tbody td tfoot th thead tr u ul"
)
TEXT_ATTRIBUTES = _names("href title rel lang dir value start reversed colspan rowspan scope")


@dataclass(frozen=True)
class Judge:
    """What markup may hold."""

    tags: frozenset[str]
    attributes: frozenset[str]

    def faults(self, markup: str) -> list[str]:
        seen = _Seen()
        seen.feed(markup)
        seen.close()
        return [
            *(f"<{tag}>" for tag in seen.tags - self.tags),
            *(f"{name}=" for name in seen.attributes - self.attributes),
            *(f"address {url!r}" for url in seen.urls if not _harmless(url)),
        ]


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.urls: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.urls.update(value or "" for name, value in attrs if name in {"href", "src"})

    def handle_comment(self, data: str) -> None:
        self.tags.add("!--")


def _harmless(url: str) -> bool:
    if re.search(r"[\x00-\x20]", url):
        return False
    return url.startswith("/") or urlsplit(url).scheme in {"http", "https", "mailto"}


def faults_of(file: OutputFile) -> Iterator[str]:  # noqa: C901 - a branch a shape
    text = file.body.decode()
    if file.path.endswith(".json"):
        for item in json.loads(text)["items"]:
            yield from Judge(TEXT_TAGS, TEXT_ATTRIBUTES).faults(item.get("content_html", ""))
            yield from (
                f"address {item['url']!r}" for _ in "1" if not _harmless(item.get("url", "/"))
            )
    elif file.path.endswith(".rss"):
        for node in ET.fromstring(text).iter():
            name = node.tag.rpartition("}")[2]
            if name in {"title", "encoded", "description"}:  # readers take them for HTML
                yield from Judge(TEXT_TAGS, TEXT_ATTRIBUTES).faults(node.text or "")
            elif name == "link" and not _harmless(node.text or node.get("href") or ""):
                yield f"address {node.text!r}"
    elif file.path.endswith("/index.html"):
        yield from Judge(PAGE_TAGS, PAGE_ATTRIBUTES).faults(text.removeprefix("<!DOCTYPE html>"))
    elif file.path.endswith(".opml"):
        for node in ET.fromstring(text).iter("outline"):
            addresses = {node.get(name, "/") for name in ("xmlUrl", "htmlUrl", "url")}
            yield from (f"address {one!r}" for one in addresses if not _harmless(one))
    elif found := _AROUND.search(file.path):
        before, after = _AROUND_IT[found[1]]
        section = text[text.index(before) + len(before) : text.rindex(after)]
        yield from Judge(WIDGET_TAGS, WIDGET_ATTRIBUTES | {"part"}).faults(section)
    else:
        yield from Judge(WIDGET_TAGS, WIDGET_ATTRIBUTES).faults(text)


_AROUND = re.compile(r"\.(shadow|dsd|frame)\.html$")
_AROUND_IT = {
    "shadow": ("</style>", "\n"),
    "dsd": ('.css">', "</template>"),
    "frame": ("<main>", "</main>"),
}
"""What stands before and after the widget in shapes that have something around it."""


def render_everything(stage: Stage) -> Iterator[OutputFile]:
    """Every stored post in every shape, a hundred at a time, as posts and as blogs."""
    catalogue = stage.app.catalogue()
    stored = posts.listing(stage.app.database, None, None, 1_000_000)
    for start in range(0, len(stored), 100):
        cards = tuple(
            Card(source, source.id, one.post.permalink, one)
            for one in stored[start : start + 100]
            if (source := catalogue.source(one.post.source_id))
        )
        for spec in catalogue.widgets:
            widget = Widget(replace(spec, show=50), catalogue.site, cards[:50], cards[50:])
            yield from stage.app.renderer.render(widget)


@pytest.mark.corpus
@pytest.mark.parametrize("form", [rss, json_feed])
def test_no_payload_leaves_the_allow_list(stage: Stage, corpus: Path, form: object) -> None:
    assert callable(form)
    hostile = payloads(corpus)
    sources = []
    for start in range(0, len(hostile), AT_ONCE):
        path = f"/{start}"
        stage.origin.bodies[path] = form(hostile[start : start + AT_ONCE])
        sources.append(stage.source(f"s{start}", path))
    stage.follow(*sources)
    reports = stage.refresh()
    assert not [report.visit.state.error_text for report in reports if report.failed]
    stored = sum(report.written.new for report in reports if report.written)
    assert stored > 0.9 * len(hostile)
    faults = [
        f"{file.path}: {fault}" for file in render_everything(stage) for fault in faults_of(file)
    ]
    assert not faults


@pytest.mark.corpus
def test_the_judge_would_notice(stage: Stage) -> None:
    """A planted control: what must never stand in an output is found if it does."""
    spec = stage.app.catalogue().widgets[0]
    clean = stage.app.renderer.render(Widget(spec, stage.app.catalogue().site, ()))[0]
    for planted in ("<img src=x>", "<p onclick=y>", "<a href=javascript:z>", "<!-- w -->"):
        assert list(faults_of(replace(clean, body=clean.body + planted.encode())))
