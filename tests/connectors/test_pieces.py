"""Cutting a document at its entries: where, and what the pieces depend on."""

from collections.abc import Callable
from dataclasses import replace
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._pieces import Outline, outline_of
from aggregator.connectors._syndication import read_syndication
from aggregator.errors import NotAFeed
from aggregator.model import Document

URL = "https://feeds.example/blog/feed"
Rss = Callable[..., str]


def outline(text: str, url: str = URL) -> Outline:
    found = outline_of(text.encode(), url)
    assert found is not None
    return found


def digests(text: str, url: str = URL) -> list[bytes]:
    return [piece.digest for piece in outline(text, url).pieces]


def test_pieces_lie_where_the_entries_do(rss: Rss) -> None:
    text = rss("<title>a</title>", "<![CDATA[</item><item>]]>", "<!-- <item> --><?x </item>?>")
    pieces = outline(text).pieces
    assert [text.encode()[piece.start : piece.end].decode() for piece in pieces] == [
        "<item><title>a</title></item>",
        "<item><![CDATA[</item><item>]]></item>",
        "<item><!-- <item> --><?x </item>?></item>",
    ]


def test_pieces_may_be_empty_tags() -> None:
    text = "<feed><entry/><entry a='/>'/><entry><a/></entry><entry>/></entry></feed>"
    pieces = outline(text).pieces
    assert [text[piece.start : piece.end] for piece in pieces] == [
        "<entry/>",
        "<entry a='/>'/>",
        "<entry><a/></entry>",
        "<entry>/></entry>",
    ]


def test_an_empty_description_of_a_picture_takes_nothing_along() -> None:
    root = '<rss xmlns:media="http://search.yahoo.com/mrss/">'
    text = f"{root}<channel><item><media:title/><title>a</title><media:description /></item></channel></rss>"
    found = outline(text)
    assert (
        found.only(found.pieces).decode()
        == f"{root}<channel><item><title>a</title></item></channel></rss>"
    )


def test_the_document_without_a_piece_is_otherwise_the_same(rss: Rss) -> None:
    text = rss("<title>a</title>", "<title>b</title>", "<title>é</title>")
    found = outline(text)
    without = found.only((found.pieces[0], found.pieces[2])).decode()
    assert without == text.replace("<item><title>b</title></item>", "")


def test_equal_entries_have_equal_digests(rss: Rss) -> None:
    first, second = digests(rss("<title>a</title>", "<title>a</title>"))
    assert first == second


@pytest.mark.parametrize(
    "root",
    [
        '<rss version="0.92">',
        '<rss version="2.0" xmlns:a="urn:a">',
        '<rss version="2.0" xml:base="https://a.example/">',
        '<rss version="2.0" xml:lang="fr">',
    ],
)
def test_a_digest_depends_on_the_tags_above(rss: Rss, root: str) -> None:
    assert digests(rss("<title>a</title>", root=root)) != digests(rss("<title>a</title>"))


def test_a_digest_depends_on_the_url_because_links_do(rss: Rss) -> None:
    assert digests(rss("<title>a</title>")) != digests(
        rss("<title>a</title>"), "https://b.example/"
    )


def test_a_digest_does_not_depend_on_what_stands_beside(rss: Rss) -> None:
    text = rss("<title>a</title>")
    changed = text.replace("<title>Blog", "<lastBuildDate>now</lastBuildDate><title>Other")
    assert digests(changed) == digests(text)


@pytest.mark.parametrize(
    "text",
    [
        "<rss><channel><item>&nbsp;</item></channel></rss>",
        "<rss><channel><item><item></item></item></channel></rss>",
        "<rss><channel><item><a></b></item></channel></rss>",
        "<rss><channel><item><dc:date/></item></channel></rss>",
    ],
)
def test_ill_formed_or_nested_is_not_cut(text: str) -> None:
    assert outline_of(text.encode(), URL) is None


@pytest.mark.parametrize(
    "end", ["", "<", "<it", "<item>", "<item><title>b", "<item><![CDATA[ b", "<title>c</ti"]
)
def test_what_breaks_off_keeps_its_complete_entries(end: str) -> None:
    found = outline(f"<rss><channel><item><title>a</title></item>{end}")
    assert found.data == b"<rss><channel><item><title>a</title></item></channel></rss>"


def test_what_goes_on_after_its_end_loses_the_rest(rss: Rss) -> None:
    text = rss("<title>a</title>")
    assert outline(f"{text}<script>x</script>&nbsp;").data == text.encode()


def test_H3_too_many_attributes() -> None:
    attributes = " ".join(f'a{number}=">"' for number in range(501))
    with pytest.raises(NotAFeed, match="501 attributes"):
        outline_of(f"<rss {attributes}/>".encode(), URL)


def test_H3_an_endless_author_is_left_out_and_the_entry_stays(rss: Rss) -> None:
    found = outline(
        rss("<title>a</title><author>" + "x" * 3_000 + "</author>", "<author>Ada</author>")
    )
    assert found.only(found.pieces).decode() == rss("<title>a</title>", "<author>Ada</author>")


def test_guids_are_kept_as_they_are_written(rss: Rss) -> None:
    pieces = outline(
        rss("<guid> a-1 </guid>", '<guid isPermaLink="true">/b</guid>', "<guid/>")
    ).pieces
    assert [(piece.guid, piece.guid_is_link) for piece in pieces] == [
        ("a-1", None),
        ("/b", True),
        (None, None),
    ]


def test_a_base_does_not_leak_into_the_next_entry(rss: Rss) -> None:
    """feedparser forgets to leave a ``<div>`` in an escaped text, and all that it stood in."""
    leaky = '<description xml:base="https://other.example/"><div>a</div></description>'
    first, second = outline(rss(leaky, "<title>b</title>")).pieces
    assert (first.marks["summary"][0], second.base, second.text_base) == (
        "https://other.example/",
        URL,
        None,
    )


def test_a_base_that_is_no_web_address_is_ignored(rss: Rss) -> None:
    (piece,) = outline(rss("<title xml:base='javascript:x'>a</title>")).pieces
    assert piece.marks["title"][0] is None


ENTRIES = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), min_size=1, max_size=6
)


@given(ENTRIES, st.data())
def test_reading_without_known_pieces_leaves_out_just_those(
    rss: Rss, titles: list[str], data: st.DataObject
) -> None:
    body = rss(
        *(
            f"<title>{escape(title)}</title><guid>{place}</guid>"
            for place, title in enumerate(titles)
        )
    )
    document = Document(URL, body.encode())
    whole = read_syndication(document, frozenset())
    known = data.draw(st.sets(st.sampled_from(whole.pieces)))
    left = tuple(
        post for post, piece in zip(whole.posts, whole.pieces, strict=True) if piece not in known
    )
    assert read_syndication(document, frozenset(known)) == replace(whole, posts=left)
