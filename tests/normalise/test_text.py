import itertools
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.model import RawText, SafeHtml, Span, SpanKind
from aggregator.normalise.characters import tidy
from aggregator.normalise.folding import fold
from aggregator.normalise.html import clean
from aggregator.normalise.text import (
    LONGEST,
    cut,
    excerpt,
    label,
    one_line,
    plain,
    text_of,
    text_with,
    without_code,
)

LINK = SpanKind.LINK
E = "https://e.example/"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One</p>\n\n<p>Two</p>", "One\nTwo"),
        ("a<br>b<br><br>c", "a\nb\nc"),
        ("<ul><li>a</li><li>b</li></ul>c", "a\nb\nc"),
        ("a <b>bold</b><i>!</i>", "a bold!"),
        ("many   spaces\n and\tbreaks", "many spaces and breaks"),
        ("a&nbsp;&nbsp;b", "a b"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<h2>T</h2>x", "T\nx"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("x<section>a</section><article>b</article>", "x\na\nb"),
        ("<p> </p><p>&#8203;</p>", ""),
        ("", ""),
        ("a\u3000b\u2003c", "a b c"),
        ("cafe\u0301", "café"),
    ],
)
def test_text_of(html: str, expected: str) -> None:
    assert text_of(clean(html)) == (expected, ())


@pytest.mark.parametrize(
    ("html", "text", "links"),
    [
        (f'<a href="{E}">x</a>', "x", [(0, 1, E)]),
        (f'see <a href="{E}"> this  page </a> now', "see this page now", [(4, 13, E)]),
        (f'a<p><a href="{E}?a=1&amp;utm_source=x">b</a></p>c', "a\nb\nc", [(2, 3, E + "?a=1")]),
        (f'<a href="{E}1">a</a><a href="{E}2">b</a>', "ab", [(0, 1, E + "1"), (1, 2, E + "2")]),
        (f'<a href="{E}"><b>a</b><br>c</a>', "a\nc", [(0, 3, E)]),
        (f'x <a href="{E}"></a> y', "x y", []),
        ('<a href="HTTPS://E.example/">x</a>', "x", [(0, 1, "HTTPS://E.example/")]),
        ('<a href="mailto:a@e.example">write</a>', "write", []),
        ('<a href="javascript:x">x</a>', "x", []),
        (f'\U0001f600 <a href="{E}">😀</a>', "\U0001f600 😀", [(2, 3, E)]),
        (f'e\u0301 <a href="{E}">e\u0301t</a>', "é ét", [(2, 4, E)]),
        (f'1 &lt; <a href="{E}">&amp;</a>', "1 < &", [(4, 5, E)]),
        (f'<p>a</p> <a href="{E}"> </a> <p>b</p>', "a\nb", []),
    ],
)
def test_links_in_html(html: str, text: str, links: list[tuple[int, int, str]]) -> None:
    spans = tuple(Span(LINK, start, end, target) for start, end, target in links)
    assert text_of(clean(html)) == (text, spans)


def test_a_mark_at_the_start_of_a_link_joins_its_letter() -> None:
    """No link can begin inside a character, so that text has no spans."""
    assert text_of(clean(f'e<a href="{E}">\u0301t</a>')) == ("ét", ())


def test_a_long_text_is_cut_and_keeps_the_spans_that_fit() -> None:
    html = f'<a href="{E}">a</a> ' + "word " * 5_000 + f'<a href="{E}">b</a>'
    text, spans = text_of(clean(html))
    assert len(text) <= LONGEST
    assert text.endswith("word…")
    assert spans == (Span(LINK, 0, 1, E),)


@pytest.mark.parametrize(
    ("raw", "spans", "text", "expected"),
    [
        ("see e.example now", [(LINK, 4, 13, E)], "see e.example now", [(LINK, 4, 13, E)]),
        ("a\x00b  c #x", [(SpanKind.TAG, 7, 9, None)], "ab c #x", [(SpanKind.TAG, 5, 7, None)]),
        ("a\r\n\r\n@b", [(SpanKind.MENTION, 5, 7, E)], "a\n@b", [(SpanKind.MENTION, 2, 4, E)]),
        ("abc", [(LINK, 1, 99, E)], "abc", []),
        ("abc", [(LINK, -1, 2, E)], "abc", []),
        ("abc", [(LINK, 2, 2, E)], "abc", []),
        ("abc", [(LINK, 2, 1, E)], "abc", []),
        ("abc", [(LINK, 0, 2, E), (LINK, 1, 3, E)], "abc", [(LINK, 0, 2, E)]),
        ("abc", [(LINK, 1, 2, E), (LINK, 0, 1, E)], "abc", [(LINK, 0, 1, E), (LINK, 1, 2, E)]),
        ("abc", [(LINK, 0, 2, "javascript:x")], "abc", []),
        (
            "@ab",
            [(SpanKind.MENTION, 0, 3, "javascript:x")],
            "@ab",
            [(SpanKind.MENTION, 0, 3, None)],
        ),
        ("x", [(LINK, 0, 1, E + "?utm_source=y")], "x", [(LINK, 0, 1, E)]),
        ("  <b> &amp;", [], "<b> &amp;", []),
        ("a  b", [(LINK, 1, 3, E)], "a b", []),
    ],
)
def test_plain_text_and_its_spans(
    raw: str,
    spans: list[tuple[SpanKind, int, int, str | None]],
    text: str,
    expected: list[tuple[SpanKind, int, int, str | None]],
) -> None:
    given_spans = [Span(*span) for span in spans]
    assert text_with(raw, given_spans, None) == (text, tuple(Span(*span) for span in expected))


def test_at_most_five_hundred_spans() -> None:
    spans = [Span(LINK, at, at + 1, E) for at in range(10_000)]
    assert len(text_with("x" * 10_000, spans, None)[1]) == 500


anything = st.text(st.characters(codec=None))
some_spans = st.lists(
    st.builds(
        Span,
        st.sampled_from(SpanKind),
        st.integers(-2, 40),
        st.integers(-2, 40),
        st.sampled_from([None, E, "/x", "javascript:x"]),
    ),
    max_size=8,
)


@given(anything, some_spans)
def test_spans_fit_their_text_whatever_comes(raw: str, spans: list[Span]) -> None:
    text, kept = text_with(raw, spans, E)
    assert text == unicodedata.normalize("NFC", text)
    at = 0
    for span in kept:
        assert at <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip() == text[span.start : span.end]
        assert span.target is None or span.target.startswith("https://")
        at = span.end


@given(anything)
def test_text_is_folded(raw: str) -> None:
    text, _ = text_with(raw, (), None)
    assert text == "\n".join(" ".join(line.split()) for line in text.split("\n") if line.split())


@given(anything, st.lists(st.integers(0, 30), max_size=6))
def test_spans_do_not_change_the_text(raw: str, places: list[int]) -> None:
    places = sorted(places)
    spans = [Span(LINK, a, b, E) for a, b in itertools.pairwise(places)]
    with_spans, _ = text_with(raw, spans, None)
    without, _ = text_with(raw, (), None)
    assert with_spans == without


@pytest.mark.parametrize(
    ("value", "is_html", "expected"),
    [
        ("Tom &amp; Jerry", True, "Tom & Jerry"),
        ("Tom &amp; Jerry", False, "Tom &amp; Jerry"),
        ("<b>Bold</b> &#8217;s", True, "Bold ’s"),
        ("1 < 2", True, "1 < 2"),
        ("<script>x</script>a", True, "a"),
        ("<script>x</script>a", False, "<script>x</script>a"),
        ("two\n  lines", False, "two lines"),
        ("<p>two</p><p>lines</p>", True, "two lines"),
        ("\u202eabc\u202c", False, "abc"),
        ("\u200b\u200d", False, ""),
        ('<img src="x">', True, ""),
        ("", True, ""),
    ],
)
def test_titles(value: str, is_html: bool, expected: str) -> None:
    assert plain(RawText(value, is_html)) == expected


@pytest.mark.parametrize(
    "value", ["x" * 1_000_000, "<div>" * 200_000, "&amp;" * 200_000, "a\u0301\u0323" * 400_000]
)
@pytest.mark.parametrize("is_html", [True, False])
def test_a_megabyte_of_title_is_bounded(value: str, is_html: bool) -> None:
    assert len(plain(RawText(value, is_html))) <= 1_000


@pytest.mark.parametrize(
    ("value", "is_html", "expected"),
    [
        ("&lt;script&gt;alert('one')&lt;/script&gt;A nice day", True, "A nice day"),
        ("<script>alert('one')</script>A nice day", False, "A nice day"),
        ("A nice <SCRIPT src='x'>a\nb</Script >day", False, "A nice day"),
        ("A &lt;style type=x&gt;p {}&lt;/style&gt; nice day", True, "A nice day"),
        ("A nice<!-- <b> -- > --> day", False, "A nice day"),
        ("A nice<!--> day", False, "A nice day"),
        ("<scr\x00ipt>x</script>A nice day", False, "A nice day"),
        ("<scr<script>x</script>ipt>y</script>", False, "<scr ipt>y</script>"),
        ("<script>x</script>", False, ""),
        ("How <b> works", False, "How <b> works"),
        ("How &lt;script&gt; works", True, "How <script> works"),
        ("From <script> to <style>", False, "From <script> to <style>"),
        ("A </script> and a <script>", False, "A </script> and a <script>"),
        ("<\u017fcript>x</\u017fcript>", False, "<\u017fcript>x</\u017fcript>"),
        ("<scripts>x</scripts>", False, "<scripts>x</scripts>"),
        ("Arrows --> and <!--", False, "Arrows --> and <!--"),
    ],
)
def test_labels_have_no_whole_code(value: str, is_html: bool, expected: str) -> None:
    assert label(RawText(value, is_html)) == expected


@given(
    st.lists(
        st.sampled_from(
            ["<script", "</script", "<style", "</style", "<!--", "--", "-", "<", ">", "!", "x", " "]
        )
    ).map("".join)
)
def test_taking_code_out_makes_no_new_code(text: str) -> None:
    once = without_code(text)
    assert without_code(once) == once


@pytest.mark.parametrize("piece", ["<script", "<script>", "</script", "<script </script", "<!--"])
def test_a_megabyte_of_code_is_read_once(piece: str) -> None:
    """It would take minutes, were the rest read anew for each piece."""
    text = piece * (1_000_000 // len(piece))
    assert without_code("<!-- --><style>" + text) == " <style>" + text


white = st.sampled_from([char for char in map(chr, range(0x3100)) if char.isspace()])


@given(st.lists(white | st.sampled_from(["a", "é", "\u200b"]), max_size=30).map("".join))
def test_white_space_of_every_kind_is_folded(raw: str) -> None:
    """To the very places where Python parts words, for content keys are stored."""
    assert one_line(f"a{raw}é") == " ".join(f"a{tidy(raw)}é".split())
    assert fold(f"a{raw}é") == " ".join(f"a{raw}é".split())


def test_one_line_of_a_long_text_is_cut_at_a_word() -> None:
    assert one_line("some words here", 12) == "some words…"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 10, "short"),
        ("exactly 10", 10, "exactly 10"),
        ("cut at a word", 10, "cut at a…"),
        ("a list, and so on", 9, "a list…"),
        ("endlessword" * 3, 10, "endlesswo…"),
        ("患者さんとご家族のブログをご紹介します", 10, "患者さんとご家族の…"),
        ("a" * 8 + "e\u0301x", 10, "aaaaaaaa…"),
        (
            "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 3,
            10,
            "\U0001f469\u200d\U0001f469\u200d\U0001f467…",
        ),
        ("\U0001f469\u200d" * 20, 10, "…"),
        ("first line\nsecond", 12, "first line…"),
    ],
)
def test_cut(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Some news. The post Title appeared first on Blog.", "Some news."),
        ("Neues. Der Beitrag Titel erschien zuerst auf Blog.", "Neues."),
        ("The post office was shut. The post A appeared first on B.", "The post office was shut."),
        ("He appeared first on stage.", "He appeared first on stage."),
        ("It began in May […]", "It began in May…"),
        ("It began in May [...]", "It began in May…"),
        ("It began. Continue reading A Title →", "It began.\u00a0…"),
        ("It began… Continue reading A Title →", "It began…"),
        ("It began (more…)", "It began…"),
        ("It began [Read more]", "It began…"),
        ("It began Weiterlesen »", "It began…"),
        ("I wish I could read more", "I wish I could read more"),
        ("I wanted more time with her…", "I wanted more time with her…"),
        ("Wait […] The post A appeared first on B.", "Wait…"),
        ("[…]", "[…]"),
        ("Read more →", "Read more →"),
        ("two\nlines", "two lines"),
    ],
)
def test_tails_of_blog_engines(text: str, expected: str) -> None:
    assert excerpt(text) == expected


@pytest.mark.parametrize("length", [279, 280, 281, 1_279, 1_280, 1_281, 30_000])
def test_excerpts_of_words(length: int) -> None:
    result = excerpt(("word " * (length // 5 + 1))[:length].strip())
    assert 270 <= len(result) <= 280


def _breaks_a_character(text: str, at: int) -> bool:
    """A second opinion on what may not be parted, cruder than the one in use."""
    before, after = text[at - 1], text[at]
    flags = 0
    while flags < at and 0x1F1E6 <= ord(text[at - 1 - flags]) <= 0x1F1FF:
        flags += 1
    return (
        unicodedata.category(after) in {"Mn", "Me", "Mc"}
        or after == "\u200d"
        or (before == "\u200d" and not after.isspace())  # to a space nothing is joined
        or 0x1F3FB <= ord(after) <= 0x1F3FF
        or (0x1F1E6 <= ord(after) <= 0x1F1FF and flags % 2 == 1)
    )


wild_text = st.one_of(
    st.text(),
    st.text("ab \u0301\u200d\U0001f469\U0001f1e6\U0001f3fd\u0915\u094d\u1112\u1161漢"),
    st.lists(
        st.sampled_from(
            ["word ", "[…]", "→", "The post ", " appeared first on ", "&amp;", "Read more"]
        )
    ).map("".join),
).map(lambda raw: text_with(raw, (), None)[0])


@given(wild_text, st.integers(5, 60))
@example("000000000000000\u200d00", 17)
@example("00\u200d 00", 5)
def test_an_excerpt_is_a_beginning_cut_between_characters(text: str, limit: int) -> None:
    line = text.replace("\n", " ")
    result = excerpt(text, limit)
    assert len(result) <= limit
    kept = result if line.startswith(result) else result.removesuffix("…")
    assert line.startswith(kept)
    if 0 < len(kept) < len(line):
        assert not _breaks_a_character(line, len(kept))


@given(wild_text)
def test_an_excerpt_is_one_line(text: str) -> None:
    assert "\n" not in excerpt(text)


def test_text_of_reads_only_clean_html() -> None:
    assert text_of(SafeHtml("<p>a</p>")) == ("a", ())
