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


def test_hubs_are_found_in_what_is_broken() -> None:
    links = "<atom:link rel='hub' href='https://hub.example/'/><atom:link rel='self' href='/own'/>"
    text = f"<rss xmlns:atom='http://www.w3.org/2005/Atom'><channel>{links}<title>A & B</title>"
    profile = read_leniently(f"{text}<item><title>a</title></item>".encode(), URL).profile
    assert profile.hubs == ("https://hub.example/",)
    assert profile.topic == "https://feeds.example/own"


@pytest.mark.parametrize("name", ["ttl", "sy:updatePeriod", "sy:updateFrequency"])
def test_H6_hints_with_attributes_say_nothing(name: str) -> None:
    read = read_leniently(
        f"<rss version='2.0'><channel><{name} a='1'>9</{name}><item/></b></channel></rss>".encode(),
        "https://blog.example/feed",
    )
    assert read.hints.interval is None
