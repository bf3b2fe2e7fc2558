"""Answers in JSON, taken apart: what is missing is told, and where."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._shape import Part, read_json
from aggregator.errors import UnexpectedShape
from aggregator.model import Document

SAID = Part({"feed": [{"post": {"id": " 7 ", "likes": 3, "gone": None, "hot": True}}, "odd"]})


def document(body: bytes) -> Document:
    return Document("https://social.example/api", body)


def test_parts_are_found_by_name() -> None:
    (first, _) = SAID.items("feed")
    assert first.word("post", "id") == "7"


def test_what_is_missing_is_told_with_its_place() -> None:
    (first, _) = SAID.items("feed")
    with pytest.raises(UnexpectedShape, match=r"\$\.feed\[0\]\.post\.name") as caught:
        first.word("post", "name")
    assert caught.value.where == "$.feed[0].post.name"


@pytest.mark.parametrize("value", [None, 3, "", "  ", [], {}, True])
def test_no_text_is_unexpected_where_one_is_needed(value: object) -> None:
    with pytest.raises(UnexpectedShape):
        Part({"id": value}).word("id")


@pytest.mark.parametrize("value", [None, 3, "text", {}])
def test_no_list_is_unexpected_where_one_is_needed(value: object) -> None:
    with pytest.raises(UnexpectedShape):
        Part({"feed": value}).items("feed")


def test_what_may_be_missing_counts_as_missing_where_it_is_of_another_kind() -> None:
    odd = Part({"a": {"b": "text"}})
    assert (odd.maybe("a"), odd.number("a"), odd.says("a"), list(odd.some("a"))) == (
        None,
        None,
        False,
        [],
    )


def test_nothing_is_found_below_what_is_not_there() -> None:
    assert not Part("text").at("a", "b").is_there


def test_true_is_no_number() -> None:
    assert Part({"a": True}).number("a") is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff\xfe{", b"[" * 100_000, b'{"a": ' + b"9" * 5_000 + b"}"]
)
def test_what_is_no_json_is_told(body: bytes) -> None:
    with pytest.raises(UnexpectedShape, match="JSON") as caught:
        read_json(document(body))
    assert caught.value.url == "https://social.example/api"


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(WILD, st.lists(st.text(), max_size=3))
def test_any_json_is_taken_apart_without_harm(said: Any, names: list[str]) -> None:
    part = read_json(document(json.dumps(said).encode()))
    part.maybe(*names)
    part.number(*names)
    assert all(isinstance(item, Part) for item in part.some(*names))
