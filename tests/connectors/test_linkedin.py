"""The platform ``linkedin``: addresses, tokens and versions, posts of its interface."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import linkedin
from aggregator.connectors._linkedin_errors import end_of, meant
from aggregator.connectors._linkedin_post import is_withdrawn, post_of
from aggregator.connectors._shape import Part
from aggregator.demo.interface import Reply
from aggregator.demo.linkedin import LinkedIn, urn
from aggregator.demo.notes import Note
from aggregator.errors import (
    Denied,
    FetchError,
    NotFound,
    PermissionMissing,
    RateLimited,
    ServerFault,
    TokenExpired,
    TokenRevoked,
    TokenWrong,
    UnexpectedShape,
)
from aggregator.model import Document, FetchResult, PostKind, RawPost, Sightings, Token
from tests.connectors.social import (
    ACCOUNT,
    NOW,
    OTHER,
    FakeKeys,
    Sample,
    Told,
    answer,
    error_of,
    look_up,
    note,
    refusal_of,
    visit,
)
from tests.connectors.test_golden import named

NAME = "example-institute"
PAGE = replace(ACCOUNT, handle=NAME)
PARTS = {"REFRESH_TOKEN": "again", "CLIENT_ID": "app", "CLIENT_SECRET": "app secret"}
ENTRANCE = "https://media.linkedin.example/dms/image/D4E10A?e=1795255200&v=beta&t=signed"
ELEMENT: dict[str, Any] = {
    "id": "urn:li:share:7100000000000000001",
    "commentary": "Hello",
    "visibility": "PUBLIC",
    "lifecycleState": "PUBLISHED",
    "publishedAt": 1795168800000,
}


class Page:
    """A page on the sample platform, and who follows it."""

    def __init__(self) -> None:
        self.now = NOW
        self.notes: list[Note] = [note(1), note(2)]
        self.keys = FakeKeys(**PARTS)
        self.linkedin = LinkedIn(
            PAGE, lambda: self.notes, lambda: self.now, token="good", refresh="again"
        )

    def visit(
        self, cursor: bytes | None = None, address: str = NAME, **options: Any
    ) -> FetchResult:
        web = Sample(self.linkedin)
        return visit(linkedin, web, address, cursor=cursor, options=options, keys=self.keys)

    def look_up(self, *notes: Note, address: str = NAME) -> Sightings:
        ids = (urn(one) for one in notes)
        return look_up(linkedin, Sample(self.linkedin), address, *ids, keys=self.keys)


@pytest.fixture
def page() -> Page:
    return Page()


def said_in(result: FetchResult) -> list[str]:
    return [post.body.value for post in result.posts if post.body]


def read(**changes: Any) -> RawPost:
    post = post_of(Part(ELEMENT | changes))
    assert post is not None
    return post


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Example-Institute", NAME),
        ("12345678", "12345678"),
        ("urn:li:organization:12345678", "12345678"),
        ("https://www.linkedin.com/company/example-institute/posts/?x=1", NAME),
        ("de.linkedin.com/company/example-institute", NAME),
        ("https://www.linkedin.com/school/example-institute/", NAME),
        ("https://www.linkedin.com/company/12345678/admin/", "12345678"),
        ("https://www.linkedin.com/company/instituto-espa%C3%B1ol", "instituto-español"),
    ],
)
def test_good_addresses(written: str, address: str) -> None:
    assert linkedin.read_address(written) == address


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("", linkedin.EXAMPLE),
        ("two words", linkedin.EXAMPLE),
        ("https://www.linkedin.com/feed/update/urn:li:share:1/", linkedin.EXAMPLE),
        ("https://institute.example/", linkedin.EXAMPLE),
        ("https://www.linkedin.com/in/somebody", "page of a person"),
    ],
)
def test_bad_addresses_are_answered_with_a_hint(written: str, hint: str) -> None:
    with pytest.raises(ValueError, match=r"\S+ \S+ \S+") as caught:
        linkedin.read_address(written)
    assert hint in str(caught.value)


@pytest.mark.parametrize("version", [8, 202613, 2026080, 0])
def test_a_version_is_a_month(version: int) -> None:
    with pytest.raises(ValueError, match="a year and a month"):
        linkedin.Options(version=version)


def test_the_timeline_is_read_as_expected() -> None:
    sample = Path(__file__).parent / "linkedin" / "timeline.json"
    found = answer(json.loads(sample.read_text("utf-8")))
    organization = {"id": 77, "localizedName": "Example Institute", "vanityName": NAME}
    image = {"id": "urn:li:image:D4E10A", "status": "AVAILABLE", "downloadUrl": ENTRANCE}
    web = Told(
        {
            "/rest/organizations": answer({"elements": [organization]}),
            "/rest/posts": found,
            "/rest/images": answer({"results": {image["id"]: image}}),
        }
    )
    result = visit(linkedin, web, NAME, options={"include_reposts": True}, keys=FakeKeys())
    expected = json.loads(sample.with_name("timeline.json.expected.json").read_text("utf-8"))
    assert {"profile": named(result.profile), "posts": named(result.posts)} == expected


class TestVisits:
    """Asking the sample platform."""

    def test_posts_come_newest_first_with_the_name_of_the_page(self, page: Page) -> None:
        result = page.visit()
        assert [post.guid for post in result.posts] == [urn(one) for one in page.notes[::-1]]
        assert result.profile is not None
        assert result.profile.title == PAGE.name

    def test_the_page_is_looked_up_once(self, page: Page) -> None:
        cursor = page.visit().cursor
        page.linkedin.asked.clear()
        page.notes.append(note(3, "The third."))
        assert said_in(page.visit(cursor)) == ["The third."]
        assert len(page.linkedin.asked) == 1

    @pytest.mark.parametrize("address", ["77", NAME])
    def test_a_number_is_as_good_as_the_name(self, page: Page, address: str) -> None:
        assert len(page.visit(address=address).posts) == 2

    def test_a_number_is_enough_where_the_name_may_not_be_read(self) -> None:
        web = Told({"/rest/organ": error_of(403), "/rest/posts": answer({"elements": [ELEMENT]})})
        result = visit(linkedin, web, "77", keys=FakeKeys())
        assert (len(result.posts), result.profile) == (1, None)

    def test_where_the_name_may_not_be_looked_up_the_number_is_asked_for(self) -> None:
        with pytest.raises(PermissionMissing) as caught:
            visit(linkedin, Told({"/rest/": error_of(403)}), NAME, keys=FakeKeys())
        assert "number instead of its name" in caught.value.advice

    def test_a_page_that_nobody_knows_is_told(self, page: Page) -> None:
        with pytest.raises(NotFound, match="no organization another-one") as caught:
            page.visit(address="another-one")
        assert "https://www.linkedin.com/company/another-one/" in caught.value.advice

    def test_an_edit_of_an_old_post_is_noticed(self, page: Page) -> None:
        page.notes = [note(number) for number in range(1, 101)]
        cursor = page.visit().cursor
        page.notes[0] = replace(page.notes[0], text="Better said.", edited=NOW)
        assert said_in(page.visit(cursor)) == ["Better said."]

    def test_all_that_is_new_is_read_page_by_page(self, page: Page) -> None:
        cursor = page.visit().cursor
        page.notes += [note(number) for number in range(3, 123)]
        assert len(page.visit(cursor).posts) == 120

    def test_a_page_without_posts_is_no_trouble(self, page: Page) -> None:
        page.notes = []
        assert page.visit().posts == ()

    @pytest.mark.parametrize("asked", [True, False])
    def test_what_is_passed_on_is_shown_where_staff_ask_for_it(
        self, page: Page, *, asked: bool
    ) -> None:
        page.notes = [note(1, "Proud of our friends.", by=OTHER)]
        result = page.visit(include_reposts=asked)
        assert [post.kind for post in result.posts] == [PostKind.REPOST] * asked

    def test_what_it_is_asked_with(self) -> None:
        asked: dict[str, str] = {}

        class Listening(LinkedIn):
            def denied(self, path: str, fields: Any) -> Reply | None:
                asked.update(fields)
                return super().denied(path, fields)

        platform = Listening(PAGE, list, lambda: NOW, token="good")
        visit(linkedin, Sample(platform), "77", keys=FakeKeys())
        del asked["host"]
        assert asked == {
            "authorization": "Bearer good",
            "linkedin-version": "202608",
            "x-restli-protocol-version": "2.0.0",
            "x-restli-method": "FINDER",
        }

    def test_the_author_stands_before_q_and_the_token_nowhere(self, page: Page) -> None:
        page.visit()
        *_, last = page.linkedin.asked
        assert last.startswith("/rest/posts?author=urn%3Ali%3Aorganization%3A77&q=author&")
        assert not [target for target in page.linkedin.asked if "good" in target]

    @pytest.mark.parametrize(
        "href", ["/rest/posts?start=-1", "/rest/posts", "https://[", 3, None, "/rest?start=1%20"]
    )
    def test_a_next_page_that_is_none_ends_the_pages(self, href: Any) -> None:
        links = [{"rel": "next", "href": href}]
        said = answer({"paging": {"links": links}, "elements": [ELEMENT]})
        web = Told({"/rest/organ": error_of(403), "/rest/posts": said})
        visit(linkedin, web, "77", keys=FakeKeys())
        assert len(web.asked) == 2


class TestTokens:
    """What the platform is shown, and what it says of it."""

    def test_one_that_has_ended_is_renewed_and_the_visit_goes_on(self, page: Page) -> None:
        page.now += timedelta(days=61)
        assert len(page.visit().posts) == 2
        (grant,) = page.keys.grants
        assert (grant.expires_in, grant.refresh) == (timedelta(days=60), "again")
        assert grant.refresh_expires_in == timedelta(days=304)

    def test_without_what_renewing_needs_it_is_told_as_it_is(self, page: Page) -> None:
        page.now += timedelta(days=61)
        page.keys = FakeKeys()
        with pytest.raises(TokenWrong, match="A_TOKEN") as caught:
            page.visit()
        assert linkedin.TOKEN.page in caught.value.advice

    ALONE: ClassVar = {name: held for name, held in PARTS.items() if name != "REFRESH_TOKEN"}
    """What an app has that gets no refresh tokens."""

    def test_of_one_that_nothing_renews_the_end_is_asked_for(self, page: Page) -> None:
        page.keys = FakeKeys(**self.ALONE)
        page.visit()
        assert page.keys.ends == [NOW + timedelta(days=60)]

    @pytest.mark.parametrize("parts", [PARTS, {}, {"CLIENT_ID": "app"}])
    def test_else_it_is_not(self, page: Page, parts: dict[str, str]) -> None:
        """A renewal tells it; and who has no app cannot ask."""
        page.keys = FakeKeys(**parts)
        page.visit()
        assert page.keys.ends == []

    def end_of(self, said: Any) -> datetime | None:
        """What we understand of an answer."""

        class Web(Told):
            async def post(self, url: str, content: bytes, **_: Any) -> Document:
                assert url == "https://www.linkedin.com/oauth/v2/introspectToken"
                assert b"token=good" in content
                return answer(said)

        token = Token("A_TOKEN", "good", self.ALONE)
        return asyncio.run(end_of(Web(), "https://www.linkedin.com", token))

    def test_an_end_that_has_passed_is_one(self) -> None:
        said = {"active": False, "status": "expired", "expires_at": 1_700_000_000}
        assert self.end_of(said) == datetime.fromtimestamp(1_700_000_000, UTC)

    @pytest.mark.parametrize(
        "said",
        [
            {"active": False},
            {"active": False, "status": "revoked", "expires_at": 1_800_000_000},
            {"active": True, "expires_at": 0},
            {"active": True, "expires_at": 10**15},
            {"active": True, "expires_at": "soon"},
        ],
    )
    def test_what_tells_no_end_is_none(self, said: Any) -> None:
        assert self.end_of(said) is None

    def test_after_a_year_a_person_has_to_make_a_new_one(self, page: Page) -> None:
        page.now += timedelta(days=366)
        with pytest.raises(TokenExpired, match="refresh token") as caught:
            page.visit()
        assert "A_TOKEN_REFRESH_TOKEN" in caught.value.advice

    def test_one_that_was_taken_back_is_not_renewed(self, page: Page) -> None:
        page.linkedin.is_revoked = True
        with pytest.raises(TokenRevoked):
            page.visit()
        assert page.keys.grants == []

    def test_an_app_that_is_not_known_is_told(self, page: Page) -> None:
        page.keys = FakeKeys("old", **PARTS | {"CLIENT_SECRET": ""})
        with pytest.raises(TokenWrong, match="does not know the app") as caught:
            page.visit()
        assert "A_TOKEN_CLIENT_SECRET" in caught.value.advice

    def test_a_version_that_was_retired_is_told_with_the_option(self, page: Page) -> None:
        page.linkedin.version = 202611
        with pytest.raises(Denied, match="retired the version") as caught:
            page.visit()
        assert "options: {version:" in caught.value.advice

    def test_another_version_may_be_asked_for(self, page: Page) -> None:
        page.linkedin.version = 202611
        assert len(page.visit(version=202612).posts) == 2

    def test_the_daily_limit_ends_at_midnight_by_the_clock_of_the_platform(self) -> None:
        said = {"message": "… APPLICATION DAY limit …", "code": "TOO_MANY_REQUESTS"}
        reply = Reply(429, said, {"date": "Mon, 23 Nov 2026 21:30:00 GMT"})
        found = meant(refusal_of(reply), Token("A_TOKEN", "good"))
        assert isinstance(found, RateLimited)
        assert found.retry_after == timedelta(hours=2, minutes=30)

    LAST = "Fri, 31 Dec 9999 23:00:00 GMT"

    @pytest.mark.parametrize("date", ["", "soon", "Mon, 99 Nov 2026 21:30:00 GMT", LAST])
    def test_without_a_clock_the_wait_is_ours(self, date: str) -> None:
        reply = Reply(429, {"message": "DAY"}, {"date": date})
        assert meant(refusal_of(reply), Token("A_TOKEN", "good")).retry_after is None

    def test_a_wait_that_is_told_counts(self) -> None:
        error = refusal_of(
            Reply(429, {"message": "DAY"}, {"date": "Mon, 23 Nov 2026 21:30:00 GMT"})
        )
        error.retry_after = timedelta(seconds=9)
        assert meant(error, Token("A_TOKEN", "good")).retry_after == timedelta(seconds=9)

    @given(st.binary(max_size=80), st.sampled_from([400, 401, 403, 404, 426, 429, 503]))
    def test_whatever_a_refusal_says_it_stays_one(self, body: bytes, status: int) -> None:
        error = error_of(status)
        error.body = body
        assert meant(error, Token("A_TOKEN", "good")).status == status


class TestLookUp:
    """Whether posts are still there."""

    def test_a_deleted_post_is_gone_and_an_edit_is_taken_over(self, page: Page) -> None:
        first, second = page.notes
        page.notes = [replace(second, text="Better said.", edited=NOW)]
        found = page.look_up(first, second)
        assert found.gone == {urn(first)}
        assert found.present == {urn(second)}
        assert [post.body and post.body.value for post in found.posts] == ["Better said."]

    def test_an_app_that_may_not_ask_for_many_asks_for_each(self, page: Page) -> None:
        page.linkedin.may_batch = False
        first, second = page.notes
        page.notes = [second]
        found = page.look_up(first, second)
        assert found.gone == {urn(first)}
        assert found.present == {urn(second)}

    def test_many_are_asked_for_in_parts(self, page: Page) -> None:
        page.notes = [note(number) for number in range(1, 46)]
        assert len(page.look_up(*page.notes).present) == 45
        assert len(page.linkedin.asked) == 3

    def test_nothing_is_gone_where_the_page_itself_is_not_shown(self, page: Page) -> None:
        with pytest.raises(PermissionMissing):
            page.look_up(note(9), address="78")

    @pytest.mark.parametrize("error", [ServerFault, RateLimited])
    def test_an_outage_tells_nothing(self, error: type[FetchError]) -> None:
        web = Told({"/rest/": error()})
        with pytest.raises(error):
            look_up(linkedin, web, "77", "urn:li:share:1", keys=FakeKeys())

    def test_what_the_answer_leaves_out_is_not_told_of(self) -> None:
        web = Told({"/rest/posts": answer({"results": {}, "errors": {"urn:li:share:2": {}}})})
        found = look_up(linkedin, web, "77", "urn:li:share:1", "urn:li:share:2", keys=FakeKeys())
        assert found == Sightings(frozenset(), frozenset())

    def test_what_is_no_id_of_theirs_is_not_asked_for(self) -> None:
        web = Told()
        look_up(linkedin, web, "77", "https://institute.example/1", keys=FakeKeys())
        assert web.asked == []

    @pytest.mark.parametrize(
        ("said", "withdrawn"),
        [
            ({}, False),
            ({"visibility": "LOGGED_IN"}, True),
            ({"lifecycleState": "DRAFT"}, True),
            ({"visibility": None}, False),
        ],
    )
    def test_only_what_says_so_is_withdrawn(self, said: Any, *, withdrawn: bool) -> None:
        assert is_withdrawn(Part(ELEMENT | said)) is withdrawn


class TestPosts:
    """What an element says."""

    def test_a_page_whose_address_stands_in_the_text_is_not_shown_twice(self) -> None:
        text = "Read https://institute.example/report"
        article = {"source": "https://institute.example/report", "title": "Report"}
        post = read(commentary=text, content={"article": article})
        assert post.body is not None
        assert post.body.value == text

    def test_what_is_passed_on_without_a_word_says_nothing(self) -> None:
        assert (
            post_of(Part(ELEMENT | {"commentary": "", "reshareContext": {"parent": "x"}})) is None
        )

    @pytest.mark.parametrize("moment", [10**30, -(10**30), "soon", True, 1.5])
    def test_an_impossible_date_is_left_out(self, moment: Any) -> None:
        assert read(publishedAt=moment).published is None

    @pytest.mark.parametrize("text", [None, 3, ["a"]])
    def test_a_text_that_is_none_is_left_out(self, text: Any) -> None:
        assert read(commentary=text).body is None

    def test_one_bad_post_is_lost_alone(self) -> None:
        elements = [{"id": 3}, ELEMENT, None, {"id": "urn:li:member:1"}]
        web = Told({"/rest/posts": answer({"elements": elements})})
        assert len(visit(linkedin, web, "77", keys=FakeKeys()).posts) == 1

    def test_where_no_post_can_be_read_the_platform_changed(self) -> None:
        web = Told({"/rest/posts": answer({"elements": [{"id": 3}]})})
        with pytest.raises(UnexpectedShape, match="id"):
            visit(linkedin, web, "77", keys=FakeKeys())

    @given(
        st.dictionaries(
            st.sampled_from(
                [*ELEMENT, "content", "distribution", "reshareContext", "lifecycleStateInfo"]
            ),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(),
                lambda inner: (
                    st.lists(inner)
                    | st.dictionaries(
                        st.sampled_from(["media", "id", "article", "source", "title", "parent"]),
                        inner,
                    )
                ),
                max_leaves=10,
            ),
        )
    )
    def test_any_post_is_read_or_told(self, changes: dict[str, Any]) -> None:
        try:
            post = post_of(Part(ELEMENT | changes))
        except UnexpectedShape:
            return
        assert post is None or post.guid


@pytest.fixture(name="recorded", scope="module")
def _recorded() -> Path:
    folder = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/linkedin"
    if not folder.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    return folder


def elements_of(recorded: Path) -> Iterator[Part]:
    name = "CONSTRUCTED_posts_by_author_p1.json"
    return Part(json.loads((recorded / name).read_bytes())).items("elements")


@pytest.mark.corpus
class TestRecorded:
    """Answers of the real platform, or as its documents have them, with the manifest's counts."""

    def test_every_post_of_the_page_is_read(self, recorded: Path) -> None:
        posts = [post_of(element) for element in elements_of(recorded)]
        kinds = [post.kind for post in posts if post]
        assert kinds == [PostKind.ORIGINAL] * 4 + [PostKind.REPOST]
        assert [bool(post.updated) for post in posts if post] == [False] * 3 + [True, False]

    def test_its_little_text(self, recorded: Path) -> None:
        post = post_of(next(elements_of(recorded)))
        assert post is not None
        assert post.body is not None
        assert post.body.value == "Welcome to #hospital life with Example University (partner) 🏥"
        assert (post.tags, len(post.spans)) == (("hospital",), 2)

    def test_a_film_is_watched_where_the_post_is(self, recorded: Path) -> None:
        _, film, *_ = (post_of(element) for element in elements_of(recorded))
        assert film is not None
        assert [(one.url, one.type) for one in film.media] == [(film.permalink, "video/*")]

    def test_a_real_post(self, recorded: Path) -> None:
        post = post_of(Part(json.loads((recorded / "post_image_real.json").read_bytes())))
        assert post is not None
        assert [(one.id, one.alt) for one in post.media] == [
            ("urn:li:image:D4E10AQE71V5w_-aalA", "Image")
        ]
        assert post.published is not None
        assert post.published.said.startswith("2023-03-24T13:16:04")

    def test_the_next_page_is_the_one_that_is_named(self, recorded: Path) -> None:
        said = json.loads((recorded / "CONSTRUCTED_posts_by_author_p1.json").read_bytes())
        web = Told({"/rest/posts": answer(said), "/rest/organ": error_of(403)})
        visit(linkedin, web, "2414183", keys=FakeKeys())
        # That one says the same, and the pages end.
        pages = [url for url in web.asked if "/rest/posts" in url]
        assert [url.partition("&start=")[2][:2] for url in pages] == ["0&", "5&"]

    def test_every_error_is_told_apart(self, recorded: Path) -> None:
        said = json.loads((recorded / "errors_attested.json").read_bytes())
        replies = [Reply(one["status"], one["body"]) for one in said]
        token = Token("A_TOKEN", "good")
        kinds = [type(meant(refusal_of(reply), token)) for reply in replies]
        assert kinds == [
            TokenRevoked,
            TokenWrong,
            PermissionMissing,
            Denied,
            Denied,
            RateLimited,
            NotFound,
        ]
