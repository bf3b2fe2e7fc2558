import asyncio
import gzip
import json
import re
import socket
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from aggregator.demo.blogs import read_blogs
from aggregator.demo.engines import ENGINES
from aggregator.demo.server import SampleWorld
from aggregator.demo.world import catalogue_text

BLOGS = {blog.host: blog for blog in read_blogs(datetime(2026, 11, 23, tzinfo=UTC))}
WITH_VALIDATORS = [
    host
    for host, blog in BLOGS.items()
    if ENGINES[blog.engine].etag or ENGINES[blog.engine].last_modified
]
WITH_TAGS = [host for host, blog in BLOGS.items() if ENGINES[blog.engine].etag]
HEBREW = re.compile("[\u0590-\u05ff]")


def feed_path(host: str) -> str:
    return ENGINES[BLOGS[host].engine].feed_path


def entries_of(body: bytes) -> list[ET.Element]:
    """The items or entries of an XML feed, whatever its dialect."""
    tree = ET.fromstring(body)
    return [node for node in tree.iter() if node.tag.rpartition("}")[2] in {"item", "entry"}]


@pytest.mark.parametrize("host", BLOGS)
def test_every_blog_answers_with_a_feed_of_its_engine(host: str, get: Callable[..., Any]) -> None:
    """Well-formed, and with posts; but for the one that is broken on purpose."""
    answer = get(host, feed_path(host))
    assert answer.status == 200
    assert answer.headers["content-type"] == ENGINES[BLOGS[host].engine].content_type
    if BLOGS[host].broken:
        with pytest.raises(ET.ParseError):
            ET.fromstring(answer.body)
        assert answer.body.count(b"</item>") == 2
    elif BLOGS[host].engine == "microblog":
        assert len(json.loads(answer.body)["items"]) == 7
    else:
        assert len(entries_of(answer.body)) == len(BLOGS[host].entries[:10])


@pytest.mark.parametrize("host", WITH_VALIDATORS)
def test_same_validators_get_a_304_without_body(host: str, get: Callable[..., Any]) -> None:
    first = get(host, feed_path(host), accept_encoding="gzip")
    asked = {"accept_encoding": "gzip"}
    if "etag" in first.headers:
        asked["if_none_match"] = first.headers["etag"]
    if "last-modified" in first.headers:
        asked["if_modified_since"] = first.headers["last-modified"]
    again = get(host, feed_path(host), **asked)
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("host", WITH_TAGS)
def test_another_entity_tag_gets_the_whole_feed(host: str, get: Callable[..., Any]) -> None:
    """Also beside a date that would match: the tag decides (RFC 9110, section 13.2.2)."""
    answer = get(
        host,
        feed_path(host),
        if_none_match='"another"',
        if_modified_since="Fri, 01 Jan 2100 00:00:00 GMT",
    )
    assert answer.status == 200


def test_an_unreadable_date_is_no_condition(get: Callable[..., Any]) -> None:
    assert get("lighthouse-log", "/index.rdf", if_modified_since="yesterday").status == 200


def test_a_blog_without_validators_sends_none(get: Callable[..., Any]) -> None:
    headers = get("pocket-garden", "/rss").headers
    assert not {"etag", "last-modified"} & headers.keys()


@pytest.mark.parametrize("host", ["institute", "kitchen-window", "paper-boats"])
def test_gzip_is_for_those_who_ask(host: str, get: Callable[..., Any]) -> None:
    plain = get(host, feed_path(host))
    packed = get(host, feed_path(host), accept_encoding="gzip, br")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body


@pytest.mark.parametrize(
    ("host", "form"),
    [
        ("institute", r'W/"[0-9a-f]{32}"'),
        ("kitchen-window", r'W/"[0-9a-f]+-[0-9a-f]{27}"'),
        ("paper-boats", r'"[0-9a-f]+-[0-9a-f]{13}-gzip"'),
    ],
)
def test_entity_tags_differ_by_server(host: str, form: str, get: Callable[..., Any]) -> None:
    tag = get(host, feed_path(host), accept_encoding="gzip").headers["etag"]
    assert re.fullmatch(form, tag)


def test_a_new_post_changes_the_feed_and_its_validators(stage: Any) -> None:
    before = stage.get("two-sisters", "/feed/")
    stage.later(seconds=10)
    after = stage.get("two-sisters", "/feed/", if_none_match=before.headers["etag"])
    assert after.status == 200
    assert entries_of(after.body)[0].findtext("title") == "First snow, second sock"


def test_a_new_post_has_a_page(stage: Any) -> None:
    stage.later(seconds=10)
    item = entries_of(stage.get("two-sisters", "/feed/").body)[0]
    path = "/" + (item.findtext("link") or "").split("/", 3)[3]
    assert "the second sock" in stage.get("two-sisters", path).body.decode()


def test_a_post_has_no_page_before_it_appears(stage: Any) -> None:
    assert stage.get("two-sisters", "/2026/11/first-snow/").status == 404


@pytest.mark.parametrize("host", sorted(BLOGS.keys() - {"sunny-side"}))
def test_permalinks_lead_to_pages(host: str, stage: Any) -> None:
    """What the home page links as a post is there, and the feed is announced."""
    home = stage.get(host, "/").body.decode()
    assert f'href="{feed_path(host)}"' in home
    paths = re.findall(r'class="when"><a href="([^"]+)"', home)
    assert paths
    assert all(stage.get(host, path).status == 200 for path in paths)


def test_the_moved_blog_answers_by_301_with_the_path_kept(stage: Any) -> None:
    answer = stage.get("slow-miles", "/rss/")
    assert answer.status == 301
    assert answer.headers["location"] == f"http://slowmiles.localhost:{stage.port}/rss/"


@pytest.mark.parametrize("host", ["postcards", "nobody"])
def test_unknown_hosts_are_not_found(host: str, get: Callable[..., Any]) -> None:
    assert get(host, "/feed/").status == 404


def test_the_hostile_feed_is_hostile(get: Callable[..., Any]) -> None:
    feed = get("sunny-side", "/rss.php").body.decode()
    wanted = ["&lt;script&gt;", "onerror=", "javascript:", "pixel.example", "utm_source", "\u202e"]
    assert [trick for trick in wanted if trick not in feed] == []
    assert max(len(item.findtext("title") or "") for item in entries_of(feed.encode())) > 5000


def test_pages_of_the_hostile_blog_cannot_run_or_call_anything(get: Callable[..., Any]) -> None:
    policy = get("sunny-side", "/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_the_right_to_left_blog_is_that(get: Callable[..., Any]) -> None:
    assert '<html lang="he-IL" dir="rtl">' in get("bein-torim", "/").body.decode()
    titles = [item.findtext("title") or "" for item in entries_of(get("bein-torim", "/feed/").body)]
    assert all(HEBREW.search(title) for title in titles)


def test_one_feed_claims_another_character_set_than_it_uses(get: Callable[..., Any]) -> None:
    answer = get("grandpas-page", "/news.rss")
    assert "iso-8859-1" in answer.headers["content-type"]
    assert "Dvořák" in answer.body.decode("utf-8")


def test_one_feed_has_no_dates_and_one_no_titles(get: Callable[..., Any]) -> None:
    undated = entries_of(get("grandpas-page", "/news.rss").body)
    untitled = entries_of(get("pocket-garden", "/rss").body)
    assert all(item.find("pubDate") is None for item in undated)
    assert all(item.find("title") is None for item in untitled)


def test_every_address_of_the_catalogue_is_served(stage: Any, began: datetime) -> None:
    """But for the one that is not found on purpose."""
    text = catalogue_text(stage.port, began)
    addresses = re.findall(rf"feed: http://([a-z-]+)\.localhost:{stage.port}(/\S+)", text)
    statuses = {host: stage.get(host, path).status for host, path in addresses}
    assert {host for host, status in statuses.items() if status != 200} == {
        "postcards",
        "slow-miles",
    }
    assert BLOGS.keys() - statuses.keys() == {"slowmiles"}


def test_it_stops_and_frees_its_port(began: datetime) -> None:
    async def once() -> int:
        sample = SampleWorld(began, lambda: began)
        port = await sample.start()
        await sample.stop()
        await sample.stop()
        return port

    port = asyncio.run(once())
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def test_a_taken_port_is_refused_plainly(stage: Any, began: datetime) -> None:
    with pytest.raises(OSError, match="in use"):
        asyncio.run(SampleWorld(began, lambda: began).start(stage.port))


class TestPlatforms:
    """The institute's accounts, as programs and people see them."""

    def test_the_account_on_bluesky_answers(self, get: Callable[..., Any]) -> None:
        answer = get("bluesky", "/xrpc/app.bsky.feed.getAuthorFeed?actor=institute.example")
        assert (answer.status, len(json.loads(answer.body)["feed"])) == (200, 5)

    def test_the_account_on_mastodon_answers(self, get: Callable[..., Any]) -> None:
        asked = get("mastodon", "/api/v1/accounts/lookup?acct=institute%40social.example")
        number = json.loads(asked.body)["id"]
        answer = get("mastodon", f"/api/v1/accounts/{number}/statuses?limit=3")
        assert (answer.status, len(json.loads(answer.body))) == (200, 3)

    def test_a_post_comes_out_while_one_watches(self, stage: Any, get: Callable[..., Any]) -> None:
        path = "/xrpc/app.bsky.feed.getAuthorFeed?actor=institute.example"
        before = json.loads(get("bluesky", path).body)["feed"]
        stage.later(minutes=2)
        assert len(json.loads(get("bluesky", path).body)["feed"]) == len(before) + 1

    def test_a_post_has_a_page_of_its_own(self, get: Callable[..., Any]) -> None:
        answer = get("mastodon", "/@institute/500")
        assert "a clock that is right" in answer.body.decode()
        assert answer.headers["content-security-policy"]

    @pytest.mark.parametrize("path", ["/@institute/7", "/@institute", "/about"])
    def test_there_is_nothing_else(self, get: Callable[..., Any], path: str) -> None:
        assert get("mastodon", path).status == 404
