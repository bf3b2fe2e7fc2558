"""What a plain text holds that could be pressed, where its platform does not say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._plain import spans_of, tags_in
from aggregator.model import Span, SpanKind


def read(text: str, signs: str = ".") -> tuple[Span, ...]:
    return spans_of(
        text,
        tag_url=lambda tag: f"https://social.example/tags/{tag}",
        mention_url=lambda name: f"https://social.example/@{name}",
        signs=signs,
    )


def words(text: str, signs: str = ".") -> list[str]:
    return [text[span.start : span.end] for span in read(text, signs)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://example.org/a.", ["https://example.org/a"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("詳細はhttps://example.org/日。続き", ["https://example.org/日"]),
        ("www.example.org, and more", ["www.example.org"]),
        ("HTTP://EXAMPLE.ORG", ["HTTP://EXAMPLE.ORG"]),
        ("https://example.org/#part", ["https://example.org/#part"]),
        ("http:// www. https://nothing https://[", []),
    ],
)
def test_links(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_link_without_a_scheme_leads_to_the_secure_site() -> None:
    assert read("www.example.org")[0] == Span(SpanKind.LINK, 0, 15, "https://www.example.org")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("🏥 #MRI, #new_scanner!", ["#MRI", "#new_scanner"]),
        ("#병원 #हिन्दी #日本語", ["#병원", "#हिन्दी", "#日本語"]),
        ("＃全角", ["＃全角"]),
        ("#5 #2026 #2026goals", ["#2026goals"]),
        ("a#b &#39; ##x #️⃣ C#", []),
        ("写真#展示", ["#展示"]),
    ],
)
def test_tags(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Thanks, @institute.example.", ["@institute.example"]),
        ("@a_b @c", ["@a_b", "@c"]),
        ("写真@instituteより", ["@institute"]),
        ("info@example.org @institute@social.example @müller @ @.", []),
    ],
)
def test_mentions(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_platform_may_allow_further_signs_in_names() -> None:
    assert words("@the-institute, @b-", "-") == ["@the-institute", "@b"]


def test_each_leads_to_its_page() -> None:
    assert read("@a #b") == (
        Span(SpanKind.MENTION, 0, 2, "https://social.example/@a"),
        Span(SpanKind.TAG, 3, 5, "https://social.example/tags/b"),
    )


def test_what_the_platform_does_not_have_stays_text() -> None:
    found = spans_of("@a #b https://example.org", tag_url=None, mention_url=None)
    assert [span.kind for span in found] == [SpanKind.LINK]


def test_tags_are_told_once_each() -> None:
    assert tags_in("#a #b #a https://example.org/#c") == ("a", "b")


@given(st.text(st.sampled_from("#＃@.:/()wht ps日é1_-\u200d\u0301a"), max_size=80) | st.text())
def test_whatever_the_text_spans_stand_in_it_one_after_another(text: str) -> None:
    ends = [place for span in read(text) for place in (span.start, span.end)]
    assert ends == sorted(ends)
    assert all(0 <= place <= len(text) for place in ends)
    assert all(span.start < span.end for span in read(text))
