import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Span, SpanKind
from aggregator.widgets.text import (
    Stretch,
    contact_address,
    cut,
    first_words,
    legal,
    paragraphs,
    web_address,
)

LINK = "https://example.org/"


@given(st.text(), st.integers(90, 200))
def test_cut_is_never_longer_than_asked_and_the_ellipsis(text: str, most: int) -> None:
    assert len(cut(text, most)) <= max(most + 1, 0)


def test_cut_ends_with_a_word() -> None:
    assert cut("one two three " * 20, 100).endswith((" one…", " two…", " three…"))


def test_endless_word_is_cut_where_it_must() -> None:
    assert cut("w" * 200, 100) == "w" * 100 + "…"


def test_cut_does_not_tear_a_sign_apart() -> None:
    """A letter with its accent as a sign of its own stays whole."""
    assert cut("e\u0301" * 100, 99) == "e\u0301" * 49 + "…"


@given(st.text(max_size=300), st.lists(st.tuples(st.integers(-5, 400), st.integers(-5, 400))))
def test_spans_never_change_the_words(text: str, places: list[tuple[int, int]]) -> None:
    spans = [Span(SpanKind.LINK, start, end, LINK) for start, end in places]
    shown = paragraphs(text, spans, most=None)
    words = "".join(part.text for paragraph in shown for part in paragraph)
    assert words.split() == "".join(
        line for line in legal(text).split("\n") if line.strip()
    ).split()  # fmt: skip


def test_links_may_run_over_the_end_of_a_paragraph() -> None:
    shown = paragraphs("ab\ncd", [Span(SpanKind.LINK, 1, 4, LINK)], most=None)
    assert shown == ((Stretch("a"), Stretch("b", LINK)), (Stretch("c", LINK), Stretch("d")))


def test_offsets_count_code_points_before_control_characters_go() -> None:
    shown = paragraphs("\x00\x00 see here", [Span(SpanKind.LINK, 7, 11, LINK)], most=None)
    assert shown == ((Stretch(" see "), Stretch("here", LINK)),)


def test_a_cut_shortens_the_link_that_it_meets() -> None:
    (paragraph,) = paragraphs("a" * 2_000, [Span(SpanKind.LINK, 1_400, 1_600, LINK)], most=1_500)
    assert [len(part.text) for part in paragraph] == [1_400, 100, 1]


@pytest.mark.parametrize(
    "span",
    [
        Span(SpanKind.TAG, 0, 2, LINK),
        Span(SpanKind.LINK, 0, 2, None),
        Span(SpanKind.LINK, 0, 2, "javascript:alert(1)"),
        Span(SpanKind.LINK, 2, 2, LINK),
        Span(SpanKind.LINK, 9, 12, LINK),
    ],
    ids=["hashtag", "no target", "script", "empty", "beyond the text"],
)
def test_what_does_not_become_a_link(span: Span) -> None:
    assert paragraphs("text", [span], most=None) == ((Stretch("text"),),)


def test_first_words_leave_out_what_is_read_sign_by_sign() -> None:
    assert first_words("🎉 #Sleep\nRead https://example.org/a now 🎉 #Sleep") == "Read now"


def test_first_words_of_emoji_alone_are_none() -> None:
    assert first_words("🎉🎉 ❤️ !!") == ""


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "//example.org",
        "/path",
        "data:text/html,x",
        "https://",
        "http://[x",
        "",
        None,
    ],
)
def test_other_addresses_are_no_links(address: str | None) -> None:
    assert web_address(address) is None


@pytest.mark.parametrize("address", ["https://example.org/a?b=c", "http://example.org"])
def test_web_addresses_stay_as_they_are(address: str) -> None:
    assert web_address(address) == address


def test_contact_may_be_a_mail_address() -> None:
    assert contact_address("mailto:web@example.org") == "mailto:web@example.org"
    assert contact_address("javascript:alert(1)") is None
