"""The platform ``bluesky``: addresses, letters and bytes, whose account it is, its feed."""

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import bluesky
from aggregator.connectors._bluesky_post import post_of
from aggregator.connectors._shape import Part
from aggregator.demo.bluesky import Bluesky, did, uri
from aggregator.demo.interface import Reply
from aggregator.demo.notes import Note
from aggregator.errors import (
    FetchError,
    Gone,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    UnexpectedShape,
)
from aggregator.model import Document, PostKind, RawPost, SpanKind
from tests.connectors.social import (
    ACCOUNT,
    NOW,
    OTHER,
    Feed,
    Sample,
    Told,
    answer,
    error_of,
    look_up,
    note,
    refusal_of,
    visit,
)

RESOLVE = "/xrpc/com.atproto.identity.resolveHandle"
TIMELINE = "/xrpc/app.bsky.feed.getAuthorFeed"
FEED = "/profile/"
DID = "did:plc:institute234567abcdefgh"
ITEM: dict[str, Any] = {
    "post": {
        "uri": f"at://{DID}/app.bsky.feed.post/3maaa00000011",
        "author": {"did": DID, "handle": "institute.example", "displayName": "Institute"},
        "record": {"text": "Hello", "createdAt": "2026-11-20T10:00:00Z"},
        "indexedAt": "2026-11-20T10:00:00Z",
    }
}


def item(**changes: Any) -> dict[str, Any]:
    """The usual item, with these parts of its post set."""
    made = copy.deepcopy(ITEM)
    made["post"] |= changes
    return made


def timeline(*items: Any) -> Document:
    return answer({"feed": items})


def told(*items: Any) -> Told:
    return Told({RESOLVE: answer({"did": DID}), TIMELINE: timeline(*items)})


def read(said: Any) -> RawPost:
    post = post_of(Part(said))
    assert post is not None
    return post


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("institute.example", "institute.example"),
        ("@Institute.Example", "institute.example"),
        ("institute.bsky.social.", "institute.bsky.social"),
        ("https://bsky.app/profile/institute.example", "institute.example"),
        ("bsky.app/profile/institute.example/post/3maaa?x=1", "institute.example"),
        (f"https://bsky.app/profile/{DID}", DID),
        (DID, DID),
        ("did:web:institute.example", "did:web:institute.example"),
    ],
)
def test_good_addresses(written: str, account: str) -> None:
    assert bluesky.read_address(written) == account


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("institute", "institute.bsky.social"),
        ("", bluesky.EXAMPLE),
        ("institute@social.example", bluesky.EXAMPLE),
        ("https://social.example/@institute", bluesky.EXAMPLE),
        ("https://bsky.app/", bluesky.EXAMPLE),
        ("two words.example", bluesky.EXAMPLE),
        ("a." * 130 + "example", bluesky.EXAMPLE),
    ],
)
def test_bad_addresses_are_answered_with_a_hint(written: str, hint: str) -> None:
    with pytest.raises(ValueError, match=r"\S+ \S+ \S+") as caught:
        bluesky.read_address(written)
    assert hint in str(caught.value)


NAMES = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,10}[a-zA-Z0-9])?", fullmatch=True)
HANDLES = st.builds(
    ".".join, st.tuples(NAMES, NAMES, st.sampled_from(["example", "Example", "xn--p1ai"]))
)


@given(
    st.one_of(HANDLES, HANDLES.map(str.lower), st.just(DID)),
    st.sampled_from(["{}", "@{}", " {}. ", "https://bsky.app/profile/{}", "bsky.app/profile/{}/"]),
)
def test_a_tidy_address_stays_as_it_is(name: str, written: str) -> None:
    account = bluesky.read_address(written.format(name))
    assert account == (name if name == DID else name.lower())
    assert bluesky.read_address(account) == account


@given(st.text())
def test_wild_addresses_are_read_or_refused_as_wrong(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert bluesky.read_address(text)


def test_another_server_may_be_asked() -> None:
    options = bluesky.Options(server="https://view.example/")
    assert options.server == "https://view.example"


@pytest.mark.parametrize(
    "server", ["view.example", "https://view.example/xrpc", "https://a@b.example"]
)
def test_a_server_is_an_origin(server: str) -> None:
    with pytest.raises(ValueError, match="nothing after it"):
        bluesky.Options(server=server)


class TestRichText:
    """Places in bytes of UTF-8, spans in code points."""

    @given(st.text(max_size=40), st.text(min_size=1, max_size=20), st.text(max_size=40))
    def test_a_link_is_found_whatever_stands_around_it(
        self, before: str, words: str, after: str
    ) -> None:
        start = len(before.encode())
        index = {"byteStart": start, "byteEnd": start + len(words.encode())}
        link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://link.example/"}
        record = {"text": before + words + after, "facets": [{"index": index, "features": [link]}]}
        post = read(item(record=record))
        if post.body is not None:
            (span,) = post.spans
            assert post.body.value[span.start : span.end] == words
            assert (span.kind, span.target) == (SpanKind.LINK, "https://link.example/")

    @given(
        st.text(max_size=20),
        st.lists(
            st.tuples(
                st.integers(-5, 90),
                st.integers(-5, 90),
                st.sampled_from(["link", "tag", "mention", "else"]),
                st.none() | st.text(max_size=5) | st.just("https://link.example/"),
            ),
            max_size=8,
        ),
    )
    def test_broken_places_are_left_out_and_the_rest_is_in_order(
        self, text: str, facets: list[tuple[int, int, str, str | None]]
    ) -> None:
        written = [
            {
                "index": {"byteStart": start, "byteEnd": end},
                "features": [
                    {
                        "$type": f"app.bsky.richtext.facet#{kind}",
                        **dict.fromkeys(("uri", "tag", "did"), said),
                    }
                ],
            }
            for start, end, kind, said in facets
        ]
        spans = read(item(record={"text": text, "facets": written})).spans
        ends = [0, *(span.end for span in spans)]
        assert all(end <= span.start < span.end for end, span in zip(ends, spans, strict=False))
        assert all(span.end <= len(text) for span in spans)

    def test_halves_of_characters_move_nothing(self) -> None:
        said = json.loads('{"text": "\\ud83d #tag"}')
        tag = {"$type": "app.bsky.richtext.facet#tag", "tag": "tag"}
        facet = {"index": {"byteStart": 2, "byteEnd": 6}, "features": [tag]}
        assert len(read(item(record=said | {"facets": [facet]})).spans) == 1

    def test_a_long_post_is_read_whole(self) -> None:
        text = "🎗️ " * 150
        post = read(item(record={"text": text}))
        assert post.body is not None
        assert post.body.value == text


class TestAccounts:
    """Whose posts they are."""

    def test_the_account_is_asked_for_by_its_id(self) -> None:
        web = told(ITEM)
        visit(bluesky, web, "institute.example")
        assert "actor=did%3Aplc%3Ainstitute234567abcdefgh" in web.asked[1]

    def test_an_id_is_not_looked_up(self) -> None:
        web = told(ITEM)
        visit(bluesky, web, DID)
        assert len(web.asked) == 1

    def test_a_handle_that_is_given_to_another_account_is_told(self) -> None:
        web = told(ITEM)
        cursor = visit(bluesky, web, "institute.example").cursor
        renamed = {**ITEM["post"]["author"], "handle": "old-institute.example"}
        web.answers[TIMELINE] = timeline(item(author=renamed))
        web.answers[RESOLVE] = answer({"did": "did:plc:somebodyelse34567abcdefg"})
        with pytest.raises(Refused, match="belongs to another account") as caught:
            visit(bluesky, web, "institute.example", cursor=cursor)
        assert "write old-institute.example in feeds.yaml" in caught.value.advice

    @pytest.mark.parametrize("resolved", [answer({"did": DID}), error_of(400)])
    def test_an_account_that_changed_its_handle_is_followed_on(
        self, resolved: Document | FetchError
    ) -> None:
        web = told(ITEM)
        cursor = visit(bluesky, web, "institute.example").cursor
        renamed = {**ITEM["post"]["author"], "handle": "new-institute.example"}
        web.answers = {RESOLVE: resolved, TIMELINE: timeline(item(author=renamed))}
        (post,) = visit(bluesky, web, "institute.example", cursor=cursor).posts
        assert post.guid == ITEM["post"]["uri"]

    def test_who_asks_not_to_be_shown_is_not(self) -> None:
        author = ITEM["post"]["author"] | {"labels": [{"val": "!no-unauthenticated"}]}
        with pytest.raises(Refused, match="not to be shown") as caught:
            visit(bluesky, told(item(author=author)), "institute.example")
        assert "Ask the owner" in caught.value.advice

    def test_an_account_that_only_passes_on_is_known_by_that(self) -> None:
        author = {
            "did": DID,
            "handle": "institute.example",
            "labels": [{"val": "!no-unauthenticated"}],
        }
        reason = {"by": author, "indexedAt": "2026-11-21T10:00:00Z"}
        passed_on = item(author={"did": "did:plc:friend"}) | {
            "reason": {"$type": "app.bsky.feed.defs#reasonRepost", **reason}
        }
        with pytest.raises(Refused, match="not to be shown"):
            visit(bluesky, told(passed_on), "institute.example")

    def test_of_others_who_ask_for_it_nothing_is_passed_on(self) -> None:
        shy = {"did": "did:plc:shy", "labels": [{"val": "!no-unauthenticated"}]}
        passed_on = item(author=shy) | {
            "reason": {
                "$type": "app.bsky.feed.defs#reasonRepost",
                "by": ITEM["post"]["author"],
                "indexedAt": "2026-11-21T10:00:00Z",
            }
        }
        web = told(passed_on, ITEM)
        found = visit(bluesky, web, "institute.example", options={"include_reposts": True})
        assert [post.kind for post in found.posts] == [PostKind.ORIGINAL]


class TestLookUp:
    """Whether posts are still there."""

    GUIDS = tuple(f"at://{DID}/app.bsky.feed.post/3maaa{number:08}" for number in range(60))
    POSTS = "/xrpc/app.bsky.feed.getPosts"
    PROFILE = "/xrpc/app.bsky.actor.getProfile"

    def told(self, *guids: str, profile: Document | FetchError | None = None) -> Told:
        """These posts are there."""
        posts = [item(uri=guid)["post"] for guid in guids]
        profile = profile or answer({"did": DID, "handle": "institute.example"})
        return Told({self.POSTS: answer({"posts": posts}), self.PROFILE: profile})

    def test_what_is_missing_is_gone_where_the_account_is_there(self) -> None:
        one, other, *_ = self.GUIDS
        found = look_up(bluesky, self.told(one), DID, one, other)
        assert (set(found.present), set(found.gone)) == ({one}, {other})
        assert [post.guid for post in found.posts] == [one]

    def test_the_account_is_not_asked_for_where_nothing_is_missing(self) -> None:
        web = self.told(self.GUIDS[0])
        look_up(bluesky, web, DID, self.GUIDS[0])
        assert len(web.asked) == 1

    def test_so_many_are_asked_for_at_once_as_the_platform_allows(self) -> None:
        web = self.told(*self.GUIDS)
        look_up(bluesky, web, DID, *self.GUIDS)
        assert [url.count("uris=") for url in web.asked] == [25, 25, 10]

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 503])
    def test_nothing_is_told_of_an_account_that_cannot_be_seen(self, status: int) -> None:
        """It is switched off, taken down or blocked, or the platform is out of order."""
        web = self.told(profile=error_of(status))
        with pytest.raises(FetchError):
            look_up(bluesky, web, DID, self.GUIDS[0])

    def test_nothing_is_gone_of_an_account_that_asks_not_to_be_shown(self) -> None:
        shy = answer({"did": DID, "labels": [{"val": "!no-unauthenticated"}]})
        found = look_up(bluesky, self.told(profile=shy), DID, self.GUIDS[0])
        assert found.gone == frozenset()

    def test_what_others_wrote_is_not_asked_for(self) -> None:
        web = self.told()
        theirs = (f"at://did:plc:friend/app.bsky.feed.{kind}/3m" for kind in ("post", "repost"))
        found = look_up(bluesky, web, DID, *theirs)
        assert (set(found.present), set(found.gone), web.asked) == (set(), set(), [])

    @given(
        st.recursive(
            st.none() | st.text(),
            lambda one: (
                st.lists(one)
                | st.dictionaries(st.sampled_from(["posts", "uri", "record", "author", "did"]), one)
            ),
            max_leaves=9,
        )
    )
    def test_any_answer_is_read_or_told(self, said: Any) -> None:
        web = Told({self.POSTS: answer(said), self.PROFILE: answer(said)})
        with contextlib.suppress(UnexpectedShape):
            found = look_up(bluesky, web, DID, self.GUIDS[0])
            assert found.gone == frozenset()

    def test_the_sample_platform_tells(self) -> None:
        notes = [note(7), note(8)]
        platform = Bluesky(ACCOUNT, lambda: notes, lambda: NOW)
        guids = [uri(one, ACCOUNT) for one in notes]
        del notes[0]
        found = look_up(bluesky, Sample(platform), ACCOUNT.handle, *guids)
        assert (set(found.present), set(found.gone)) == ({guids[1]}, {guids[0]})

    def test_an_edit_comes_home(self) -> None:
        notes = [note(7, "As it should read.")]
        platform = Bluesky(ACCOUNT, lambda: notes, lambda: NOW)
        (post,) = look_up(bluesky, Sample(platform), ACCOUNT.handle, uri(notes[0], ACCOUNT)).posts
        assert post == visit(bluesky, Sample(platform), ACCOUNT.handle).posts[0]


class TestPassedOn:
    """Whether what an account passed on is still there, and still passed on."""

    @pytest.fixture
    def notes(self) -> list[Note]:
        return [note(7, "Said by a friend.", by=OTHER), note(8)]

    @pytest.fixture
    def platform(self, notes: list[Note]) -> Bluesky:
        return Bluesky(ACCOUNT, lambda: notes, lambda: NOW)

    @pytest.fixture
    def repost(self, platform: Bluesky) -> str:
        options = {"include_reposts": True}
        found = visit(bluesky, Sample(platform), ACCOUNT.handle, options=options).posts
        return next(post.guid or "" for post in found if post.kind is PostKind.REPOST)

    def seen(self, web: Sample | Told, *guids: str) -> tuple[set[str], set[str]]:
        """What is present, and what is gone."""
        found = look_up(bluesky, web, did(ACCOUNT), *guids)
        return set(found.present), set(found.gone)

    def test_it_is_there(self, platform: Bluesky, repost: str) -> None:
        assert self.seen(Sample(platform), repost) == ({repost}, set())

    def test_what_the_account_takes_back_is_gone(
        self, platform: Bluesky, notes: list[Note], repost: str
    ) -> None:
        del notes[0]
        assert self.seen(Sample(platform), repost) == (set(), {repost})

    def test_what_its_author_deletes_is_gone(self, platform: Bluesky, repost: str) -> None:
        platform.taken_back.add(7)
        assert self.seen(Sample(platform), repost) == (set(), {repost})

    def test_of_an_author_who_is_switched_off_nothing_is_told(
        self, platform: Bluesky, repost: str
    ) -> None:
        """He may be back tomorrow, and all his posts with him."""
        platform.switched_off.add(OTHER.handle)
        assert self.seen(Sample(platform), repost) == (set(), set())

    def test_of_an_author_who_has_left_everything_is_gone(
        self, platform: Bluesky, repost: str
    ) -> None:
        platform.left.add(OTHER.handle)
        assert self.seen(Sample(platform), repost) == (set(), {repost})

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            (400, {"error": "AccountTakedown", "message": "Account has been suspended"}),
            (400, {"error": "AccountDeactivated", "message": "Account is deactivated"}),
            (400, {"error": "InvalidRequest", "message": "Error: actor must be a valid did"}),
            (403, {"error": "InvalidRequest", "message": "Profile not found"}),
            (404, "Not found"),
        ],
    )
    def test_of_an_author_who_may_come_back_nothing_is_told(
        self, status: int, said: Any, notes: list[Note], repost: str
    ) -> None:
        original = uri(notes[0], OTHER)
        web = Told(
            {
                self.RECORD: answer({"value": {"subject": {"uri": original}}}),
                TestLookUp.POSTS: answer({"posts": []}),
                TestLookUp.PROFILE: refusal_of(Reply(status, said)),
            }
        )
        assert self.seen(web, repost) == (set(), set())

    @pytest.mark.parametrize("status", [400, 404, 410])
    @pytest.mark.parametrize("name", ["RecordNotFound", "InvalidRequest"])
    def test_there_is_no_such_record_in_the_words_of_any_year(
        self, status: int, name: str, repost: str
    ) -> None:
        said = {"error": name, "message": "Could not locate record: at://that/one"}
        profile = answer({"did": did(ACCOUNT)})
        refusal = Gone(status=410) if status == 410 else error_of(status)
        refusal.body = json.dumps(said).encode()
        web = Told({self.RECORD: refusal, TestLookUp.PROFILE: profile})
        assert self.seen(web, repost) == (set(), {repost})

    def test_an_account_that_is_switched_off_takes_nothing_back(
        self, platform: Bluesky, notes: list[Note], repost: str
    ) -> None:
        del notes[0]
        platform.is_deactivated = True
        assert self.seen(Sample(platform), repost) == (set(), set())

    def test_what_its_author_hides_from_strangers_is_gone(
        self, platform: Bluesky, notes: list[Note], repost: str
    ) -> None:
        original = uri(notes[0], OTHER)
        shy = {"did": did(OTHER), "labels": [{"val": "!no-unauthenticated"}]}
        web = Told(
            {
                self.RECORD: answer({"value": {"subject": {"uri": original}}}),
                TestLookUp.POSTS: answer({"posts": [item(uri=original, author=shy)["post"]]}),
                TestLookUp.PROFILE: answer({"did": did(ACCOUNT)}),
            }
        )
        assert self.seen(web, repost) == (set(), {repost})

    RECORD = "/xrpc/com.atproto.repo.getRecord"

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            (400, {"error": "InvalidRequest", "message": "Could not find repo: somebody"}),
            (400, "Bad request"),
            (403, {"error": "RecordNotFound", "message": "Could not locate record: that"}),
            (404, {"error": "MethodNotImplemented", "message": "Method Not Implemented"}),
        ],
    )
    def test_only_that_there_is_no_such_record_says_so(
        self, status: int, said: Any, repost: str
    ) -> None:
        refusal = error_of(status)
        refusal.body = json.dumps(said).encode()
        profile = answer({"did": did(ACCOUNT)})
        web = Told({self.RECORD: refusal, TestLookUp.PROFILE: profile})
        assert self.seen(web, repost) == (set(), set())

    @pytest.mark.parametrize("status", [429, 503])
    def test_an_outage_tells_nothing(self, status: int, repost: str) -> None:
        with pytest.raises(FetchError):
            self.seen(Told({self.RECORD: error_of(status)}), repost)

    @pytest.mark.parametrize("value", [None, {}, {"subject": {"uri": "at://elsewhere"}}])
    def test_a_record_that_names_no_post_tells_nothing(self, value: Any, repost: str) -> None:
        assert self.seen(Told({self.RECORD: answer({"value": value})}), repost) == (set(), set())


class TestShape:
    """What is not as it should be."""

    def test_one_bad_post_is_lost_alone(self) -> None:
        assert len(visit(bluesky, told({"post": 3}, ITEM, None), DID).posts) == 1

    def test_where_no_post_can_be_read_the_platform_changed(self) -> None:
        with pytest.raises(UnexpectedShape, match=r"feed\[0\]\.post"):
            visit(bluesky, told({"post": 3}), DID)

    def test_without_a_list_of_posts_the_platform_changed(self) -> None:
        with pytest.raises(UnexpectedShape, match="feed"):
            visit(bluesky, Told({TIMELINE: answer({})}), DID)

    def test_a_cursor_that_comes_again_ends_the_pages(self) -> None:
        web = Told({TIMELINE: answer({"feed": [ITEM], "cursor": "same"})})
        visit(bluesky, web, DID)
        assert len(web.asked) == 2

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "record",
                            "embed",
                            "facets",
                            "index",
                            "author",
                            "labels",
                            "text",
                            "images",
                            "$type",
                        ]
                    ),
                    inner,
                )
            ),
            max_leaves=15,
        )
    )
    def test_any_post_is_read_or_told(self, said: Any) -> None:
        changes = said if isinstance(said, dict) else {"record": said}
        try:
            post = post_of(Part(item(**changes)))
        except UnexpectedShape:
            return
        assert post is None or post.guid


class TestFeed:
    """The RSS feed, where the interface refuses us."""

    ENTRY = RawPost(guid=ITEM["post"]["uri"], permalink="https://bsky.app/profile/a/post/b")

    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    def test_it_is_read_where_the_interface_refuses_us(self, status: int) -> None:
        web = Told({"/xrpc/": error_of(status), FEED: answer("rss")})
        found = visit(bluesky, web, "institute.example", reader=Feed(self.ENTRY))
        assert found.posts == (self.ENTRY,)
        assert web.asked[-1] == "https://bsky.app/profile/institute.example/rss"

    @pytest.mark.parametrize("error", [RateLimited, ServerFault])
    def test_an_outage_is_no_refusal(self, error: type[FetchError]) -> None:
        web = Told({"/xrpc/": error(), FEED: answer("rss")})
        with pytest.raises(error):
            visit(bluesky, web, "institute.example", reader=Feed(self.ENTRY))

    def test_a_known_post_is_not_taken_from_it_for_it_says_less(self) -> None:
        web = told(ITEM)
        cursor = visit(bluesky, web, "institute.example").cursor
        web.answers = {"/xrpc/": error_of(403), FEED: answer("rss")}
        reader = Feed(RawPost(guid="at://new"), self.ENTRY)
        found = visit(bluesky, web, "institute.example", cursor=cursor, reader=reader)
        assert [post.guid for post in found.posts] == ["at://new"]

    def test_the_account_that_we_know_is_asked_for_and_not_its_handle(self) -> None:
        web = told(ITEM)
        cursor = visit(bluesky, web, "institute.example").cursor
        web.answers = {"/xrpc/": error_of(403), FEED: answer("rss")}
        visit(bluesky, web, "institute.example", cursor=cursor)
        assert web.asked[-1] == f"https://bsky.app/profile/{DID}/rss"

    def test_once_the_interface_answers_again_its_posts_are_taken(self) -> None:
        web = Told({"/xrpc/": error_of(403), FEED: answer("rss")})
        cursor = visit(bluesky, web, "institute.example", reader=Feed(self.ENTRY)).cursor
        found = visit(bluesky, told(ITEM), "institute.example", cursor=cursor)
        assert [post.body and post.body.value for post in found.posts] == ["Hello"]

    def test_where_the_feed_refuses_us_too_there_is_no_such_account(self) -> None:
        with pytest.raises(NotFound, match=r"no account institute\.example") as caught:
            visit(bluesky, Told({"/xrpc/": error_of(400)}), "institute.example")
        assert "https://bsky.app/profile/institute.example" in caught.value.advice


@pytest.fixture(name="recorded", scope="module")
def _recorded() -> Path:
    folder = Path(__file__).resolve().parents[2] / "../shared/fixtures/social"
    if not folder.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    return folder


def items_of(recorded: Path, name: str) -> list[Part]:
    return list(Part(json.loads((recorded / "bluesky" / name).read_bytes())).items("feed"))


def facets_in(said: Any) -> Iterator[Any]:
    """Records with facets, at any depth."""
    if isinstance(said, dict):
        if "facets" in said and "text" in said:
            yield said
        for inner in said.values():
            yield from facets_in(inner)
    elif isinstance(said, list):
        for inner in said:
            yield from facets_in(inner)


@pytest.mark.corpus
class TestRecorded:
    """Answers of the real platform, with the counts of their manifest."""

    def test_a_real_timeline(self, recorded: Path) -> None:
        posts = [post_of(entry) for entry in items_of(recorded, "author_feed_p1.json")]
        kinds = [post.kind for post in posts if post]
        assert (len(kinds), kinds.count(PostKind.REPOST)) == (14, 3)

    def test_what_it_quotes_is_read(self, recorded: Path) -> None:
        posts = [post_of(entry) for entry in items_of(recorded, "author_feed_p1.json")]
        quotes = [post.quote for post in posts if post and post.quote]
        assert len(quotes) == 3
        assert all(one.body and one.author and one.permalink for one in quotes)

    def test_what_may_not_be_seen_is_not_quoted(self, recorded: Path) -> None:
        posts = [post_of(entry) for entry in items_of(recorded, "CONSTRUCTED_edge_feed.json")]
        assert [post.quote for post in posts if post] == [None] * 6

    def test_a_post_that_was_looked_up_is_read(self, recorded: Path) -> None:
        said = json.loads((recorded / "bluesky" / "get_posts.json").read_bytes())
        guid = said["posts"][0]["uri"]
        web = Told({TestLookUp.POSTS: answer(said)})
        assert look_up(bluesky, web, guid.split("/")[2], guid).present == {guid}

    def test_every_item_of_the_odd_ones_is_read(self, recorded: Path) -> None:
        posts = [post_of(entry) for entry in items_of(recorded, "CONSTRUCTED_edge_feed.json")]
        assert [post.kind for post in posts if post] == [PostKind.QUOTE] * 3 + [
            PostKind.ORIGINAL
        ] * 3
        assert {medium.alt for post in posts if post for medium in post.media} == {
            "Nurse explains hand hygiene",
            "Ward 3 after renovation",
        }

    def test_a_date_in_the_future_is_not_believed(self, recorded: Path) -> None:
        *_, last = items_of(recorded, "CONSTRUCTED_edge_feed.json")
        post = post_of(last)
        assert post is not None
        assert post.published is not None
        assert post.published.said.startswith("2026-10-01")

    def test_every_facet_stands_where_it_says(self, recorded: Path) -> None:
        """A third of them would not, counted in code points."""
        counted = found = 0
        for file in sorted((recorded / "bluesky").glob("*.json")):
            for record in facets_in(json.loads(file.read_bytes())):
                counted += len(record["facets"])
                found += len(read(item(record=record)).spans)
        assert counted == found
        assert counted > 40

    @pytest.mark.parametrize("name", ["granary_note.json", "granary_repost.json"])
    def test_sloppy_posts_are_read(self, recorded: Path, name: str) -> None:
        said = json.loads((recorded / "bluesky" / name).read_bytes())
        post = post_of(Part(said))
        assert post is not None
        assert post.published is not None
        assert post.published.parsed is not None


def test_the_sample_platform_is_read_to_the_letter() -> None:
    text = "Ünlocked 👩‍⚕️: read https://institute.example/a-very-long-address/indeed #Fürth today."
    platform = Bluesky(ACCOUNT, lambda: [note(7, text)], lambda: NOW)
    (post,) = visit(bluesky, Sample(platform), ACCOUNT.handle).posts
    assert post.body is not None
    cut = {post.body.value[span.start : span.end]: span.target for span in post.spans}
    assert cut == {
        "institute.example/a-very-long-...": (
            "https://institute.example/a-very-long-address/indeed"
        ),
        "#Fürth": "https://bsky.app/hashtag/F%C3%BCrth",
    }
    assert did(ACCOUNT) in (post.guid or "")
