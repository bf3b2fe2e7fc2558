"""The platform ``x``: handles, two vocabularies, refusals in words, and what each read costs."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import x
from aggregator.connectors._contract import Errand, NoKeys, Reads
from aggregator.demo.notes import Account, Note
from aggregator.demo.x import POSTS, TOKEN, TWEETS, Words, X, newest_id
from aggregator.errors import (
    CreditSpent,
    Denied,
    FetchError,
    NotFound,
    PermissionMissing,
    RateLimited,
    Refused,
    ServerFault,
    TokenMissing,
    TokenRevoked,
    TokenWrong,
)
from aggregator.model import (
    FetchResult,
    PostKind,
    RawPost,
    Sightings,
    Sought,
    Source,
)
from tests.connectors.social import (
    NOW,
    FakeKeys,
    Feed,
    Sample,
    Told,
    answer,
    error_of,
    note,
)
from tests.connectors.test_golden import named

ACCOUNT = Account("Institute", "Example Institute", 77)
FRIEND = Account("friend", "A friend", 88)
BY_NAME = "/2/users/by/username/"
TIMELINE = "/2/users/77/tweets"
USER = answer({"data": {"id": "77", "name": "Example Institute", "username": "Institute"}})
EMPTY = answer({"meta": {"result_count": 0}})
HERE = Path(__file__).parent / "x"
ALL: dict[str, Any] = dict.fromkeys(("include_reposts", "include_replies", "include_quotes"), True)


class Follower:
    """One who follows the account, visit by visit."""

    def __init__(self, web: Sample | Told, *, token: str = TOKEN, **options: Any) -> None:
        self.web = web
        self.keys = FakeKeys(token)
        self.source = Source("one", "x", "institute", options=x.Options(**options))
        self.cursor: bytes | None = None
        self.read = 0
        """Posts and accounts that were billed this month."""

    def visit(self) -> FetchResult:
        reads = Reads(self.read)
        errand = Errand(self.web, Feed(), self.cursor, self.keys, reads)
        try:
            result = asyncio.run(x.fetch(self.source, errand))
        finally:
            self.read = reads.so_far
        self.cursor = result.cursor
        return result

    def look_up(self, *guids: str) -> Sightings:
        reads = Reads(self.read)
        errand = Errand(self.web, Feed(), self.cursor, self.keys, reads)
        try:
            return asyncio.run(x.look_up(self.source, [Sought(one, None) for one in guids], errand))
        finally:
            self.read = reads.so_far


def platform(*notes: Note, words: Words = POSTS) -> X:
    """The sample platform with these notes, in a list that tests may change."""
    written = list(notes)
    made = X(ACCOUNT, lambda: written, lambda: NOW, words=words)
    made.written = lambda: written
    return made


def follower(*notes: Note, words: Words = POSTS, **options: Any) -> tuple[X, Follower]:
    made = platform(*notes, words=words)
    return made, Follower(Sample(made), **options)


def refusal(status: int, said: Any, **fields: str) -> FetchError:
    error = error_of(status)
    error.body, error.headers = json.dumps(said).encode(), fields
    return error


def told(timeline: Any) -> Told:
    return Told({BY_NAME: USER, TIMELINE: timeline})


def bodies(posts: Sequence[RawPost]) -> list[str]:
    return [post.body.value if post.body else "" for post in posts]


def query_of(target: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


@pytest.mark.parametrize(
    ("written", "handle"),
    [
        ("institute", "institute"),
        ("@Institute", "institute"),
        ("https://x.com/Institute", "institute"),
        ("x.com/Institute/status/123?s=20", "institute"),
        ("https://mobile.twitter.com/institute/", "institute"),
        ("http://www.twitter.com/@institute", "institute"),
        (" under_score_1 ", "under_score_1"),
    ],
)
def test_good_addresses(written: str, handle: str) -> None:
    assert x.read_address(written) == handle


@pytest.mark.parametrize(
    "written",
    [
        *("", "@", "two words", "institute.example", "a_handle_that_is_too_long", "ünstitute"),
        *("https://x.com/", "https://x.com/i/status/12", "https://x.com/search?q=institute"),
        *("https://help.x.com/institute", "https://social.example/@institute"),
    ],
)
def test_bad_addresses_are_answered_with_a_hint(written: str) -> None:
    with pytest.raises(ValueError, match="for example institute"):
        x.read_address(written)


def test_a_budget_is_a_number_that_something_can_be_read_with() -> None:
    with pytest.raises(ValueError, match="reads_per_month"):
        x.Options(reads_per_month=0)


@pytest.mark.parametrize("sample", ["posts", "tweets"])
def test_timeline_is_read_as_expected(sample: str) -> None:
    """``GOLDEN=rewrite`` writes the expectations anew: read the difference as code."""
    said = json.loads((HERE / f"{sample}.json").read_text("utf-8"))
    result = Follower(told(answer(said)), **ALL).visit()
    found = {"profile": named(result.profile), "posts": named(result.posts)}
    golden = HERE / f"{sample}.json.expected.json"
    if os.environ.get("GOLDEN") == "rewrite":
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(golden.read_text(encoding="utf-8"))


def test_both_vocabularies_say_the_same() -> None:
    posts, tweets = (
        (HERE / f"{name}.json.expected.json").read_text("utf-8") for name in ("posts", "tweets")
    )
    assert posts == tweets


class TestVocabulary:
    """In which words X is asked."""

    @pytest.mark.parametrize("words", [POSTS, TWEETS], ids=["posts", "tweets"])
    def test_either_is_spoken(self, words: Words) -> None:
        _, reader = follower(note(1, "Said in either way. " * 20), words=words)
        assert bodies(reader.visit().posts) == [("Said in either way. " * 20).strip()]

    def test_the_one_that_was_understood_is_spoken_at_once_the_next_time(self) -> None:
        made, reader = follower(note(1), words=TWEETS)
        reader.visit()
        made.asked.clear()
        reader.visit()
        assert len(made.asked) == 1

    def test_the_other_is_tried_when_x_changes_its_mind(self) -> None:
        made, reader = follower(note(1), words=TWEETS)
        reader.visit()
        made.words = POSTS
        assert reader.visit().unchanged

    def test_another_bad_request_is_not_asked_again(self) -> None:
        said = {"title": "Invalid Request", "detail": "One or more parameters was invalid."}
        web = told(refusal(400, said))
        with pytest.raises(Denied, match="One or more parameters was invalid"):
            Follower(web).visit()
        assert len(web.asked) == 2

    def test_where_neither_is_understood_that_is_told(self) -> None:
        said = {"errors": [{"message": "The query parameter [post.fields] is not [tweet.fields]"}]}
        web = told(refusal(400, said))
        with pytest.raises(Denied, match="did not understand"):
            Follower(web).visit()
        assert len(web.asked) == 3


class TestTimeline:
    """Which posts are asked for, and which are shown."""

    def test_the_account_is_looked_up_once(self) -> None:
        made, reader = follower(note(1))
        reader.visit()
        reader.visit()
        assert sum(BY_NAME in target for target in made.asked) == 1

    def test_after_the_first_visit_only_newer_posts_are_asked_for(self) -> None:
        notes = [note(1), note(2)]
        made = X(ACCOUNT, lambda: notes, lambda: NOW)
        reader = Follower(Sample(made))
        reader.visit()
        notes.append(note(3, "The third one."))
        assert bodies(reader.visit().posts) == ["The third one."]
        assert query_of(made.asked[-1])["since_id"] == newest_id(note(2))

    def test_where_nothing_is_new_nothing_is_paid_for(self) -> None:
        _, reader = follower(note(1))
        reader.visit()
        before = reader.read
        assert reader.visit().unchanged
        assert reader.read == before

    def test_the_first_visit_reads_no_more_than_is_shown(self) -> None:
        made, reader = follower(*(note(number) for number in range(1, 90)))
        assert len(reader.visit().posts) == 25
        assert len(made.asked) == 2

    def test_later_visits_read_all_that_is_new_page_by_page(self) -> None:
        notes = [note(1)]
        made = X(ACCOUNT, lambda: notes, lambda: NOW)
        reader = Follower(Sample(made))
        reader.visit()
        notes += [note(number) for number in range(2, 232)]
        made.asked.clear()
        found = reader.visit().posts
        assert [post.guid for post in found] == [newest_id(one) for one in reversed(notes[1:])]
        assert len(made.asked) == 3

    def test_a_page_that_comes_again_ends_the_pages(self) -> None:
        page = answer({"data": [], "meta": {"result_count": 0, "next_token": "same"}})
        web = told(page)
        Follower(web).visit()
        assert len(web.asked) == 3

    def test_what_came_before_x_wants_a_rest_is_kept_and_asked_for_again(self) -> None:
        notes = [note(1)]
        made = X(ACCOUNT, lambda: notes, lambda: NOW)
        reader = Follower(Sample(made))
        reader.visit()
        notes += [note(number) for number in range(2, 202)]
        made.allowance = 3  # the visit before took two of them
        found = reader.visit()
        assert (len(found.posts), found.wait) == (100, timedelta(minutes=5))
        made.allowance = 900
        assert len(reader.visit().posts) == 200

    @pytest.mark.parametrize(
        ("options", "excluded", "kinds"),
        [
            ({}, "replies,retweets", ["original"]),
            ({"include_replies": True}, "retweets", ["reply", "original"]),
            ({"include_reposts": True}, "replies", ["repost", "original"]),
            (ALL, None, ["repost", "reply", "original"]),
        ],
    )
    def test_only_the_kinds_that_staff_ask_for_are_asked_for(
        self, options: dict[str, Any], excluded: str | None, kinds: list[str]
    ) -> None:
        made, reader = follower(note(1), note(2, is_reply=True), note(3, by=FRIEND), **options)
        assert [post.kind for post in reader.visit().posts] == kinds
        assert query_of(made.asked[-1]).get("exclude") == excluded

    def test_the_rest_of_threads_is_left_out_though_x_sends_it(self) -> None:
        said = json.loads((HERE / "posts.json").read_text("utf-8"))
        kinds = {post.kind for post in Follower(told(answer(said))).visit().posts}
        assert kinds == {PostKind.ORIGINAL}

    def test_other_options_read_all_once_more_and_another_budget_does_not(self) -> None:
        made, reader = follower(note(1), note(2, is_reply=True))
        reader.visit()
        reader.source = replace(reader.source, options=x.Options(reads_per_month=900))
        assert reader.visit().posts == ()
        reader.source = replace(reader.source, options=x.Options(include_replies=True))
        assert len(reader.visit().posts) == 2
        assert sum(BY_NAME in target for target in made.asked) == 1

    def test_the_token_is_shown_in_the_header_alone(self) -> None:
        made, reader = follower(note(1))
        reader.visit()
        assert TOKEN not in "".join(made.asked)
        assert TOKEN.encode() not in (reader.cursor or b"")

    def test_a_wait_is_kept_once_the_answers_are_used_up(self) -> None:
        made, reader = follower(note(1))
        made.allowance = 2
        assert reader.visit().wait == timedelta(minutes=5)


class TestEdits:
    """A post has a new id after every edit, and stays the same to us."""

    def test_an_edit_comes_as_the_same_post(self) -> None:
        notes = [note(1, "Open on Monday.")]
        reader = Follower(Sample(X(ACCOUNT, lambda: notes, lambda: NOW)))
        (before,) = reader.visit().posts
        notes[0] = replace(notes[0], text="Open on Tuesday.", edited=NOW)
        (after,) = reader.visit().posts
        assert after.guid == before.guid
        assert after.published == before.published
        assert bodies([after]) == ["Open on Tuesday."]
        assert after.updated is not None
        assert after.permalink == f"https://x.com/Institute/status/{newest_id(notes[0])}"

    def test_a_look_up_by_the_first_id_finds_the_newest_version(self) -> None:
        notes = [note(1, "Open on Monday.")]
        reader = Follower(Sample(X(ACCOUNT, lambda: notes, lambda: NOW)))
        (before,) = reader.visit().posts
        notes[0] = replace(notes[0], text="Open on Tuesday.", edited=NOW)
        sightings = reader.look_up(str(before.guid))
        assert sightings.present == {before.guid}
        assert [(post.guid, *bodies([post])) for post in sightings.posts] == [
            (before.guid, "Open on Tuesday.")
        ]


class TestLookUp:
    """Whether posts are still there."""

    def test_what_was_deleted_is_gone_where_others_are_there(self) -> None:
        _, reader = follower(note(1), note(2))
        reader.visit()
        there, gone = newest_id(note(2)), newest_id(note(3))
        sightings = reader.look_up(there, gone)
        assert (set(sightings.present), set(sightings.gone)) == ({there}, {gone})

    def test_where_no_post_is_there_the_account_is_asked_for(self) -> None:
        made, reader = follower(note(1))
        reader.visit()
        gone = newest_id(note(3))
        assert reader.look_up(gone).gone == {gone}
        assert urlsplit(made.asked[-1]).path == "/2/users/77"

    @pytest.mark.parametrize("standing", ["protected", "suspended"])
    def test_what_its_account_no_longer_shows_to_everybody_is_gone(self, standing: Any) -> None:
        made, reader = follower(note(1))
        reader.visit()
        made.standing = standing
        assert reader.look_up(newest_id(note(1))).gone == {newest_id(note(1))}

    def test_a_locked_account_takes_nothing_away_and_changes_nothing(self) -> None:
        made, reader = follower(note(1))
        reader.visit()
        made.standing = "locked"
        sightings = reader.look_up(newest_id(note(1)))
        assert (len(sightings.present), len(sightings.gone), sightings.posts) == (1, 0, ())

    def test_an_error_tells_nothing(self) -> None:
        made, reader = follower(note(1))
        reader.visit()
        made.tokens.clear()
        with pytest.raises(TokenRevoked):
            reader.look_up(newest_id(note(1)))

    @pytest.mark.parametrize(
        "said",
        [
            {},
            {"meta": {"result_count": 0}},
            {
                "errors": [
                    {
                        "type": "https://api.x.com/2/problems/resource-unavailable",
                        "parameter": "ids",
                        "resource_id": "5",
                    }
                ]
            },
            {
                "errors": [
                    {
                        "type": "https://api.x.com/2/problems/resource-not-found",
                        "parameter": "referenced_posts",
                        "resource_id": "5",
                    }
                ]
            },
        ],
    )
    def test_an_answer_that_does_not_say_it_plainly_tells_nothing(self, said: Any) -> None:
        web = Told({BY_NAME: USER, "/2/users/77": USER, "/2/tweets": answer(said)})
        sightings = Follower(web).look_up("5")
        assert not sightings.present | sightings.gone

    def test_where_x_says_nothing_of_the_account_either_nothing_is_gone(self) -> None:
        problem = {"type": "https://api.x.com/2/problems/resource-not-found", "parameter": "ids"}
        said = answer({"errors": [problem | {"resource_id": "5"}]})
        web = Told({BY_NAME: USER, "/2/users/77": EMPTY, "/2/tweets": said})
        assert Follower(web).look_up("5").gone == set()

    def test_posts_without_a_good_id_are_left_out(self) -> None:
        said = answer({"data": [{"id": []}, None, {"id": "5", "text": "Good."}]})
        sightings = Follower(Told({"/2/tweets": said})).look_up("5", "6")
        assert (set(sightings.present), set(sightings.gone)) == ({"5"}, set())
        assert bodies(sightings.posts) == ["Good."]

    def test_what_the_budget_does_not_allow_is_not_told_of(self) -> None:
        _, reader = follower(note(1), note(2))
        reader.visit()
        reader.read = 1_988
        sightings = reader.look_up(newest_id(note(1)), newest_id(note(2)))
        assert len(sightings.present) == 1

    def test_a_hundred_are_asked_for_at_once(self) -> None:
        made, reader = follower(note(1), reads_per_month=9_000)
        reader.visit()
        made.asked.clear()
        ids = [newest_id(note(number)) for number in range(1, 152)]
        sightings = reader.look_up(*ids)
        assert (len(sightings.present), len(sightings.gone)) == (1, 150)
        assert [len(query_of(target)["ids"].split(",")) for target in made.asked] == [100, 51]


class TestBudget:
    """What is paid for."""

    def test_posts_and_accounts_are_counted_with_what_comes_along(self) -> None:
        """The account when it is looked up, and again with its posts; a friend, and what he said."""
        made, reader = follower(note(1), note(2, by=FRIEND), include_reposts=True)
        reader.visit()
        assert made.sent == 1 + 2 + 2 + 1
        assert reader.read == made.sent - 1, "the same account twice in a day is billed once"

    def test_what_a_failed_visit_read_is_counted(self) -> None:
        web = told(error_of(503))
        reader = Follower(web)
        with pytest.raises(ServerFault):
            reader.visit()
        assert reader.read == 1

    def test_fewer_posts_are_asked_for_as_it_runs_out(self) -> None:
        made, reader = follower(note(1), reads_per_month=2_000)
        reader.visit()
        reader.read = 1_900
        reader.visit()
        assert query_of(made.asked[-1])["max_results"] == "9"

    def test_once_it_is_used_up_nothing_more_is_asked(self) -> None:
        made, reader = follower(note(1))
        reader.visit()
        made.asked.clear()
        reader.read = 1_990
        with pytest.raises(CreditSpent, match="budget of 2,000 reads for this month") as caught:
            reader.visit()
        with pytest.raises(CreditSpent):
            reader.look_up(newest_id(note(1)))
        assert "reads_per_month" in caught.value.advice
        assert made.asked == []

    @given(st.integers(1, 400), st.integers(1, 60))
    def test_it_is_never_passed(self, budget: int, count: int) -> None:
        notes = [note(number, by=FRIEND if number % 3 else None) for number in range(1, count)]
        made = X(ACCOUNT, lambda: notes, lambda: NOW)
        reader = Follower(Sample(made), reads_per_month=budget, **ALL)
        for _ in range(4):
            try:
                reader.visit()
                reader.look_up(*map(newest_id, notes))
            except CreditSpent:
                pass
            assert reader.read <= budget

    def test_what_was_read_before_it_ran_out_is_kept_and_the_rest_comes_next_month(self) -> None:
        notes = [note(1)]
        reader = Follower(Sample(X(ACCOUNT, lambda: notes, lambda: NOW)), reads_per_month=300)
        reader.visit()
        notes += [note(number) for number in range(2, 62)]
        reader.read = 200
        assert 5 <= len(reader.visit().posts) < 60
        reader.read = 260
        with pytest.raises(CreditSpent):
            reader.visit()
        reader.read = 0
        reader.source = replace(reader.source, options=x.Options(reads_per_month=2_000))
        assert len(reader.visit().posts) == 60


class TestAccounts:
    """Whose posts they are."""

    def test_without_a_token_nothing_is_asked(self) -> None:
        made = platform(note(1))
        source = Source("one", "x", "institute", options=x.Options())
        with pytest.raises(TokenMissing):
            asyncio.run(x.fetch(source, Errand(Sample(made), Feed(), None, NoKeys())))
        assert made.asked == []

    def test_a_handle_that_is_given_to_another_account_is_told(self) -> None:
        said = json.loads((HERE / "posts.json").read_text("utf-8"))
        said["includes"]["users"][0]["username"] = "Old_Institute"
        web = told(EMPTY)
        reader = Follower(web)
        reader.visit()
        web.answers = {
            TIMELINE: answer(said),
            BY_NAME: answer({"data": {"id": "99", "username": "institute", "name": "Else"}}),
        }
        with pytest.raises(Refused, match="belongs to another account") as caught:
            reader.visit()
        assert "write Old_Institute in feeds.yaml" in caught.value.advice

    @pytest.mark.parametrize(
        "resolved",
        [
            USER,
            answer(
                {
                    "errors": [
                        {
                            "resource_type": "user",
                            "title": "Not Found Error",
                            "type": "https://api.x.com/2/problems/resource-not-found",
                        }
                    ]
                }
            ),
        ],
    )
    def test_an_account_that_changed_its_handle_is_followed_on(self, resolved: Any) -> None:
        said = json.loads((HERE / "posts.json").read_text("utf-8"))
        said["includes"]["users"][0]["username"] = "New_Institute"
        web = told(EMPTY)
        reader = Follower(web)
        reader.visit()
        web.answers = {TIMELINE: answer(said), BY_NAME: resolved}
        (post, *_) = reader.visit().posts
        assert post.permalink == "https://x.com/New_Institute/status/1900000000000000009"

    @pytest.mark.parametrize(
        ("standing", "error", "words"),
        [
            ("protected", Refused, "are protected"),
            ("suspended", Refused, "has suspended"),
        ],
    )
    @pytest.mark.parametrize("is_first", [True, False])
    def test_an_account_that_is_not_shown(
        self, standing: Any, error: type[FetchError], words: str, is_first: bool
    ) -> None:
        made, reader = follower(note(1))
        if not is_first:
            reader.visit()
        made.standing = standing
        with pytest.raises(error, match=words):
            reader.visit()

    def test_no_such_account(self) -> None:
        made, reader = follower(note(1))
        made.account = FRIEND
        with pytest.raises(NotFound, match="X has no account @institute") as caught:
            reader.visit()
        assert "https://x.com/institute" in caught.value.advice

    def test_a_locked_account_is_told_and_read_once_it_is_open_again(self) -> None:
        made, reader = follower(note(1))
        made.standing = "locked"
        with pytest.raises(Refused, match="the account is locked"):
            reader.visit()
        made.standing = "open"
        assert len(reader.visit().posts) == 1


class TestRefusals:
    """Each in words that say what to do."""

    def test_a_token_that_never_worked_is_wrong(self) -> None:
        made = platform(note(1))
        with pytest.raises(TokenWrong, match="A_TOKEN") as caught:
            Follower(Sample(made), token="mistyped").visit()
        assert "https://console.x.com" in caught.value.advice
        assert "mistyped" not in f"{caught.value} {caught.value.advice}"

    def test_one_that_worked_before_was_revoked(self) -> None:
        made, reader = follower(note(1))
        reader.visit()
        made.tokens.clear()
        with pytest.raises(TokenRevoked, match="accepted before"):
            reader.visit()

    def test_another_one_in_its_place_that_never_worked_is_wrong(self) -> None:
        _, reader = follower(note(1))
        reader.visit()
        reader.keys = FakeKeys("mistyped")
        with pytest.raises(TokenWrong):
            reader.visit()

    @pytest.mark.parametrize(
        ("status", "said", "error"),
        [
            (402, {"title": "CreditsDepleted", "account_id": 10**18}, CreditSpent),
            (402, None, CreditSpent),
            (403, {"title": "SpendCapReached", "detail": "Reached the spend cap."}, CreditSpent),
            (
                403,
                {
                    "title": "Client Forbidden",
                    "reason": "client-not-enrolled",
                    "detail": "This app is not enrolled.",
                    "type": "https://api.x.com/2/problems/client-forbidden",
                },
                PermissionMissing,
            ),
            (
                403,
                {
                    "title": "Forbidden",
                    "type": "https://api.twitter.com/2/problems/not-authorized-for-resource",
                },
                Refused,
            ),
            (429, {"title": "Too Many Requests"}, RateLimited),
            (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, RateLimited),
            (503, {"title": "Service Unavailable"}, ServerFault),
            (503, "<html>", ServerFault),
        ],
    )
    def test_each_status_and_problem(self, status: int, said: Any, error: type[FetchError]) -> None:
        web = told(refusal(status, said))
        with pytest.raises(error) as caught:
            Follower(web).visit()
        assert type(caught.value) is error
        assert caught.value.status == status

    def test_a_wait_that_x_asks_for_is_kept(self) -> None:
        limited = refusal(429, {"title": "Too Many Requests"})
        limited.retry_after = timedelta(minutes=9)
        with pytest.raises(RateLimited) as caught:
            Follower(told(limited)).visit()
        assert caught.value.retry_after == timedelta(minutes=9)

    @pytest.mark.parametrize(
        ("period", "date", "wait", "span"),
        [
            ("Daily", "Mon, 23 Nov 2026 21:30:00 GMT", timedelta(hours=2, minutes=30), "today"),
            ("Daily", "today", timedelta(days=1), "today"),
            ("Daily", "", timedelta(days=1), "today"),
            ("Monthly", "Mon, 23 Nov 2026 21:30:00 GMT", timedelta(days=1), "this month"),
        ],
    )
    @pytest.mark.parametrize(
        "problem",
        [{"title": "UsageCapExceeded"}, {"type": "https://api.x.com/2/problems/usage-capped"}],
        ids=["title", "type"],
    )
    def test_a_plan_that_is_used_up_is_not_asked_again_on_the_same_day(
        self, problem: dict[str, str], period: str, date: str, wait: timedelta, span: str
    ) -> None:
        """The reset of the answer is that of the requests, and useless."""
        limited = refusal(429, problem | {"period": period}, date=date)
        limited.retry_after = timedelta(minutes=9)
        with pytest.raises(RateLimited, match=f"no more posts to be read {span}") as caught:
            Follower(told(limited)).visit()
        assert caught.value.retry_after == wait
