import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Span, SpanKind
from aggregator.normalise.html import (
    LONGEST,
    REL,
    _has_long_piece,
    clean,
    html_of,
    unescaped,
)

BASE = "https://blog.example/2026/post/"
A = f'rel="{REL}"'


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<p>One</p><p>Two", "<p>One</p><p>Two</p>"),
        ("a<br/>b", "a<br>b"),
        ("<p onclick=x style=y class=z id=i>t</p>", "<p>t</p>"),
        ("<script>x</script>a<style>b{}</style>", "a"),
        ("<p>a<!-- b -->c</p>", "<p>ac</p>"),
        ("x<img src=https://e.example/p.png onerror=y>z", "xz"),
        ("<iframe src=//e.example></iframe>a", "a"),
        ("<form><input><button>Go</button><p>t</p></form>", "<p>t</p>"),
        ("<svg><text>s</text></svg><math><mi>m</mi></math>a", "a"),
        ("<object>o</object><video>v</video><textarea>t</textarea>a", "a"),
        ("<h1>A</h1><ul><li>b</ul>", "<h1>A</h1><ul><li>b</li></ul>"),
        ('<p lang="he" dir="rtl">x</p>', '<p lang="he" dir="rtl">x</p>'),
        ('<p dir="javascript">x</p>', "<p>x</p>"),
        ('<b lang="he">x</b>', "<b>x</b>"),
        ('<ol start="3"><li>x</ol>', '<ol start="3"><li>x</li></ol>'),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("a&#1;b&#x202e;c\x07", "abc"),
        ("half \ud800 pair", "half  pair"),
        ("<bdo dir=rtl>x</bdo>", "x"),
        ("<noscript><img src=x>t</noscript>a", "a"),
        ("", ""),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw, BASE) == expected


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://e.example/", "https://e.example/"),
        ("/x", "https://blog.example/x"),
        ("x?a=1&amp;utm_source=rss&amp;b=2", BASE + "x?a=1&amp;b=2"),
        ("//e.example/", "https://e.example/"),
        ("mailto:ann@e.example", "mailto:ann@e.example"),
        ("https://e.example/?a=1&fbclid=x#y", "https://e.example/?a=1#y"),
        (" https://e.example/ ", "https://e.example/"),
    ],
)
def test_links(href: str, expected: str) -> None:
    assert clean(f'<a href="{href}">x</a>', BASE) == f'<a href="{expected}" {A}>x</a>'


@pytest.mark.parametrize(
    "href",
    [
        "javascript:x",
        "java&#x0D;script:x",
        "data:text/html,x",
        "",
        "https://u:p@e.example",
        "tel:1",
    ],
)
def test_bad_links_lose_their_target(href: str) -> None:
    assert clean(f'<a href="{href}">x</a>', BASE).replace(' href=""', "") == f"<a {A}>x</a>"


def test_a_relative_link_without_a_base_loses_its_target() -> None:
    assert clean('<a href="/x">x</a>') == f"<a {A}>x</a>"


def test_a_link_keeps_nothing_but_where_it_leads() -> None:
    raw = '<a class=c title="T &lt;b>" target=_blank rel=me href="https://e.example/">x</a>'
    assert clean(raw) == f'<a href="https://e.example/" {A}>x</a>'


@pytest.mark.parametrize("tag", ["a", "abbr", "p", "td"])
def test_nothing_is_said_where_a_text_does_not_show_it(tag: str) -> None:
    assert "617" not in clean(f'<{tag} title="Call 617-555-0142">me</{tag}>')


@pytest.mark.parametrize(
    "raw",
    [
        "<p title='<a href=\"javascript:x\">'>a</p>",
        "<a title='<a href=\"javascript:x\">' href=/y>a</a>",
        "<a title=' href=\"javascript:x\"' href=/y>a</a>",
        '<abbr title="> <script>x</script>">a</abbr>',
    ],
)
def test_markup_inside_attributes_stays_inside(
    raw: str, assert_allowed: Callable[[str], None]
) -> None:
    result = clean(raw, BASE)
    assert "<script" not in result
    assert_allowed(result)


def test_clean_twice_is_clean_once() -> None:
    raw = '<p>a <a href="/x?b&amp;c" title="t">b</a> &nbsp; &lt;i&gt;<table><tr><td colspan=2>c'
    once = clean(raw, BASE)
    assert clean(once, BASE) == once


def test_what_is_beyond_the_limit_is_left_out_at_a_tag() -> None:
    raw = "<p>" + "x" * (LONGEST - 10) + '<a href="https://e.example/">link</a>'
    assert clean(raw) == "<p>" + "x" * (LONGEST - 10) + "</p>"


def test_what_is_beyond_the_limit_is_left_out_at_an_entity() -> None:
    assert clean("x" * (LONGEST - 3) + "&hellip; and on") == "x" * (LONGEST - 3)


def test_a_less_than_sign_near_the_limit_is_no_tag() -> None:
    raw = "1 < 2 " + "y " * LONGEST
    assert clean(raw).startswith("1 &lt; 2 y y")


def test_more_tags_than_the_limit() -> None:
    assert clean("<p>x</p>" * 5_000) == "<p>x</p>" * 1_000


def test_formatting_goes_where_there_is_too_much_of_it() -> None:
    """Unclosed formatting is repeated by the parser in every block that follows."""
    raw = "".join(f"<b x{i}>" for i in range(400)) + "<p>x" * 400
    assert clean(raw) == "<p>x</p>" * 400


def test_formatting_cannot_hide_in_formatting() -> None:
    raw = "".join(f"<<b>b x{i}>" for i in range(400)) + "<p>x" * 400
    result = clean(raw)
    assert "<b>" not in result
    assert len(result) < 20_000


def test_a_long_post_with_modest_formatting_keeps_it() -> None:
    raw = "<p>Some <em>words</em>.</p>" * 60
    assert clean(raw) == raw


def test_pictures_written_into_the_page_go_and_what_follows_stays() -> None:
    raw = f'<p>a<img src="data:image/png;base64,{"A" * 50_000}">b</p><p>c</p>'
    assert clean(raw) == "<p>ab</p><p>c</p>"


def test_a_long_paragraph_is_whole() -> None:
    words = "so many words &amp; " * 1_000
    assert clean(f"<p>{words}</p>") == f"<p>{words}</p>"


HOSTILE = {
    "div": "<div>" * 200_000,
    "list": "<ul><li>" * 100_000,
    "bold": "<b><p>" * 100_000,
    "table": "<table><tr><td>" * 50_000,
    "unlike bold": "<p>" + "".join(f"<b x{i}>" for i in range(500)) + "</p>" + "<p>x" * 50_000,
    "anchors": "<p><a href=https://e.example/" + "x" * 2_400 + "></p>" + "<p>x" * 2_000,
    "attributes": "<p " + " ".join(map(chr, range(0x4E00, 0x9F00))) + ">x</p>",
    "attributes after >": '<p a=">" ' + " ".join(map(chr, range(0x4E00, 0x9F00))) + ">x</p>",
    "html": "".join(f"<html a{i}=1>" for i in range(50_000)),
    "entities": "&amp;" * 200_000,
    "half entities": "&" * 1_000_000,
    "signs": "<" * 1_000_000,
    "comment": "<!--" * 200_000,
    "pre": "<pre \n" * 100_000,
    "marks": "a" + "\u0301\u0323" * 500_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_of_malice_is_bounded(raw: str, assert_allowed: Callable[[str], None]) -> None:
    """Uncut, several of these keep the parser busy for minutes."""
    result = clean(raw, BASE)
    assert len(result) <= 5 * LONGEST
    assert_allowed(result[:20_000].rpartition("<")[0])


pieces = st.sampled_from(
    [
        *"<>\"'&=/ ;`",
        *("<p>", "</p>", "<b>", "</b>", "<a ", "href=", "</a>", "<div>", "<table>", "<td>", "<br>"),
        *("<svg>", "<math>", "<mtext>", "<style>", "</style>", "<script>", "</script>", "<title>"),
        *("<noscript>", "<!--", "-->", "<![CDATA[", "]]>", "<template>", "<select>", "<option>"),
        *("javascript:", "&#106;", "&Tab;", "&NewLine;", "data:", "onerror=", "<img src=x ", "x"),
        *("<foreignObject>", "<mglyph>", "<xmp>", "<iframe>", "title=", "\x00", "\ud800", "lang="),
        *("https://e.example/?utm_source=x", "mailto:", "\u202e", "<pre>", "\n", "<form>", "<?x"),
    ]
)
markup = st.one_of(st.lists(pieces, max_size=30).map("".join), st.text(st.characters(codec=None)))


@given(raw=markup)
def test_nothing_but_the_list_comes_out(raw: str, assert_allowed: Callable[[str], None]) -> None:
    assert_allowed(clean(raw, BASE))


@given(
    st.lists(st.sampled_from(["<", "x", "y" * 1_249, "z" * 2_499, ">"]), max_size=8).map("".join)
)
def test_a_long_stretch_without_a_tag_is_found_wherever_it_stands(raw: str) -> None:
    assert _has_long_piece(raw) is (re.search("<[^<]{2500}", raw) is not None)


@given(markup)
def test_clean_is_stable(raw: str) -> None:
    """What was cleaned once may be cleaned again without change of meaning."""
    twice = clean(clean(raw, BASE), BASE)
    assert clean(twice, BASE) == twice


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("", (), ""),
        ("a < b\nc", (), "<p>a &lt; b<br>c</p>"),
        (
            "see here & there",
            (Span(SpanKind.LINK, 4, 8, "https://e.example/?a=1&b=2"),),
            f'<p>see <a href="https://e.example/?a=1&amp;b=2" {A}>here</a> &amp; there</p>',
        ),
        ("#tag", (Span(SpanKind.TAG, 0, 4, None),), "<p>#tag</p>"),
    ],
)
def test_html_of_plain_text(text: str, spans: tuple[Span, ...], expected: str) -> None:
    assert html_of(text, spans) == expected


@given(text=st.text(st.characters(exclude_characters="\r\x00", codec="utf-8")))
def test_html_of_any_text_is_allowed(text: str, assert_allowed: Callable[[str], None]) -> None:
    assert_allowed(html_of(text, ()))


def test_unescaped_undoes_one_turn_only() -> None:
    assert unescaped("&amp;lt; &lt;b&gt; &quot;x&quot;&nbsp;y") == '&lt; <b> "x"\u00a0y'
