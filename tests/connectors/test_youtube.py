"""The platform ``youtube`` with a key: its interface, what is wrong with keys, the feed instead.

``GOLDEN=rewrite pytest tests/connectors/test_youtube.py`` writes the expectations anew: read the
difference as code. Addresses and the feed alone: ``test_platforms_by_feed.py``.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import youtube
from aggregator.connectors._shape import Part, read_json
from aggregator.connectors._youtube_api import DataApi, _next_day, listed
from aggregator.demo.interface import Reply
from aggregator.demo.notes import Note
from aggregator.demo.youtube import Video, YouTube
from aggregator.errors import (
    Denied,
    FetchError,
    NotFound,
    NotModified,
    PermissionMissing,
    RateLimited,
    ServerFault,
    TokenExpired,
    TokenRevoked,
    TokenWrong,
    UnexpectedShape,
)
from aggregator.model import Document, FetchResult, RawPost, Sightings, Token
from tests.connectors.social import (
    ACCOUNT,
    NOW,
    FakeKeys,
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
from tests.connectors.test_golden import named

HERE = Path(__file__).parent / "youtube"
RECORDED = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/youtube"
CHANNEL = "UC" + "0" * 20 + "77"
HANDLE = "@institute.example"


def platform(count: int = 5, *, key: str = "good") -> YouTube:
    notes = [note(number) for number in range(1, count + 1)]
    return YouTube(ACCOUNT, lambda: notes, lambda: NOW, key=key)


def ask(site: YouTube, address: str = HANDLE, **more: Any) -> FetchResult:
    return visit(youtube, Sample(site), address, keys=FakeKeys(), **more)


def guid(number: int) -> str:
    return f"yt:video:{Video(Note(number, '', NOW)).id}"


def paths(site: YouTube) -> list[str]:
    return [target.partition("?")[0].rpartition("/")[2] for target in site.asked]


class TestVisit:
    """What is asked, and what is remembered."""

    @pytest.mark.parametrize("address", [HANDLE, CHANNEL, "user/institute.example"])
    def test_a_channel_is_looked_up_once(self, address: str) -> None:
        site = platform()
        result = ask(site, address)
        assert [post.guid for post in result.posts] == [guid(number) for number in range(5, 0, -1)]
        assert paths(site) == ["channels", "playlistItems", "videos"]
        site.asked.clear()
        assert ask(site, address, cursor=result.cursor).unchanged
        assert paths(site) == ["playlistItems"]

    def test_a_list_that_has_not_changed_is_not_sent_again(self) -> None:
        web = Sample(platform())
        first = visit(youtube, web, HANDLE, keys=FakeKeys())
        again = visit(youtube, web, HANDLE, keys=FakeKeys(), cursor=first.cursor)
        assert again.unchanged  # the tag of the list is known from here on
        with pytest.raises(NotModified):
            visit(youtube, web, HANDLE, keys=FakeKeys(), cursor=again.cursor)

    def test_an_old_name_is_looked_up_on_its_page(self) -> None:
        site = platform()
        told = Told({"/c/Institute": Document("", f'"externalId":"{CHANNEL}"'.encode())})

        class Both(Sample):
            async def get(self, url: str, **how: Any) -> Document:
                return await told.get(url) if "/c/" in url else await super().get(url, **how)

        assert visit(youtube, Both(site), "c/Institute", keys=FakeKeys()).posts

    def test_a_playlist_is_asked_for_at_once(self) -> None:
        site = platform()
        assert ask(site, f"UU{CHANNEL[2:]}").posts
        assert paths(site) == ["playlistItems", "videos"]

    def test_pages_are_followed_until_enough_is_there(self) -> None:
        site = platform(60)
        result = ask(site)
        assert paths(site).count("playlistItems") == 1
        assert len(result.posts) == 25

    def test_pages_are_followed_to_what_is_known(self) -> None:
        site = platform(2)
        first = ask(site)
        later = platform(60)
        result = ask(later, cursor=first.cursor)
        assert len(result.posts) == 58
        assert paths(later).count("playlistItems") == 3

    def test_two_hidden_among_public_ones_are_left_out(self) -> None:
        site = platform()
        site.private, site.to_come = {2}, {3}
        assert [post.guid for post in ask(site).posts] == [guid(5), guid(4), guid(1)]

    def test_another_video_is_seen_while_a_premiere_waits(self) -> None:
        site = platform()
        site.to_come = {3}
        first = ask(site)
        again = ask(site, cursor=first.cursor)
        assert again.unchanged
        site.to_come = set()
        after = ask(site, cursor=again.cursor)
        assert [post.guid for post in after.posts] == [guid(3)]

    def test_shorts_are_left_out_by_the_feed_which_alone_knows_them(self) -> None:
        site = platform()
        short = RawPost(guid=guid(1), permalink="https://www.youtube.com/shorts/v1")
        long = RawPost(guid=guid(2), permalink="https://www.youtube.com/watch?v=v2")
        result = ask(site, options={"include_shorts": False}, reader=Feed(short, long))
        assert [post.guid for post in result.posts] == [guid(2)]
        assert result.trouble is None

    def test_a_channel_that_is_not_there_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            ask(platform(), "@nobody")

    def test_another_server_is_asked_for_everything(self) -> None:
        web = Told({})
        with pytest.raises(NotFound):
            visit(youtube, web, HANDLE, keys=FakeKeys(), options={"server": "http://t.localhost"})
        assert web.asked[0].startswith("http://t.localhost/youtube/v3/channels?")


def test_videos_are_read_as_expected() -> None:
    said = json.loads((HERE / "api.json").read_text("utf-8"))
    web = Told({f"/youtube/v3/{method}": answer(told) for method, told in said.items()})
    result = visit(youtube, web, "@institute", keys=FakeKeys())
    found = {"profile": named(result.profile), "posts": named(result.posts)}
    golden = HERE / "api.json.expected.json"
    if os.environ.get("GOLDEN") == "rewrite":
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(golden.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("PT4M3S", 243), ("PT1H", 3600), ("P1DT1S", 86401), ("P0D", None), ("", None), ("4:03", None)],
)
def test_lengths_are_read(said: str, seconds: int | None) -> None:
    video = Part({"id": "aaaaaaaaaa1", "snippet": {}, "contentDetails": {"duration": said}})
    (film,) = DataApi(Told(), FakeKeys(), Token("KEY", "key"), None).post_of(video).media
    assert film.seconds == seconds


def refused(status: int, *, words: str = "No.", **said: Any) -> FetchError:
    """An answer that is no 200, with its reasons."""
    errors = [{"reason": reason, "message": words} for reason in said.pop("reasons", ())]
    body = {"error": {"code": status, "message": words, "errors": errors, **said}}
    return refusal_of(Reply(status, body))


def trouble(refusal: FetchError, keys: FakeKeys | None = None) -> FetchError:
    """What staff are told of it, while the feed is read."""
    web = Told(
        {
            "/youtube/v3/": refusal,
            "/feeds/": answer("a feed"),
            "/@": Document("", f'"externalId":"{CHANNEL}"'.encode()),
        }
    )
    keys = keys or FakeKeys()
    result = visit(youtube, web, "@institute", keys=keys, reader=Feed(RawPost(guid="x")))
    assert result.posts
    assert result.trouble is not None
    return result.trouble


class TestRefusals:
    """Which of the many things that are wrong it is."""

    @pytest.mark.parametrize(
        ("refusal", "kind"),
        [
            (refused(400, reasons=["keyInvalid"]), TokenWrong),
            (
                refused(400, reasons=["badRequest"], words="API key not valid. Please pass one."),
                TokenWrong,
            ),
            (refused(400, details=[{"reason": "API_KEY_INVALID"}]), TokenWrong),
            (refused(400, reasons=["keyExpired"]), TokenExpired),
            (refused(400, words="API key expired. Please renew the API key."), TokenExpired),
            (refused(403, details=[{"reason": "CONSUMER_SUSPENDED"}]), TokenRevoked),
            (refused(403, reasons=["accessNotConfigured"]), PermissionMissing),
            (refused(403, details=[{"reason": "SERVICE_DISABLED"}]), PermissionMissing),
            (refused(403, reasons=["ipRefererBlocked"]), PermissionMissing),
            (refused(403, details=[{"reason": "API_KEY_IP_ADDRESS_BLOCKED"}]), PermissionMissing),
            (refused(403, reasons=["quotaExceeded"]), RateLimited),
            (refused(403, reasons=["rateLimitExceeded"]), RateLimited),
            (refused(429), RateLimited),
            (refused(403, reasons=["forbidden"]), Denied),
            (refused(403, reasons=["playlistItemsNotAccessible"]), Denied),
            (error_of(403), Denied),
        ],
    )
    def test_each_is_told_apart_and_the_feed_read(
        self, refusal: FetchError, kind: type[FetchError]
    ) -> None:
        assert type(trouble(refusal)) is kind

    @pytest.mark.parametrize("reason", ["keyInvalid", "keyExpired", "accessNotConfigured"])
    def test_advice_says_where_keys_are_made(self, reason: str) -> None:
        told = trouble(refused(400, reasons=[reason]))
        assert "A_TOKEN" in f"{told} {told.advice}"
        assert "https://console.cloud.google.com/" in told.advice

    @pytest.mark.parametrize("status", [404, 503])
    def test_what_is_no_refusal_is_a_failure(self, status: int) -> None:
        with pytest.raises((NotFound, ServerFault)):
            trouble(refused(status, reasons=["playlistNotFound"]))

    def test_where_the_feed_does_not_answer_either_the_refusal_is_told(self) -> None:
        web = Told({"/youtube/v3/": refused(400, reasons=["keyInvalid"])})
        with pytest.raises(TokenWrong):
            visit(youtube, web, "@institute", keys=FakeKeys())

    def test_known_posts_are_not_taken_from_the_feed(self) -> None:
        site = platform()
        first = ask(site)
        site.units = 0
        poorer = (RawPost(guid=guid(number)) for number in range(6, 0, -1))
        result = ask(site, cursor=first.cursor, reader=Feed(*poorer))
        assert [post.guid for post in result.posts] == [guid(6)]
        assert isinstance(result.trouble, RateLimited)
        site.units = 10
        back = ask(site, cursor=result.cursor)
        assert back.trouble is None
        assert [post.guid for post in back.posts] == []

    def test_a_feed_that_has_not_changed_does_not_hide_the_trouble(self) -> None:
        class Unchanged(Told):
            async def get(self, url: str, **how: Any) -> Document:
                if "/feeds/" in url:
                    raise NotModified
                return await super().get(url, **how)

        web = Unchanged({"/youtube/v3/": refused(400, reasons=["keyInvalid"])})
        result = visit(youtube, web, CHANNEL, keys=FakeKeys(), cursor=b"before")
        assert result.unchanged
        assert result.cursor == b"before"
        assert isinstance(result.trouble, TokenWrong)


class TestQuota:
    """It is the key's, of a day, and left alone once it is spent."""

    DAY = "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of a service."
    MINUTE = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of it."

    @pytest.mark.parametrize(
        "refusal",
        [
            refused(403, reasons=["quotaExceeded"]),
            refused(403, reasons=["dailyLimitExceeded"]),
            refused(429, reasons=["rateLimitExceeded"], words=DAY),
            refused(429, details=[{"reason": "RATE_LIMIT_EXCEEDED"}], words=DAY),
        ],
        ids=["quota", "daily limit", "in words", "in details"],
    )
    def test_the_key_rests_until_the_day_is_over(self, refusal: FetchError) -> None:
        keys = FakeKeys()
        assert isinstance(trouble(refusal, keys), RateLimited)
        assert keys.rests_until == datetime(2026, 11, 24, 8, 15, tzinfo=UTC)

    @pytest.mark.parametrize(
        "refusal",
        [
            refused(403, reasons=["rateLimitExceeded"]),
            refused(403, reasons=["userRateLimitExceeded"]),
            refused(429, reasons=["rateLimitExceeded"], words=MINUTE),
            refused(429),
            refused(400, reasons=["keyInvalid"], words=DAY),
        ],
        ids=["rate", "user's rate", "in words", "bare", "of the key"],
    )
    def test_whatever_else_is_refused_is_asked_again_soon(self, refusal: FetchError) -> None:
        keys = FakeKeys()
        trouble(refusal, keys)
        assert keys.rests_until is None

    @pytest.mark.parametrize(
        ("now", "anew"),
        [
            ("2026-11-23T12:00Z", "2026-11-24T08:15Z"),
            ("2026-11-24T07:59Z", "2026-11-24T08:15Z"),
            ("2026-03-08T09:00Z", "2026-03-09T07:15Z"),  # the day on which clocks go forward
            ("2026-03-08T07:00Z", "2026-03-08T08:15Z"),
            ("2026-11-01T08:00Z", "2026-11-02T08:15Z"),  # and the one on which they go back
        ],
    )
    def test_the_day_ends_at_midnight_in_california(self, now: str, anew: str) -> None:
        assert _next_day(datetime.fromisoformat(now)) == datetime.fromisoformat(anew)

    def test_a_key_at_rest_is_not_shown_and_the_feed_is_read(self) -> None:
        site, keys = platform(), FakeKeys()
        keys.rests_until = NOW
        result = visit(youtube, Sample(site), HANDLE, keys=keys, reader=Feed(RawPost(guid="x")))
        assert isinstance(result.trouble, RateLimited)
        assert [post.guid for post in result.posts] == ["x"]
        assert paths(site) == [HANDLE, "videos.xml"]

    def test_while_it_rests_those_who_embed_are_asked_what_is_there(self) -> None:
        site, keys = platform(), FakeKeys()
        keys.rests_until = NOW
        seen = look_up(youtube, Sample(site), HANDLE, guid(1), keys=keys)
        assert seen.present == {guid(1)}
        assert paths(site) == ["oembed"]

    def test_a_look_up_that_is_refused_puts_it_to_rest(self) -> None:
        site, keys = platform(), FakeKeys()
        site.units = 0
        look_up(youtube, Sample(site), HANDLE, guid(1), keys=keys)
        assert keys.rests_until is not None

    def test_a_feed_that_fails_meanwhile_is_not_left_alone_for_a_day(self) -> None:
        web = Told({"/youtube/v3/": refused(403, reasons=["quotaExceeded"])})
        with pytest.raises(RateLimited) as caught:
            visit(youtube, web, "@institute", keys=FakeKeys())
        assert caught.value.retry_after is None


class TestLookUp:
    """Whether videos are still there."""

    def seen(self, site: YouTube, *numbers: int, with_key: bool = True) -> Sightings:
        guids = map(guid, numbers)
        keys = FakeKeys() if with_key else None
        return look_up(youtube, Sample(site), HANDLE, *guids, keys=keys)

    def test_what_is_not_public_any_more_is_gone(self) -> None:
        site = platform(3)
        site.private = {2}
        seen = self.seen(site, 1, 2, 9)
        assert seen.present == {guid(1)}
        assert seen.gone == {guid(2), guid(9)}
        assert [post.guid for post in seen.posts] == [guid(1)]

    def test_fifty_are_asked_for_at_once(self) -> None:
        site = platform(120)
        assert len(self.seen(site, *range(1, 121)).present) == 120
        assert paths(site) == ["videos"] * 3

    def test_where_the_channel_does_not_answer_nothing_is_gone(self) -> None:
        with pytest.raises(NotFound):
            look_up(youtube, Sample(platform(0)), "@nobody", guid(1), keys=FakeKeys())

    def test_ids_of_something_else_are_not_asked_for(self) -> None:
        site = platform()
        seen = look_up(youtube, Sample(site), HANDLE, "tag:x", keys=FakeKeys())
        assert (site.asked, seen) == ([], Sightings(frozenset(), frozenset()))

    def test_without_a_key_those_who_embed_are_asked_and_the_feed(self) -> None:
        site = platform(3)
        seen = self.seen(site, 1, 9, with_key=False)
        assert seen.present == {guid(1)}
        assert seen.gone == {guid(9)}
        assert paths(site) == ["oembed", "oembed", HANDLE, "videos.xml"]

    def test_what_the_feed_still_lists_is_not_gone(self) -> None:
        page = Document("", f'"externalId":"{CHANNEL}"'.encode())
        feed = Document("", guid(1).encode())
        web = Told({"/@": page, "/feeds/": feed})
        assert not look_up(youtube, web, HANDLE, guid(1)).gone

    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_a_refusal_tells_nothing(self, status: int) -> None:
        """Of a film that may not be embedded, the same is said as of one that is private."""
        web = Told({"/oembed": error_of(status)})
        assert look_up(youtube, web, HANDLE, guid(1)) == Sightings(frozenset(), frozenset())

    @pytest.mark.parametrize("status", [429, 503])
    def test_an_outage_tells_nothing(self, status: int) -> None:
        with pytest.raises(FetchError):
            look_up(youtube, Told({"/oembed": error_of(status)}), HANDLE, guid(1))

    def test_with_a_refused_key_it_is_asked_as_without_one(self) -> None:
        site = platform(3, key="another")
        assert self.seen(site, 1).present == {guid(1)}


def recorded(name: str) -> Any:
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    return json.loads((RECORDED / name).read_text("utf-8"))


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "count", "following"),
    [
        ("playlist_items_p1.json", 10, "CAoQAA"),
        ("playlist_items_p2.json", 3, None),
        ("playlist_items_full_parts.json", 3, None),
    ],
)
def test_recorded_lists(name: str, count: int, following: str | None) -> None:
    said = Part(recorded(name))
    assert len(set(listed(said))) == count
    assert said.maybe("nextPageToken") == following


@pytest.mark.corpus
def test_recorded_videos() -> None:
    said = recorded("videos_two.json")
    guids = [f"yt:video:{item['id']}" for item in said["items"]]
    web = Told({"/youtube/v3/videos": answer(said)})
    seen = look_up(youtube, web, CHANNEL, *guids, keys=FakeKeys())
    assert seen.present == set(guids)
    first, second = seen.posts
    assert (first.language, second.language) == ("en", None)
    assert " ".join(second.tags) == (
        "NFL100 NFL NFLThrowback NFLHistory Football AmericanFootball NFLVault"
    )
    assert [span.target for span in first.spans] == [
        "http://bit.ly/2YabdS5",
        "https://goo.gle/2X0nBqG",
        "https://bit.ly/googledevs",
    ]


@pytest.mark.corpus
def test_recorded_channel() -> None:
    """It was recorded without what tells the playlist, which has the channel's own number."""
    channel = "UC_x5XG1OV2P6uZZ5FSM9Ttw"
    web = Told({"/youtube/v3/channels": answer(recorded("channel_info.json"))})
    with pytest.raises(NotFound):  # the list itself was not recorded
        visit(youtube, web, channel, keys=FakeKeys())
    assert f"playlistId=UU{channel[2:]}&" in web.asked[1]


@pytest.mark.corpus
def test_recorded_errors() -> None:
    quota, missing, empty, outage = recorded("errors_attested.json")
    invalid = recorded("error_key_invalid.json")
    assert isinstance(trouble(refusal_of(Reply(403, quota["body"]))), RateLimited)
    assert isinstance(trouble(refusal_of(Reply(400, invalid))), TokenWrong)
    with pytest.raises(NotFound, match="no such channel or playlist"):
        trouble(refusal_of(Reply(404, missing["body"])))
    web = Told({"/youtube/v3/videos": answer(empty["body"])})
    with pytest.raises(NotFound):  # nobody says that the channel is there
        look_up(youtube, web, CHANNEL, guid(1), keys=FakeKeys())
    page = {"/channel/": Document("", outage["body"].encode())}
    with pytest.raises(ServerFault):
        visit(youtube, Told({"/feeds/": error_of(404, "https://y/feeds/"), **page}), CHANNEL)


NAMES = (
    *("items", "id", "snippet", "title", "description", "resourceId", "videoId", "status"),
    *("contentDetails", "duration", "error", "errors", "reason", "nextPageToken"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(said=JSON)
def test_whatever_is_answered_is_read_or_refused(said: Any) -> None:
    web = Told({"/youtube/v3/": answer(said)})
    try:
        result = visit(youtube, web, f"UU{CHANNEL[2:]}", keys=FakeKeys())
    except UnexpectedShape:
        return
    assert all(post.guid for post in result.posts)


@given(said=JSON)
def test_whatever_is_said_with_a_refusal_it_stays_one(said: Any) -> None:
    web = Told({"/youtube/v3/": refusal_of(Reply(403, said))})
    with pytest.raises((Denied, RateLimited)):
        visit(youtube, web, f"UU{CHANNEL[2:]}", keys=FakeKeys())


@given(text=st.text(max_size=80))
def test_spans_stand_within_the_description(text: str) -> None:
    said = {"id": "aaaaaaaaaa1", "snippet": {"description": text}}
    api = DataApi(Told(), FakeKeys(), Token("KEY", "key"), None)
    post = api.post_of(read_json(answer(said)))
    length = len(post.body.value) if post.body else 0
    assert all(0 <= span.start < span.end <= length for span in post.spans)
