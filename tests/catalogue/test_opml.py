"""Lists of other readers: read as they are in the wild, refused with a line, written for all."""

import contextlib
import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.catalogue.opml import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_OUTLINES,
    OpmlFeed,
    read_opml,
    write_opml,
)
from aggregator.errors import OpmlError
from aggregator.model import Catalogue

Read = Callable[[str | bytes], Catalogue]

TODAY = date(2026, 11, 23)


def opml(body: str, head: str = "") -> bytes:
    return f'<opml version="2.0"><head>{head}</head>\n<body>\n{body}\n</body></opml>'.encode()


def feeds(body: str) -> tuple[OpmlFeed, ...]:
    return read_opml(opml(body)).feeds


# --- reading ------------------------------------------------------------------------------------


def test_a_feed_has_its_title_page_folders_and_line() -> None:
    listed = read_opml(
        opml(
            '<outline text="Health">\n<outline text="Blogs">\n'
            '<outline type="rss" text="Us" xmlUrl="https://a.example.org/feed/"'
            ' htmlUrl="https://a.example.org/"/>\n</outline></outline>',
            "<title> Our\n list </title>",
        )
    )
    assert listed.title == "Our list"
    assert listed.feeds == (
        OpmlFeed(
            "https://a.example.org/feed/", "Us", "https://a.example.org/", ("Health", "Blogs"), 6
        ),
    )


@pytest.mark.parametrize(
    "outline",
    [
        '<outline text="A" xmlUrl="https://a.example/"/>',
        '<outline text="A" type="RSS" xmlURL=" https://a.example/ "/>',
        '<OUTLINE TEXT="A" XMLURL="https://a.example/"/>',
        '<outline title="A" type="link" xmlUrl="https://a.example/"/>',
        '<outline title="A" text="about A" type="atom" xmlurl="https://a.example/"/>',
        '<outline text="A" type="rss" url="https://a.example/"/>',
        '<o:outline text="A" xmlUrl="https://a.example/"/>',
    ],
)
def test_what_readers_write_differently_means_the_same(outline: str) -> None:
    (feed,) = feeds(outline)
    assert (feed.address, feed.title) == ("https://a.example/", "A")


@pytest.mark.parametrize(
    "outline",
    [
        '<outline type="include" url="https://a.example/list.opml"/>',
        '<outline type="link" url="https://a.example/list.opml"/>',
        '<outline type="source" xmlUrl="https://a.example/list"/>',
    ],
)
def test_lists_within_lists_are_counted_and_not_followed(outline: str) -> None:
    listed = read_opml(opml(outline))
    assert (listed.feeds, listed.lists) == ((), 1)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Salt & Pepper", "Salt & Pepper"),
        ("Salt &amp; Pepper", "Salt & Pepper"),
        ("a&b=c;", "a&b=c;"),
        ("Arch&aelig;ology &nbsp; now", "Archæology now"),
        ("&egregious; claim", "&egregious; claim"),
        ("Two\x0bpages", "Twopages"),
        ("  many \n spaces ", "many spaces"),
        ("\u202eslleps ti", "slleps ti"),
    ],
)
def test_what_exports_do_wrong_is_mended(written: str, title: str) -> None:
    (feed,) = feeds(f'<outline text="{written}" xmlUrl="https://a.example/?x=1&y=2"/>')
    assert (feed.title, feed.address) == (title, "https://a.example/?x=1&y=2")


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8", "utf-8-sig", "utf-16", "koi8-r"])
def test_the_encoding_that_is_named_is_used(encoding: str) -> None:
    named = encoding.removesuffix("-sig")
    text = opml('<outline text="Блог" xmlUrl="https://a.example/"/>').decode()
    raw = f'<?xml version="1.0" encoding="{named}"?>\n{text}'.encode(encoding)
    assert read_opml(raw).feeds[0].title == "Блог"


def test_a_long_title_is_cut_at_a_word() -> None:
    (feed,) = feeds(f'<outline text="{"word " * 100}" xmlUrl="https://a.example/"/>')
    assert feed.title is not None
    assert feed.title.endswith("word")
    assert len(feed.title) <= 200


# --- refusing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"https://a.example/feed", "line 1: This is no OPML file"),
        (b"<!DOCTYPE html><html></html>", "line 1: The file declares a document type"),
        (b"\n<html><body></body></html>", "line 2: This is a web page"),
        (b"<rss><channel/></rss>", "line 1: This looks like a feed itself"),
        (b"<rdf:RDF></rdf:RDF>", "line 1: This is no OPML: it begins with <rdf:RDF>"),
        (opml('<outline text="a < b"/>'), "line 3: The list cannot be read from here on"),
        (opml('<outline text="a"'), "line 4: The list cannot be read from here on"),
        (opml("<outline>"), "line 4: An element is closed here"),
        (opml('<outline text="a" text="b"/>'), "line 3: An entry says the same thing twice"),
        (opml('<outline text="&#0;"/>'), "line 3: A character is named by a number"),
        (opml("") + opml(""), "line 4: Something follows after the end"),
        (opml("")[:40], "The file ends in the middle"),
        (b'<?xml version="1.0" encoding="zip"?><opml/>', "line 1: The file says that it is wri"),
        (b'<?xml encoding="utf-8"?>\n<opml>\n<a b="\xff"/></opml>', "line 3: There are letters"),
        (b" " * (MAX_BYTES + 1), "larger than"),
        (opml("<outline>" * MAX_DEPTH), "nested more than"),
        (opml("<outline/>" * (MAX_OUTLINES + 1)), "more than 20,000 entries"),
    ],
    ids=range(19),
)
def test_what_cannot_be_read_says_where_and_what_to_do(raw: bytes, said: str) -> None:
    with pytest.raises(OpmlError) as caught:
        read_opml(raw)
    assert str(caught.value).startswith(said) or said in str(caught.value)
    assert caught.value.advice


def test_entities_do_not_grow() -> None:
    """A document type is where they would be declared, and none is let in."""
    bomb = b'<!DOCTYPE o [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><opml><body>&b;</body></opml>'
    with pytest.raises(OpmlError, match="document type"):
        read_opml(bomb)


def test_no_file_is_read_for_another() -> None:
    raw = b'<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml>&x;</opml>'
    with pytest.raises(OpmlError, match="document type"):
        read_opml(raw)


@given(st.one_of(st.binary(), st.text("<>&;\"'=/ opmlutine\n!-[]?x#", max_size=300)))
def test_anything_is_read_or_refused(raw: bytes | str) -> None:
    data = raw if isinstance(raw, bytes) else opml(raw)
    with contextlib.suppress(OpmlError):
        assert all(feed.address for feed in read_opml(data).feeds)


@pytest.mark.corpus
def test_the_lists_of_the_corpus(corpus: Path) -> None:
    """Well-formed lists give as many feeds as another reader finds; others say why not."""
    with (corpus / "opml" / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        rows = list(csv.DictReader(manifest, delimiter="\t"))
    wrong = []
    for row in rows:
        raw = (corpus / "opml" / row["file"]).read_bytes()
        try:
            found = len({feed.address for feed in read_opml(raw).feeds})
        except OpmlError as error:
            is_opml = "This is no OPML" not in str(error)
            if not error.advice or (is_opml and row["wellformed"] == "yes"):
                wrong.append((row["file"], str(error)))
        else:
            if found != int(row["listparser_feeds"]):
                wrong.append((row["file"], f"{found} feeds"))
    assert not wrong


# --- writing ------------------------------------------------------------------------------------

FILE = """\
site: {name: "Salt & Sons", url: https://www.example.org}
widgets:
  - {id: news, title: News, layout: posts}
  - {id: families, title: Families, layout: blogs, require: consent}
sources:
  - id: insight
    feed: https://insight.example.org/feed/?a=1&b=2
    in: news
    name: The "insight" <blog>
    link: https://insight.example.org/
    about: Ours.
    tags: [secret-tag]
  - {id: plain, feed: "https://plain.example.org/feed/", in: news, state: paused}
  - {id: institute, social: institute@social.example, in: news}
  - id: agreed
    feed: https://agreed.example.org/feed/
    in: families
    name: Two sisters
    consent: {reference: PF-1, basis: authorization, given: 2026-05-01}
  - id: lapsed
    feed: https://lapsed.example.org/feed/
    in: families
    consent: {reference: PF-2, basis: authorization, given: 2025-05-01, expires: 2026-05-01}
  - {id: waits, feed: "https://waits.example.org/feed/", in: families, state: paused}
"""

GOLDEN = """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head>
    <title>Salt &amp; Sons</title>
  </head>
  <body>
    <outline type="rss" text='The "insight" &lt;blog&gt;' title='The "insight" &lt;blog&gt;' \
xmlUrl="https://insight.example.org/feed/?a=1&amp;b=2" htmlUrl="https://insight.example.org/"/>
    <outline type="rss" text="plain.example.org" title="plain.example.org" \
xmlUrl="https://plain.example.org/feed/"/>
    <outline type="rss" text="Two sisters" title="Two sisters" \
xmlUrl="https://agreed.example.org/feed/"/>
  </body>
</opml>
"""


def test_the_list_that_goes_out(read: Read) -> None:
    assert write_opml(read(FILE), TODAY).text == GOLDEN


def test_what_does_not_go_out_is_named(read: Read) -> None:
    exported = write_opml(read(FILE), TODAY)
    assert (exported.feeds, exported.other) == (3, ("institute",))
    assert exported.withheld == ("lapsed", "waits")


def test_what_is_written_can_be_read(read: Read) -> None:
    listed = read_opml(write_opml(read(FILE), TODAY).text.encode())
    assert listed.title == "Salt & Sons"
    assert [feed.title for feed in listed.feeds] == [
        'The "insight" <blog>',
        "plain.example.org",
        "Two sisters",
    ]
