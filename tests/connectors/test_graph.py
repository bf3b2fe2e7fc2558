"""What Facebook, Instagram and Threads have in common: tokens, refusals, pages, look-ups."""

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import facebook, instagram, threads
from aggregator.connectors._contract import Errand, Renew
from aggregator.connectors._facebook_post import post_of as facebook_post
from aggregator.connectors._graph import Graph, renewal
from aggregator.connectors._graph_errors import meant, wait_of
from aggregator.connectors._instagram_post import post_of as instagram_post
from aggregator.connectors._shape import Part
from aggregator.connectors._threads_post import post_of as threads_post
from aggregator.demo.facebook import Facebook
from aggregator.demo.graph import LASTS, TOKEN, Life, failure
from aggregator.demo.notes import Account
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
from aggregator.model import Grant, Token
from tests.connectors.meta import ADDRESS, HOUR, PLATFORMS, Desk, Web
from tests.connectors.social import NOW, Feed, Told, answer, look_up, refusal_of, visit
from tests.connectors.test_golden import named

HERE = Path(__file__).parent
RECORDED = HERE.parents[1] / "../shared/fixtures/social"
HELD = Token("A_TOKEN", TOKEN)
TIMELINES = {
    "facebook": ("/v25.0/institute", "/v25.0/100200300/posts"),
    "instagram": ("/v25.0/me", "/v25.0/me/media"),
    "threads": ("/v1.0/me", "/v1.0/me/threads"),
}
"""Where the account is asked for, and its posts."""
ALL = {"include_reposts": True, "include_quotes": True}
OF_THREADS = ALL | {"include_replies": True}
BESIDE = {
    "threads": {
        "/v1.0/me/replies": {"data": [{"id": "18101", "username": "institute", "is_reply": True,
            "text": "Every day, at nine.", "permalink": "https://www.threads.com/@institute/post/A1",
            "timestamp": "2026-11-22T09:00:00+0000", "replied_to": {"id": "9"}}]},
        "/v1.0/123": {"id": "123", "username": "ministry", "text": "All may visit again.",
            "permalink": "https://www.threads.com/@ministry/post/Q2",
            "timestamp": "2026-11-18T07:00:00+0000"},
    },
}  # fmt: skip
"""What stands apart from the posts: answers, and what is quoted."""


@pytest.fixture(params=PLATFORMS)
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(request.param)


@pytest.fixture(params=["instagram", "threads"])
def owned(request: pytest.FixtureRequest) -> Desk:
    """Where the token alone decides whose posts are shown, and can be renewed."""
    return Desk(request.param)


def said(code: int, reason: int | None = None, message: str = "", **more: Any) -> FetchError:
    """What the client makes of such a refusal."""
    reply = failure(code, reason)
    error = refusal_of(reply, "https://graph.example/")
    body = {"error": reply.said["error"] | {"message": message} | more}
    error.body = json.dumps(body).encode()
    return error


def renewed(renew: Renew) -> Grant:
    async def ask() -> Grant:
        return await renew(HELD)

    return asyncio.run(ask())


def read(error: FetchError) -> FetchError:
    return meant(error, "Facebook", facebook.TOKEN, HELD)


@pytest.mark.parametrize("name", PLATFORMS)
def test_timeline_is_read_as_expected(name: str) -> None:
    """``GOLDEN=rewrite`` writes the expectations anew: read the difference as code."""
    sample = HERE / name / "timeline.json"
    account = {"id": "100200300", "username": ADDRESS, "name": "Example Institute"}
    about, posts = TIMELINES[name]
    said = {posts: json.loads(sample.read_text("utf-8")), **BESIDE.get(name, {}), about: account}
    web = Told({path: answer(one) for path, one in said.items()})
    options = {"facebook": ALL, "threads": OF_THREADS}.get(name, {})
    keys = Desk(name).keys
    result = visit(PLATFORMS[name][0], web, ADDRESS, options=options, keys=keys)
    found = {"profile": named(result.profile), "posts": named(result.posts)}
    golden = sample.with_name("timeline.json.expected.json")
    if os.environ.get("GOLDEN") == "rewrite":
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(golden.read_text(encoding="utf-8"))


class TestRefusals:
    """Each of Meta's codes leads to the error that people can act on."""

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (said(190, 463), TokenExpired),
            (
                said(190, None, "Error validating access token: Session has expired on"),
                TokenExpired,
            ),
            (said(190, 460), TokenRevoked),
            (said(190, 458), TokenRevoked),
            (said(190, 467), TokenWrong),
            (said(190, None, "Invalid OAuth access token"), TokenWrong),
            (said(102), TokenWrong),
            (said(10), PermissionMissing),
            (said(200), PermissionMissing),
            (said(299), PermissionMissing),
            (said(3), PermissionMissing),
            (said(4), RateLimited),
            (said(17), RateLimited),
            (said(32), RateLimited),
            (said(613), RateLimited),
            (said(80001), RateLimited),
            (said(80002), RateLimited),
            (said(1), ServerFault),
            (said(2), ServerFault),
            (said(555, is_transient=True), ServerFault),
            (said(100, 33, "cannot be loaded due to missing permissions"), NotFound),
            (said(803), NotFound),
            (said(100, None, "Tried accessing nonexisting field (x)"), UnexpectedShape),
            (said(12), UnexpectedShape),
            (said(100, None, "needs the 'pages_read_engagement' permission"), PermissionMissing),
            (said(100, None, "API calls need an appsecret_proof"), PermissionMissing),
            (said(31337), Denied),
        ],
    )
    def test_are_read_by_their_codes(self, error: FetchError, kind: type[FetchError]) -> None:
        assert type(read(error)) is kind

    def test_without_a_code_are_left_as_they_are(self) -> None:
        error = refusal_of(failure(1, None))
        error.body = b"<html>"
        assert read(error) is error

    @pytest.mark.parametrize("code", [190, 10, 4, 1, 100, 12, 31337])
    def test_pass_on_no_words_of_metas_for_they_may_quote_a_token(self, code: int) -> None:
        told = read(said(code, None, f"Malformed access token {TOKEN}"))
        assert TOKEN not in f"{told} {told.advice} {told.url}"

    @pytest.mark.parametrize("reason", [463, 460, 467])
    def test_of_a_token_name_its_variable_and_the_page(self, reason: int) -> None:
        told = read(said(190, reason))
        assert "A_TOKEN" in told.advice
        assert facebook.TOKEN.page in told.advice

    @pytest.mark.parametrize(
        ("fields", "wait"),
        [
            ({}, HOUR),
            ({"x-app-usage": '{"call_count":100,"total_time":4}'}, HOUR),
            (
                {"x-business-use-case-usage": '{"1":[{"estimated_time_to_regain_access":19}]}'},
                timedelta(minutes=19),
            ),
            ({"x-business-use-case-usage": "[[[not JSON"}, HOUR),
        ],
    )
    def test_of_rate_tell_how_long(self, fields: dict[str, str], wait: timedelta) -> None:
        error = said(80001)
        error.headers = fields
        assert read(error).retry_after == wait

    @given(
        st.dictionaries(
            st.sampled_from(["x-app-usage", "x-business-use-case-usage"]),
            st.text()
            | st.recursive(
                st.none() | st.integers() | st.text(),
                lambda x: (
                    st.lists(x)
                    | st.dictionaries(
                        st.sampled_from(["call_count", "estimated_time_to_regain_access", "1"]), x
                    )
                ),
            ).map(json.dumps),
        )
    )
    def test_any_usage_is_read(self, fields: dict[str, str]) -> None:
        wait = wait_of(fields)
        assert wait is None or timedelta() < wait <= timedelta(days=1)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda x: (
                st.lists(x)
                | st.dictionaries(st.sampled_from(["error", "code", "message", "error_subcode"]), x)
            ),
        )
    )
    def test_any_body_is_read(self, body: Any) -> None:
        error = said(1)
        error.body = json.dumps(body).encode()
        assert isinstance(read(error), FetchError)


class TestPages:
    def test_follow_each_other_without_the_token_in_their_addresses(self, desk: Desk) -> None:
        desk.write(*range(1, 41))
        assert len(desk.texts()) == 25
        desk.write(*range(41, 121))
        assert len(desk.texts()) == 80
        assert len(desk.platform.asked) == 4
        assert TOKEN not in "".join(desk.platform.asked)

    def test_may_follow_each_other_by_time(self) -> None:
        desk = Desk("facebook")
        assert isinstance(desk.platform, Facebook)
        desk.platform.by_time = True
        desk.write(1)
        desk.visit()
        desk.write(*range(2, 60))
        assert len(desk.texts()) == 58
        assert "__paging_token=enc_" in desk.platform.asked[-1]
        assert TOKEN not in "".join(desk.platform.asked)

    def test_a_cursor_that_repeats_ends_them(self) -> None:
        items = [{"id": "1", "username": ADDRESS, "text": "One", "timestamp": "2026-11-23"}]
        page = {"data": items, "paging": {"cursors": {"after": "again"}}}
        web = Told({"/v1.0/me/threads": answer(page), "/v1.0/me": answer(_me())})
        visit(threads, web, ADDRESS, keys=Desk("threads").keys)
        assert len(web.asked) == 3

    def test_no_more_is_asked_for_than_is_needed(self, desk: Desk) -> None:
        desk.write(1, 2)
        desk.visit()
        desk.write(3)
        desk.visit()
        assert len(desk.platform.asked) == 1

    def test_an_allowance_that_is_used_up_is_told(self, desk: Desk) -> None:
        desk.write(1)
        desk.platform.allowance = 2
        assert desk.visit().wait == timedelta(minutes=5)
        with pytest.raises(RateLimited) as caught:
            desk.visit()
        assert caught.value.retry_after == timedelta(minutes=5)


class TestEdits:
    def test_are_taken_over(self, desk: Desk) -> None:
        desk.write(1, 2)
        desk.visit()
        desk.notes.clear()
        desk.write(1, text="Written anew.")
        desk.write(2)
        assert desk.texts() == ["Written anew."]

    def test_an_address_that_is_signed_anew_is_none(self, desk: Desk) -> None:
        desk.write(1, 2, picture="A boat")
        (first,) = desk.visit().posts[0].media
        desk.web.tag = None
        result = desk.visit()
        assert (result.posts, result.known, result.unchanged) == ((), 2, False)
        assert "oh=" in first.url

    def test_another_description_is_one(self) -> None:
        desk = Desk("threads")
        desk.write(1, picture="A boat")
        desk.visit()
        desk.notes.clear()
        desk.write(1, picture="A ship")
        assert len(desk.visit().posts) == 1


class TestTokens:
    @pytest.mark.parametrize("reason", [463, 460, None])
    def test_are_told_apart_when_they_end(self, desk: Desk, reason: int | None) -> None:
        kinds = {463: TokenExpired, 460: TokenRevoked, None: TokenWrong}
        if reason == 463:
            desk.platform.tokens[TOKEN] = Life(NOW, NOW)
        elif reason == 460:
            desk.platform.revoked.add(TOKEN)
        else:
            desk.platform.tokens.clear()
        with pytest.raises(kinds[reason], match="A_TOKEN"):
            desk.visit()

    def test_are_renewed_for_longer(self, owned: Desk) -> None:
        kind = owned.platform.grant
        owned.now += timedelta(days=2)
        renew = renewal("X", instagram.TOKEN, "https://g.example", kind, Errand(*_of(owned)))
        grant = renewed(renew)
        assert grant.expires_in == LASTS
        assert grant.access in owned.platform.tokens

    def test_that_ended_cannot_be_renewed(self, owned: Desk) -> None:
        owned.platform.tokens[TOKEN] = Life(NOW - 2 * LASTS, NOW)
        kind = owned.platform.grant
        renew = renewal("X", instagram.TOKEN, "https://g.example", kind, Errand(*_of(owned)))
        with pytest.raises(TokenExpired):
            renewed(renew)

    @pytest.mark.parametrize("seconds", [None, -5, 10**15, "soon"])
    def test_an_odd_lifetime_is_none(self, seconds: Any) -> None:
        told = Told({"/refresh": answer({"access_token": "new", "expires_in": seconds})})
        errand = Errand(told, Feed(), None)
        grant = renewed(renewal("X", threads.TOKEN, "https://g.example", "k", errand))
        assert (grant.access, grant.expires_in) == ("new", None)

    def test_of_another_account_is_refused_at_first(self, owned: Desk) -> None:
        owned.platform.account = Account("somebody", "Somebody", 99)
        with pytest.raises(TokenWrong, match="@somebody, and not of @institute"):
            owned.visit()

    def test_of_another_account_is_refused_later(self, owned: Desk) -> None:
        owned.write(1)
        owned.visit()
        owned.platform.account = Account("somebody", "Somebody", 99)
        owned.write(2)
        with pytest.raises(TokenWrong, match="another account than before, @somebody"):
            owned.visit()

    def test_an_account_may_be_renamed(self, owned: Desk) -> None:
        owned.write(1)
        owned.visit()
        owned.platform.account = Account("new.name", "Example Institute", 77)
        owned.write(2)
        assert len(owned.texts()) == 2

    def test_a_page_that_shows_nothing_any_more_is_told(self) -> None:
        desk = Desk("facebook")
        desk.write(1)
        desk.visit()
        assert isinstance(desk.platform, Facebook)
        desk.platform.has_lost_its_task = True
        with pytest.raises(PermissionMissing, match="no posts of this Page any more"):
            desk.visit()


class TestLookUp:
    def test_an_answer_that_says_nothing_of_a_post_is_no_edit(self) -> None:
        """Whoever loses a right may be told no more than numbers."""
        web = Told({"/v1.0/1": answer({"id": "1"})})
        found = look_up(threads, web, ADDRESS, "1", keys=Desk("threads").keys)
        assert found.present == {"1"}
        assert found.posts == ()

    def test_a_post_that_its_author_hid_is_gone(self) -> None:
        web = Told({"/v25.0/": answer({"1": {"id": "1", "is_hidden": True}, "2": {"id": "2"}})})
        found = look_up(facebook, web, ADDRESS, "1", "2", keys=Desk("facebook").keys)
        assert found.gone == {"1"}
        assert found.present == {"2"}

    def test_tells_what_is_there_and_what_is_gone(self, desk: Desk) -> None:
        desk.write(*range(1, 71))
        desk.visit()
        desk.notes = [note for note in desk.notes if note.number not in {3, 61}]
        found = desk.look_up(*range(1, 71))
        assert found.gone == {desk.guid(3), desk.guid(61)}
        assert found.present == {desk.guid(note.number) for note in desk.notes}

    def test_brings_posts_as_they_are_now(self, desk: Desk) -> None:
        desk.write(1)
        desk.visit()
        desk.notes.clear()
        desk.write(1, text="Written anew.")
        (post,) = desk.look_up(1).posts
        assert post.body is not None
        assert post.body.value == "Written anew."

    def test_all_may_be_gone_where_the_account_is_still_shown(self, desk: Desk) -> None:
        desk.write(1, 2, 3)
        desk.visit()
        desk.notes = desk.notes[2:]
        assert desk.look_up(1, 2).gone == {desk.guid(1), desk.guid(2)}

    def test_nothing_is_gone_where_the_page_shows_nothing_at_all(self) -> None:
        """So it answers a token that lost its rights, too."""
        desk = Desk("facebook")
        desk.write(1, 2)
        desk.visit()
        assert isinstance(desk.platform, Facebook)
        desk.platform.has_lost_its_task = True
        found = desk.look_up(1, 2)
        assert (found.present, found.gone) == (frozenset(), frozenset())

    def test_nothing_is_gone_for_another_accounts_token(self, owned: Desk) -> None:
        owned.write(1)
        owned.visit()
        owned.notes.clear()
        owned.platform.account = Account("somebody", "Somebody", 99)
        assert owned.look_up(1).gone == frozenset()

    @pytest.mark.parametrize("code", [(190, 463), (10, None), (4, None), (1, None)])
    def test_an_error_tells_nothing(self, desk: Desk, code: tuple[int, int | None]) -> None:
        desk.write(1)
        desk.visit()
        desk.platform.failing = code
        with pytest.raises(FetchError):
            desk.look_up(1)

    def test_ids_that_are_none_are_not_asked_for(self, desk: Desk) -> None:
        desk.write(1)
        desk.visit()
        web = Told()
        odd = ("a/../b", "https://x.example/?y")
        found = look_up(desk.connector, web, ADDRESS, *odd, keys=desk.keys)
        assert (found.present, found.gone, web.asked) == (frozenset(), frozenset(), [])


NAMES = (
    *("id", "message", "message_tags", "created_time", "attachments", "data"),
    *("media", "image", "src", "target", "url", "type"),
    *("media_type", "subattachments", "parent_id", "privacy", "value", "from"),
    *("name", "offset", "length", "caption", "permalink", "username"),
    *("children", "media_url", "alt_text", "text", "quoted_post", "reposted_post"),
    *("link_attachment_url", "text_attachment", "plaintext", "text_entities", "timestamp"),
)
WILD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["https://a.example/", "https://[", "IMAGE", "REPOST_FACADE", "photo", "1"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=8,
        )
    ),
    max_leaves=30,
)


@pytest.mark.parametrize("post_of", [facebook_post, instagram_post, threads_post])
@given(said=WILD)
def test_whatever_a_post_holds_it_is_read_or_refused(post_of: Any, said: Any) -> None:
    given_id = said | {"id": "1"} if isinstance(said, dict) else said
    try:
        post = post_of(Part(given_id))
    except UnexpectedShape:
        return
    assert post is None or post.guid == "1"


def test_what_cannot_be_read_is_lost_alone() -> None:
    page = {"data": [{"text": "no id"}, {"id": "1", "username": ADDRESS, "text": "Whole"}]}
    web = Told({"/v1.0/me/threads": answer(page), "/v1.0/me": answer(_me())})
    result = visit(threads, web, ADDRESS, keys=Desk("threads").keys)
    assert [post.guid for post in result.posts] == ["1"]


def test_where_nothing_can_be_read_the_platform_changed() -> None:
    web = Told({"/v1.0/me/threads": answer({"data": [{}]}), "/v1.0/me": answer(_me())})
    with pytest.raises(UnexpectedShape):
        visit(threads, web, ADDRESS, keys=Desk("threads").keys)


def _me() -> dict[str, str]:
    return {"id": "77", "username": ADDRESS}


def _of(desk: Desk) -> tuple[Web, Feed, None]:
    return desk.web, Feed(), None


@pytest.mark.corpus
class TestRecorded:
    """Answers that others recorded, read as they came."""

    @staticmethod
    def load(name: str) -> Any:
        if not RECORDED.is_dir():
            pytest.skip("the recorded answers of platforms are not beside the project")
        return json.loads((RECORDED / name).read_text("utf-8"))

    @pytest.mark.parametrize(
        ("name", "post_of", "count", "pictures", "spans"),
        [
            ("facebook/page_posts_p1.json", facebook_post, 5, 3, 13),
            ("facebook/page_posts_p2.json", facebook_post, 5, 2, 12),
            ("facebook/posts_time_paging_p1.json", facebook_post, 5, 0, 0),
            ("facebook/posts_time_paging_p2.json", facebook_post, 5, 0, 0),
            ("instagram/media_p1.json", instagram_post, 2, 2, 0),
            ("instagram/media_p2.json", instagram_post, 2, 3, 0),
            ("threads/CONSTRUCTED_user_threads.json", threads_post, 3, 1, 2),
            ("threads/user_threads_docs.json", threads_post, 1, 0, 0),
        ],
    )
    def test_pages_of_posts(
        self, name: str, post_of: Any, count: int, pictures: int, spans: int
    ) -> None:
        read = [post_of(item) for item in Part(self.load(name)).items("data")]
        posts = [post for post in read if post is not None]
        media = [one for post in posts for one in post.media if one.type == "image/*"]
        assert len(posts) == count
        assert (len(media), sum(len(post.spans) for post in posts)) == (pictures, spans)
        assert all(post.published and post.published.parsed for post in posts)

    @pytest.mark.parametrize(
        ("name", "post_of", "media"),
        [
            ("facebook/post_album_subattachments.json", facebook_post, 7),
            ("instagram/media_default.json", instagram_post, 3),
            ("threads/post_details_docs.json", threads_post, 1),
        ],
    )
    def test_posts(self, name: str, post_of: Any, media: int) -> None:
        assert len(post_of(Part(self.load(name))).media) == media

    def test_posts_of_an_account_that_was_discovered(self) -> None:
        found = Part(self.load("instagram/business_discovery_p1.json"))
        posts = [instagram_post(one) for one in found.items("business_discovery", "media", "data")]
        assert [len(post.media) for post in posts if post] == [1, 1]

    def test_children_of_a_carousel(self) -> None:
        children = {"id": "1", "children": self.load("instagram/carousel_children.json")}
        post = instagram_post(Part(children))
        assert post is not None
        assert len(post.media) == 2

    def test_accounts(self) -> None:
        page, user = self.load("facebook/page_info.json"), self.load("instagram/user.json")
        posts = answer({"data": []})
        web = Told({"/v25.0/20531316728/posts": posts, "/v25.0/facebookapp": answer(page)})
        result = visit(facebook, web, "facebookapp", keys=Desk("facebook").keys)
        assert result.profile is not None
        assert result.profile.title == "Facebook"
        assert facebook.read_address(page["link"]) == page["username"]
        assert instagram.read_address(user["username"]) == user["username"]

    def test_errors(self) -> None:
        kinds = []
        for one in self.load("facebook/errors_attested.json"):
            if one["status"] != 200:
                error = said(0)
                error.body = json.dumps(one["body"]).encode()
                error.headers = one.get("headers", {})
                kinds.append(type(read(error)))
        assert kinds == [TokenExpired, NotFound, RateLimited, RateLimited, ServerFault]

    @pytest.mark.parametrize("name", ["facebook/error_permission.json", "facebook/error_ppca.json"])
    def test_errors_of_permission(self, name: str) -> None:
        error = said(0)
        error.body = json.dumps(self.load(name)).encode()
        assert type(read(error)) is PermissionMissing

    def test_a_renewed_token(self) -> None:
        told = Told({"/refresh": answer(self.load("threads/token_long_lived_docs.json"))})
        errand = Errand(told, Feed(), None)
        grant = renewed(renewal("X", threads.TOKEN, "https://g.example", "k", errand))
        assert grant.expires_in == LASTS


def test_the_token_is_shown_in_a_header(desk: Desk) -> None:
    """Not in the address, where it might be written down."""
    desk.write(1)
    desk.visit()
    assert desk.platform.asked
    assert not [target for target in desk.platform.asked if TOKEN in target]


def test_before_a_token_is_shown_its_usual_variable_is_told() -> None:
    graph = Graph("X", facebook.TOKEN, "https://g.example", Errand(Told(), Feed(), None))
    assert graph.variable == "FACEBOOK_PAGE_TOKEN"
