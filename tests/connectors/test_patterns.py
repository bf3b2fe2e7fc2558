"""What addresses tell by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import connectors, platforms
from aggregator.connectors._accounts import page_on
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


NAMES = [name for name in connectors() if name != "feed"]


def home_on_own_hosts(name: str) -> str | None:
    """The page of the example, unless such pages stand on anybody's hosts."""
    module = connectors()[name]
    home = module.home_of(module.read_address(module.EXAMPLE))
    return home if home and page_on(module.HOSTS, home) else None


@pytest.mark.parametrize("name", [name for name in NAMES if home_on_own_hosts(name)])
def test_the_page_of_an_account_leads_to_it_on_every_platform(name: str) -> None:
    """Without a line here for the platform: its own module says which hosts are its."""
    module = connectors()[name]
    place = place_of(home_on_own_hosts(name) or "")
    assert place is not None
    assert (place.platform, place.address) == (name, module.read_address(module.EXAMPLE))


@pytest.mark.parametrize("name", NAMES)
def test_an_account_may_be_named_as_in_feeds_yaml(name: str) -> None:
    place = place_of(platforms()[name].line)
    assert place is not None
    assert (place.platform, place.handle) == (name, True)


def test_a_name_that_is_no_account_is_told_by_its_platform() -> None:
    place = place_of("youtube: a b c d")
    assert place is not None
    assert "channel is written as" in place.closed
    assert 'youtube: "@institute"' in place.instead


NEEDING = [name for name in NAMES if (need := connectors()[name].TOKEN) and not need.optional]


@pytest.mark.parametrize("name", NEEDING)
def test_of_platforms_that_want_a_token_only_accounts_are_asked(name: str) -> None:
    """Their pages tell nothing to strangers."""
    for host in connectors()[name].HOSTS:
        for path in ("", "feed/update/urn:li:share:1"):
            place = place_of(f"https://{host}/{path}")
            assert place is not None
            assert place.platform or place.closed


def test_places_without_feeds_say_so() -> None:
    place = place_of("https://www.caringbridge.org/visit/ann")
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
