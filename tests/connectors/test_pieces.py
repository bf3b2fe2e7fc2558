"""Cutting a document at its entries: where, and what the pieces depend on."""

from collections.abc import Callable

import pytest

from aggregator.connectors import _pieces
from aggregator.connectors._pieces import Cut, cut

URL = "https://feeds.example/blog/feed"
Rss = Callable[..., str]


def found(text: str, url: str = URL) -> Cut:
    result = cut(text.encode(), url)
    assert result is not None
    return result


def digests(text: str, url: str = URL) -> list[bytes]:
    return [piece.digest for piece in found(text, url).pieces]


def texts(text: str) -> list[str]:
    return [text.encode()[piece.start : piece.end].decode() for piece in found(text).pieces]


def test_pieces_lie_where_the_entries_do(rss: Rss) -> None:
    text = rss("<title>é</title>", "<![CDATA[</item><item>]]>", "<!-- <item> --><?x </item>?>")
    assert texts(text) == [
        "<item><title>é</title></item>",
        "<item><![CDATA[</item><item>]]></item>",
        "<item><!-- <item> --><?x </item>?></item>",
    ]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("<feed><entry a='>'>1</entry ><entry\n>2</entry></feed>", ["<entry a='>'>1</entry >", "<entry\n>2</entry>"]),
        ("<rss><!-- --><channel a=\"'>'\"><item>1</item></channel></rss>", ["<item>1</item>"]),
        ("<rdf:RDF><channel><items/></channel><item>1</item></rdf:RDF>", ["<item>1</item>"]),
        ("<rss><channel><item><entry>1</entry></item></channel></rss>", ["<item><entry>1</entry></item>"]),
        ("<rss><channel><items/><itemized/></channel></rss>", []),
    ],
)  # fmt: skip
def test_ways_to_write_entries(text: str, pieces: list[str]) -> None:
    assert texts(text) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "<rss><channel><item><item></item></item></channel></rss>",
        "<rss><channel><item/><item>1</item></channel></rss>",
        "<rss><channel></item></channel></rss>",
        "<rss><wrap><channel><item></item></channel></wrap></rss>",
        "<x:rss><channel><item></item></channel></x:rss>",
        "<rss a='><channel><item></item></channel></rss>",
    ],
)
def test_what_is_not_written_as_usual_is_not_cut(text: str) -> None:
    assert cut(text.encode(), URL) is None


def test_too_many_entries_are_not_cut(rss: Rss, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pieces, "MOST", 2)
    assert cut(rss("1", "2").encode(), URL)
    assert cut(rss("1", "2", "3").encode(), URL) is None


def test_the_document_without_a_piece_has_an_empty_tag_in_its_place(rss: Rss) -> None:
    text = rss("<title>a</title>", "<title>b</title>", "<title>é</title>")
    without = found(text).reduced({0, 2}).decode()
    assert without == text.replace("<item><title>b</title></item>", "<item/>")


def test_with_all_pieces_the_document_is_the_same(rss: Rss) -> None:
    text = rss("1", "2")
    assert found(text).reduced({0, 1}).decode() == text


def test_equal_entries_have_equal_digests(rss: Rss) -> None:
    first, second, other = digests(rss("<title>a</title>", "<title>a</title>", "<title>b</title>"))
    assert first == second
    assert first != other


@pytest.mark.parametrize(
    "root",
    [
        '<rss version="0.92">',
        '<rss version="2.0" xmlns:a="urn:a">',
        '<rss version="2.0" xml:base="https://a.example/">',
        '<rss version="2.0" xml:lang="fr">',
    ],
)
def test_a_digest_depends_on_the_root(rss: Rss, root: str) -> None:
    assert digests(rss("<title>a</title>", root=root)) != digests(rss("<title>a</title>"))


def test_a_digest_depends_on_the_channel(rss: Rss) -> None:
    text = rss("<title>a</title>")
    assert digests(text) != digests(text.replace("<channel>", "<channel xml:lang='fr'>"))


def test_a_digest_depends_on_the_url_because_links_do(rss: Rss) -> None:
    assert digests(rss("<title>a</title>")) != digests(
        rss("<title>a</title>"), "https://b.example/"
    )


def test_a_digest_does_not_depend_on_what_stands_beside(rss: Rss) -> None:
    text = rss("<title>a</title>")
    changed = text.replace("<title>Blog", "<lastBuildDate>now</lastBuildDate><title>Other")
    assert digests(changed) == digests(text)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('<media:statistics views="1"/>', '<media:statistics views="22"/>'),
        ('<media:starRating count="1" max="5"/>', '<media:starRating count="2" max="5"/>'),
        ("<slash:comments>1</slash:comments>", "<slash:comments>12</slash:comments>"),
        ("<thr:total>1</thr:total>", "<thr:total>2</thr:total>"),
    ],
)
def test_a_digest_does_not_depend_on_how_many_looked(rss: Rss, first: str, second: str) -> None:
    assert digests(rss(f"<a>{first}</a>b")) == digests(rss(f"<a>{second}</a>b"))
    assert digests(rss(f"<a>{first}</a>b")) != digests(rss(f"<a>{second}</a>c"))


def test_a_text_that_speaks_of_numbers_is_a_text(rss: Rss) -> None:
    written = "<![CDATA[<slash:comments>{}</slash:comments>]]>"
    assert digests(rss(written.format(1))) != digests(rss(written.format(2)))


@pytest.mark.parametrize(
    "end", ["", "<", "<it", "<item>", "<item><title>b", "<item><![CDATA[ b", "<title>c</ti", "</ite"]
)  # fmt: skip
def test_what_breaks_off_keeps_its_complete_entries(end: str) -> None:
    mended = found(f"<rss><channel><item><title>a</title></item>{end}").mended()
    assert mended == b"<rss><channel><item><title>a</title></item></channel></rss>"


@pytest.mark.parametrize(
    "whole", ["<feed><entry>1</entry></feed>", "<rdf:RDF><channel/><item>1</item></rdf:RDF>"]
)
def test_what_breaks_off_is_closed_by_its_root(whole: str) -> None:
    assert found(whole[: whole.rindex("</")]).mended() == whole.encode()


def test_what_breaks_off_without_entries_is_beyond_mending() -> None:
    assert found("<rss><channel><title>a").mended() is None


def test_what_goes_on_after_its_end_loses_the_rest(rss: Rss) -> None:
    text = rss("<title>a</title>")
    assert found(f"{text}<script>x</script>&nbsp;").mended() == text.encode()
