"""Pages that people read: which feeds they offer, whatever they look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Document
from aggregator.normalise.pages import MOST_LINKS, Page, Rank, is_page, read_page

URL = "https://family.example.org/2026/11/a-post/"


def page(html: str, url: str = URL) -> Page:
    return read_page(Document(url, html.encode()))


def addresses(html: str, url: str = URL) -> list[str]:
    return [link.address for link in page(html, url).links]


def link(href: str, media_type: str = "application/rss+xml", more: str = "") -> str:
    return f'<link rel="alternate" type="{media_type}" href="{href}" {more}>'


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="alternate" type="application/rss+xml" href="/feed">',
        "<LINK REL='ALTERNATE' TYPE='Application/RSS+XML' HREF='/feed'/>",
        "<link rel=alternate type=application/rss+xml href=/feed>",
        '<link\nhref=" /feed "\ntype = "application/rss+xml; charset=utf-8" rel = "x alternate">',
        '<link rel="&#97;lternate" type="application/atom+xml" href="/&#102;eed">',
        '<link rel="feed" href="/feed">',
        '<link rel="alternate" title="a > b" type="application/feed+json" href="/feed">',
        '<body><p>Words<link rel="alternate" type="text/xml" href="feed:https://family.example.org/feed">',
        '<base href="/"><link rel="alternate" type="application/rss+xml" href="feed">',
        '<link rel="alternate" type="application/rss+xml" href="../feed"><base href="/x/"><base href="/y/z/">',
        '<p>it\'s "so</p><link rel="alternate" type="application/rss+xml" href="//family.example.org/feed">',
        '<a href="/feed">RSS</a>',
    ],
)
def test_a_link_to_a_feed_is_seen_however_it_is_written(html: str) -> None:
    assert addresses(html) == ["https://family.example.org/feed"]


@pytest.mark.parametrize(
    "html",
    [
        '<!-- <link rel="alternate" type="application/rss+xml" href="/feed"> -->',
        "<script>\"<link rel='alternate' type='application/rss+xml' href='/feed'>\"</script>",
        '<link rev="alternate" type="application/rss+xml" href="/feed">',
        '<link rel="alternate stylesheet" type="text/xml" href="/feed">',
        '<link rel="alternate" type="text/html" hreflang="es" href="/es/">',
        '<link rel="alternate" type="application/json+oembed" href="/oembed">',
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">',
        '<link rel="alternate" type="application/rss+xml">',
        '<link rel="alternate" type="application/rss+xml" href=" ">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<link rel="alternate" type="application/rss+xml" href="https://name:secret@a.example/feed">',
        '<link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">',
        '<a href="https://feedly.com/i/subscription/feed/https://family.example.org/feed">Follow</a>',
        '<a href="/feed-the-birds">Birds</a><a href="/rss/what-is-rss.html">Help</a>',
    ],
)
def test_what_is_no_link_to_a_feed_is_left(html: str) -> None:
    assert addresses(html) == []


def test_the_main_feed_comes_first_and_parts_of_it_later() -> None:
    html = (
        link("/2026/11/a-post/feed/")
        + link("/comments/feed/")
        + link("/category/news/feed/")
        + link("/x", more='title="Kommentare"')
        + link("/posts.json", "application/json")
        + '<a href="/rss">RSS</a>'
        + link("/feed/")
    )
    found = page(html).links
    assert found[0].address == "https://family.example.org/feed/"
    assert [one.rank for one in found] == [Rank.OFFERED, *[Rank.PART] * 5, Rank.MENTIONED]


def test_each_address_comes_once_and_never_the_page_itself() -> None:
    html = link("/feed") + link("/feed", more='title="again"') + link(URL)
    assert addresses(html) == ["https://family.example.org/feed"]


def test_titles_are_plain_text_on_one_line() -> None:
    html = link("/feed", more='title="Ann &amp;amp; Bo\n\u202e&lt;b&gt;blog&lt;/b&gt;"')
    (found,) = page(html).links
    assert found.title == "Ann & Bo blog"


def test_title_and_generator_of_the_page() -> None:
    seen = page("<title>Our\n year &lt;3</title><meta name='Generator' content='WordPress 6.7'>")
    assert seen.title == "Our year <3"
    assert seen.generator == "wordpress 6.7"


def test_a_page_that_asks_for_a_password() -> None:
    assert page("<form><input name=p type=password></form>").login
    assert not page("<form><input name=q type=search></form>").login


def test_a_page_that_is_made_in_the_browser() -> None:
    assert page("<div id=root></div><script src=/app.js></script>").app
    assert not page("<script>let a</script><p>" + "many words " * 30).app


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_charset_of_a_page(coding: str) -> None:
    html = f"<!doctype html><meta charset={coding}><title>\u535a\u5ba2</title>" + link("/feed")
    document = Document(URL, html.encode(coding))
    assert is_page(document)
    seen = read_page(document)
    assert (seen.title, len(seen.links)) == ("\u535a\u5ba2", 1)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<!DOCTYPE html><html>", True),
        (b"\n<HTML><head>", True),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html>", True),
        (b"<?xml version='1.0'?><rss><channel><title>t</title>", False),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>", False),
        (b"<rdf:RDF><title>t</title>", False),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', False),
        (b"", False),
    ],
)
def test_H7_a_page_is_told_from_a_feed_by_its_beginning(body: bytes, expected: bool) -> None:
    assert is_page(Document(URL, body)) is expected


def test_no_more_links_are_kept_than_a_person_would_read() -> None:
    html = "".join(link(f"/{number}/feed") for number in range(100_000))
    assert len(page(html).links) == MOST_LINKS


@pytest.mark.parametrize(
    "html",
    [
        "<a " * 100_000,
        '<a ="' * 100_000,
        "<a =\"<a ='" * 50_000,
        "<!--" * 100_000,
        "<script>" * 50_000,
        "<title>" * 50_000,
        "<link " + "a " * 130_000,
        "<link " + "= " * 130_000 + ">",
        "<p>" + "".join(f"<b id={number}>" for number in range(20_000)) + "<p>x" * 20_000,
        "&" * 300_000,
        "<" * 300_000,
    ],
)
def test_hostile_pages_are_read_in_one_go(html: str) -> None:
    """Each would take minutes or gigabytes by a reader that looks back or builds a tree."""
    assert page(html).links == ()


@given(st.binary(max_size=500))
def test_any_bytes_are_read(body: bytes) -> None:
    document = Document(URL, b"<link rel=alternate type=text/xml href=/feed>" + body)
    assert read_page(document).links[0].address == "https://family.example.org/feed"


@given(st.text(alphabet="<>=\"'/ \nahrefltikbs&#;!-", max_size=200))
def test_any_markup_is_read(markup: str) -> None:
    assert isinstance(page(markup), Page)
