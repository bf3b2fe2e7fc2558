"""The platform ``facebook``: addresses, whose posts, what stands in them."""

from typing import Any

import pytest

from aggregator.connectors import facebook
from aggregator.connectors._facebook_post import post_of
from aggregator.connectors._shape import Part
from aggregator.errors import NotModified
from aggregator.model import PostKind, RawPost
from tests.connectors.meta import OTHER, Desk

WEB = "https://www.facebook.com"


def read(**said: Any) -> RawPost:
    post = post_of(Part({"id": "1_2", **said}))
    assert post is not None
    return post


def text(post: RawPost) -> str | None:
    return post.body.value if post.body else None


@pytest.mark.parametrize(
    ("written", "page"),
    [
        ("institute", "institute"),
        ("@Institute.Example", "institute.example"),
        ("100200300", "100200300"),
        (f"{WEB}/institute/", "institute"),
        ("https://m.facebook.com/institute/posts/1?x=1", "institute"),
        ("https://de-de.facebook.com/institute", "institute"),
        ("fb.com/institute", "institute"),
        (f"{WEB}/profile.php?id=100200300", "100200300"),
        (f"{WEB}/permalink.php?story_fbid=5&id=100200300", "100200300"),
        (f"{WEB}/pages/Example-Institute/100200300", "100200300"),
        (f"{WEB}/people/Example-Institute/100200300/", "100200300"),
        (f"{WEB}/p/Example-Institute-100200300/", "100200300"),
        (f"{WEB}/Example-Institute-100200300/", "100200300"),
    ],
)
def test_good_addresses(written: str, page: str) -> None:
    assert facebook.read_address(written) == page


@pytest.mark.parametrize(
    "written",
    [
        "",
        "two words",
        "https://facebook.com/",
        f"{WEB}/groups/institute",
        f"{WEB}/events/5",
        f"{WEB}/watch/?v=5",
        f"{WEB}/profile.php",
        "https://social.example/@institute",
        "fb.com/fb.com",
    ],
)
def test_bad_addresses_are_answered_with_a_hint(written: str) -> None:
    with pytest.raises(ValueError, match=f"for example {facebook.EXAMPLE}"):
        facebook.read_address(written)


def test_the_page_is_looked_up_once() -> None:
    desk = Desk("facebook")
    desk.write(1)
    profile = desk.visit().profile
    assert profile is not None
    assert profile.title == "Example Institute"
    desk.write(2)
    desk.visit()
    assert [target.partition("?")[0] for target in desk.platform.asked] == ["/v25.0/77/posts"]


def test_only_its_own_posts_are_shown_unless_staff_want_more() -> None:
    desk = Desk("facebook")
    desk.write(1)
    desk.write(2, by=OTHER)
    assert [post.kind for post in desk.visit().posts] == [PostKind.ORIGINAL]
    kinds = [post.kind for post in desk.visit(include_reposts=True).posts]
    assert kinds == [PostKind.REPOST, PostKind.ORIGINAL]


@pytest.mark.parametrize(
    "said",
    [
        {"is_published": False},
        {"is_hidden": True},
        {"is_expired": True},
        {"privacy": {"value": "ALL_FRIENDS"}},
        {"privacy": {"value": "SELF"}},
    ],
)
def test_what_is_not_for_everybody_is_left_out(said: dict[str, Any]) -> None:
    assert post_of(Part({"id": "1_2", "message": "Secret", **said})) is None


@pytest.mark.parametrize("said", [{}, {"privacy": {"value": ""}}, {"is_published": True}])
def test_what_says_nothing_of_it_is_for_everybody(said: dict[str, Any]) -> None:
    assert text(read(message="Open", **said)) == "Open"


class TestNames:
    """Pages that are named in a text."""

    def found(self, message: str, **tag: Any) -> list[str]:
        post = read(message=message, message_tags=[{"id": "5", "name": "Clinic", **tag}])
        return [message[span.start : span.end] for span in post.spans]

    def test_stand_where_facebook_says(self) -> None:
        assert self.found("Clinic and Clinic", offset=11, length=6) == ["Clinic"]

    def test_are_looked_for_where_it_counts_in_another_unit(self) -> None:
        assert self.found("🩺 Clinic", offset=3, length=6) == ["Clinic"]

    def test_are_left_out_where_they_might_be_either(self) -> None:
        assert self.found("🩺 Clinic, Clinic", offset=1, length=6) == []

    @pytest.mark.parametrize("offset", [None, -3, 10**9, "x"])
    def test_that_are_nowhere_are_left_out(self, offset: Any) -> None:
        assert self.found("Nothing", offset=offset) == []

    def test_within_an_address_yield_to_the_longer_one(self) -> None:
        message = "https://clinic.example/Clinic"
        assert self.found(message, offset=23, length=6) == [message]


class TestCards:
    """Pages elsewhere that a post shows."""

    def shown(self, message: str | None, **card: Any) -> str | None:
        attached = {"media_type": "link", "type": "share", "title": "A title", **card}
        return text(read(message=message, attachments={"data": [attached]}))

    def test_stand_under_the_text(self) -> None:
        assert self.shown("News", url="https://n.example/") == "News\n\nhttps://n.example/"

    def test_do_not_where_the_text_holds_an_address(self) -> None:
        said = "News: https://short.example/1"
        assert self.shown(said, url="https://n.example/") == said

    def test_come_with_their_title_where_there_is_no_text(self) -> None:
        assert self.shown(None, url="https://n.example/") == "A title\n\nhttps://n.example/"

    def test_are_told_without_facebooks_own_page_in_between(self) -> None:
        url = "https://l.facebook.com/l.php?u=https%3A%2F%2Fn.example%2F%3Fa%3D1&h=x"
        assert self.shown("News", url=url) == "News\n\nhttps://n.example/?a=1"

    @pytest.mark.parametrize("url", ["javascript:x", "https://[", "https://l.facebook.com/l.php"])
    def test_that_lead_nowhere_are_left_out(self, url: str) -> None:
        assert self.shown("News", url=url) == "News"


def test_comments_which_move_its_time_are_no_edit() -> None:
    desk = Desk("facebook")
    desk.write(1)
    desk.visit()
    desk.now = desk.now.replace(hour=23)
    with pytest.raises(NotModified):
        desk.visit()
