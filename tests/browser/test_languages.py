"""Widgets of other languages than the page's in a real Chromium: what is said, and which way."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from aggregator.demo.cases import read_cases
from aggregator.widgets.output import OutputFolder
from tests.browser.chromium import Chromium, Visit
from tests.browser.embedding import Embedding, embedding

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

THREE_HOURS_LATER = "Date.now = () => Date.UTC(2026, 10, 23, 8, 10);"
TIMES = """
[...document.querySelector("feed-widget").shadowRoot.querySelectorAll("time")]
  .map(one => one.textContent + " | " + one.title)
"""
READY = """
new Promise(done => {
  const widget = document.querySelector("feed-widget");
  const look = () => /ready|error/.test(widget.dataset.state) ? done(widget.dataset.state) : setTimeout(look, 5);
  look();
})
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedding]:
    with embedding(tmp_path_factory.mktemp("public")) as found:
        yield found


def put(site: Embedding, language: str, case: str = "usual", layout: str = "posts") -> str:
    """The tag of a widget in a language, whose files now stand there."""
    widget = next(one for one in read_cases() if one.id == case).widget(layout)
    spec = replace(widget.spec, id=f"in-{language.lower()}", language=language)
    OutputFolder(site.public).write(site.renderer.render(replace(widget, spec=spec)))
    return site.widget(spec.id)


def included(site: Embedding, name: str) -> str:
    """The address of a page that has a widget in its own markup."""
    sheet = (
        f'<link rel="stylesheet" href="{site.address}/{site.renderer.assets().stylesheet.path}">'
    )
    return site.page(sheet + site.file(f"w/{name}.html"))


def times(visit: Visit) -> Any:
    assert visit.value(READY) == "ready"
    return visit.value(TIMES)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "3 hours ago"),
        ("es", "hace 3 horas"),
        ("es-MX", "hace 3 horas"),
        ("he", "לפני 3 שעות"),
        ("ar", "قبل 3 ساعات"),
        ("fa", "3 ساعت"),
        ("hmn", "3 hours ago"),
    ],
)
def test_how_long_ago_is_told_in_the_language_and_digits_of_the_dates(
    chromium: Chromium, site: Embedding, language: str, words: str
) -> None:
    """On a page, and in a browser, of other languages. In Hmong dates are in English."""
    address = site.page(f'<div lang="de">{put(site, language)}</div>{site.loader}')
    with chromium.visit("about:blank", before=THREE_HOURS_LATER) as visit:
        chromium.ask("Emulation.setLocaleOverride", visit.session, locale="fr-FR")
        chromium.forget(visit.session)
        chromium.ask("Page.navigate", visit.session, url=address)
        chromium.wait("Page.loadEventFired", visit.session)
        found = times(visit)
        assert words in found[0]
    assert any("2026" in one for one in found)


FIRST_AND_LAST = """
[...document.querySelectorAll(".fw-more a, .fw-quote-by a, .fw-list-list p.fw-title a")].map(link => {
  const text = document.createTreeWalker(link, NodeFilter.SHOW_TEXT).nextNode();
  const left = at => {
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    return range.getBoundingClientRect().left;
  };
  const words = text.data.trimEnd();
  return [words, left(0) < left(words.length - 1) ? "ltr" : "rtl"];
})
"""
"""Each link in words of our own to a post or a quote, and whether its first letter stands left of its last."""
ALIGNMENT = """
[...document.querySelectorAll(".fw-more, .fw-quote-by, .fw-also, .fw-follow")].map(line => {
  const around = getComputedStyle(line.parentElement).direction;
  const align = getComputedStyle(line).textAlign;
  return align === "start" ? getComputedStyle(line).direction === around
    : align === (around === "rtl" ? "right" : "left");
})
"""
"""Whether each line begins where its card does, whichever way it is read itself."""


@pytest.mark.parametrize("layout", ["posts", "list"])
@pytest.mark.parametrize(
    ("case", "language", "begins", "read"),
    [
        ("rtl-widget", "he", "לפוסט", "rtl"),
        ("rtl", "he", "לפוסט", "rtl"),
        ("marks", "he", "", "rtl"),
        ("rtl", "ar", "عرض", "rtl"),
        ("marks", "ar", "", "rtl"),
        ("rtl", "en", "View", "ltr"),
        ("untranslated", "fa", "View", "ltr"),
        ("marks", "fa", "", "ltr"),
    ],
)
def test_our_words_are_read_their_own_way_in_every_card(
    chromium: Chromium,
    site: Embedding,
    case: str,
    language: str,
    begins: str,
    read: str,
    layout: str,
) -> None:
    """Also in a card of a text that is read the other way, and with a name of another script."""
    put(site, language, case, layout)
    with chromium.visit(included(site, f"in-{language}")) as visit:
        found = visit.value(FIRST_AND_LAST)
        ours = [way for words, way in found if words.startswith(begins)]
        assert ours
        assert set(ours) == {read}, found
        assert all(visit.value(ALIGNMENT))


@pytest.mark.parametrize(
    ("language", "read"), [("he", "rtl"), ("ar", "rtl"), ("fa", "ltr"), ("en", "ltr")]
)
def test_a_list_of_names_is_read_the_way_of_the_words_before_it(
    chromium: Chromium, site: Embedding, language: str, read: str
) -> None:
    """“Follow us on Mastodon, Bluesky”, and not “Bluesky, Mastodon Follow us on”."""
    widget = next(one for one in read_cases() if one.id == "usual").widget("posts")
    spec = replace(widget.spec, id=f"follow-{language}", language=language)
    cards = tuple(card for card in widget.cards if card.source.terms.network)
    empty = replace(widget, spec=spec, cards=(), follow=cards)
    OutputFolder(site.public).write(site.renderer.render(empty))
    with chromium.visit(included(site, spec.id)) as visit:
        assert (
            visit.value("getComputedStyle(document.querySelector('.fw-follow')).direction") == read
        )
        assert all(visit.value(ALIGNMENT))
