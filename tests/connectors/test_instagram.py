"""The platform ``instagram``: addresses, both ways to read it, what is no post."""

from typing import Any

import pytest

from aggregator.connectors import instagram
from aggregator.connectors._instagram_post import post_of
from aggregator.connectors._shape import Part
from aggregator.demo.instagram import Instagram
from aggregator.errors import PermissionMissing
from tests.connectors.meta import ADDRESS, Desk
from tests.connectors.social import Told, answer, visit


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("institute", "institute"),
        ("@Institute.Example_1", "institute.example_1"),
        ("https://www.instagram.com/institute/", "institute"),
        ("instagram.com/institute/reel/C1?igsh=x", "institute"),
        ("https://www.instagram.com/stories/institute/5/", "institute"),
    ],
)
def test_good_addresses(written: str, account: str) -> None:
    assert instagram.read_address(written) == account


@pytest.mark.parametrize(
    "written",
    [
        "",
        "two words",
        ".institute",
        "x" * 31,
        "https://www.instagram.com/",
        "https://www.instagram.com/p/C1/",
        "https://www.instagram.com/explore/tags/mri/",
        "https://social.example/@institute",
    ],
)
def test_bad_addresses_are_answered_with_a_hint(written: str) -> None:
    with pytest.raises(ValueError, match=f"for example {instagram.EXAMPLE}"):
        instagram.read_address(written)


def test_there_are_two_ways() -> None:
    with pytest.raises(ValueError, match="instagram or facebook"):
        instagram.Options(through="telegraph")


def test_through_the_page_that_it_is_linked_to() -> None:
    desk = Desk("instagram", options={"through": "facebook"})
    assert isinstance(desk.platform, Instagram)
    desk.platform.is_linked = True
    desk.write(1)
    assert len(desk.visit().posts) == 1
    desk.visit()
    assert [target.partition("?")[0] for target in desk.platform.asked] == ["/v25.0/77/media"]


def test_a_page_without_a_linked_account_is_told() -> None:
    web = Told({"/v25.0/me": answer({"id": "5550001"})})
    with pytest.raises(PermissionMissing, match="no account on Instagram"):
        visit(instagram, web, ADDRESS, options={"through": "facebook"}, keys=Desk("instagram").keys)


@pytest.mark.parametrize(
    "said",
    [
        {"media_product_type": "STORY"},
        {"media_product_type": "AD"},
        {"media_product_type": "REELS", "is_shared_to_feed": False},
    ],
)
def test_what_followers_do_not_see_as_a_post_is_left_out(said: dict[str, Any]) -> None:
    assert post_of(Part({"id": "1", "caption": "Text", **said})) is None


@pytest.mark.parametrize("said", [{"media_product_type": "FEED", "is_shared_to_feed": False}, {}])
def test_other_posts_are_not(said: dict[str, Any]) -> None:
    assert post_of(Part({"id": "1", "caption": "Text", **said})) is not None


def test_a_caption_may_be_missing() -> None:
    post = post_of(Part({"id": "1", "media_type": "IMAGE", "media_url": "https://p.example/1.jpg"}))
    assert post is not None
    assert post.body is None


def test_a_picture_is_known_by_its_number() -> None:
    """Its address is signed anew at every answer."""
    said = {"id": "1", "media_type": "IMAGE", "media_url": "https://p.example/1.jpg?oh=1"}
    post = post_of(Part(said))
    assert post is not None
    assert [(one.url, one.id) for one in post.media] == [("https://p.example/1.jpg?oh=1", "1")]


def test_a_film_is_watched_at_its_page() -> None:
    said = {
        "id": "1",
        "media_type": "VIDEO",
        "media_url": "https://v.example/1.mp4?oh=1",
        "thumbnail_url": "https://p.example/1.jpg?oh=1",
        "permalink": "https://www.instagram.com/reel/C1/",
    }
    post = post_of(Part(said))
    assert post is not None
    assert [(one.url, one.type) for one in post.media] == [(said["permalink"], "video/*")]
