"""The pictures of posts on LinkedIn: which ones are asked for, when, and what comes of a refusal."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aggregator.connectors import linkedin
from aggregator.connectors._contract import Errand
from aggregator.connectors._linkedin_pictures import names_in
from aggregator.connectors._linkedin_post import post_of
from aggregator.connectors._shape import Part
from aggregator.demo.linkedin import SIGNED, LinkedIn, image, urn
from aggregator.demo.notes import Note
from aggregator.errors import Denied, FetchError, RateLimited, ServerFault, TimedOut, TokenRevoked
from aggregator.model import FetchResult, Media, RawPost, Sightings, Sought, Source
from tests.connectors.social import (
    ACCOUNT,
    NOW,
    FakeKeys,
    Feed,
    Sample,
    Told,
    answer,
    error_of,
    note,
    visit,
)

NAME = "example-institute"
ELEMENT: dict[str, Any] = {
    "id": "urn:li:share:7100000000000000001",
    "commentary": "Hello",
    "visibility": "PUBLIC",
    "lifecycleState": "PUBLISHED",
    "content": {"media": {"id": "urn:li:image:A", "altText": "A boat"}},
}
BOAT = "https://media.linkedin.example/dms/image/A?e=1&t=2"
STORED = Media("https://media.linkedin.example/old", "image/*", "A boat", id="urn:li:image:A")


class Page:
    """A page on the sample platform whose posts have pictures, and who follows it."""

    def __init__(self) -> None:
        self.now = NOW
        self.notes = [pictured(1), pictured(2)]
        self.keys = FakeKeys()
        account = replace(ACCOUNT, handle=NAME)
        self.linkedin = LinkedIn(account, lambda: self.notes, lambda: self.now, token="good")

    def visit(self, cursor: bytes | None = None) -> FetchResult:
        return visit(linkedin, Sample(self.linkedin), NAME, cursor=cursor, keys=self.keys)

    def look_up(self, cursor: bytes | None = None) -> Sightings:
        sought = [Sought(urn(one), None) for one in self.notes]
        return look_up(Sample(self.linkedin), sought, self.keys, cursor)

    def asked(self) -> list[str]:
        """The questions about pictures since the last time."""
        found = [target for target in self.linkedin.asked if "/rest/images" in target]
        self.linkedin.asked.clear()
        return found


def pictured(number: int) -> Note:
    return note(number, picture=f"What picture {number} shows.")


def look_up(
    web: Sample | Told, sought: list[Sought], keys: FakeKeys, cursor: bytes | None = None
) -> Sightings:
    source = Source("one", "linkedin", NAME, options=linkedin.Options())
    return asyncio.run(linkedin.look_up(source, sought, Errand(web, Feed(), cursor, keys)))


def told(images: Any, *elements: Any) -> Told:
    """LinkedIn with a page of these posts, and with this answer about images."""
    said = answer({"elements": list(elements or [ELEMENT])})
    return Told({"/rest/organ": error_of(403), "/rest/posts": said, "/rest/images": images})


def found(**image: Any) -> Any:
    return answer({"results": {"urn:li:image:A": image}})


def follow(web: Told) -> FetchResult:
    return visit(linkedin, web, "77", keys=FakeKeys())


def media_of(*posts: RawPost) -> list[Media]:
    return [medium for post in posts for medium in post.media]


def names_of(content: Any) -> list[str]:
    post = post_of(Part(ELEMENT | {"content": content}))
    assert post is not None
    return names_in([post])


@pytest.fixture
def page() -> Page:
    return Page()


class TestWhichOnes:
    """Of the pictures of a post."""

    @pytest.mark.parametrize(
        ("words", "wanted"),
        [
            (["one", "two", "three"], ["urn:li:image:0"]),
            ([None, None, None], ["urn:li:image:0"]),
            ([None, "two", "three"], ["urn:li:image:0", "urn:li:image:1"]),
            (["", " ", "three"], ["urn:li:image:0", "urn:li:image:2"]),
        ],
    )
    def test_the_first_and_the_first_that_is_described(
        self, words: list[str | None], wanted: list[str]
    ) -> None:
        images = [
            {"id": f"urn:li:image:{place}", "altText": said} for place, said in enumerate(words)
        ]
        assert names_of({"multiImage": {"images": images}}) == wanted

    @pytest.mark.parametrize(
        "content",
        [
            {"media": {"id": "urn:li:document:A", "title": "A report"}},
            {"media": {"id": "urn:li:video:A"}},
            {"media": {"id": "urn:li:image:A),List(B"}},
            {"media": {"id": 3}},
            {"article": {"source": "https://institute.example/", "thumbnail": "urn:li:image:A"}},
            {"multiImage": {"images": "urn:li:image:A"}},
        ],
    )
    def test_what_is_no_picture_of_the_post_is_not_asked_for(self, content: Any) -> None:
        assert names_of(content) == []


class TestVisits:
    """Asking for the pictures of posts that are new or edited."""

    def test_a_picture_comes_with_its_words_its_name_and_an_address(self, page: Page) -> None:
        second, first = media_of(*page.visit().posts)
        assert (second.id, second.alt) == (image(page.notes[1]), "What picture 2 shows.")
        assert (first.type, first.id) == ("image/*", image(page.notes[0]))
        assert first.url.startswith("http://api.linkedin.com/dms/image/1?e=")

    def test_all_are_asked_for_at_once(self, page: Page) -> None:
        page.visit()
        names = ",".join(image(one).replace(":", "%3A") for one in page.notes[::-1])
        assert page.asked() == [f"/rest/images?ids=List({names})"]

    def test_without_pictures_nothing_is_asked(self, page: Page) -> None:
        page.notes = [note(1)]
        page.visit()
        assert page.asked() == []

    def test_of_so_many_the_newest_are_asked_for(self, page: Page) -> None:
        page.notes = [pictured(number) for number in range(1, 41)]
        posts = page.visit().posts
        assert len(page.asked()) == 1
        assert [bool(post.media) for post in posts] == [True] * 20 + [False] * 20

    def test_what_is_known_is_not_asked_for_again(self, page: Page) -> None:
        cursor = page.visit().cursor
        page.asked()
        assert page.visit(cursor).unchanged
        assert page.asked() == []
        page.notes.append(pictured(3))
        page.now += SIGNED
        (post,) = page.visit(cursor).posts
        assert post.guid == urn(page.notes[2])
        assert [target.count("image%3A") for target in page.asked()] == [1]

    def test_other_words_are_an_edit(self, page: Page) -> None:
        cursor = page.visit().cursor
        page.notes[0] = replace(page.notes[0], picture="Better described.")
        (medium,) = media_of(*page.visit(cursor).posts)
        assert medium.alt == "Better described."

    def test_an_app_that_may_not_ask_for_many_asks_for_each(self, page: Page) -> None:
        page.linkedin.may_batch = False
        assert len(media_of(*page.visit().posts)) == 2
        assert len(page.asked()) == 3

    @pytest.mark.parametrize(
        "error", [ServerFault(), TimedOut(), Denied(status=400), TokenRevoked(), error_of(404)]
    )
    def test_whatever_goes_wrong_no_post_is_lost(self, error: FetchError) -> None:
        (post,) = follow(told(error)).posts
        assert post.media == ()

    @pytest.mark.parametrize(
        "image",
        [
            {},
            {"status": "PROCESSING"},
            {"downloadUrl": 3},
            {"downloadUrl": "ftp://media.example/"},
            {"downloadUrl": "https://media.example/" + "a" * 2000},
        ],
    )
    def test_what_has_no_address_is_left_out(self, image: dict[str, Any]) -> None:
        assert media_of(*follow(told(found(**image))).posts) == []

    def test_a_wait_that_pictures_are_refused_with_counts(self) -> None:
        wait = timedelta(hours=2)
        result = follow(told(RateLimited(retry_after=wait)))
        assert (len(result.posts), result.wait) == (1, wait)

    def test_whoever_is_told_to_wait_does_not_ask(self) -> None:
        web = told(found(downloadUrl=BOAT))
        wait = timedelta(minutes=5)
        web.answers["/rest/posts"] = replace(answer({"elements": [ELEMENT]}), wait=wait)
        result = follow(web)
        assert result.wait == wait
        assert [url for url in web.asked if "images" in url] == []


class TestPermission:
    """A token that may read posts and not images."""

    def test_posts_come_without_pictures(self, page: Page) -> None:
        page.linkedin.may_see_pictures = False
        result = page.visit()
        assert (len(result.posts), media_of(*result.posts)) == (2, [])

    def test_it_is_not_asked_again(self, page: Page) -> None:
        page.linkedin.may_see_pictures = False
        cursor = page.visit().cursor
        page.asked()
        page.notes.append(pictured(3))
        cursor = page.visit(cursor).cursor
        page.notes.append(pictured(4))
        page.visit(cursor)
        page.look_up(cursor)
        assert page.asked() == []

    def test_another_token_is_tried(self, page: Page) -> None:
        page.linkedin.may_see_pictures = False
        cursor = page.visit().cursor
        page.linkedin.may_see_pictures, page.linkedin.token = True, "better"
        page.keys = FakeKeys("better")
        assert len(media_of(*page.look_up(cursor).posts)) == 2
        page.notes.append(pictured(3))
        assert len(media_of(*page.visit(cursor).posts)) == 1

    def test_the_token_is_not_kept(self, page: Page) -> None:
        page.linkedin.may_see_pictures, page.linkedin.token = False, "a-secret"
        page.keys = FakeKeys("a-secret")
        assert b"a-secret" not in (page.visit().cursor or b"")


class TestLookUp:
    """Pictures of posts that widgets show."""

    SOUGHT = Sought(ELEMENT["id"], None, (STORED,))

    def look_up(self, images: Any) -> list[Media]:
        found = answer({"results": {ELEMENT["id"]: ELEMENT}})
        web = Told({"/rest/posts": found, "/rest/images": images})
        sightings = look_up(web, [self.SOUGHT], FakeKeys())
        assert sightings.present == {ELEMENT["id"]}
        return media_of(*sightings.posts)

    def test_an_address_that_ended_is_replaced(self) -> None:
        assert self.look_up(found(downloadUrl=BOAT)) == [replace(STORED, url=BOAT)]

    @pytest.mark.parametrize(
        "images",
        [ServerFault(), RateLimited(), error_of(403), found(status="PROCESSING"), answer({})],
    )
    def test_without_an_answer_the_known_one_stays(self, images: Any) -> None:
        assert self.look_up(images) == [STORED]

    def test_a_picture_that_is_not_there_any_more_goes(self) -> None:
        gone = {"results": {}, "errors": {"urn:li:image:A": {"status": 404}}}
        assert self.look_up(answer(gone)) == []

    def test_many_are_asked_for_in_parts(self, page: Page) -> None:
        page.notes = [pictured(number) for number in range(1, 46)]
        assert len(media_of(*page.look_up().posts)) == 45
        assert len(page.asked()) == 3
