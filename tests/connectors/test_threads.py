"""The platform ``threads``: addresses, kinds of posts, what is covered and what is left out."""

from typing import Any

import pytest

from aggregator.connectors import threads
from aggregator.connectors._shape import Part
from aggregator.connectors._threads_post import post_of
from aggregator.demo.threads import Threads
from aggregator.errors import PermissionMissing
from aggregator.model import POLL, FetchResult, Media, PostKind, RawPost, RawQuote, Sightings
from tests.connectors.meta import OTHER, Desk
from tests.connectors.social import note


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


@pytest.mark.parametrize("said", [{}, {"media_type": "IMAGE", "media_url": "https://cdn.test/a"}])
def test_a_poll_is_found_where_the_post_is(said: dict[str, Any]) -> None:
    poll = {"option_a": "Mornings", "option_b": "Evenings", "option_a_votes_percentage": 0.25}
    post = read(permalink="https://t.test/1", poll_attachment=poll, **said)
    assert post.media[0] == Media("https://t.test/1", POLL)
    assert "Mornings" not in repr(post)


class Platform:
    """Threads, and the connector that follows an account with all of its posts there."""

    def __init__(self) -> None:
        self.desk = Desk("threads", options={"include_replies": True, "include_quotes": True})
        self.write, self.look_up = self.desk.write, self.desk.look_up

    @property
    def threads(self) -> Threads:
        assert isinstance(self.desk.platform, Threads)
        return self.desk.platform

    @property
    def asked(self) -> list[str]:
        """The paths in the last visit."""
        return [target.partition("?")[0].removeprefix("/v1.0/") for target in self.threads.asked]

    def visit(self) -> FetchResult:
        return self.desk.visit()

    def elsewhere(self, *numbers: int, **more: Any) -> None:
        """What others posted."""
        said = [note(number, f"Theirs {number}.", by=OTHER, **more) for number in numbers]
        self.threads.elsewhere = [*self.threads.elsewhere, *said]


@pytest.fixture
def platform() -> Platform:
    return Platform()


def kinds(result: FetchResult) -> dict[str | None, PostKind]:
    return {post.guid: post.kind for post in result.posts}


def quotes(found: FetchResult | Sightings) -> dict[str | None, RawQuote | None]:
    return {post.guid: post.quote for post in found.posts}


class TestAnswers:
    """They stand apart from the posts, and want a permission of their own."""

    def test_they_are_asked_for_where_staff_want_them(self) -> None:
        desk = Desk("threads")
        desk.write(1)
        desk.write(2, is_reply=True)
        assert kinds(desk.visit()) == {"1": PostKind.ORIGINAL}
        assert not any("replies" in target for target in desk.platform.asked)

    def test_they_come_beside_the_posts(self, platform: Platform) -> None:
        platform.write(1)
        platform.write(2, is_reply=True)
        assert kinds(platform.visit()) == {"1": PostKind.ORIGINAL, "2": PostKind.REPLY}

    def test_known_ones_are_left_out_and_new_ones_join_them(self, platform: Platform) -> None:
        platform.write(1)
        platform.write(2, is_reply=True)
        platform.visit()
        platform.write(3, is_reply=True)
        result = platform.visit()
        assert (kinds(result), result.known) == ({"3": PostKind.REPLY}, 1)

    def test_where_nothing_is_new_nothing_is_read(self, platform: Platform) -> None:
        platform.write(1)
        platform.write(2, is_reply=True)
        platform.visit()
        result = platform.visit()
        assert (result.posts, result.unchanged) == ((), True)
        assert sorted(platform.asked) == ["me/replies", "me/threads"]

    def test_a_new_answer_is_found_though_the_posts_are_the_same(self, platform: Platform) -> None:
        platform.write(1)
        platform.visit()
        platform.write(2, is_reply=True)
        assert kinds(platform.visit()) == {"2": PostKind.REPLY}

    def test_without_the_permission_the_posts_come_and_staff_are_told(
        self, platform: Platform
    ) -> None:
        platform.threads.tells_answers = False
        platform.write(1)
        platform.write(2, is_reply=True)
        result = platform.visit()
        assert kinds(result) == {"1": PostKind.ORIGINAL}
        assert isinstance(result.trouble, PermissionMissing)
        assert "threads_read_replies" in result.trouble.advice

    def test_it_is_told_as_long_as_it_is_missing(self, platform: Platform) -> None:
        platform.threads.tells_answers = False
        platform.write(1)
        platform.visit()
        assert isinstance(platform.visit().trouble, PermissionMissing)
        platform.threads.tells_answers = True
        platform.write(2, is_reply=True)
        result = platform.visit()
        assert (kinds(result), result.trouble) == ({"2": PostKind.REPLY}, None)


class TestQuotes:
    """Of what is quoted, a number is told; the rest is asked for."""

    def test_the_accounts_own_post_is_quoted_without_a_question(self, platform: Platform) -> None:
        platform.write(1)
        platform.write(2, quotes=1)
        found = quotes(platform.visit())["2"]
        assert found is not None
        assert found.body is not None
        assert found.body.value == "Note 1 of the sample account."
        assert "1" not in platform.asked

    def test_anothers_is_asked_for_once(self, platform: Platform) -> None:
        platform.threads.is_approved = True
        platform.elsewhere(900)
        platform.write(2, quotes=900)
        found = quotes(platform.visit())["2"]
        assert found is not None
        assert (found.author and found.author.handle) == "@friend"
        assert (found.permalink or "").startswith("https://www.threads.com/@friend/post/")
        assert found.body is not None
        assert found.body.value == "Theirs 900."
        assert platform.asked.count("900") == 1
        platform.write(3)
        platform.visit()
        assert "900" not in platform.asked

    def test_what_is_not_shown_to_the_app_is_left_out(self, platform: Platform) -> None:
        platform.elsewhere(900)
        platform.write(2, quotes=900)
        assert quotes(platform.visit()) == {"2": None}

    def test_what_its_author_covered_is_a_link(self, platform: Platform) -> None:
        platform.write(1, warning="The end")
        platform.write(2, quotes=1)
        found = quotes(platform.visit())["2"]
        assert found is not None
        assert (found.body, bool(found.permalink)) == (None, True)

    def test_a_platform_that_fails_keeps_no_post_away(self, platform: Platform) -> None:
        platform.threads.is_approved = True
        platform.elsewhere(900)
        platform.write(2, quotes=900)
        platform.threads.silent_about = {"900"}
        assert quotes(platform.visit()) == {"2": None}

    def test_a_look_up_says_whether_it_is_still_there(self, platform: Platform) -> None:
        platform.threads.is_approved = True
        platform.elsewhere(900)
        platform.write(2, quotes=900)
        before = quotes(platform.visit())
        assert quotes(platform.look_up(2)) == before
        platform.threads.elsewhere = ()
        assert quotes(platform.look_up(2)) == {"2": None}

    def test_without_an_answer_to_that_the_post_stays_as_it_is_known(
        self, platform: Platform
    ) -> None:
        platform.threads.is_approved = True
        platform.elsewhere(900)
        platform.write(2, quotes=900)
        platform.visit()
        platform.threads.silent_about = {"900"}
        found = platform.look_up(2)
        assert (set(found.present), len(found.gone), len(found.posts)) == ({"2"}, 0, 0)
