"""The platform ``threads``: addresses, kinds of posts, what is covered and what is left out."""

from typing import Any

import pytest

from aggregator.connectors import threads
from aggregator.connectors._shape import Part
from aggregator.connectors._threads_post import post_of
from aggregator.model import PostKind, RawPost
from tests.connectors.meta import OTHER, Desk


def read(**said: Any) -> RawPost:
    post = post_of(Part({"id": "1", "username": "institute", "text": "Text", **said}))
    assert post is not None
    return post


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("institute", "institute"),
        ("@Institute.Example", "institute.example"),
        ("https://www.threads.com/@institute", "institute"),
        ("https://www.threads.net/@institute/post/D1?xmt=x", "institute"),
        ("threads.net/@institute", "institute"),
    ],
)
def test_good_addresses(written: str, account: str) -> None:
    assert threads.read_address(written) == account


@pytest.mark.parametrize(
    "written",
    [
        "",
        "two words",
        "https://www.threads.com/",
        "https://www.threads.com/search?q=x",
        "https://social.example/@institute",
        "x" * 31,
    ],
)
def test_bad_addresses_are_answered_with_a_hint(written: str) -> None:
    with pytest.raises(ValueError, match=f"for example {threads.EXAMPLE}"):
        threads.read_address(written)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({}, PostKind.ORIGINAL),
        ({"is_quote_post": False, "is_reply": False}, PostKind.ORIGINAL),
        ({"is_quote_post": True}, PostKind.QUOTE),
        ({"quoted_post": {"id": "2"}}, PostKind.QUOTE),
        ({"is_reply": True}, PostKind.REPLY),
        ({"media_type": "REPOST_FACADE", "reposted_post": {"text": "Theirs"}}, PostKind.REPOST),
    ],
)
def test_kinds(said: dict[str, Any], kind: PostKind) -> None:
    assert read(**said).kind is kind


def test_only_its_own_posts_are_shown() -> None:
    desk = Desk("threads")
    desk.write(1)
    desk.write(2, by=OTHER)
    desk.write(3, is_reply=True)
    assert desk.texts() == ["Note 1 of the sample account."]


@pytest.mark.parametrize(
    "said",
    [
        {"ghost_post_status": "active"},
        {"media_type": "REPOST_FACADE", "reposted_post": {"id": "2"}},
        {"media_type": "REPOST_FACADE"},
    ],
)
def test_what_vanishes_and_what_we_are_not_shown_is_left_out(said: dict[str, Any]) -> None:
    assert post_of(Part({"id": "1", **said})) is None


@pytest.mark.parametrize(
    ("said", "is_covered"),
    [
        ({}, False),
        ({"is_spoiler_media": False, "text_entities": []}, False),
        ({"is_spoiler_media": True}, True),
        ({"text_entities": [{"entity_type": "SPOILER", "offset": 0, "length": 4}]}, True),
        ({"text_entities": {"data": "odd"}}, False),
    ],
)
def test_what_its_author_covered_is_covered(said: dict[str, Any], is_covered: bool) -> None:
    assert read(**said).sensitive is is_covered


def test_a_repost_is_its_authors() -> None:
    theirs = {"username": "clinic", "text": "Theirs", "permalink": "https://t.example/1"}
    post = read(media_type="REPOST_FACADE", text=None, reposted_post=theirs)
    assert post.author is not None
    assert (post.author.handle, post.permalink) == ("@clinic", "https://t.example/1")


def test_a_quoted_post_of_which_a_number_is_told_is_not_shown() -> None:
    assert read(quoted_post={"id": "2"}).quote is None


def test_a_topic_is_a_tag() -> None:
    assert read(topic_tag="radiology", text="On #MRI").tags == ("radiology", "MRI")


def test_pages_go_on_without_an_address_of_the_next_one() -> None:
    desk = Desk("threads")
    desk.write(1)
    desk.visit()
    desk.write(*range(2, 60))
    assert len(desk.texts()) == 58


def test_posts_are_looked_up_one_by_one() -> None:
    desk = Desk("threads")
    desk.write(1, 2)
    desk.visit()
    desk.look_up(1, 2)
    assert [target.partition("?")[0] for target in desk.platform.asked] == ["/v1.0/1", "/v1.0/2"]
