"""A well-formed feed as a tree: names, surroundings, markup, and what is left to feedparser."""

from collections.abc import Callable
from xml.etree.ElementTree import ParseError

import pytest

from aggregator.connectors._tree import Names, NotOurs, Tree, markup, parse
from aggregator.errors import NotAFeed

URL = "https://feeds.example/blog/feed"
Rss = Callable[..., str]


def tree(text: str) -> Tree:
    return parse(text.encode(), URL)


def inside(text: str, *, unwrap: bool = False, loose: bool = False) -> str:
    """The markup in the only element of a feed."""
    (element,) = tree(f"<feed>{text}</feed>").about
    return markup(element, unwrap=unwrap, loose=loose)


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("pubDate", "pubdate"),
        ("{http://www.w3.org/2005/Atom}entry", "entry"),
        ("{http://purl.org/rss/1.0/}item", "item"),
        ("{http://www.itunes.com/dtds/podcast-1.0.dtd}author", "itunes:author"),
        ("{http://search.yahoo.com/mrss}title", "media:title"),
        ("{urn:x}title", "?:title"),
    ],
)
def test_names_are_those_that_feeds_are_written_about(tag: str, name: str) -> None:
    assert Names(b"")[tag] == name


@pytest.mark.parametrize(
    ("declared", "poses"),
    [
        ('xmlns:a="urn:x"', False),
        ('xmlns="urn:x"', True),
        ("xmlns = 'urn:x'", True),
        ('xmlns:dc="urn:x"', True),
        ('xmlns:dcx="urn:x"', False),
        ('xmlns="urn:xy"', False),
        ('xmlns="urn:&#120;"', True),
    ],
)
def test_a_namespace_poses_as_ours_by_its_prefix(declared: str, *, poses: bool) -> None:
    assert Names(f"<rss {declared}/>".encode()).pose_as_ours("{urn:x}title") == poses


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("<rss/>", 0),
        ("<rss><channel/></rss>", 0),
        ("<rss><channel><item/></channel><item/></rss>", 2),
        ("<rss><ITEM/><channel><entry/></channel></rss>", 2),
        ("<feed><entry/><entry/></feed>", 2),
        (
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel/><item/></rdf:RDF>',
            1,
        ),
    ],
)
def test_entries_stand_in_the_root_or_the_channel(text: str, entries: int) -> None:
    assert len(tree(text).entries) == entries


@pytest.mark.parametrize(
    "text",
    [
        "<channel/>",
        "<rdf/>",
        '<rss xmlns="urn:x"/>',
        "<rss><channel/><channel/></rss>",
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
        "<rss><channel><wrap><item/></wrap></channel></rss>",
        "<feed><wrap><wrap><entry/></wrap></wrap></feed>",
    ],
)
def test_what_we_do_not_know_is_not_ours(text: str) -> None:
    with pytest.raises(NotOurs):
        tree(text)


@pytest.mark.parametrize("text", ["<rss>&nbsp;</rss>", "<rss>", "<rss><dc:date/></rss>", "<rss/>x"])
def test_what_is_ill_formed_is_an_error(text: str) -> None:
    with pytest.raises(ParseError):
        tree(text)


@pytest.mark.parametrize("text", ["<rss {}/>", "<rss><channel {}/></rss>"])
def test_H3_too_many_attributes(text: str) -> None:
    attributes = " ".join(f'a{number}=">"' for number in range(501))
    with pytest.raises(NotAFeed, match="501 attributes"):
        tree(text.format(attributes))


def test_surroundings_are_inherited() -> None:
    (first, second) = tree(
        "<rss xml:base='https://a.example/' xml:lang='fr'>"
        "<channel xml:base='b/'><item/></channel><item/></rss>"
    ).entries
    assert (first[1].base, first[1].text_base, first[1].language) == (
        "https://a.example/b/",
        "https://a.example/b/",
        "fr",
    )
    assert second[1].base == "https://a.example/"


def test_a_relative_base_counts_once() -> None:
    (entry,) = tree("<feed xml:base='b/'><entry/></feed>").entries
    assert entry[1].base == "https://feeds.example/blog/b/"


def test_a_base_that_is_no_web_address_is_ignored() -> None:
    (entry,) = tree("<feed xml:base='javascript:x' xml:lang=''><entry/></feed>").entries
    assert (entry[1].base, entry[1].text_base, entry[1].language) == (URL, None, None)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<a>x &lt; <b title='&quot;&amp;'>y</b> z</a>", 'x &lt; <b title="&quot;&amp;">y</b> z'),
        ("<a><P/><br/><img src='x'/></a>", '<p></p><br><img src="x"></img>'),
        ("<a xmlns:x='urn:x'><x:i x:y='1'/></a>", '<i y="1"></i>'),
        ("<a><p xml:lang='fr'/></a>", '<p xml:lang="fr"></p>'),
        ("<a><!-- x --><![CDATA[<b>]]></a>", "&lt;b&gt;"),
    ],
)
def test_markup_is_written_as_html(text: str, html: str) -> None:
    assert inside(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<a> <div>x<p/></div> </a>", "x<p></p>"),
        ("<a><div><div>x</div></div></a>", "<div>x</div>"),
        ("<a><div>x</div>y</a>", "<div>x</div>y"),
        ("<a><div>x</div><div/></a>", "<div>x</div><div></div>"),
        ("<a><p>x</p></a>", "<p>x</p>"),
    ],
)
def test_a_div_around_all_of_it_is_no_part_of_it(text: str, html: str) -> None:
    assert inside(text, unwrap=True) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<a>&lt;i&gt; <b>x &lt;</b> &amp;</a>", "<i> <b>x &lt;</b> &amp;"),
        ("<a><div>&lt;i&gt;<p/></div>&amp;</a>", "<i><p></p>&amp;"),
    ],
)
def test_loose_markup_begins_with_its_first_tag(text: str, html: str) -> None:
    assert inside(text, loose=True) == html


def test_H3_markup_may_be_nested_deeply() -> None:
    depth = 20_000
    assert inside(f"<a>{'<b>' * depth}{'</b>' * depth}</a>") == "<b>" * depth + "</b>" * depth


def test_H3_namespaces_are_looked_for_once() -> None:
    """Each looked for anew, these take minutes."""
    count = 50_000
    names = Names("".join(f'<x:a xmlns:x="urn:{n}"/>' for n in range(count)).encode())
    assert not any(names.pose_as_ours(f"{{urn:{n}}}a") for n in range(count))
