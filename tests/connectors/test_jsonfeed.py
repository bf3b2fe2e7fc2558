"""Reading JSON Feed: what is odd in it. Samples: ``feed/``."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._jsonfeed import read_json_feed
from aggregator.errors import NotAFeed
from aggregator.model import RawPost

VERSION = "https://jsonfeed.org/version/1.1"
URL = "https://feeds.example/feed.json"


def read(*items: Any, **feed: Any) -> ReadFeed:
    return read_json_feed(json.dumps({"version": VERSION, "items": items, **feed}), URL)


def post(**item: Any) -> RawPost:
    (only,) = read(item).posts
    return only


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "JSON Feed"),
        ("[]", "JSON Feed"),
        ('{"version": 1, "items": []}', "JSON Feed"),
        ('{"version": "https://other.example/1", "items": []}', "JSON Feed"),
        (f'{{"version": "{VERSION}"}}', "items"),
        (f'{{"version": "{VERSION}", "items": {{}}}}', "items"),
        ('{"version": ', "broken"),
        ("[" * 100_000, "nested"),
        ('{"a": ' * 100_000, "nested"),
        ('{"items": 1' + "0" * 10_000 + "}", "broken"),
    ],
)
def test_H5_json_that_is_no_feed_is_named(text: str, words: str) -> None:
    with pytest.raises(NotAFeed, match=words):
        read_json_feed(text, URL)


@pytest.mark.parametrize(
    ("value", "guid"),
    [("a", "a"), (7, "7"), (1.5, "1.5"), (True, None), (None, None), ([], None), ("", None)],
)
def test_ids(value: object, guid: str | None) -> None:
    assert post(id=value).guid == guid


def test_half_a_surrogate_pair_is_replaced() -> None:
    one = post(
        id="a\ud83d", title="b\ude00", url="https://a.example/\ud83d", content_html="c\ud83d"
    )
    assert f"{one}".encode()


def test_a_title_is_never_html() -> None:
    title = post(title="<b>1 < 2</b>").title
    assert title
    assert not title.is_html


def test_no_more_than_500_items() -> None:
    assert len(read(*({"id": number} for number in range(600))).posts) == 500


@pytest.mark.parametrize(
    ("said", "parsed"),
    [
        ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00+00:00"),
        ("2026-03-01T10:00:00.123Z", "2026-03-01T10:00:00.123000+00:00"),
        ("2026-03-01T10:00:00", "2026-03-01T10:00:00+00:00"),
        ("0001-01-01T00:00:00+14:00", None),
        ("soon", None),
    ],
)
def test_dates(said: str, parsed: str | None) -> None:
    published = post(date_published=said).published
    assert published
    assert published.said == said
    assert (published.parsed.isoformat() if published.parsed else None) == parsed


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = [
    "id",
    "url",
    "external_url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "date_published",
    "date_modified",
    "authors",
    "author",
    "tags",
    "language",
    "attachments",
    "image",
    "banner_image",
]


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_value_under_any_key_makes_a_post(item: dict[str, Any]) -> None:
    assert len(read(item).posts) == 1


@pytest.mark.parametrize(
    ("hubs", "found"),
    [
        ([{"type": "WebSub", "url": "https://hub.example/"}], ("https://hub.example/",)),
        ([{"type": "websub", "url": "/hub"}], ("https://feeds.example/hub",)),
        ([{"type": "rssCloud", "url": "https://hub.example/"}, {"type": "WebSub"}], ()),
        (["https://hub.example/", None, {"type": ["WebSub"], "url": 1}], ()),
        ("https://hub.example/", ()),
    ],
)
def test_hubs(hubs: object, found: tuple[str, ...]) -> None:
    profile = read(hubs=hubs, feed_url="/own").profile
    assert (profile.hubs, profile.topic) == (found, "https://feeds.example/own")
