import json
from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from aggregator.model import (
    POLL,
    Card,
    Media,
    Picture,
    Quote,
    Site,
    Source,
    StoredPost,
    Widget,
    WidgetSpec,
)
from aggregator.widgets.feeds import json_feed, rss
from aggregator.widgets.view import views_of

URL = "https://www.example.org/feeds"
ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
OWN = "{urn:aggregator:posts}"
MEDIA = "{http://search.yahoo.com/mrss/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
SCENES = ["posts", "ugly", "blogs", "ugly-blogs", "empty", "spanish"]


def as_json(widget: Widget, public_url: str = URL) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        json_feed(widget, views_of(widget, public_url)[0], public_url)
    )
    return found


def as_rss(widget: Widget, public_url: str = URL) -> ET.Element:
    channel = ET.fromstring(rss(widget, views_of(widget, public_url)[0], public_url)).find(
        "channel"
    )
    assert channel is not None
    return channel


@pytest.fixture
def one(
    site: Site,
    stored: Callable[..., StoredPost],
    source: Callable[..., Source],
    spec: Callable[..., WidgetSpec],
) -> Callable[..., Widget]:
    """A widget with one post, whose fields are given."""

    def make(**said: Any) -> Widget:
        card = Card(source(name="Blog"), "Blog", "https://blog.example/", stored(**said))
        return Widget(spec(), site, (card,))

    return make


@pytest.mark.parametrize("scene", SCENES)
def test_json_feed_says_what_its_specification_demands(
    gallery: dict[str, Widget], scene: str
) -> None:
    feed = as_json(gallery[scene])
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{URL}/w/{gallery[scene].spec.id}.json"
    assert all(item["id"] and "content_text" in item for item in feed["items"])


@pytest.mark.parametrize("scene", SCENES)
def test_rss_says_what_its_specification_demands(gallery: dict[str, Widget], scene: str) -> None:
    channel = as_rss(gallery[scene])
    assert all(channel.findtext(name) for name in ("title", "link", "description"))
    self_link = channel.find(f"{ATOM}link")
    assert self_link is not None
    assert self_link.get("href") == f"{URL}/w/{gallery[scene].spec.id}.rss"
    assert all(item.findtext("description") for item in channel.iter("item"))


@pytest.mark.parametrize("scene", ["blogs", "posts"])
def test_both_have_one_item_for_each_post(gallery: dict[str, Widget], scene: str) -> None:
    """Blogs without a post have none."""
    ids = [card.stored.post.public_id for card in gallery[scene].cards if card.stored]
    assert [item["id"] for item in as_json(gallery[scene])["items"]] == ids
    assert [item.findtext("guid") for item in as_rss(gallery[scene]).iter("item")] == ids


def test_guid_is_no_address(one: Callable[..., Widget]) -> None:
    guid = as_rss(one()).find("item/guid")
    assert guid is not None
    assert guid.get("isPermaLink") == "false"


def test_dates_are_of_each_formats_own_kind(one: Callable[..., Widget]) -> None:
    widget = one()
    (item,) = as_json(widget)["items"]
    assert item["date_published"] == "2026-11-23T11:00:00Z"
    said = as_rss(widget).findtext("item/pubDate") or ""
    assert parsedate_to_datetime(said).isoformat() == "2026-11-23T11:00:00+00:00"


def test_no_date_is_no_member(one: Callable[..., Widget]) -> None:
    widget = one(published=None)
    assert "date_published" not in as_json(widget)["items"][0]
    assert as_rss(widget).find("item/pubDate") is None


def test_source_is_named(one: Callable[..., Widget]) -> None:
    widget = one()
    assert as_json(widget)["items"][0]["_aggregator"]["source_name"] == "Blog"
    assert as_rss(widget).findtext(f"item/{DC}creator") == "Blog"


def test_clean_html_is_carried_whole(one: Callable[..., Widget]) -> None:
    widget = one(html="<p>a ]]> b &amp; c</p>")
    assert as_json(widget)["items"][0]["content_html"] == "<p>a ]]> b &amp; c</p>"
    assert as_rss(widget).findtext(f"item/{CONTENT}encoded") == "<p>a ]]> b &amp; c</p>"


def test_empty_html_is_left_out(one: Callable[..., Widget]) -> None:
    widget = one(html="")
    assert "content_html" not in as_json(widget)["items"][0]
    assert as_rss(widget).find(f"item/{CONTENT}encoded") is None


@pytest.mark.parametrize("title", ["A question", None])
def test_a_poll_is_told_with_the_way_to_it(one: Callable[..., Widget], title: str | None) -> None:
    widget = one(title=title, html="<p>Which?</p>", media=(Media("https://a.example/1", POLL),))
    said = as_json(widget)["items"][0]
    link = f'<p><a href="{said["url"]}">See the poll on blog.example</a></p>'
    assert said["content_html"] == f"<p>Which?</p>{link}"
    assert as_rss(widget).findtext(f"item/{CONTENT}encoded") == said["content_html"]


def test_warned_post_shows_its_warning_alone(one: Callable[..., Widget]) -> None:
    widget = one(warning="needles", text="Details", title="Details")
    text = json_feed(widget, views_of(widget, URL)[0], URL) + ET.tostring(as_rss(widget), "unicode")
    assert "needles" in text
    assert "Details" not in text
    assert "The words" not in text


COPY = Picture("0" * 64, 480, 360, 'A "hill" < a mountain & more')
IMAGE = f"{URL}/media/{COPY.digest}.webp"
IMG = (
    f'<p><img src="{IMAGE}" alt="A &quot;hill&quot; &lt; a mountain &amp; more" '
    'width="480" height="360"></p>'
)


@pytest.fixture
def pictured(one: Callable[..., Widget]) -> Callable[..., Widget]:
    """A widget whose one post has a picture, at its platform and as our copy."""

    def make(**said: Any) -> Widget:
        theirs = Media("https://cdn.platform.example/1.jpg", "image/jpeg", COPY.alt)
        widget = one(media=(theirs,), **said)
        return replace(widget, cards=(replace(widget.cards[0], picture=COPY),))

    return make


def test_a_picture_stands_in_json_with_its_words(pictured: Callable[..., Widget]) -> None:
    (item,) = as_json(pictured())["items"]
    assert item["image"] == IMAGE
    assert item["_aggregator"]["image"] == {"alt": COPY.alt, "width": 480, "height": 360}
    assert item["content_html"] == f"<p>The words.</p>{IMG}"


def test_a_picture_stands_in_rss_with_its_words(pictured: Callable[..., Widget]) -> None:
    item = as_rss(pictured()).find("item")
    assert item is not None
    assert item.findtext(f"{CONTENT}encoded") == f"<p>The words.</p>{IMG}"
    medium = item.find(f"{MEDIA}content")
    assert medium is not None
    assert (medium.get("url"), medium.get("type")) == (IMAGE, "image/webp")
    words = medium.find(f"{MEDIA}description")
    assert words is not None
    assert (words.get("type"), unescape(words.text or "")) == ("html", COPY.alt)
    assert "<" not in (words.text or "")  # also for readers that do not look at the type


def test_a_post_of_a_picture_alone_is_told_as_html_too(pictured: Callable[..., Widget]) -> None:
    assert as_json(pictured(html=""))["items"][0]["content_html"] == IMG


@pytest.mark.parametrize("public_url", [URL, ""])
def test_the_platforms_own_address_is_told_to_nobody(
    pictured: Callable[..., Widget], public_url: str
) -> None:
    widget = pictured()
    text = json.dumps(as_json(widget, public_url))
    text += ET.tostring(as_rss(widget, public_url), "unicode")
    assert "cdn.platform.example" not in text
    assert (COPY.digest in text) == bool(public_url), "nothing relative is given"


def test_the_picture_of_a_warned_post_is_shown_nowhere(pictured: Callable[..., Widget]) -> None:
    widget = pictured(warning="needles")
    text = json.dumps(as_json(widget)) + ET.tostring(as_rss(widget), "unicode")
    assert COPY.digest not in text
    assert "mountain" not in text


def test_script_addresses_are_left_out(one: Callable[..., Widget]) -> None:
    widget = one(permalink="javascript:alert(1)")
    assert "url" not in as_json(widget)["items"][0]
    assert as_rss(widget).find("item/link") is None


def test_other_places_are_named(gallery: dict[str, Widget]) -> None:
    item = as_json(gallery["posts"])["items"][1]
    assert item["_aggregator"]["also_on"] == [
        {"source": "sky", "network": "Bluesky", "url": "https://sky.example/2"}
    ]


def test_without_public_address_nothing_relative_is_given(gallery: dict[str, Widget]) -> None:
    assert "feed_url" not in (feed := as_json(gallery["posts"], ""))
    assert feed["home_page_url"] == "https://www.example.org"
    assert as_rss(gallery["posts"], "").find(f"{ATOM}link") is None


def test_only_the_widgets_own_cards_are_items(gallery: dict[str, Widget]) -> None:
    widget = replace(gallery["posts"], cards=gallery["posts"].cards[:1])
    assert len(as_json(widget)["items"]) == 1


def test_what_formats_have_no_words_for_is_said_in_our_own(gallery: dict[str, Widget]) -> None:
    """In both: how a post came about, its network, what it quotes."""
    quoting = as_json(gallery["networks"])["items"][1]["_aggregator"]
    assert (quoting["kind"], quoting["network"]) == ("quote", "Mastodon")
    assert quoting["quote"] == {
        "author": "Ana Nurse",
        "url": "https://social.example/@ana/9",
        "text": "Sleep is half of the cure.",
    }
    item = as_rss(gallery["networks"]).findall("item")[1]
    assert item.findtext(f"{OWN}kind") == "quote"
    assert item.findtext(f"{OWN}network") == "Mastodon"
    quote = item.find(f"{OWN}quote")
    assert quote is not None
    assert (quote.text, quote.attrib) == (
        "Sleep is half of the cure.",
        {"author": "Ana Nurse", "url": "https://social.example/@ana/9"},
    )


def test_a_quote_of_which_the_link_alone_is_told_is_a_link(one: Callable[..., Widget]) -> None:
    address = "https://social.example/@ana/9"
    widget = one(quote=Quote(None, address, ""))
    assert as_json(widget)["items"][0]["_aggregator"]["quote"]["url"] == address
    quote = as_rss(widget).find(f"item/{OWN}quote")
    assert quote is not None
    assert (quote.text, quote.attrib) == (None, {"url": address})


def test_other_places_are_named_in_rss(gallery: dict[str, Widget]) -> None:
    place = as_rss(gallery["posts"]).findall("item")[1].find(f"{OWN}also-on")
    assert place is not None
    assert (place.text, place.attrib) == ("Bluesky", {"url": "https://sky.example/2"})


def test_quote_under_a_warning_is_left_out(gallery: dict[str, Widget]) -> None:
    assert "quote" not in as_json(gallery["networks"])["items"][7]["_aggregator"]
    assert as_rss(gallery["networks"]).findall("item")[7].find(f"{OWN}quote") is None
