import dataclasses
import hashlib
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import (
    Author,
    DateFlag,
    Dropped,
    Media,
    Post,
    PostKind,
    Profile,
    Quote,
    RawDate,
    RawPost,
    RawQuote,
    RawText,
    SafeHtml,
    Source,
    Span,
    SpanKind,
)
from aggregator.normalise import post as door
from aggregator.normalise.html import REL
from aggregator.normalise.post import post_from, profile_from
from aggregator.normalise.urls import comparable

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SOURCE = Source(id="blog", platform="feed", address="https://blog.example/feed/")
E = "https://blog.example/"
STRICT = dataclasses.replace(SOURCE, trackers=("ref",))
"""Its site's staff want ``ref`` out of links, too."""


def made(source: Source = SOURCE, profile: Profile | None = None, **raw: Any) -> Post:
    """A post from a raw one that has at least an id and a title."""
    post = post_from(RawPost(**{"guid": "1", "title": plain("T"), **raw}), source, profile, NOW)
    assert isinstance(post, Post)
    return post


def plain(value: str, **more: Any) -> RawText:
    return RawText(value, is_html=False, **more)


def html(value: str, **more: Any) -> RawText:
    return RawText(value, is_html=True, **more)


class TestIdentity:
    def test_the_guid_comes_first(self) -> None:
        assert made(guid="tag:1", permalink=E).guid == "tag:1"

    def test_then_the_link(self) -> None:
        assert made(guid=None, permalink=E + "a?utm_source=x").guid == E + "a"

    def test_then_a_hash_of_the_text(self) -> None:
        one = made(guid=None, body=html("<p>a</p>"))
        same = made(guid=None, body=html("<p>a</p>"))
        other = made(guid=None, body=html("<p>b</p>"))
        assert one.guid == same.guid != other.guid

    @pytest.mark.parametrize("guid", ["", "  ", "\x00\x01", "\u202e"])
    def test_an_empty_guid_is_none(self, guid: str) -> None:
        assert made(guid=guid, permalink=E).guid == E

    def test_control_characters_go(self) -> None:
        assert made(guid=" a\x00b\r\nc ").guid == "ab c"

    def test_a_guid_is_not_normalised_as_text(self) -> None:
        assert made(guid="cafe\u0301").guid == "cafe\u0301"

    def test_a_very_long_guid_becomes_a_hash(self) -> None:
        long = "x" * 2_001
        assert made(guid=long).guid == "sha256:" + hashlib.sha256(long.encode()).hexdigest()

    def test_a_long_guid_stays(self) -> None:
        assert made(guid="x" * 2_000).guid == "x" * 2_000

    def test_nothing_at_all_is_dropped(self) -> None:
        result = post_from(RawPost(permalink="javascript:x"), SOURCE, None, NOW)
        assert isinstance(result, Dropped)
        assert result.guid is None

    def test_an_id_with_nothing_to_show_is_dropped(self) -> None:
        result = post_from(RawPost(guid="1", body=html("<img src=x>")), SOURCE, None, NOW)
        assert isinstance(result, Dropped)
        assert result.guid == "1"

    def test_the_source_is_named(self) -> None:
        assert made().source_id == "blog"


class TestPermalink:
    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ({"permalink": E + "a"}, E + "a"),
            ({"permalink": "/a", "base": E + "feed/"}, E + "a"),
            ({"permalink": "/a"}, None),
            ({"permalink": E + "?p=1&utm_medium=rss#c"}, E + "?p=1#c"),
            ({"permalink": " java\nscript:alert(1)"}, None),
            ({"permalink": "javascript:x", "guid": E + "g"}, E + "g"),
            ({"guid": E + "g?fbclid=1"}, E + "g"),
            ({"guid": "blog.example/g", "base": E}, None),
            ({"permalink": E + "a", "guid": E + "g"}, E + "a"),
            ({}, None),
        ],
    )
    def test_permalink(self, raw: dict[str, Any], expected: str | None) -> None:
        assert made(**raw).permalink == expected

    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ({"permalink": "/a?utm_source=x", "base": E}, E + "a?utm_source=x"),
            ({"permalink": E + "a?ref=x"}, E + "a?ref=x"),
            ({"guid": E + "g?fbclid=1"}, E + "g?fbclid=1"),
            ({"permalink": E + "a?id=1"}, None),
            ({}, None),
        ],
    )
    def test_I10_the_original_is_kept_where_it_is_another(
        self, raw: dict[str, Any], expected: str | None
    ) -> None:
        assert made(STRICT, **raw).original_link == expected

    def test_I10_another_mark_is_no_edit(self) -> None:
        one, other = (made(permalink=f"{E}a?utm_content={day}") for day in (1, 2))
        assert one.original_link != other.original_link
        assert one.fingerprint == other.fingerprint

    def test_I10_what_staff_name_goes_from_every_link(self) -> None:
        link, bare = f"{E}a?ref=x&id=1", f"{E}a?id=1"
        spans = (Span(SpanKind.LINK, 0, 1, link),)
        quote = RawQuote(Author("Ann", None, link), link, plain("Quoted"))
        author = Author("Ann", None, link)
        said: dict[str, Any] = {"permalink": link, "author": author, "quote": quote}
        marked = made(STRICT, body=html(f'<a href="{link}">a</a>'), **said)
        plainly = made(
            STRICT,
            body=plain("a"),
            spans=spans,
            **said,
        )
        assert marked.permalink == bare
        assert marked.link_key == comparable(bare)
        assert marked.author == Author("Ann", None, bare)
        assert marked.quote == Quote(Author("Ann", None, bare), bare, "Quoted")
        assert [span.target for span in (*marked.spans, *plainly.spans)] == [bare, bare]
        assert "?ref=" not in marked.html + plainly.html

    @pytest.mark.parametrize(
        ("quote", "shown"),
        [
            (RawQuote(None, f"{E}a", None), Quote(None, f"{E}a", "")),
            (RawQuote(None, f"{E}a", plain(" ")), Quote(None, f"{E}a", "")),
            (RawQuote(Author("Ann"), None, None), None),
            (RawQuote(Author("Ann"), "javascript:alert(1)", None), None),
        ],
    )
    def test_a_quote_without_words_is_a_link_or_nothing(
        self, quote: RawQuote, shown: Quote | None
    ) -> None:
        assert made(permalink=E, quote=quote).quote == shown

    def test_the_link_key_is_for_comparing(self) -> None:
        assert made(permalink="HTTPS://Blog.Example:443/A#b").link_key == E + "A"

    def test_no_link_no_key(self) -> None:
        assert made().link_key is None


class TestTitle:
    @pytest.mark.parametrize(
        ("title", "expected"),
        [
            (html("AT&amp;T <b>news</b>"), "AT&T news"),
            (plain("a <b> c &amp;"), "a <b> c &amp;"),
            (html("<br>"), None),
            (plain(" \u200b "), None),
            (html("&lt;script&gt;alert('one')&lt;/script&gt;A nice day"), "A nice day"),
            (html("&lt;script&gt;alert('one')&lt;/script&gt;"), None),
            (None, None),
        ],
    )
    def test_title(self, title: RawText | None, expected: str | None) -> None:
        assert made(title=title, permalink=E).title == expected

    def test_a_long_title_is_cut(self) -> None:
        assert len(made(title=plain("word " * 1_000)).title or "") <= 1_000


class TestText:
    def test_html_body(self) -> None:
        post = made(body=html('<p>Hi <a href="a">you</a></p><script>x</script>'), permalink=E)
        assert post.text == "Hi you"
        assert post.spans == (Span(SpanKind.LINK, 3, 6, E + "a"),)
        assert post.html == f'<p>Hi <a href="{E}a" rel="{REL}">you</a></p>'

    def test_plain_body(self) -> None:
        span = Span(SpanKind.LINK, 6, 7, E)
        post = made(body=plain("a < b\nc"), spans=(span,))
        assert post.text == "a < b\nc"
        assert post.spans == (span,)
        assert post.html == f'<p>a &lt; b<br><a href="{E}" rel="{REL}">c</a></p>'

    def test_raw_spans_do_not_apply_to_html(self) -> None:
        post = made(body=html("abc"), spans=(Span(SpanKind.LINK, 0, 1, E),))
        assert post.spans == ()

    def test_the_summary_stands_in_for_a_body(self) -> None:
        assert made(summary=html("<p>s</p>")).text == "s"

    def test_the_summary_stands_in_for_an_empty_body(self) -> None:
        assert made(body=html("<img src=x>"), summary=html("s")).text == "s"

    def test_no_text(self) -> None:
        post = made()
        assert (post.text, post.excerpt, post.html) == ("", "", SafeHtml(""))

    @pytest.mark.parametrize(
        ("base", "expected"),
        [
            ("https://other.example/x/", "https://other.example/x/a"),
            ("sub/", E + "post/sub/a"),
            ("javascript:x", E + "post/a"),
            (None, E + "post/a"),
        ],
    )
    def test_links_are_relative_to_the_innermost_base(
        self, base: str | None, expected: str
    ) -> None:
        body = html("<a href=a>x</a>", base=base)
        post = made(body=body, permalink=E + "post/", base="https://feed.example/")
        assert post.spans[0].target == expected

    def test_without_a_permalink_links_are_relative_to_the_feed(self) -> None:
        post = made(body=html("<a href=a>x</a>"), base="https://feed.example/")
        assert post.spans[0].target == "https://feed.example/a"


class TestExcerpt:
    summary = "A summary that its author wrote and that is long enough."

    def test_of_the_summary_where_there_is_one(self) -> None:
        post = made(body=html("<p>The body.</p>"), summary=html(f"<p>{self.summary}</p>"))
        assert post.excerpt == self.summary
        assert post.text == "The body."

    def test_of_the_body_where_the_summary_is_short(self) -> None:
        assert made(body=html("The body."), summary=plain("Short.")).excerpt == "The body."

    def test_of_the_body_where_there_is_no_summary(self) -> None:
        assert made(body=html("<p>a</p><p>b</p>")).excerpt == "a b"

    def test_is_cut_at_a_word(self) -> None:
        result = made(body=plain("word " * 200)).excerpt
        assert 270 < len(result) <= 280
        assert result.endswith("word…")

    def test_without_what_the_blog_engine_adds(self) -> None:
        tail = "<p>The post <a href=x>T</a> appeared first on <a href=y>B</a>.</p>"
        post = made(summary=html(f"<p>{self.summary} [&#8230;]</p>{tail}"))
        assert post.excerpt == self.summary + "\u00a0…"


class TestDates:
    def test_published(self) -> None:
        post = made(published=RawDate("2026-01-02"), updated=RawDate("2026-01-03"))
        assert post.published == datetime(2026, 1, 2, tzinfo=UTC)
        assert post.updated == datetime(2026, 1, 3, tzinfo=UTC)
        assert (post.date_flag, post.date_said) == (None, "2026-01-02")

    def test_updated_stands_in(self) -> None:
        post = made(updated=RawDate("2026-01-03"))
        assert post.published == post.updated == datetime(2026, 1, 3, tzinfo=UTC)
        assert post.date_said == "2026-01-03"

    def test_updated_does_not_hide_what_is_wrong_with_published(self) -> None:
        post = made(published=RawDate("2999-01-01"), updated=RawDate("2026-01-03"))
        assert (post.published, post.date_flag) == (None, DateFlag.FUTURE)

    def test_an_unbelievable_update_is_none(self) -> None:
        assert made(updated=RawDate("1970-01-01")).updated is None

    def test_no_date(self) -> None:
        post = made()
        assert (post.published, post.date_flag, post.date_said) == (None, DateFlag.MISSING, None)

    def test_what_was_said_is_kept_tidy(self) -> None:
        assert made(published=RawDate("so\x00on\n" + "x" * 999)).date_said == f"soon {'x' * 94}…"


class TestLanguage:
    @pytest.mark.parametrize(
        ("source", "inner", "raw", "profile", "expected"),
        [
            ("es", "fr", "de", "it", "es"),
            (None, "fr", "de", "it", "fr"),
            (None, None, "de", "it", "de"),
            (None, None, None, "it_IT", "it-IT"),
            (None, "und", "nonsense!", None, None),
        ],
    )
    def test_order(
        self,
        source: str | None,
        inner: str | None,
        raw: str | None,
        profile: str | None,
        expected: str | None,
    ) -> None:
        post = made(
            dataclasses.replace(SOURCE, language=source),
            Profile(language=profile),
            body=html("x", language=inner),
            language=raw,
        )
        assert post.language == expected


class TestAuthorAndTags:
    def test_author(self) -> None:
        raw = Author(" Ann &amp; Bob\n", "@ann@e.example", "/ann")
        assert made(author=raw, base=E).author == Author("Ann & Bob", "@ann@e.example", E + "ann")

    def test_a_name_has_no_code(self) -> None:
        raw = Author("&lt;script&gt;x()&lt;/script&gt;Ann", None, None)
        assert made(author=raw).author == Author("Ann")

    def test_an_author_of_nothing_is_none(self) -> None:
        assert made(author=Author(" ", "", "javascript:x")).author is None

    def test_tags(self) -> None:
        raw = ("Hope", "hope", "#Care", " ", "Arts &amp; Crafts", "a\nb")
        assert made(tags=raw).tags == ("Hope", "Care", "Arts & Crafts", "a b")

    def test_at_most_fifty_tags(self) -> None:
        assert len(made(tags=tuple(map(str, range(99)))).tags) == 50


class TestMedia:
    def test_is_made_absolute(self) -> None:
        raw = Media("/p.jpg", "image/jpeg", "A  cat\u202e", 640, -1)
        expected = Media(E + "p.jpg", "image/jpeg", "A cat", 640, None)
        assert made(media=(raw,), base=E).media == (expected,)

    @pytest.mark.parametrize(
        "medium",
        [
            Media("data:image/png;base64,x"),
            Media("javascript:x"),
            Media(E + "p.gif", width=1, height=1),
            Media(E + "p.gif", width=1),
            Media(E + "p.gif", width=0, height=0),
            Media("https://pixel.wp.com/b.gif?x"),
            Media("https://STATS.wordpress.com/b.gif"),
            Media("https://feeds.feedburner.com/~r/blog/~4/x"),
            Media("https://medium.com/_/stat?event=x"),
        ],
    )
    def test_left_out(self, medium: Media) -> None:
        assert made(media=(medium,)).media == ()

    @pytest.mark.parametrize(
        "medium",
        [
            Media(E + "p.gif", width=1, height=600),
            Media("https://notpixel.wp.com.example/b.gif"),
            Media("https://medium.com/p.png"),
            Media(E + "p.jpg?utm_source=kept-for-its-server"),
        ],
    )
    def test_kept(self, medium: Media) -> None:
        assert made(media=(medium,)).media == (medium,)

    def test_of_a_film_its_length_and_captions_are_kept_and_count(self) -> None:
        film = Media(E + "watch", "video/*", seconds=243, captions=True)
        post = made(media=(film,))
        assert post.media == (film,)
        longer = made(media=(dataclasses.replace(film, seconds=244),))
        bare = made(media=(Media(E + "watch", "video/*"),))
        assert len({post.fingerprint, longer.fingerprint, bare.fingerprint}) == 3

    def test_each_once_and_at_most_twenty(self) -> None:
        raw = tuple(Media(f"{E}{number // 2}.jpg") for number in range(80))
        assert len({medium.url for medium in made(media=raw).media}) == 20


def test_kind_and_warning_are_carried() -> None:
    post = made(kind=PostKind.REPOST, sensitive=True, warning=" Needles\n\u202e ")
    assert (post.kind, post.sensitive, post.warning) == (PostKind.REPOST, True, "Needles")


class TestContentKey:
    text = "The same words, long enough to tell one post from another."

    def test_ignores_case_space_and_width(self) -> None:
        other = plain("\uff34he  SAME\nwords, long enough to tell one post from another.")
        assert made(body=plain(self.text)).content_key == made(body=other).content_key

    def test_ignores_markup(self) -> None:
        other = html("<p>The <b>same</b> words, long enough to tell one post from another.</p>")
        assert made(body=plain(self.text)).content_key == made(body=other).content_key

    def test_sees_other_words(self) -> None:
        other = plain(self.text + " Or not.")
        assert made(body=plain(self.text)).content_key != made(body=other).content_key

    def test_a_short_text_has_none(self) -> None:
        assert made(body=plain("Good morning!")).content_key is None

    def test_is_32_hex_digits(self) -> None:
        assert len(bytes.fromhex(made(body=plain(self.text)).content_key or "")) == 16


UNTOLD = {"guid", "permalink", "fingerprint", "original_link", "holds", "passed_by"}
"""Fields of which another value is no edit; what counts of a permalink is its link key."""


class TestFingerprint:
    @pytest.mark.parametrize(
        "name",
        [one.name for one in dataclasses.fields(Post) if one.name not in UNTOLD],
    )
    def test_tells_every_change(self, name: str) -> None:
        """A field that is forgotten here would make edits invisible."""
        changed: dict[str, Any] = {
            "spans": (Span(SpanKind.LINK, 0, 1, E),),
            "author": Author("Ann"),
            "kind": PostKind.REPLY,
            "tags": ("a",),
            "media": (Media(E),),
            "published": NOW,
            "date_flag": DateFlag.FUTURE,
            "updated": NOW,
            "sensitive": True,
            "quote": Quote(None, None, "quoted"),
        }
        post = made(permalink=E, body=html("text"))
        other = dataclasses.replace(post, **{name: changed.get(name, "changed")})
        assert door._fingerprint(other) != door._fingerprint(post)

    def test_a_site_that_moves_to_https_edits_nothing(self) -> None:
        before = made(permalink="http://www.blog.example/a/")
        assert made(permalink=E + "a").fingerprint == before.fingerprint
        assert made(permalink=E + "b").fingerprint != before.fingerprint

    def test_I4_another_id_is_no_edit(self) -> None:
        assert made(guid="a", permalink=E).fingerprint == made(guid="b", permalink=E).fingerprint

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"tags": ("a", "b")}, {"tags": ("a b",)}),
            ({"author": Author("a")}, {"author": Author(None, "a")}),
            ({"author": Author(None, "a")}, {"tags": ("a",)}),
            ({"warning": "a"}, {"language": "aa"}),
        ],
    )
    def test_tells_fields_apart(self, one: dict[str, Any], other: dict[str, Any]) -> None:
        assert made(**one).fingerprint != made(**other).fingerprint

    def test_a_picture_with_an_id_may_have_its_address_signed_anew(self) -> None:
        one, other = (made(media=(Media(f"{E}?oh={seal}", id="7"),)) for seal in "ab")
        assert one.fingerprint == other.fingerprint
        assert one.media != other.media

    def test_another_id_is_another_picture(self) -> None:
        one, other = (made(media=(Media(E, id=number),)) for number in "78")
        assert one.fingerprint != other.fingerprint

    def test_is_16_bytes(self) -> None:
        assert len(made().fingerprint) == 16

    def test_is_the_same_in_every_process(self) -> None:
        """Python salts its own hashes anew in each."""
        program = (
            "import datetime as d;"
            "from aggregator.model import *;"
            "from aggregator.normalise.post import post_from;"
            "r = RawPost(guid='1', title=RawText('T', False), tags=('b', 'a', 'c'));"
            "s = Source('blog', 'feed', 'https://blog.example/feed/');"
            "p = post_from(r, s, None, d.datetime(2026, 11, 23, tzinfo=d.UTC));"
            "print(p.fingerprint.hex())"
        )
        answer = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert answer.stdout.strip() == made(tags=("b", "a", "c")).fingerprint.hex()


class TestProfile:
    def test_is_tidied(self) -> None:
        raw = Profile(" Ann&#8217;s <b>blog</b>\n", E, "en_us", "<p>One</p><p>Two</p>")
        assert profile_from(raw) == Profile("Ann’s blog", E, "en-US", "One Two")

    def test_a_title_has_no_code(self) -> None:
        raw = Profile("&lt;style&gt;p {}&lt;/style&gt;Ann's blog")
        assert profile_from(raw).title == "Ann's blog"

    def test_I10_its_link_has_no_marks_of_trackers(self) -> None:
        assert profile_from(Profile(link=f"{E}?utm_source=feed&id=1")).link == f"{E}?id=1"

    def test_what_is_unusable_is_none(self) -> None:
        raw = Profile("<br>", "javascript:x", "und", "")
        assert profile_from(raw) == Profile()

    def test_is_bounded(self) -> None:
        profile = profile_from(Profile("t " * 500_000, E + "x" * 9_999, None, "<div>" * 200_000))
        assert len(profile.title or "") <= 300
        assert profile.link is None


wild = st.one_of(
    st.text(st.characters(codec=None), max_size=60),
    st.sampled_from(
        ["<p>a</p>", "&#0;", "<a href=javascript:x>y", "\ud800", "\u202e", E, "/x", "1e999"]
    ),
)
maybe = st.one_of(st.none(), wild)
sizes = st.one_of(st.none(), st.integers())
texts = st.one_of(st.none(), st.builds(RawText, wild, st.booleans(), maybe, maybe))
dates = st.one_of(
    st.none(),
    st.builds(
        RawDate,
        wild,
        st.one_of(st.none(), st.datetimes(timezones=st.one_of(st.none(), st.timezones()))),
    ),
)
raw_posts = st.builds(
    RawPost,
    guid=maybe,
    permalink=maybe,
    base=maybe,
    title=texts,
    body=texts,
    summary=texts,
    author=st.one_of(st.none(), st.builds(Author, maybe, maybe, maybe)),
    published=dates,
    updated=dates,
    language=maybe,
    tags=st.lists(wild, max_size=4).map(tuple),
    media=st.lists(st.builds(Media, wild, maybe, maybe, sizes, sizes), max_size=3).map(tuple),
    spans=st.lists(
        st.builds(Span, st.sampled_from(SpanKind), st.integers(), st.integers(0, 99), maybe),
        max_size=3,
    ).map(tuple),
    kind=st.sampled_from(PostKind),
    sensitive=st.booleans(),
    warning=maybe,
    quote=st.one_of(
        st.none(),
        st.builds(RawQuote, st.builds(Author, maybe, maybe, maybe), maybe, texts),
    ),
)


@settings(max_examples=200)
@given(raw=raw_posts)
def test_whatever_comes_a_post_or_a_reason_goes(
    raw: RawPost, assert_allowed: Callable[[str], None]
) -> None:
    result = post_from(raw, SOURCE, None, NOW)
    if isinstance(result, Dropped):
        assert result.reason
        return
    assert result.guid
    assert (result.published is None) == (result.date_flag is not None)
    assert len(result.excerpt) <= 280
    for url in (result.permalink, *(span.target for span in result.spans)):
        assert url is None or url.lower().startswith(("http://", "https://"))
    assert_allowed(result.html)


@given(raw=raw_posts)
def test_the_same_entry_is_the_same_post(raw: RawPost) -> None:
    assert post_from(raw, SOURCE, None, NOW) == post_from(raw, SOURCE, None, NOW)


@given(st.builds(Profile, maybe, maybe, maybe, maybe))
def test_any_profile_is_tidied(raw: Profile) -> None:
    link = profile_from(raw).link
    assert link is None or link.lower().startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "huge",
    [
        "x" * 1_000_000,
        "<div>" * 200_000,
        "&amp;" * 100_000,
        "a" + "\u0301\u0323" * 50_000,
        "\ud800" * 100_000,
    ],
    ids=["letters", "div", "amp", "marks", "surrogates"],
)
def test_a_megabyte_everywhere_is_bounded(huge: str) -> None:
    """Each of these once hung a parser, a sorter or a printer somewhere."""
    text = RawText(huge, is_html=True)
    raw = RawPost(
        guid=huge,
        permalink=huge,
        title=text,
        body=text,
        summary=text,
        author=Author(huge, huge, huge),
        published=RawDate(huge),
        language=huge,
        tags=(huge,) * 99,
        media=(Media(huge, huge, huge),) * 99,
        warning=huge,
    )
    result = post_from(raw, SOURCE, None, NOW)
    assert len(repr(result)) < 5_000_000
