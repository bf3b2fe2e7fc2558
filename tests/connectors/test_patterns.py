"""What addresses tell by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import connectors
from aggregator.connectors._patterns import place_of, usual_paths

CHANNEL = "UC" + "x" * 22
PLAYLIST = "PL" + "y" * 32


@pytest.mark.parametrize(
    ("text", "feed"),
    [
        ("https://family.wordpress.com/2026/11/20/a-post/", "https://family.wordpress.com/feed/"),
        ("family.wordpress.com", "https://family.wordpress.com/feed/"),
        ("https://family.blogspot.com/", "https://family.blogspot.com/feeds/posts/default"),
        ("http://family.blogspot.co.uk", "https://family.blogspot.co.uk/feeds/posts/default"),
        ("https://github.com/an-institute", "https://github.com/an-institute.atom"),
        (
            "https://family.wixsite.com/our-year/post/1",
            "https://family.wixsite.com/our-year/blog-feed.xml",
        ),
    ],
)
def test_places_that_are_known(text: str, feed: str) -> None:
    place = place_of(text)
    assert place is not None
    assert place.feeds[0] == feed


@pytest.mark.parametrize(
    ("text", "platform", "address"),
    [
        ("https://www.youtube.com/@Institute", "youtube", "@institute"),
        (f"https://m.youtube.com/channel/{CHANNEL}/videos", "youtube", CHANNEL),
        (f"https://www.youtube.com/watch?v=abc&list={PLAYLIST}", "youtube", PLAYLIST),
        ("https://family.substack.com/p/a-post", "substack", "family"),
        ("https://medium.com/@ann/a-post-12ab", "medium", "@ann"),
        ("https://medium.com/our-year", "medium", "our-year"),
        ("https://ann.medium.com", "medium", "ann.medium.com"),
        ("https://www.tumblr.com/family", "tumblr", "family"),
        ("https://family.tumblr.com/post/1", "tumblr", "family"),
        ("https://old.reddit.com/r/Cancer/top", "reddit", "r/cancer"),
        ("https://vimeo.com/institute", "vimeo", "institute"),
        ("https://www.flickr.com/photos/institute/", "flickr", "institute"),
        ("https://de.pinterest.com/institute/recipes/", "pinterest", "institute/recipes"),
        ("https://podcasts.apple.com/us/podcast/our-year/id123456789", "podcast", "id123456789"),
        ("@ann@social.example", "mastodon", "ann@social.example"),
        ("ann@social.example", "mastodon", "ann@social.example"),
        ("@ann.bsky.social", "bluesky", "ann.bsky.social"),
        ("https://bsky.app/profile/ann.example.org", "bluesky", "ann.example.org"),
    ],
)
def test_accounts_on_platforms_are_told_by_the_platforms_own_module(
    text: str, platform: str, address: str
) -> None:
    place = place_of(text)
    assert place is not None
    assert (place.platform, place.address) == (platform, address)
    assert connectors()[platform].read_address(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "https://www.facebook.com/family",
        "https://m.facebook.com/family",
        "https://x.com/institute",
        "https://www.caringbridge.org/visit/ann",
        "https://www.instagram.com/family/",
    ],
)
def test_places_without_feeds_say_so(text: str) -> None:
    place = place_of(text)
    assert place is not None
    assert "no feed" in place.closed
    assert place.instead


@pytest.mark.parametrize(
    "text",
    [
        "https://family.example.org/",
        "https://notgithub.com/somebody",
        "https://wordpress.com.evil.example/",
        "https://facebook.com.evil.example/",
        "https://notyoutube.com/@institute",
        "https://example|org/",
        "http://[half",
        "ftp://vimeo.com/institute",
        "@ann",
        "institute",
        "",
    ],
)
def test_other_places_must_be_asked(text: str) -> None:
    assert place_of(text) is None


@pytest.mark.parametrize(
    "text", ["https://www.youtube.com/watch?v=abc", "https://vimeo.com/123456", "youtube.com"]
)
def test_a_known_place_whose_page_must_be_asked(text: str) -> None:
    place = place_of(text)
    assert place is not None
    assert (place.platform, place.feeds, place.closed) == ("", (), "")


def test_the_program_that_made_a_page_tells_where_to_look_first() -> None:
    assert usual_paths("ghost 5.2")[0] == "/rss/"
    assert usual_paths("")[0] == "/feed/"
    assert len(set(usual_paths("wordpress"))) == len(usual_paths("wordpress"))


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    place = place_of(f"https://medium.com/{text}")
    assert place is None or place.name
