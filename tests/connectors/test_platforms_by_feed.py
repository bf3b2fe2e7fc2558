"""Platforms that are followed by their feed: names, addresses, what is asked, what is made of it.

A new case is two files in the platform's folder.
``GOLDEN=rewrite pytest tests/connectors/test_platforms_by_feed.py`` writes the expectations anew:
read the difference as code.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aggregator.connectors import connector, reddit, tumblr, youtube
from aggregator.connectors._contract import Errand, ReadFeed
from aggregator.connectors._syndication import read_syndication
from aggregator.errors import (
    FetchError,
    Gone,
    NotFound,
    ServerFault,
    UnexpectedShape,
    Unreadable,
)
from aggregator.model import Document, FetchResult, Source
from tests.connectors.test_golden import named

HERE = Path(__file__).parent
SOCIAL = Path(__file__).resolve().parents[2] / "../shared/fixtures/social"

CHANNEL = "UCexampleexampleexample1"
PLAYLIST = "PL" + "y" * 32
YOUTUBE = "https://www.youtube.com/feeds/videos.xml"
FLICKR = "https://api.flickr.com/services/feeds/photos_public.gne?id={}&lang=en-us&format=rss2"
LOOKUP = "https://itunes.apple.com/lookup?id=123456789&entity=podcast"
PODCAST = "https://podcasts.example.org/our-year.xml"

Answers = Mapping[str, bytes | FetchError]


class Web:
    """Answers by address, not found for all others, and remembers what was asked and how."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.asked: list[tuple[str, bool]] = []

    async def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        unconditional: bool = False,
        **_: Any,
    ) -> Document:
        assert accept
        self.asked.append((url, unconditional))
        answer = self.answers.get(url, NotFound("There is nothing.", url=url, status=404))
        if isinstance(answer, FetchError):
            raise answer
        return Document(url, answer, {})

    @property
    def addresses(self) -> list[str]:
        return [url for url, _ in self.asked]

    async def post(self, url: str, content: bytes, **_: Any) -> Document:
        """Nobody asks by POST."""
        raise AssertionError(url)


class Reader:
    """The parser without its process."""

    async def read(self, document: Document, known: frozenset[bytes]) -> ReadFeed:
        return read_syndication(document, known)


def visit(
    web: Web, name: str, address: str, cursor: bytes | None = None, options: Any = None
) -> FetchResult:
    source = Source("one", name, address, options=options or connector(name).Options())
    return asyncio.run(connector(name).fetch(source, Errand(web, Reader(), cursor)))


def sample(name: str, file: str = "feed.xml") -> bytes:
    return (HERE / name / file).read_bytes()


def exchange(name: str, address: str, *asked: tuple[str, str]) -> Any:
    return pytest.param(name, address, asked, id=f"{name} {address}")


EXCHANGES = [
    exchange(
        "youtube",
        "@institute",
        ("https://www.youtube.com/@institute", "page.html"),
        (f"{YOUTUBE}?channel_id={CHANNEL}", "feed.xml"),
    ),
    exchange("youtube", CHANNEL, (f"{YOUTUBE}?channel_id={CHANNEL}", "feed.xml")),
    exchange("youtube", PLAYLIST, (f"{YOUTUBE}?playlist_id={PLAYLIST}", "feed.xml")),
    exchange("youtube", "user/institute", (f"{YOUTUBE}?user=institute", "feed.xml")),
    exchange(
        "youtube",
        "c/Institute",
        ("https://www.youtube.com/c/Institute", "page.html"),
        (f"{YOUTUBE}?channel_id={CHANNEL}", "feed.xml"),
    ),
    exchange(
        "flickr",
        "institute",
        ("https://www.flickr.com/people/institute/", "page.html"),
        (FLICKR.format("12345678@N00"), "feed.xml"),
    ),
    exchange("flickr", "12345678@N00", (FLICKR.format("12345678@N00"), "feed.xml")),
    exchange("vimeo", "institute", ("https://vimeo.com/institute/videos/rss", "feed.xml")),
    exchange(
        "vimeo", "channels/garden", ("https://vimeo.com/channels/garden/videos/rss", "feed.xml")
    ),
    exchange("tumblr", "drawingroom", ("https://drawingroom.tumblr.com/rss", "feed.xml")),
    exchange("tumblr", "draw.example.org", ("https://draw.example.org/rss", "feed.xml")),
    exchange("medium", "@institute", ("https://medium.com/feed/@institute", "feed.xml")),
    exchange("medium", "our-year", ("https://medium.com/feed/our-year", "feed.xml")),
    exchange("medium", "institute.medium.com", ("https://institute.medium.com/feed", "feed.xml")),
    exchange("substack", "sisters", ("https://sisters.substack.com/feed", "feed.xml")),
    exchange("substack", "letters.example.org", ("https://letters.example.org/feed", "feed.xml")),
    exchange(
        "pinterest", "institute", ("https://www.pinterest.com/institute/feed.rss", "feed.xml")
    ),
    exchange(
        "pinterest",
        "institute/soups",
        ("https://www.pinterest.com/institute/soups.rss", "feed.xml"),
    ),
    exchange("reddit", "r/institute", ("https://www.reddit.com/r/institute/new/.rss", "feed.xml")),
    exchange(
        "reddit",
        "u/institute",
        ("https://www.reddit.com/user/institute/submitted/.rss", "feed.xml"),
    ),
    exchange("podcast", "id123456789", (LOOKUP, "lookup.json"), (PODCAST, "feed.xml")),
    exchange("podcast", PODCAST, (PODCAST, "feed.xml")),
]


@pytest.mark.parametrize(("name", "address", "asked"), EXCHANGES)
def test_an_account_leads_to_its_feed(
    name: str, address: str, asked: tuple[tuple[str, str], ...]
) -> None:
    web = Web({url: sample(name, file) for url, file in asked})
    result = visit(web, name, address)
    assert result.posts
    assert web.addresses == [url for url, _ in asked]


@pytest.mark.parametrize(("name", "address", "asked"), EXCHANGES)
def test_the_second_visit_asks_for_the_feed_only_and_reads_nothing(
    name: str, address: str, asked: tuple[tuple[str, str], ...]
) -> None:
    answers = {url: sample(name, file) for url, file in asked}
    first = visit(Web(answers), name, address)
    web = Web(answers)
    again = visit(web, name, address, first.cursor)
    assert again == FetchResult((), first.cursor, unchanged=True)
    assert web.asked == [(asked[-1][0], False)]


GOLDEN = {
    "flickr": "12345678@N00",
    "medium": "@institute",
    "pinterest": "institute",
    "podcast": PODCAST,
    "reddit": "r/institute",
    "substack": "sisters",
    "tumblr": "drawingroom",
    "vimeo": "institute",
    "youtube": CHANNEL,
}


class Anywhere(Web):
    """Answers every request with the same bytes."""

    def __init__(self, body: bytes) -> None:
        super().__init__({})
        self.body = body

    async def get(self, url: str, **_: Any) -> Document:
        self.asked.append((url, False))
        return Document(url, self.body, {})


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_sample_is_read_as_expected(name: str) -> None:
    result = visit(Anywhere(sample(name)), name, GOLDEN[name])
    read = named(replace(result, cursor=None))
    golden = HERE / name / "feed.xml.expected.json"
    if os.environ.get("GOLDEN") == "rewrite":
        golden.write_text(json.dumps(read, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read == json.loads(golden.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("youtube", "institute", "@institute"),
        ("youtube", " @Institute ", "@institute"),
        ("youtube", "https://www.youtube.com/@Institute/videos?view=0", "@institute"),
        ("youtube", "m.youtube.com/%40institute", "@institute"),
        ("youtube", f"https://www.youtube.com/channel/{CHANNEL}/featured", CHANNEL),
        ("youtube", f"{YOUTUBE}?channel_id={CHANNEL}", CHANNEL),
        ("youtube", f"https://www.youtube.com/playlist?list={PLAYLIST}", PLAYLIST),
        ("youtube", "https://www.youtube.com/user/Institute", "user/Institute"),
        ("youtube", "https://www.youtube.com/Institute/", "c/Institute"),
        ("flickr", "@Institute", "institute"),
        ("flickr", "https://www.flickr.com/photos/institute/albums", "institute"),
        ("flickr", "https://www.flickr.com/people/12345678@N00/", "12345678@N00"),
        ("flickr", FLICKR.format("12345678@N00"), "12345678@N00"),
        ("vimeo", "https://vimeo.com/Institute/videos", "institute"),
        ("vimeo", "https://vimeo.com/channels/garden/123", "channels/garden"),
        ("vimeo", "user12345", "user12345"),
        ("tumblr", "https://www.tumblr.com/blog/view/drawingroom/1", "drawingroom"),
        ("tumblr", "drawingroom.tumblr.com", "drawingroom"),
        ("tumblr", "https://draw.example.org/post/1", "draw.example.org"),
        ("medium", "https://medium.com/feed/@Institute?source=x", "@institute"),
        ("medium", "https://medium.com/our-year/a-story-12ab", "our-year"),
        ("medium", "https://blog.example.org/a-story", "blog.example.org"),
        ("substack", "https://open.substack.com/pub/sisters/p/one", "sisters"),
        ("substack", "https://letters.example.org/p/one", "letters.example.org"),
        ("pinterest", "https://www.pinterest.co.uk/Institute/_saved/", "institute"),
        ("pinterest", "@institute", "institute"),
        ("pinterest", "https://in.pinterest.com/institute/Soups/", "institute/soups"),
        ("reddit", "/r/Institute/", "r/institute"),
        ("reddit", "https://www.reddit.com/user/Institute/comments/", "u/institute"),
        ("reddit", "https://old.reddit.com/r/institute/.rss?feed=abc&user=b", "r/institute"),
        ("podcast", "https://podcasts.apple.com/de/podcast/a-b/id123456789?i=1", "id123456789"),
        ("podcast", "123456789", "id123456789"),
        ("podcast", "https://itunes.apple.com/podcast?id=123456789", "id123456789"),
    ],
)
def test_what_people_know_becomes_the_short_form(name: str, written: str, read: str) -> None:
    assert connector(name).read_address(written) == read


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("youtube", "https://www.youtube.com/watch?v=abc"),
        ("youtube", "https://youtu.be/abc"),
        ("youtube", "https://www.youtube.com/shorts/abc"),
        ("youtube", "https://www.example.org/@institute"),
        ("flickr", "https://www.flickr.com/groups/garden/"),
        ("flickr", "https://www.flickr.com/photos/tags/garden/"),
        ("vimeo", "https://vimeo.com/123456"),
        ("vimeo", "https://player.vimeo.com/video/1"),
        ("vimeo", "https://vimeo.com/showcase/1"),
        ("tumblr", "https://www.tumblr.com/tagged/garden"),
        ("medium", "https://medium.com/p/12ab"),
        ("medium", "https://medium.com/"),
        ("substack", "https://substack.com/@ann"),
        ("pinterest", "https://www.pinterest.com/pin/1/"),
        ("reddit", "institute"),
        ("reddit", "https://www.reddit.com/"),
        ("podcast", "https://open.spotify.com/show/abc"),
        ("podcast", "https://podcasts.apple.com/us/charts"),
        ("podcast", "our-year"),
    ],
)
def test_what_cannot_be_followed_is_answered_with_what_to_write(name: str, written: str) -> None:
    with pytest.raises(ValueError, match=r"written .*as .*"):
        connector(name).read_address(written)


class TestFoundFeeds:
    """Feeds whose address only the platform knows."""

    def test_where_it_moved_it_is_found_again(self) -> None:
        first = visit(
            Web({LOOKUP: sample("podcast", "lookup.json"), PODCAST: sample("podcast")}),
            "podcast",
            "id123456789",
        )
        new = "https://elsewhere.example.org/feed"
        moved = sample("podcast", "lookup.json").replace(PODCAST.encode(), new.encode())
        web = Web({LOOKUP: moved, new: sample("podcast")})
        assert visit(web, "podcast", "id123456789", first.cursor).posts
        assert web.addresses == [PODCAST, LOOKUP, new]

    def test_where_it_did_not_move_the_first_answer_stands(self) -> None:
        answers = {LOOKUP: sample("podcast", "lookup.json"), PODCAST: sample("podcast")}
        first = visit(Web(answers), "podcast", "id123456789")
        gone = Gone("It is gone.", url=PODCAST, status=410)
        with pytest.raises(Gone):
            visit(Web(answers | {PODCAST: gone}), "podcast", "id123456789", first.cursor)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (b'{"resultCount":0,"results":[]}', NotFound),
            (b'{"results":[{"feedUrl":"javascript:alert(1)"},{"feedUrl":7},null]}', NotFound),
            (b"<html>", UnexpectedShape),
            (b"[" * 100_000, UnexpectedShape),
            (b"[]", UnexpectedShape),
        ],
    )
    def test_a_directory_that_tells_no_feed(self, answer: bytes, error: type[FetchError]) -> None:
        with pytest.raises(error):
            visit(Web({LOOKUP: answer}), "podcast", "id123456789")

    @pytest.mark.parametrize(
        ("name", "address", "page"),
        [
            ("youtube", "@institute", "https://www.youtube.com/@institute"),
            ("flickr", "institute", "https://www.flickr.com/people/institute/"),
        ],
    )
    def test_a_page_that_tells_no_id_says_what_to_write(
        self, name: str, address: str, page: str
    ) -> None:
        with pytest.raises(Unreadable) as caught:
            visit(Web({page: b"<title>Before you continue</title>"}), name, address)
        assert "instead of its" in caught.value.advice


@pytest.mark.parametrize("name", sorted(GOLDEN.keys() - {"podcast"}))
def test_another_address_may_answer_in_its_place(name: str) -> None:
    options = connector(name).Options(server="http://sample.localhost:8000/")
    web = Anywhere(sample(name))
    visit(web, name, GOLDEN[name], options=options)
    (asked,) = web.addresses
    usual = Anywhere(sample(name))
    visit(usual, name, GOLDEN[name])
    path = usual.addresses[0].partition("://")[2].partition("/")[2]
    assert asked == f"http://sample.localhost:8000/{path}"


def test_another_directory_of_podcasts_tells_where_the_feed_is() -> None:
    directory = "http://sample.localhost:8000"
    lookup = LOOKUP.replace("https://itunes.apple.com", directory)
    web = Web({lookup: sample("podcast", "lookup.json"), PODCAST: sample("podcast")})
    options = connector("podcast").Options(server=directory)
    assert visit(web, "podcast", "id123456789", options=options).posts
    assert web.addresses == [lookup, PODCAST]


def test_what_is_no_server_is_refused() -> None:
    with pytest.raises(ValueError, match="A server is written as"):
        youtube.Options(server="sample.localhost")


class TestYouTube:
    """Its own ways."""

    def test_a_feed_not_found_of_a_channel_that_exists_is_a_fault_that_passes(self) -> None:
        web = Web({f"https://www.youtube.com/channel/{CHANNEL}": b"<html>"})
        with pytest.raises(ServerFault):
            visit(web, "youtube", CHANNEL)

    def test_a_channel_that_is_not_there_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            visit(Web({}), "youtube", CHANNEL)

    def test_a_handle_that_is_not_there_is_not_found(self) -> None:
        web = Web({})
        with pytest.raises(NotFound):
            visit(web, "youtube", "@institute")
        assert web.addresses == ["https://www.youtube.com/@institute"]

    def test_shorts_may_be_left_out(self) -> None:
        options = youtube.Options(include_shorts=False)
        result = visit(Anywhere(sample("youtube")), "youtube", CHANNEL, options=options)
        assert [post.guid for post in result.posts] == ["yt:video:bbbbbbbbbb2"]

    def test_what_was_left_out_comes_once_it_is_wanted(self) -> None:
        options = youtube.Options(include_shorts=False)
        before = visit(Anywhere(sample("youtube")), "youtube", CHANNEL, options=options)
        after = visit(Anywhere(sample("youtube")), "youtube", CHANNEL, before.cursor)
        assert len(after.posts) == 2


def test_reposts_on_tumblr_are_marked_where_they_are_wanted() -> None:
    options = tumblr.Options(include_reposts=True)
    result = visit(Anywhere(sample("tumblr")), "tumblr", "drawingroom", options=options)
    assert [post.kind for post in result.posts] == ["original", "repost", "original"]


def test_comments_on_reddit_are_read_where_they_are_wanted() -> None:
    web = Anywhere(sample("reddit"))
    visit(web, "reddit", "u/institute", options=reddit.Options(include_comments=True))
    assert web.addresses == ["https://www.reddit.com/user/institute/.rss"]


Expect = Callable[[FetchResult], bool]

RECORDED: list[tuple[str, str, str, int, Expect]] = [
    (
        "youtube/rss_channel_15.xml",
        "youtube",
        CHANNEL,
        15,
        lambda read: all(str(post.guid).startswith("yt:video:") for post in read.posts),
    ),
    (
        "youtube/rss_user_15_leading_newline.xml",
        "youtube",
        "user/institute",
        15,
        lambda read: not any(post.updated for post in read.posts),
    ),
    ("youtube/rss_one_entry.xml", "youtube", CHANNEL, 1, lambda read: bool(read.posts[0].body)),
    (
        "feeds/flickr_user_rss2.xml",
        "flickr",
        "1234@N00",
        20,
        lambda read: not any("posted a" in post.body.value for post in read.posts if post.body),
    ),
    (
        "feeds/medium_user.xml",
        "medium",
        "@institute",
        3,
        lambda read: not any("source=rss" in str(post.permalink) for post in read.posts),
    ),
    ("feeds/podcast_anchor.xml", "podcast", PODCAST, 1, lambda read: bool(read.posts[0].media)),
    (
        "feeds/reddit_atom_old.xml",
        "reddit",
        "r/institute",
        1,
        lambda read: "[comments]" not in str(read.posts[0].body),
    ),
    (
        "feeds/reddit_atom_subreddit.xml",
        "reddit",
        "r/institute",
        1,
        lambda read: "[comments]" not in str(read.posts[0].body),
    ),
    ("feeds/substack_like.xml", "substack", "sisters", 1, lambda read: bool(read.posts[0].media)),
    (
        "feeds/tumblr.xml",
        "tumblr",
        "vintagehomeplans",
        20,
        lambda read: all(post.body for post in read.posts),
    ),
    (
        "feeds/vimeo_user.xml",
        "vimeo",
        "institute",
        1,
        lambda read: read.profile is not None and "Vimeo" not in str(read.profile.title),
    ),
]


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("file", "name", "address", "posts", "expected"), RECORDED, ids=[one[0] for one in RECORDED]
)
def test_a_recorded_answer_is_read_as_its_manifest_says(
    file: str, name: str, address: str, posts: int, expected: Expect
) -> None:
    if not SOCIAL.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    result = visit(Anywhere((SOCIAL / file).read_bytes()), name, address)
    assert len(result.posts) == posts
    assert expected(result)
