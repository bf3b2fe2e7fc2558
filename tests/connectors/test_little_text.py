"""LinkedIn's little text: marks, signs that stand for themselves, and whatever else comes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._little_text import read
from aggregator.model import SpanKind

MARKED = st.text(st.sampled_from("\\|{}@[]()<>#*_~ abé1:/\uff03") | st.characters(), max_size=60)


def escaped(text: str) -> str:
    return re.sub(r"[\\|{}@\[\]()<>#*_~]", r"\\\g<0>", text)


def cut(written: str) -> dict[str, tuple[SpanKind, str | None]]:
    """What stands in the places of its spans."""
    said = read(written)
    return {said.text[one.start : one.end]: (one.kind, one.target) for one in said.spans}


def test_a_tag_is_shown_with_its_sign_and_leads_to_its_page() -> None:
    page = "https://www.linkedin.com/feed/hashtag/Rehab/"
    assert cut(r"About {hashtag|\#|Rehab}, daily") == {"#Rehab": (SpanKind.TAG, page)}


def test_an_organization_is_mentioned_by_its_name_and_leads_to_its_page() -> None:
    page = "https://www.linkedin.com/company/1337/"
    found = cut("With @[Example University](urn:li:organization:1337)!")
    assert found == {"Example University": (SpanKind.MENTION, page)}


def test_a_person_is_mentioned_without_an_address() -> None:
    assert cut("Thanks, @[A. Person](urn:li:person:a-B_1)") == {
        "A. Person": (SpanKind.MENTION, None)
    }


def test_an_address_is_a_link_with_all_its_signs() -> None:
    assert cut(r"Read https://institute.example/a\_b?c=\(d\)\#e today") == {
        "https://institute.example/a_b?c=(d)#e": (
            SpanKind.LINK,
            "https://institute.example/a_b?c=(d)#e",
        )
    }


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"\(partner\) 5\*5 \\", r"(partner) 5*5 \ ".strip()),
        (r"C:\dir", r"C:\dir"),
        (r"{hashtag|\#|Two\_words}", "#Two_words"),
        ("{hashtag|#|Open", "{hashtag|#|Open"),
        ("{hashtag|#|}", "{hashtag|#|}"),
        ("@[Name](mailto:a)", "@[Name](mailto:a)"),
        (r"@[A \[B\]](urn:li:organization:1)", "A [B]"),
        ("@[With a blank] (urn:li:organization:1)", "With a blank"),
        ("A 👩‍⚕️ {hashtag|\uff03|Tag}", "A 👩‍⚕️ #Tag"),
        ("{hashtag|#|A}{hashtag|#|B}", "#A#B"),
    ],
)
def test_marks_are_taken_for_what_they_are(written: str, shown: str) -> None:
    assert read(written).text == shown


def test_a_part_of_an_address_is_no_tag() -> None:
    address = "https://institute.example/?#Part"
    assert cut(f"{address} (#Tag)") == {
        address: (SpanKind.LINK, address),
        "#Tag": (SpanKind.TAG, "https://www.linkedin.com/feed/hashtag/Tag/"),
    }


def test_a_bare_tag_is_one_and_an_escaped_sign_is_not() -> None:
    said = read(r"#Today we are \#1 and #2 in \#care")
    assert said.tags == ("Today",)
    assert said.text == "#Today we are #1 and #2 in #care"


@given(MARKED)
def test_any_text_is_read_with_spans_that_fit(written: str) -> None:
    said = read(written)
    ends = [0, *(span.end for span in said.spans)]
    assert all(end <= one.start < one.end for end, one in zip(ends, said.spans, strict=False))
    assert all(span.end <= len(said.text) for span in said.spans)


@given(st.text())
def test_what_is_escaped_comes_back(text: str) -> None:
    said = read(escaped(text))
    assert said.text == text
    assert said.tags == ()


@given(st.text(st.characters(exclude_characters="\\|{}@[]()<>#*_~\uff03")))
def test_text_without_marks_stays_as_it_is(text: str) -> None:
    assert read(text).text == text


@pytest.mark.parametrize("mark", ["{hashtag|#|", "@[", "@[a](urn:li:a:", "\\", "#", "#1", "{"])
def test_broken_marks_without_end_are_read_as_text(mark: str) -> None:
    assert read(mark * 5_000).text.replace("\\", "") == (mark * 5_000).replace("\\", "")
