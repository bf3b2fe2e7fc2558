"""What is a feed, and in which charset (rules H2-H7, I1)."""

from collections.abc import Callable

import pytest

from aggregator.connectors._intake import (
    Json,
    Xml,
    guard_feedparser,
    scrubbed,
    take_in,
    without_open_entry,
)
from aggregator.errors import NotAFeed


def xml(body: bytes, content_type: str = "") -> str:
    taken = take_in(body, content_type)
    assert isinstance(taken, Xml)
    return taken.data.decode()


@pytest.mark.parametrize(
    ("encoding", "content_type"),
    [
        ("utf-8", ""),
        ("utf-8", "text/xml; charset=iso-8859-1"),
        ("utf-8", "text/xml; charset=us-ascii"),
        ("utf-8", "text/xml;charset=Windows-1252"),
        ("utf-8", "text/plain"),
        ("utf-8", "application/xml; charset=no-such-charset"),
        ("utf-8", "application/xml; charset=zlib"),
        ("utf-8", "application/xml; charset=utf-16"),
        ("utf-8-sig", "text/xml; charset=koi8-r"),
        ("utf-16", ""),
        ("utf-32", "text/xml; charset=utf-8"),
        ("utf-16-le", ""),
        ("utf-16-be", ""),
        ("utf-32-le", ""),
        ("utf-32-be", ""),
        ("iso-8859-1", "text/xml; charset=iso-8859-1"),
        ("iso-8859-1", 'text/xml; charset="ISO-8859-1"'),
        ("cp1252", ""),
        ("cp037", ""),
    ],
)
def test_I1_charset_without_declaration(encoding: str, content_type: str) -> None:
    start = "<?xml version='1.0'?>" if encoding == "cp037" else ""
    body = (
        f"{start}<rss>café – naïve</rss>"
        if encoding not in {"iso-8859-1", "cp037"}
        else f"{start}<rss>café</rss>"
    )
    assert xml(body.encode(encoding), content_type) == body.removeprefix(start)


@pytest.mark.parametrize("charset", ["iso-8859-1", "koi8-r", "shift_jis", "gb2312", "windows-1251"])
def test_I1_declared_charset(charset: str) -> None:
    letters = {"iso-8859-1": "é", "shift_jis": "かな", "gb2312": "汉字"}.get(charset, "привет")
    body = f'<?xml version="1.0" encoding="{charset}"?><rss>{letters}</rss>'
    assert xml(body.encode(charset)) == f"<rss>{letters}</rss>"


def test_I1_header_beats_declaration() -> None:
    body = '<?xml version="1.0" encoding="windows-1251"?><rss>привет</rss>'.encode("koi8-r")
    assert "привет" in xml(body, "text/xml; charset=koi8-r")


def test_I1_wrong_charset_gives_way_to_the_next() -> None:
    assert "é" in xml('<?xml version="1.0" encoding="ascii"?><rss>é</rss>'.encode())


def test_bytes_that_are_no_text_at_all_are_no_feed() -> None:
    with pytest.raises(NotAFeed):
        take_in(bytes(range(256)) * 4, "")


@pytest.mark.parametrize(
    "body",
    [
        "<rss/>",
        "\n\n<?xml version='1.0'?>\n<rss/>",
        "<b>Warning</b>: text<br />\n<?xml version='1.0'?>\n<!-- note --><?style x?>\n<rss/>",
        "Notice: undefined\n<rss/>",
        "\ufeff\ufeff<rss/>",
        "\x00\x0b<rss/>",
        '<!DOCTYPE rss SYSTEM "http://a.example/>.dtd"><rss/>',
        "<!DOCTYPE rss PUBLIC '-//Netscape//DTD' 'x' []>\n<!-- --><rss/>",
    ],
)
def test_H6_what_precedes_the_root_is_dropped(body: str) -> None:
    assert xml(body.encode()) == "<rss/>"


def test_a_declaration_inside_an_entry_is_no_beginning() -> None:
    body = "<rss><item><![CDATA[<?xml version='1.0'?><feed/>]]></item></rss>"
    assert xml(body.encode()) == body


@pytest.mark.parametrize(
    "reference",
    ["&#0;", "&#8;", "&#x1F;", "&#xD800;", "&#xDfFf;", "&#57343;", "&#xFFFE;", "&#99999999;"],
)
def test_H6_references_to_no_character_are_dropped(reference: str) -> None:
    assert scrubbed(f"<rss>a{reference}b</rss>".encode()) == b"<rss>ab</rss>"


def test_H6_control_characters_are_dropped() -> None:
    assert scrubbed(b"<rss\x00>\x1f\t\r\n\x0b</rss>") == b"<rss>\t\r\n</rss>"


@pytest.mark.parametrize(
    "reference",
    ["&#9;", "&#10;", "&#x0D;", "&#32;", "&#8217;", "&#x1F600;", "&#55295;", "&amp;#8;"],
)
def test_references_to_characters_stay(reference: str) -> None:
    assert reference.encode() in scrubbed(f"<rss>a{reference}b</rss>".encode())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \n\t\xef\xbb\xbf", "empty"),
        (b"<!DOCTYPE html><html><head></head></html>", "web page"),
        (b"<!-- x --><HTML lang='en'><rss/></HTML>", "web page"),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x' 'y'><html/>", "web page"),
        (b"<!doctype html><title>No html tag</title>", "web page"),
        (b"<opml version='2.0'/>", "<opml>"),
        (b"<urlset></urlset>", "<urlset>"),
        (b"Not found", "neither XML nor JSON"),
        (b"%PDF-1.7", "neither XML nor JSON"),
    ],
)
def test_H5_what_is_no_feed_is_named(body: bytes, words: str) -> None:
    with pytest.raises(NotAFeed, match=words):
        take_in(body, "application/rss+xml")


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE rss [<!ENTITY a "b">]>',
        '<?xml version="1.0"?><!-- x --><!DOCTYPE rss SYSTEM "x" [ <!ENTITY % p SYSTEM "file:///etc/passwd"> %p; ]>',
        "<!DOCTYPE rss [<!ATTLIST rss a CDATA 'b'>",
    ],
)
def test_H2_declarations_in_a_doctype_are_refused(declaration: str) -> None:
    with pytest.raises(NotAFeed, match="entities"):
        take_in(f"{declaration}<rss>&a;</rss>".encode(), "")


def test_an_entity_declaration_in_a_text_is_a_text() -> None:
    body = '<rss><![CDATA[<!DOCTYPE a [<!ENTITY b "c">]>]]></rss>'
    assert xml(body.encode()) == body


@pytest.mark.parametrize("body", [b'{"a": 1}', b" [1]", '{"a": 1}'.encode("utf-16")])
def test_H7_json_is_known_by_its_beginning(body: bytes) -> None:
    assert isinstance(take_in(body, "text/html"), Json)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("<rss><item>1</item><item>2</item></rss>", "<rss><item>1</item><item>2</item></rss>"),
        ("<rss><item>1</item><item>2", "<rss><item>1</item>"),
        ("<feed><title>a", "<feed><title>a"),
    ],
)
def test_incomplete_documents_keep_their_complete_entries(body: str, kept: str) -> None:
    assert without_open_entry(body.encode()) == kept.encode()


def test_a_document_that_breaks_off_in_its_first_entry_is_no_answer() -> None:
    with pytest.raises(NotAFeed, match="breaks off before its first entry is whole"):
        without_open_entry(b"<feed><title>a</title><entry>1")


@pytest.mark.parametrize(
    "body",
    [
        "<rss>" + "<item>" * 101,
        "<rss><item " + "a" * 70_000 + ">",
        "<rss><dc:creator>" + "a" * 2_001 + "</dc:creator>",
        "<rss><author>" + "a" * 100,
    ],
)
def test_H3_what_would_hang_feedparser_is_refused(body: str) -> None:
    with pytest.raises(NotAFeed, match="broken"):
        guard_feedparser(body.encode())


@pytest.mark.parametrize(
    "make",
    [
        lambda: "<![CDATA[<img src='data:" + "a" * 70_000 + "'>]]>",
        lambda: "<item>" * 100,
        lambda: "<author>" + "a" * 1_900 + "</author>",
    ],
)
def test_feedparser_is_given_what_is_harmless(make: Callable[[], str]) -> None:
    body = f"<rss>{make()}".encode()
    guard_feedparser(body)
    assert isinstance(take_in(body, ""), Xml)


def test_H3_sections_that_never_end_are_looked_for_once() -> None:
    """Each looked for anew, these take minutes."""
    body = b"<rss><channel><item><title>" + b"<![CDATA[" * 200_000 + b"</title></item>"
    guard_feedparser(body)
    with pytest.raises(NotAFeed, match="begin and never end"):
        guard_feedparser(b"<rss><![CDATA[<item>]]>" + b"<item><![CDATA[" * 200_000)
