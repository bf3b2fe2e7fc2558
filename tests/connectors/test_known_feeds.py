"""Which account a feed's address stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import connectors
from aggregator.connectors._known_feeds import account_of, one_account

CHANNEL = "UC" + "x" * 22
PLAYLIST = "PL" + "y" * 32
FLICKR = "https://api.flickr.com/services/feeds/photos_public.gne?id=1234@N00"


@pytest.mark.parametrize(
    ("address", "platform", "account"),
    [
        (f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}", "youtube", CHANNEL),
        (f"https://www.youtube.com/feeds/videos.xml?playlist_id={PLAYLIST}", "youtube", PLAYLIST),
        ("https://medium.com/feed/@Ann", "medium", "@ann"),
        ("https://medium.com/feed/our-year", "medium", "our-year"),
        ("https://ann.medium.com/feed", "medium", "ann.medium.com"),
        ("https://family.substack.com/feed/", "substack", "family"),
        ("http://family.tumblr.com/rss", "tumblr", "family"),
        ("https://bsky.app/profile/ann.example.org/rss", "bluesky", "ann.example.org"),
        ("https://social.example/@ann.rss", "mastodon", "ann@social.example"),
        ("https://social.example/users/ann.rss", "mastodon", "ann@social.example"),
        ("https://mastodon.social/@ann.rss", "mastodon", "ann@mastodon.social"),
        ("https://vimeo.com/institute/videos/rss", "vimeo", "institute"),
        ("https://vimeo.com/channels/institute/videos/rss", "vimeo", "channels/institute"),
        (f"{FLICKR}&format=rss2&lang=en-us", "flickr", "1234@N00"),
        ("https://www.pinterest.com/institute/feed.rss", "pinterest", "institute"),
        ("https://www.pinterest.com/institute/recipes.rss", "pinterest", "institute/recipes"),
        ("https://www.reddit.com/r/cancer/.rss", "reddit", "r/cancer"),
        ("https://www.reddit.com/user/ann/submitted/.rss", "reddit", "u/ann"),
    ],
)
def test_the_feed_of_an_account_is_known(address: str, platform: str, account: str) -> None:
    assert account_of(address) == (platform, account)
    assert connectors()[platform].read_address(account) == account
    assert one_account("feed", address) == (platform, account)


@pytest.mark.parametrize(
    "address",
    [
        "https://family.tumblr.com/tagged/hope/rss",
        "https://medium.com/feed/our-year/tagged/hope",
        "https://medium.com/feed/tag/hope",
        "https://vimeo.com/institute/likes/rss",
        f"{FLICKR}&tags=hope",
        "https://api.flickr.com/services/feeds/photos_faves.gne?id=1234@N00",
        "https://www.reddit.com/r/cancer/search.rss?q=hope",
        "https://www.reddit.com/user/ann/comments/.rss",
        "https://social.example/@ann/tagged/hope.rss",
        "https://social.example/tags/hope.rss",
        "https://social.example:3000/@ann.rss",
        "https://family.example.org/feed",
        "https://notmedium.com/feed/@ann",
        "https://family.substack.com/p/a-post",
        "ftp://family.tumblr.com/rss",
        "http://[half/@ann.rss",
        "family.tumblr.com/rss",
        "",
    ],
)
def test_what_is_less_than_an_account_or_none_is_itself(address: str) -> None:
    assert account_of(address) is None
    assert one_account("feed", address) == ("feed", address)


def test_what_is_no_feed_stays_as_it_is() -> None:
    assert one_account("youtube", "@institute") == ("youtube", "@institute")


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    found = account_of(f"https://www.youtube.com/feeds/videos.xml?channel_id={text}")
    assert found is None or found[0] == "youtube"
    assert account_of(text) is None or "/" in text
