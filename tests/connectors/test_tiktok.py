"""The platform ``tiktok``: addresses, tokens that rotate, videos of its interface."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import tiktok
from aggregator.connectors._shape import Part
from aggregator.connectors._tiktok_token import meant, said_in
from aggregator.connectors._tiktok_video import post_of
from aggregator.demo.notes import Account, Note
from aggregator.demo.tiktok import TikTok, video_id
from aggregator.errors import (
    FetchError,
    PermissionMissing,
    RateLimited,
    Refused,
    ServerFault,
    TokenExpired,
    TokenWrong,
    UnexpectedShape,
)
from aggregator.model import Document, FetchResult, Sightings, Token
from tests.connectors.social import (
    NOW,
    FakeKeys,
    Sample,
    Told,
    answer,
    error_of,
    look_up,
    note,
    visit,
)
from tests.connectors.test_golden import named

NAME = "@institute"
ACCOUNT = Account("institute", "Example Institute", 77)
PARTS = {"REFRESH_TOKEN": "once", "CLIENT_KEY": "app", "CLIENT_SECRET": "app secret"}
TOKEN = Token("A_TOKEN", "good")
OK = {"code": "ok", "message": "", "log_id": "1"}
VIDEO: dict[str, Any] = {"id": "7300000000000000001", "title": "Hello", "create_time": 1795168800}
USER = {"user": {"open_id": "-00077", "username": "institute", "display_name": "Institute"}}


class Owner:
    """An account on the sample platform, and who follows it."""

    def __init__(self) -> None:
        self.now = NOW
        self.notes: list[Note] = [note(1), note(2)]
        self.keys = FakeKeys(**PARTS)
        self.tiktok = TikTok(
            ACCOUNT, lambda: self.notes, lambda: self.now, token="good", refresh="once"
        )

    def visit(self, cursor: bytes | None = None, address: str = NAME) -> FetchResult:
        return visit(tiktok, Sample(self.tiktok), address, cursor=cursor, keys=self.keys)

    def look_up(self, *notes: Note, address: str = NAME) -> Sightings:
        ids = (video_id(one) for one in notes)
        return look_up(tiktok, Sample(self.tiktok), address, *ids, keys=self.keys)


class Posted(Told):
    """A client that was told what to answer to a POST as well."""

    async def post(self, url: str, content: bytes, **_: Any) -> Document:
        del content
        return await self.get(url)


@pytest.fixture
def owner() -> Owner:
    return Owner()


def said(data: Any, error: Mapping[str, str] = OK) -> Document:
    return answer({"data": data, "error": error})


def told(*videos: Any, user: Any = USER) -> Posted:
    return Posted({"/v2/user/": said(user), "/v2/video/": said({"videos": videos})})


def captions(result: FetchResult) -> list[str]:
    return [post.body.value for post in result.posts if post.body]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("@institute", NAME),
        ("Institute", NAME),
        ("institute_of.rehab", "@institute_of.rehab"),
        ("https://www.tiktok.com/@institute?lang=en", NAME),
        ("tiktok.com/@Institute/video/7300000000000000001", NAME),
    ],
)
def test_good_addresses(written: str, address: str) -> None:
    assert tiktok.read_address(written) == address


@pytest.mark.parametrize(
    "written",
    ["", "@", "two words", "https://vm.tiktok.com/ZM123/", "tiktok.com", "@ünlocked", "@a" * 20],
)
def test_bad_addresses_are_answered_with_a_hint(written: str) -> None:
    with pytest.raises(ValueError, match=f"written as {tiktok.EXAMPLE}"):
        tiktok.read_address(written)


def test_the_timeline_is_read_as_expected() -> None:
    sample = Path(__file__).parent / "tiktok" / "timeline.json"
    videos = answer(json.loads(sample.read_text("utf-8")))
    web = Posted({"/v2/user/": said(USER), "/v2/video/": videos})
    result = visit(tiktok, web, NAME, keys=FakeKeys())
    expected = json.loads(sample.with_name("timeline.json.expected.json").read_text("utf-8"))
    assert {"profile": named(result.profile), "posts": named(result.posts)} == expected


class TestVisits:
    """Asking the sample platform."""

    def test_videos_come_newest_first_with_the_name_of_the_account(self, owner: Owner) -> None:
        result = owner.visit()
        assert [post.guid for post in result.posts] == [video_id(one) for one in owner.notes[::-1]]
        assert result.profile is not None
        assert result.profile.title == ACCOUNT.name

    def test_the_account_is_asked_for_once(self, owner: Owner) -> None:
        cursor = owner.visit().cursor
        owner.tiktok.asked.clear()
        owner.notes.append(note(3, "The third."))
        assert captions(owner.visit(cursor)) == ["The third."]
        assert len(owner.tiktok.asked) == 1

    def test_new_signatures_of_covers_are_no_change(self, owner: Owner) -> None:
        cursor = owner.visit().cursor
        owner.now += timedelta(hours=1)
        assert owner.visit(cursor).unchanged

    def test_a_new_caption_is_an_edit_of_that_video_alone(self, owner: Owner) -> None:
        cursor = owner.visit().cursor
        owner.notes[0] = note(1, "Better said.")
        assert captions(owner.visit(cursor)) == ["Better said."]

    def test_all_that_is_new_is_read_page_by_page(self, owner: Owner) -> None:
        cursor = owner.visit().cursor
        owner.notes += [note(number) for number in range(3, 63)]
        assert len(owner.visit(cursor).posts) == 60

    def test_an_account_without_videos_is_no_trouble(self, owner: Owner) -> None:
        owner.notes = []
        assert owner.visit().posts == ()

    def test_the_token_stands_in_no_address(self, owner: Owner) -> None:
        owner.visit()
        assert not [target for target in owner.tiktok.asked if "good" in target]


class TestAccounts:
    """Whose token it is."""

    def test_that_of_another_account_is_told(self, owner: Owner) -> None:
        with pytest.raises(Refused, match="belongs to @institute on TikTok") as caught:
            owner.visit(address="@another")
        assert "write @institute" in caught.value.advice

    def test_a_token_that_was_exchanged_is_noticed_by_its_videos(self, owner: Owner) -> None:
        cursor = owner.visit().cursor
        owner.tiktok.account = Account("another", "Another", 78)
        with pytest.raises(Refused, match="belongs to @another"):
            owner.visit(cursor)

    def test_an_account_under_a_new_name_is_followed_on(self, owner: Owner) -> None:
        cursor = owner.visit().cursor
        owner.tiktok.account = Account("new.institute", "Example Institute", 77)
        owner.notes.append(note(3, "Under a new name."))
        assert "Under a new name." in captions(owner.visit(cursor))

    def test_nothing_of_another_account_is_ever_gone(self, owner: Owner) -> None:
        with pytest.raises(Refused):
            owner.look_up(note(9), address="@another")


class TestTokens:
    """What the platform is shown, and what it says of it."""

    def test_one_that_has_ended_is_renewed_and_the_visit_goes_on(self, owner: Owner) -> None:
        owner.now += timedelta(hours=3)
        assert len(owner.visit().posts) == 2
        (grant,) = owner.keys.grants
        assert (grant.expires_in, grant.refresh_expires_in) == (
            timedelta(hours=2),
            timedelta(days=180),
        )

    def test_the_next_renewal_shows_what_the_last_one_brought(self, owner: Owner) -> None:
        for _ in range(3):
            owner.now += timedelta(hours=3)
            owner.visit()
        refreshed = [grant.refresh for grant in owner.keys.grants]
        assert refreshed == [f"institute-refresh-{number}" for number in (1, 2, 3)]

    def test_without_what_renewing_needs_it_is_told_what_to_set(self, owner: Owner) -> None:
        owner.now += timedelta(hours=3)
        owner.keys = FakeKeys()
        with pytest.raises(TokenExpired, match="A_TOKEN") as caught:
            owner.visit()
        assert "A_TOKEN_CLIENT_KEY" in caught.value.advice
        assert tiktok.TOKEN.page in caught.value.advice

    def test_a_permission_that_was_taken_back_is_told(self, owner: Owner) -> None:
        owner.tiktok.is_revoked = True
        with pytest.raises(TokenExpired, match="took it back"):
            owner.visit()

    def test_an_app_that_is_not_known_is_told(self, owner: Owner) -> None:
        owner.keys = FakeKeys("old", **PARTS | {"CLIENT_KEY": ""})
        with pytest.raises(TokenWrong, match="does not know the app"):
            owner.visit()

    def test_a_refusal_to_renew_may_come_with_a_good_status(self) -> None:
        ended = error_of(401)
        ended.body = json.dumps({"error": {"code": "access_token_invalid"}}).encode()
        web = Posted({"/v2/oauth/": answer({"error": "invalid_grant"}), "/v2/": ended})
        with pytest.raises(TokenExpired, match="took it back"):
            visit(tiktok, web, NAME, keys=FakeKeys(**PARTS))

    @pytest.mark.parametrize("scope", ["user.info.profile", "video.list"])
    def test_a_scope_that_is_missing_is_told(self, owner: Owner, scope: str) -> None:
        owner.tiktok.scopes.remove(scope)
        with pytest.raises(PermissionMissing) as caught:
            owner.visit()
        assert scope in caught.value.advice

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            ("access_token_invalid", TokenExpired),
            ("scope_permission_missed", PermissionMissing),
            ("rate_limit_exceeded", RateLimited),
            ("internal_error", ServerFault),
            ("invalid_params", UnexpectedShape),
            ("a_new_one", UnexpectedShape),
        ],
    )
    def test_an_error_counts_whatever_the_status(self, code: str, kind: type[FetchError]) -> None:
        web = Posted({"/v2/": said({}, {"code": code})})
        with pytest.raises(kind):
            visit(tiktok, web, NAME, keys=FakeKeys())

    def test_a_wait_that_is_told_counts(self) -> None:
        error = error_of(429)
        error.body = json.dumps({"error": {"code": "rate_limit_exceeded"}}).encode()
        error.retry_after = timedelta(seconds=60)
        found = meant(said_in(error), TOKEN, "", error)
        assert isinstance(found, RateLimited)
        assert found.retry_after == timedelta(seconds=60)

    @given(st.binary(max_size=80), st.sampled_from([400, 401, 403, 404, 429, 503]))
    def test_whatever_a_refusal_says_it_stays_one(self, body: bytes, status: int) -> None:
        error = error_of(status)
        error.body = body
        found = meant(said_in(error), TOKEN, "", error)
        assert found is not None
        assert found.status == status


class TestLookUp:
    """Whether videos are still there."""

    def test_a_deleted_video_is_gone_and_the_others_are_as_they_are_now(self, owner: Owner) -> None:
        first, second = owner.notes
        owner.notes = [note(2, "Better said.")]
        found = owner.look_up(first, second)
        assert found.gone == {video_id(first)}
        assert found.present == {video_id(second)}
        assert [post.body and post.body.value for post in found.posts] == ["Better said."]

    def test_many_are_asked_for_in_parts(self, owner: Owner) -> None:
        owner.notes = [note(number) for number in range(1, 46)]
        assert len(owner.look_up(*owner.notes).present) == 45

    def test_an_outage_tells_nothing(self, owner: Owner) -> None:
        owner.tiktok.is_down = True
        with pytest.raises(ServerFault):
            owner.look_up(*owner.notes)

    @pytest.mark.parametrize("data", [{}, {"videos": None}, {"videos": [{"id": 3}]}])
    def test_a_strange_answer_tells_nothing(self, data: Any) -> None:
        web = Posted({"/v2/user/": said(USER), "/v2/video/": said(data)})
        with pytest.raises(UnexpectedShape):
            look_up(tiktok, web, NAME, "7300000000000000001", keys=FakeKeys())

    def test_what_is_no_id_of_theirs_is_not_asked_for(self) -> None:
        web = Posted()
        look_up(tiktok, web, NAME, "https://institute.example/1", keys=FakeKeys())
        assert web.asked == []


class TestShape:
    """What is not as it should be."""

    def test_one_bad_video_is_lost_alone(self) -> None:
        web = told({"id": 3}, VIDEO, None, {"id": "a/b"})
        assert len(visit(tiktok, web, NAME, keys=FakeKeys()).posts) == 1

    def test_where_no_video_can_be_read_the_platform_changed(self) -> None:
        with pytest.raises(UnexpectedShape, match="id"):
            visit(tiktok, told({"id": 3}), NAME, keys=FakeKeys())

    @pytest.mark.parametrize("moment", [10**30, True, "soon", 1.5, 0])
    def test_an_impossible_date_is_left_out(self, moment: Any) -> None:
        assert post_of(Part(VIDEO | {"create_time": moment}), NAME).published is None

    @pytest.mark.parametrize("cursor", [None, "1", 1])
    def test_pages_end(self, cursor: Any) -> None:
        data = {"videos": [VIDEO], "cursor": cursor, "has_more": True}
        web = Posted({"/v2/user/": said(USER), "/v2/video/": said(data)})
        visit(tiktok, web, NAME, keys=FakeKeys())
        assert len(web.asked) <= 3

    @given(
        st.dictionaries(
            st.sampled_from(
                [*VIDEO, "video_description", "share_url", "cover_image_url", "duration", "width"]
            ),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(),
                lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
                max_leaves=5,
            ),
        )
    )
    def test_any_video_is_read_or_told(self, changes: dict[str, Any]) -> None:
        try:
            post = post_of(Part(VIDEO | changes), NAME)
        except UnexpectedShape:
            return
        assert post.guid
        assert post.permalink
        assert post.permalink.startswith("https://www.tiktok.com/@")


@pytest.mark.corpus
def test_the_documented_answer_is_read() -> None:
    """A moment in seconds, a cursor in milliseconds; one video, as the manifest says."""
    folder = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/tiktok"
    if not folder.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    recorded = json.loads((folder / "CONSTRUCTED_video_list.json").read_bytes())
    user = {"user": USER["user"] | {"username": "examplehospital"}}
    web = Posted({"/v2/user/": said(user), "/v2/video/": answer(recorded)})
    (post,) = visit(tiktok, web, "@examplehospital", keys=FakeKeys()).posts
    assert post.permalink == "https://www.tiktok.com/@examplehospital/video/7380080137682881835"
    assert post.published is not None
    assert post.published.said == "2026-09-21T14:13:20+00:00"
    assert post.tags == ("hygiene",)
    assert [(one.type, one.seconds) for one in post.media] == [("image/*", None), ("video/*", 31)]


def test_an_error_that_is_no_answer_is_what_its_status_was() -> None:
    error = error_of(503)
    assert meant(said_in(error), TOKEN, "", error) is error


def test_a_good_answer_is_no_error() -> None:
    assert meant(Part({"error": OK}), TOKEN, "", None) is None
