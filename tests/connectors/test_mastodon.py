"""The platform ``mastodon``: addresses, what is public, whose account it is, its feed."""

import contextlib
import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import mastodon
from aggregator.connectors._mastodon_post import id_of, post_of
from aggregator.connectors._shape import Part
from aggregator.demo.mastodon import Mastodon
from aggregator.demo.notes import Account
from aggregator.errors import (
    Denied,
    FetchError,
    Gone,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    UnexpectedShape,
)
from aggregator.model import Document, FetchResult, PostKind, RawPost, Source
from aggregator.normalise.post import post_from
from tests.connectors.social import (
    NOW,
    Feed,
    Sample,
    Told,
    answer,
    error_of,
    look_up,
    note,
    visit,
)

LOOKUP = "/api/v1/accounts/lookup"
TIMELINE = "/api/v1/accounts/77/statuses"
FEED = "/@institute.rss"
NAME = "institute@social.example"
ACCOUNT = {"id": "77", "username": "institute", "acct": "institute", "display_name": "Institute"}
STATUS: dict[str, Any] = {
    "id": "110",
    "created_at": "2026-11-20T10:00:00.000Z",
    "visibility": "public",
    "uri": "https://social.example/users/institute/statuses/110",
    "url": "https://social.example/@institute/110",
    "content": "<p>Hello</p>",
    "account": ACCOUNT,
}


def status(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(STATUS) | changes


def told(*statuses: Any) -> Told:
    return Told({LOOKUP: answer(ACCOUNT), TIMELINE: answer(statuses)})


def look(web: Told, cursor: bytes | None = None, *, reader: Feed | None = None) -> FetchResult:
    return visit(mastodon, web, NAME, cursor=cursor, reader=reader)


@pytest.mark.parametrize(
    ("written", "account"),
    [
        (NAME, NAME),
        (f"@{NAME}", NAME),
        ("Institute_1@Social.Example", "Institute_1@social.example"),
        ("https://social.example/@institute", NAME),
        ("https://social.example/@institute/", NAME),
        ("social.example/@institute", NAME),
        ("https://social.example/@institute/110?x=1#y", NAME),
        ("https://social.example/@institute/with_replies", NAME),
        ("https://social.example/@institute.rss", NAME),
        ("https://social.example/users/institute", NAME),
        ("https://social.example/web/@institute", NAME),
        ("https://other.example/@institute@social.example", NAME),
    ],
)
def test_good_addresses(written: str, account: str) -> None:
    assert mastodon.read_address(written) == account


@pytest.mark.parametrize(
    "written",
    [
        "",
        "institute",
        "@institute",
        "institute@localhost",
        "a@b@social.example",
        "https://social.example/",
        "https://social.example/about",
        "https://social.example/explore/tags",
        "ftp://social.example/@institute",
        "https://[social.example/@institute",
    ],
)
def test_bad_addresses_are_answered_with_a_hint(written: str) -> None:
    with pytest.raises(ValueError, match=mastodon.EXAMPLE):
        mastodon.read_address(written)


@given(st.text())
def test_a_tidy_address_stays_as_it_is(text: str) -> None:
    try:
        account = mastodon.read_address(text)
    except ValueError:
        return
    assert mastodon.read_address(account) == account


class TestLookUp:
    """Whether posts are still there."""

    ABOUT = "/api/v1/accounts/77"
    BATCH = "/api/v1/statuses"
    HERE = answer(ACCOUNT | {"url": "https://social.example/@institute"})

    def guid(self, number: int | str) -> str:
        return f"https://social.example/@institute/{number}"

    def told(self, *numbers: int, account: Document | FetchError = HERE) -> Told:
        """These posts are there."""
        found = [status(id=str(number), url=self.guid(number)) for number in numbers]
        told = Told({LOOKUP: answer(ACCOUNT), self.ABOUT: account})
        told.answers |= {f"{self.BATCH}/{one['id']}": answer(one) for one in found}
        told.answers |= {f"{self.BATCH}/": error_of(404), self.BATCH: answer(found)}
        return told

    def test_what_is_missing_is_gone_where_the_account_is_there(self) -> None:
        found = look_up(mastodon, self.told(1), NAME, self.guid(1), self.guid(2))
        assert (set(found.present), set(found.gone)) == ({self.guid(1)}, {self.guid(2)})
        assert [post.guid for post in found.posts] == [self.guid(1)]

    def test_an_empty_answer_is_not_believed_where_the_post_itself_is_there(self) -> None:
        """A server that knows another question by that name."""
        web = self.told(1)
        web.answers[self.BATCH] = answer([])
        found = look_up(mastodon, web, NAME, self.guid(1))
        assert (set(found.present), set(found.gone)) == ({self.guid(1)}, set())

    def test_an_older_server_is_asked_one_by_one(self) -> None:
        web = self.told(1)
        web.answers[self.BATCH] = error_of(404)
        found = look_up(mastodon, web, NAME, self.guid(1), self.guid(2))
        assert (set(found.present), set(found.gone)) == ({self.guid(1)}, {self.guid(2)})

    def test_only_so_many_are_asked_for_at_once(self) -> None:
        web = self.told()
        found = look_up(mastodon, web, NAME, *map(self.guid, range(100, 130)))
        assert len(found.gone) == 20

    @pytest.mark.parametrize(
        "error", [Gone(), NotFound(), Denied(), RateLimited(), ServerFault()], ids=repr
    )
    def test_nothing_is_told_of_an_account_that_cannot_be_seen(self, error: FetchError) -> None:
        with pytest.raises(type(error)):
            look_up(mastodon, self.told(account=error), NAME, self.guid(1))

    def test_nothing_is_told_of_a_suspended_account(self) -> None:
        closed = answer(ACCOUNT | {"url": "https://social.example/@institute", "suspended": True})
        with pytest.raises(Refused, match="at present"):
            look_up(mastodon, self.told(account=closed), NAME, self.guid(1))

    @pytest.mark.parametrize("error", [Gone(), Denied(), RateLimited(), ServerFault()], ids=repr)
    def test_only_a_missing_post_is_gone(self, error: FetchError) -> None:
        web = self.told()
        web.answers[f"{self.BATCH}/"] = error
        with pytest.raises(type(error)):
            look_up(mastodon, web, NAME, self.guid(1))

    def test_a_post_that_is_not_public_any_more_is_not_told_of(self) -> None:
        web = self.told()
        web.answers[self.BATCH] = answer([status(id="1", url=self.guid(1), visibility="private")])
        found = look_up(mastodon, web, NAME, self.guid(1))
        assert (set(found.present), set(found.gone)) == (set(), set())

    @pytest.mark.parametrize(
        ("guid", "number"),
        [
            ("https://social.example/@institute/110", "110"),
            ("https://social.example/users/institute/statuses/110", "110"),
            ("https://social.example/ap/users/77/statuses/110", "110"),
            ("https://social.example/users/institute/statuses/110/activity", "110"),
            ("https://social.example/@institute/statuses/01HZX", "01HZX"),
            ("https://other.example/@institute/110", None),
            ("https://social.example/objects/6e1f", None),
            ("not an address", None),
        ],
    )
    def test_the_number_of_a_post_is_told_by_its_id(self, guid: str, number: str | None) -> None:
        assert id_of(guid, "https://social.example/@institute") == number

    @given(
        st.recursive(
            st.none() | st.text(),
            lambda one: (
                st.lists(one)
                | st.dictionaries(st.sampled_from(["id", "url", "account", "visibility"]), one)
            ),
            max_leaves=9,
        )
    )
    def test_any_answer_is_read_or_told(self, said: Any) -> None:
        web = self.told()
        web.answers |= {f"{self.BATCH}/": answer(said), self.BATCH: answer(said)}
        with contextlib.suppress(UnexpectedShape):
            assert look_up(mastodon, web, NAME, self.guid(1)).gone == frozenset()

    @pytest.mark.parametrize("is_old", [False, True])
    def test_the_sample_platform_tells(self, is_old: bool) -> None:
        notes = [note(7), note(8)]
        account = Account("institute", "Institute", 77)
        platform = Mastodon(account, "social.example", lambda: notes, lambda: NOW)
        platform.is_old = is_old
        guids = [self.guid(one.number) for one in notes]
        del notes[0]
        found = look_up(mastodon, Sample(platform), NAME, *guids)
        assert (set(found.present), set(found.gone)) == ({guids[1]}, {guids[0]})


class TestAccounts:
    """Where it is asked for, and whose it is."""

    def test_its_own_server_is_asked(self) -> None:
        web = told(STATUS)
        look(web)
        lookup = "https://social.example/api/v1/accounts/lookup?acct=institute%40social.example"
        assert web.asked[0] == lookup

    def test_a_server_with_another_name_is_asked_where_it_is_named(self) -> None:
        web = told(STATUS)
        visit(mastodon, web, NAME, options={"server": "https://www.social.example/"})
        assert {url.partition("/api/")[0] for url in web.asked} == {"https://www.social.example"}

    def test_a_server_that_only_knows_the_account_from_afar_is_not_its_own(self) -> None:
        web = Told({LOOKUP: answer(ACCOUNT | {"acct": NAME})})
        with pytest.raises(NotFound, match="no account") as caught:
            look(web)
        assert "another server" in str(caught.value.__cause__)

    def test_a_name_that_is_given_to_another_account_is_told(self) -> None:
        web = told(STATUS)
        cursor = look(web).cursor
        web.answers = {LOOKUP: answer(ACCOUNT | {"id": "99"})}
        with pytest.raises(Refused, match="another account than before") as caught:
            look(web, cursor)
        assert "another id in feeds.yaml" in caught.value.advice

    def test_an_account_that_is_gone_is_gone(self) -> None:
        web = told(STATUS)
        web.answers[TIMELINE] = Gone()
        with pytest.raises(Gone):
            look(web)


class TestPosts:
    """What is taken of a timeline."""

    @pytest.mark.parametrize("visibility", ["private", "direct", "", None, "new kind"])
    def test_what_is_not_public_is_not_taken(self, visibility: str | None) -> None:
        assert look(told(status(visibility=visibility), STATUS)).posts[1:] == ()

    def test_what_is_passed_on_must_be_public_itself(self) -> None:
        passed_on = status(reblog=status(visibility="private"))
        assert post_of(Part(passed_on), "social.example") is None

    def test_one_bad_post_is_lost_alone(self) -> None:
        assert len(look(told({"visibility": "public"}, STATUS, None)).posts) == 1

    def test_where_no_post_can_be_read_the_platform_changed(self) -> None:
        with pytest.raises(UnexpectedShape, match=r"\$\[0\]\.uri"):
            look(told({"visibility": "public"}))

    def test_without_a_list_of_posts_the_platform_changed(self) -> None:
        with pytest.raises(UnexpectedShape, match="a list is missing"):
            look(Told({LOOKUP: answer(ACCOUNT), TIMELINE: answer({})}))

    def test_only_what_is_newer_is_asked_for_on_older_pages(self) -> None:
        account = Account("institute", "Institute", 77)
        notes = [note(number) for number in range(1, 31)]
        web = Sample(Mastodon(account, "social.example", lambda: notes, lambda: NOW))
        cursor = visit(mastodon, web, NAME).cursor
        notes += [note(number) for number in range(31, 61)]
        web.platform.asked.clear()
        visit(mastodon, web, NAME, cursor=cursor)
        first, second = web.platform.asked
        assert "since_id" not in first
        assert "max_id=41&since_id=30" in second

    def test_letters_links_and_tags_are_as_they_were_written(self) -> None:
        text = "Ünlocked 👩‍⚕️: https://institute.example/a-very-long-address/indeed #Fürth\n\n“Two”"
        account = Account("institute", "Institute", 77)
        web = Sample(Mastodon(account, "social.example", lambda: [note(7, text)], lambda: NOW))
        (raw,) = visit(mastodon, web, NAME).posts
        post = post_from(raw, Source("one", "mastodon", NAME), None, NOW)
        assert post.text == text.replace("\n\n", "\n")  # type: ignore[union-attr] # no Dropped
        assert [span.target for span in post.spans] == [  # type: ignore[union-attr] # the same
            "https://institute.example/a-very-long-address/indeed",
            "http://social.example/tags/F%C3%BCrth",
        ]

    @given(
        st.dictionaries(
            st.sampled_from(
                [
                    "content",
                    "account",
                    "tags",
                    "media_attachments",
                    "quote",
                    "url",
                    "created_at",
                    "spoiler_text",
                    "language",
                    "edited_at",
                    "in_reply_to_id",
                ]
            ),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(),
                lambda inner: (
                    st.lists(inner)
                    | st.dictionaries(
                        st.sampled_from(["acct", "url", "type", "name", "meta"]), inner
                    )
                ),
                max_leaves=10,
            ),
        )
    )
    def test_any_post_is_read_or_told(self, changes: dict[str, Any]) -> None:
        try:
            post = post_of(Part(status(**changes)), "social.example")
        except UnexpectedShape:
            return
        assert post is not None
        assert post.guid


class TestFeed:
    """The RSS feed, where the server keeps its interface closed."""

    ENTRY = RawPost(guid=STATUS["url"], permalink=STATUS["url"])

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_it_is_read_where_the_interface_refuses_us(self, status: int) -> None:
        web = Told({"/api/": error_of(status), FEED: answer("rss")})
        found = look(web, reader=Feed(self.ENTRY))
        assert found.posts == (self.ENTRY,)
        assert web.asked[-1] == "https://social.example/@institute.rss"

    @pytest.mark.parametrize("error", [RateLimited, ServerFault])
    def test_an_outage_is_no_refusal(self, error: type[FetchError]) -> None:
        web = Told({"/api/": error(), FEED: answer("rss")})
        with pytest.raises(error):
            look(web, reader=Feed(self.ENTRY))

    def test_a_post_is_the_same_wherever_it_is_read(self) -> None:
        web = told(STATUS)
        cursor = look(web).cursor
        web.answers = {"/api/": error_of(401), FEED: answer("rss")}
        assert look(web, cursor, reader=Feed(self.ENTRY)).posts == ()

    def test_where_the_feed_refuses_us_too_there_is_no_such_account(self) -> None:
        with pytest.raises(NotFound, match=f"no account {NAME}") as caught:
            look(Told())
        assert "options: {server:" in caught.value.advice


def recorded(name: str) -> Any:
    folder = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/mastodon"
    if not folder.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    return json.loads((folder / name).read_bytes())


def read(said: Any) -> RawPost:
    post = post_of(Part(said), "social.example")
    assert post is not None
    return post


@pytest.mark.corpus
class TestRecorded:
    """Answers of real servers, with the counts of their manifest."""

    @pytest.mark.parametrize(
        ("name", "count"),
        [
            ("account_statuses_p1.http.json", 20),
            ("account_statuses_p2.http.json", 20),
            ("statuses_page_a.http.json", 5),
            ("statuses_page_b.http.json", 5),
        ],
    )
    def test_every_post_of_a_page_is_read(self, name: str, count: int) -> None:
        assert len([read(said) for said in recorded(name)["body"]]) == count

    def test_two_pages_follow_each_other(self) -> None:
        first, second = (recorded(f"account_statuses_p{page}.http.json") for page in (1, 2))
        both = {read(said).guid for page in (first, second) for said in page["body"]}
        assert len(both) == 40
        assert f"max_id={first['body'][-1]['id']}" in first["headers"]["link"]

    def test_alt_texts_and_edits_are_kept(self) -> None:
        posts = [read(said) for said in recorded("account_statuses_p1.http.json")["body"]]
        assert any(medium.alt for post in posts for medium in post.media)
        assert any(post.updated for post in posts)
        assert any(post.kind is PostKind.REPLY for post in posts)

    def test_a_boost(self) -> None:
        said = recorded("boost.http.json")["body"]
        post = read(said)
        assert (post.kind, post.guid) == (PostKind.REPOST, said["uri"])
        assert post.permalink == said["reblog"]["url"]

    def test_a_quote(self) -> None:
        assert read(recorded("quote_accepted.http.json")["body"]).kind is PostKind.QUOTE

    def test_an_edit(self) -> None:
        updated = read(recorded("edited_status.http.json")["body"]).updated
        assert updated is not None
        assert updated.parsed is not None

    def test_kinds_of_media(self) -> None:
        said = status(media_attachments=recorded("docs_media_attachments.json"))
        kinds = [medium.type for medium in read(said).media]
        assert {"image/*", "video/*", "audio/*"} <= set(kinds)

    def test_the_post_of_the_documents(self) -> None:
        said = recorded("docs_status_entity.json")
        post = read(said[0] if isinstance(said, list) else said)
        assert post.published is not None
        assert post.published.parsed is not None


def test_waits_are_kept_beside_the_posts() -> None:
    web = told()
    said = answer([STATUS])
    web.answers[TIMELINE] = type(said)(said.url, said.body, wait=timedelta(minutes=4))
    assert look(web).wait == timedelta(minutes=4)
