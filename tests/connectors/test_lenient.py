"""What feedparser reads for us: what is ill-formed, and what we leave to it."""

import pytest

from aggregator.connectors._lenient import read_leniently
from aggregator.errors import NotAFeed
from aggregator.model import Author, Media, RawPost, RawText

URL = "https://feeds.example/blog/feed"


def entry(text: str) -> RawPost:
    (only,) = read_leniently(f"<rss><channel><item>{text}</item>".encode(), URL).posts
    return only


def test_an_entry_is_read_whatever_is_wrong_with_it() -> None:
    post = entry(
        "<title>Tea & toast</title><guid>1</guid><link>/1</link><author>a@a.example (Ada)</author>"
        "<description><p>Raw &eacute;</p></description><category>a</category>"
        "<pubDate>2026-01-01</pubDate><enclosure url='/a.mp3' type='audio/mpeg'>"
    )
    assert post.title == RawText("Tea & toast", is_html=False)
    assert post.body == RawText("<p>Raw é</p>", is_html=True)
    assert (post.permalink, post.author, post.tags) == (
        "https://feeds.example/1",
        Author("Ada"),
        ("a",),
    )
    assert post.media == (Media("https://feeds.example/a.mp3", "audio/mpeg"),)
    assert post.published
    assert post.published.parsed


def test_H3_what_would_hang_it_is_refused() -> None:
    with pytest.raises(NotAFeed, match="author"):
        entry("<author>" + "a" * 3_000)


@pytest.mark.parametrize("text", ["<rdf/>", "<channel/>", "<rss"])
def test_H5_what_has_no_version_is_no_feed(text: str) -> None:
    with pytest.raises(NotAFeed, match="neither RSS nor Atom"):
        read_leniently(text.encode(), URL)


def test_what_it_stumbles_over_is_no_feed() -> None:
    with pytest.raises(NotAFeed, match="broken"):
        entry(
            "<title>a</title><description>a <b>b</b><width>x</width></description></item></channel></rss><!--"
        )
