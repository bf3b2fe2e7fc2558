"""What a post on X says: its text and what stands in it, odd shapes, recorded answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._shape import Part
from aggregator.connectors._x_post import Answer, post_of
from aggregator.connectors._x_text import rich
from aggregator.errors import (
    CreditSpent,
    FetchError,
    NotFound,
    PermissionMissing,
    RateLimited,
    Refused,
    ServerFault,
    TokenWrong,
    UnexpectedShape,
)
from aggregator.model import POLL, PostKind, RawPost, SpanKind
from tests.connectors.social import Told, answer, note
from tests.connectors.test_x import BY_NAME, EMPTY, Follower, bodies, follower, refusal, told


class TestText:
    """Places in code points of the text as it is sent, spans in those of the text as it is shown."""

    @given(st.text(max_size=40), st.text(max_size=40), st.booleans())
    def test_a_tag_is_found_whatever_stands_around_it(
        self, before: str, after: str, is_escaped: bool
    ) -> None:
        sent = [before, after]
        if is_escaped:
            for char, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
                sent = [one.replace(char, written) for one in sent]
        start = len(sent[0])
        tag = {"start": start, "end": start + 5, "tag": "Care"}
        read = rich(
            f"{sent[0]}#Care{sent[1]}",
            Part({"hashtags": [tag]}),
            is_escaped=is_escaped,
            beside=frozenset(),
        )
        assert read.text == f"{before}#Care{after}".rstrip()
        (span,) = read.spans
        assert read.text[span.start : span.end] == "#Care"
        assert span.target == "https://x.com/search?q=%23Care"

    @given(
        st.text(max_size=30),
        st.lists(
            st.tuples(
                st.sampled_from(["urls", "hashtags", "cashtags", "mentions", "else"]),
                st.integers(-5, 40) | st.none() | st.text(max_size=2),
                st.integers(-5, 40) | st.none(),
                st.none() | st.text(max_size=5) | st.just("https://t.co/1"),
            ),
            max_size=8,
        ),
    )
    def test_broken_places_are_left_out_and_the_rest_is_in_order(
        self, text: str, written: list[tuple[str, Any, int | None, str | None]]
    ) -> None:
        entities: dict[str, list[Any]] = {}
        for name, start, end, said in written:
            words = dict.fromkeys(("url", "display_url", "tag", "username"), said)
            entities.setdefault(name, []).append({"start": start, "end": end, **words})
        read = rich(text, Part(entities), is_escaped=True, beside=frozenset())
        ends = [0, *(span.end for span in read.spans)]
        pairs = zip(ends, read.spans, strict=False)
        assert all(end <= span.start < span.end for end, span in pairs)
        assert ends[-1] <= len(read.text)

    def test_what_somebody_wrote_as_an_escape_stays_one(self) -> None:
        read = rich("&amp;lt; is &lt;", Part({}), is_escaped=True, beside=frozenset())
        assert read.text == "&lt; is <"

    def test_the_sample_platform_is_read_to_the_letter(self) -> None:
        text = "Ünlocked & 👩‍⚕️: https://institute.example/a-very-long-address/indeed #Fürth."
        _, reader = follower(note(7, text, picture="A boat"))
        (post,) = reader.visit().posts
        assert post.body is not None
        cut = [(span.kind, post.body.value[span.start : span.end]) for span in post.spans]
        assert post.body.value == ("Ünlocked & 👩‍⚕️: institute.example/a-very-l… #Fürth.")
        assert cut == [
            (SpanKind.LINK, "institute.example/a-very-l…"),
            (SpanKind.TAG, "#Fürth"),
        ]
        assert [medium.alt for medium in post.media] == ["A boat"]


WORDS = [
    *("id", "text", "entities", "urls", "start", "end", "display_url", "url", "note_post"),
    *("note_tweet", "referenced_posts", "type", "created_at", "edit_history_post_ids"),
    *("attachments", "media_keys", "lang"),
]
"""Of which answers are made."""


class TestShape:
    """What is not as it should be."""

    def test_one_bad_post_is_lost_alone(self) -> None:
        web = told(answer({"data": [{"id": 3}, {"id": "4", "text": "Good."}, None]}))
        assert bodies(Follower(web).visit().posts) == ["Good."]

    def test_where_no_post_can_be_read_the_platform_changed(self) -> None:
        with pytest.raises(UnexpectedShape, match=r"data\[0\]\.id"):
            Follower(told(answer({"data": [{"id": 3}]}))).visit()

    def test_without_a_list_of_posts_the_platform_changed(self) -> None:
        with pytest.raises(UnexpectedShape, match="meta"):
            Follower(told(answer({}))).visit()

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(WORDS) | st.text(),
                    inner,
                )
            ),
        )
    )
    def test_any_post_is_read_or_told(self, said: Any) -> None:
        changes = said if isinstance(said, dict) else {"entities": said}
        post = Part({"id": "4", "text": "Text", **changes})
        given_with_it = Answer.of(Part({"data": [post.value], "includes": {"posts": said}}))
        try:
            read = post_of(post, given_with_it, "institute")
        except UnexpectedShape:
            return
        assert read is None or read.guid


@pytest.fixture(name="recorded", scope="module")
def _recorded() -> Path:
    folder = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/x"
    if not folder.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    return folder


COUNTS = {
    "CONSTRUCTED_post_fields_page": (1, 1),
    "cashtags_media": (1, 1),
    "docs_edit_history": (1, 1),
    "docs_partial_error": (1, 1),
    "edited_after": (1, 1),
    "edited_before": (1, 1),
    "kb_emojiTweet": (1, 1),
    "kb_japaneseWithHTMLEntitiesTweet": (1, 1),
    "kb_pollTweet": (1, 1),
    "kb_singleUrlTweet": (1, 1),
    "lookup_batch_headers.http": (2, 2),
    "lookup_two_ids": (2, 2),
    "many_urls": (1, 1),
    "page_emoji_rt_media": (14, 14),
    "page_quotes_poll_alt": (12, 12),
    "partial_error_not_found": (1, 1),
    "retweet_mentions": (1, 1),
    "search_media_poll": (4, 4),
    "timeline_default_fields": (5, 5),
    "timeline_note_tweets.http": (15, 15),
    "timeline_policy_placeholder": (8, 0),
    "users_tweets_headers.http": (2, 2),
    "withheld_single": (1, 1),
}
"""How many posts are in each recorded answer, and how many of them can be shown."""
OTHERS = {"errors_attested", "usage_tweets", "user_by_username"}


def posts_in(recorded: Path, name: str) -> tuple[Answer, list[RawPost]]:
    said = json.loads((recorded / f"{name}.json").read_bytes())
    said = said.get("body", said)
    said = json.loads(said) if isinstance(said, str) else said
    if isinstance(said["data"], dict):
        said["data"] = [said["data"]]
    found = Answer.of(Part(said))
    read = [post_of(post, found, "institute") for post in found.posts]
    return found, [post for post in read if post]


@pytest.mark.corpus
class TestRecorded:
    """Answers of the real platform, with the counts of their manifest."""

    def test_none_is_left_out(self, recorded: Path) -> None:
        assert {file.stem for file in recorded.glob("*.json")} == set(COUNTS) | OTHERS

    @pytest.mark.parametrize("name", COUNTS)
    def test_every_post_is_read(self, recorded: Path, name: str) -> None:
        found, posts = posts_in(recorded, name)
        assert (len(found.posts), len(posts)) == COUNTS[name]

    def test_polls_are_found_in_the_post_and_in_what_is_passed_on(self, recorded: Path) -> None:
        for name in ("kb_pollTweet", "page_quotes_poll_alt"):
            _, posts = posts_in(recorded, name)
            found = [
                (post.permalink, one.url)
                for post in posts
                for one in post.media
                if one.type == POLL
            ]
            assert len(found) == 1
            assert {permalink == url for permalink, url in found} == {True}

    @pytest.mark.parametrize("name", COUNTS)
    def test_every_entity_stands_where_it_says(self, recorded: Path, name: str) -> None:
        """But for annotations, the pictures' links, and places that are named twice."""
        found, posts = posts_in(recorded, name)
        by_guid = {post.guid: post for post in posts if post.kind is not PostKind.REPOST}
        for part in map(found.newest, found.posts):
            post = by_guid.get(found.versions(part)[0])
            if post is None or post.body is None:
                continue
            long = next((n for n in ("note_post", "note_tweet") if part.at(n).is_there), None)
            said = (part.at(long) if long else part).at("entities").value or {}
            places = {
                (one["start"], one["end"])
                for name in ("urls", "hashtags", "cashtags", "mentions")
                for one in said.get(name, ())
                if not one.get("media_key") and not one.get("display_url", "").startswith("pic.")
            }
            hidden = sum("/status/" in one.get("expanded_url", "") for one in said.get("urls", ()))
            assert len(places) - hidden <= len(post.spans) <= len(places)

    def test_kinds_of_a_real_timeline(self, recorded: Path) -> None:
        _, posts = posts_in(recorded, "timeline_note_tweets.http")
        kinds = [post.kind for post in posts]
        assert (kinds.count(PostKind.REPLY), kinds.count(PostKind.QUOTE)) == (2, 2)
        assert sum(post.updated is not None for post in posts) == 3
        assert all("t.co/" not in (post.body.value if post.body else "") for post in posts)
        assert not any("&lt;" in text or "&amp;" in text for text in bodies(posts))

    def test_an_edited_post_is_the_same_by_either_id(self, recorded: Path) -> None:
        (before,), (after,) = (
            posts_in(recorded, name)[1] for name in ("edited_before", "edited_after")
        )
        assert before == after

    def test_a_locked_account_is_told(self, recorded: Path) -> None:
        said = (recorded / "timeline_policy_placeholder.json").read_bytes()
        with pytest.raises(Refused, match="locked"):
            Follower(told(answer(json.loads(said)))).visit()

    @pytest.mark.parametrize(
        ("place", "error"),
        list(
            enumerate((TokenWrong, CreditSpent, PermissionMissing, *[RateLimited] * 3, ServerFault))
        ),
    )
    def test_every_refusal_that_is_attested(
        self, recorded: Path, place: int, error: type[FetchError]
    ) -> None:
        said = json.loads((recorded / "errors_attested.json").read_bytes())[place]
        web = told(refusal(said["status"], said["body"], **said.get("headers", {})))
        with pytest.raises(FetchError) as caught:
            Follower(web).visit()
        assert type(caught.value) is error

    @pytest.mark.parametrize(("place", "error"), [(7, NotFound), (8, Refused)])
    def test_every_refusal_that_comes_as_a_good_answer(
        self, recorded: Path, place: int, error: type[FetchError]
    ) -> None:
        said = json.loads((recorded / "errors_attested.json").read_bytes())[place]
        with pytest.raises(FetchError) as caught:
            Follower(told(answer(said["body"]))).visit()
        assert type(caught.value) is error

    def test_an_empty_page_is_one(self, recorded: Path) -> None:
        said = json.loads((recorded / "errors_attested.json").read_bytes())[9]
        assert Follower(told(answer(said["body"]))).visit().posts == ()

    def test_a_user_is_found(self, recorded: Path) -> None:
        said = json.loads((recorded / "user_by_username.json").read_bytes())
        web = Told({BY_NAME: answer(said), "/2/users/2244994945/tweets": EMPTY})
        profile = Follower(web).visit().profile
        assert profile is not None
        assert profile.title == "Twitter Dev"
