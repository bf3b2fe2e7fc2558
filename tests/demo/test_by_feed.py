"""The samples of platforms that are followed by their feeds: they answer in the form of real ones."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from aggregator.demo.by_feed import FORMS, ByFeed
from aggregator.demo.interface import WINDOW
from aggregator.demo.notes import Account, Note

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = Account("institute", "Example <&> Institute", 123456789)
FRIEND = Account("friend", "A friend", 88)
FEEDS = {
    "flickr": "/services/feeds/photos_public.gne?id=123456789@N00&lang=en-us&format=rss2",
    "medium": "/feed/@institute",
    "pinterest": "/institute/feed.rss",
    "podcast": "/institute.xml",
    "reddit": "/r/institute/new/.rss",
    "substack": "/feed",
    "tumblr": "/rss",
    "vimeo": "/institute/videos/rss",
}
RECORDED = {
    "flickr": "flickr_user_rss2.xml",
    "medium": "medium_user.xml",
    "podcast": "podcast_anchor.xml",
    "reddit": "reddit_atom_subreddit.xml",
    "substack": "substack_like.xml",
    "tumblr": "tumblr.xml",
    "vimeo": "vimeo_user.xml",
}
SOCIAL = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/feeds"
HOST = {"host": "platform.example"}


def notes(count: int = 4) -> list[Note]:
    return [
        Note(
            number,
            f"Ünlocked <b> & ]]> {number}: https://institute.example/{number}?a=1&b=2 #Tag",
            NOW - timedelta(days=9) + timedelta(hours=number),
            picture="A <boat>" if number == 1 else None,
            is_reply=number == 2,
            by=FRIEND if number == 3 else None,
        )
        for number in range(1, count + 1)
    ]


def platform(name: str, count: int = 4, *, allowance: int | None = None) -> ByFeed:
    return ByFeed(name, ACCOUNT, lambda: notes(count), lambda: NOW, allowance=allowance)


def read(site: ByFeed) -> ET.Element:
    reply = site.answer(FEEDS[site.platform], HOST)
    assert reply.status == 200
    return ET.fromstring(reply.body)


def entries(feed: ET.Element) -> list[ET.Element]:
    return [one for one in feed.iter() if one.tag.rpartition("}")[2] in {"item", "entry"}]


@pytest.mark.parametrize("name", sorted(FORMS))
class TestEach:
    def test_its_feed_is_well_formed_and_holds_own_posts(self, name: str) -> None:
        expected = 3 if name == "tumblr" else 2  # there, what others wrote is passed on
        assert len(entries(read(platform(name)))) == expected

    def test_its_feed_holds_the_newest_only(self, name: str) -> None:
        assert len(entries(read(platform(name, 60)))) == FORMS[name].length

    def test_a_post_has_a_page_as_long_as_it_is_there(self, name: str) -> None:
        site = platform(name)
        path = FORMS[name].post.format(handle="institute", number=1)
        assert site.answer(path, HOST).status == 200
        assert site.answer(path.replace("1", "7"), HOST).status == 404

    def test_the_account_has_a_page(self, name: str) -> None:
        home = FORMS[name].home.format(handle="institute", id=ACCOUNT.number)
        assert platform(name).answer(home, HOST).status == 200

    def test_an_unchanged_feed_is_not_sent_again(self, name: str) -> None:
        site = platform(name)
        tag = site.answer(FEEDS[name], HOST).fields["etag"]
        reply = site.answer(FEEDS[name], HOST | {"if-none-match": tag})
        assert (reply.status, reply.body) == (304, b"")


@pytest.mark.corpus
@pytest.mark.parametrize("name", sorted(RECORDED))
def test_a_feed_has_no_elements_but_those_of_a_recorded_one(name: str) -> None:
    if not SOCIAL.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    recorded = ET.fromstring((SOCIAL / RECORDED[name]).read_bytes())
    known = {one.tag for entry in entries(recorded) for one in entry.iter()}
    assert {one.tag for entry in entries(read(platform(name))) for one in entry.iter()} <= known


def test_the_wrong_account_is_not_found() -> None:
    assert (
        platform("flickr").answer("/services/feeds/photos_public.gne?id=1@N00", HOST).status == 404
    )
    assert platform("vimeo").answer("/nobody/videos/rss", HOST).status == 404


def test_flickr_tells_the_id_on_a_page() -> None:
    assert (
        b'"ownerNsid":"123456789@N00"' in platform("flickr").answer("/people/institute/", HOST).body
    )


def test_a_directory_tells_where_a_podcast_is() -> None:
    site = platform("podcast")
    (found,) = json.loads(site.answer("/lookup?id=123456789&entity=podcast", HOST).body)["results"]
    assert found["feedUrl"] == "http://platform.example/institute.xml"
    assert json.loads(site.answer("/lookup?id=1", HOST).body)["results"] == []


def test_reddit_counts_and_refuses() -> None:
    site = platform("reddit", allowance=1)
    assert site.answer(FEEDS["reddit"], HOST).fields["x-ratelimit-remaining"] == "0"
    refused = site.answer(FEEDS["reddit"], HOST)
    assert refused.status == 429
    assert refused.fields["x-ratelimit-reset"] == str(int(WINDOW.total_seconds()))


def test_others_do_not_tell_what_is_left() -> None:
    assert not [name for name in platform("vimeo").answer("/", HOST).fields if "limit" in name]
