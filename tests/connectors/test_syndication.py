"""Reading RSS and Atom: limits, odd entries, and what must never be touched. Samples: ``feed/``."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._draft import Draft
from aggregator.connectors._syndication import read_syndication
from aggregator.errors import NotAFeed
from aggregator.model import Document, RawPost

Rss = Callable[..., str]


def read(text: str | bytes, known: frozenset[bytes] = frozenset()) -> ReadFeed:
    body = text.encode() if isinstance(text, str) else text
    return read_syndication(Document("https://feeds.example/blog/feed", body), known)


def post(item: str) -> RawPost:
    (only,) = read(f"<rss version='2.0'><channel><item>{item}</item></channel></rss>").posts
    return only


def test_H4_an_entry_is_cut_to_size() -> None:
    one = post(
        "<title>" + "t" * 2_000 + "</title><description>" + "d" * 1_100_000 + "</description>"
        "<link>https://a.example/" + "l" * 2_000 + "</link>"
        + "".join(f"<category>{number}</category>" for number in range(60))
        + "".join(f"<enclosure url='https://a.example/{number}'/>" for number in range(30))
    )  # fmt: skip
    assert one.title
    assert one.body
    assert (len(one.title.value), len(one.body.value)) == (1_000, 1 << 20)
    assert one.permalink is None
    assert (len(one.tags), len(one.media)) == (50, 20)


@pytest.mark.parametrize("step", [1, -1])
def test_H4_the_newest_500_entries_are_kept_wherever_they_stand(rss: Rss, step: int) -> None:
    days = [
        f"<guid>{day}</guid><pubDate>{2000 + day // 28}-01-{day % 28 + 1:02}T00:00:00Z</pubDate>"
        for day in range(520)
    ]
    found = read(rss(*days[::step]))
    assert {post.guid for post in found.posts} == {str(day) for day in range(20, 520)}
    assert len(found.pieces) == 500


def test_H4_entries_that_are_written_in_two_ways_are_counted_together(rss: Rss) -> None:
    """The bytes are searched for ``<item>`` only."""
    text = rss(*("<pubDate>2020-01-01</pubDate>" for _ in range(501)))
    odd = "<ITEM><guid>odd</guid><pubDate>2026-01-01</pubDate></ITEM>"
    found = read(text.replace("</channel>", f"{odd}</channel>"))
    assert (len(found.posts), found.posts[-1].guid, found.pieces) == (500, "odd", ())


def test_H8_markup_that_feedparser_stumbles_over(rss: Rss) -> None:
    """``width`` within a text makes feedparser 6 raise a TypeError."""
    odd = "<title>odd</title><description>a <b>b</b><width>x</width></description>"
    found = read(rss("<title>first</title>", odd, "<title>last</title>"))
    assert [post.title.value for post in found.posts if post.title] == ["first", "odd", "last"]


def test_H8_an_entry_that_nobody_can_read_is_lost_alone(rss: Rss) -> None:
    """Ours leaves ``body`` to feedparser, and that stumbles over ``width``."""
    odd = "<title>odd</title><body>a <width>x</width></body>"
    found = read(rss("<title>first</title>", odd, "<title>last</title>"))
    assert [post.title.value for post in found.posts if post.title] == ["first", "last"]
    assert found.profile.title == "Blog"


def test_H8_an_entry_that_we_stumble_over_is_lost_alone(
    rss: Rss, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Draft.post

    def stumble(draft: Draft, about: str | None) -> RawPost:
        if draft.title and draft.title.value == "odd":
            raise KeyError("odd")
        return whole(draft, about)

    monkeypatch.setattr(Draft, "post", stumble)
    assert len(read(rss("<title>odd</title>", "<title>even</title>")).posts) == 1


def test_bytes_that_name_a_file_do_not_open_it(tmp_path: Path, rss: Rss) -> None:
    """feedparser itself opens a file when it is given bytes that are its path."""
    secret = tmp_path / "secret.xml"
    secret.write_text(rss("<title>secret</title>"))
    with pytest.raises(NotAFeed):
        read(str(secret).encode())


def test_external_entities_are_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    with pytest.raises(NotAFeed, match="entities"):
        read(
            f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]><rss version="2.0"><channel><item><title>&x;</title></item></channel></rss>'
        )


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ada@a.example", None),
        ("ada@a.example (Ada)", "Ada"),
        ("ada@a.health (Ada)", "Ada"),
        ("Ada &lt;ada@a.org&gt;", "Ada"),
        ("Ada", "Ada"),
    ],
)
def test_mail_addresses_of_authors_are_not_read(written: str, name: str | None) -> None:
    author = post(f"<author>{written}</author>").author
    assert (author.name if author else None) == name


def test_a_script_in_a_title_stays_what_it_is() -> None:
    """The sanitiser is off: what is read is raw and says so by its type."""
    title = post("<title>&lt;script&gt;x&lt;/script&gt;</title>").title
    assert title
    assert title.value == "<script>x</script>"


@pytest.mark.parametrize(
    ("item", "permalink"),
    [
        ("<link>https://a.example/1?</link>", "https://a.example/1"),
        ("<link>/1</link><guid>2</guid>", "https://feeds.example/1"),
        ("<guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid isPermaLink='false'>https://a.example/1</guid>", None),
        ("<guid isPermaLink='true'>1</guid>", "https://feeds.example/blog/1"),
        ("<guid>1</guid>", None),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>javascript:alert(1)</link><guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<link>http://[a</link>", None),
    ],
)
def test_permalinks(item: str, permalink: str | None) -> None:
    assert post(item).permalink == permalink


@pytest.mark.parametrize("text", ["<rss>", "<feed/>", "<rss></channel></rss>"])
def test_a_feed_without_entries_is_empty(text: str) -> None:
    assert read(text).posts == ()


@pytest.mark.parametrize("text", ["<channel/>", "<rdf/>", "<rss"])
def test_H5_xml_without_a_version_is_no_feed(text: str) -> None:
    with pytest.raises(NotAFeed):
        read(text)


FRAGMENTS = st.sampled_from(
    [
        b"<rss>",
        b"<feed>",
        b"<channel>",
        b"<item>",
        b"</item>",
        b"<entry>",
        b"<title>",
        b"</title>",
        b"<guid>1</guid>",
        b"<content type='xhtml'>",
        b"<div>",
        b"</div>",
        b"</content>",
        b"<![CDATA[",
        b"]]>",
        b"&amp;",
        b"&nbsp;",
        b"&#x0;",
        b"<!--",
        b"-->",
        b"</rss>",
        b"</feed>",
        b"<media:content url='a'>",
        b"<rss xmlns:media='http://search.yahoo.com/mrss/'>",
        b"<width>",
        b"\xff",
        b"{",
        b'"items":[',
        b"<?xml version='1.0'?>",
        b"<!DOCTYPE ",
        b"[",
    ]
)


@given(st.one_of(st.binary(), st.lists(FRAGMENTS, max_size=25).map(b"".join)))
def test_any_bytes_are_a_feed_or_no_feed(body: bytes) -> None:
    outcome: ReadFeed | NotAFeed
    try:
        outcome = read(body)
    except NotAFeed as error:
        outcome = error
    assert isinstance(outcome, ReadFeed) or outcome.advice
