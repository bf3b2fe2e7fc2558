"""What goes over the pipe comes out as it went in."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._wire import from_json, to_json
from aggregator.model import (
    Author,
    Hints,
    Media,
    PostKind,
    Profile,
    RawDate,
    RawPost,
    RawText,
    Span,
    SpanKind,
)

FULL = RawPost(
    guid="1",
    permalink="https://a.example/1",
    base="https://a.example/",
    title=RawText("a", is_html=False),
    body=RawText("<b>é\u2028</b>", is_html=True, base="https://a.example/", language="fr"),
    summary=RawText("c", is_html=False),
    author=Author("Ada", "ada", "https://ada.example/"),
    published=RawDate("today", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
    updated=RawDate("tomorrow"),
    language="en",
    tags=("x", "y"),
    media=(Media("https://a.example/p.png", "image/png", "A picture", 1, 2), Media("b")),
    spans=(Span(SpanKind.LINK, 0, 1, None), Span(SpanKind.TAG, 1, 2, "https://a.example/t")),
    kind=PostKind.QUOTE,
    sensitive=True,
    warning="w",
)


def test_everything_survives() -> None:
    hints = Hints(timedelta(hours=12), frozenset({0, 23}), frozenset({6}))
    read = ReadFeed((FULL, RawPost()), Profile("a", "b", "c", "d"), (b"12345678", b"\0\xff"), hints)
    assert from_json(to_json(read)) == read


def test_kinds_come_back_as_kinds() -> None:
    (post,) = from_json(to_json(ReadFeed((FULL,), Profile(), ()))).posts
    assert isinstance(post.kind, PostKind)
    assert isinstance(post.spans[0].kind, SpanKind)


def test_it_is_json() -> None:
    assert json.loads(to_json(ReadFeed((), Profile("a"), (b"\xff",)))) == [
        [],
        ["a", None, None, None, [], None, None],
        ["ff"],
        [None, [], []],
    ]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.datetimes(timezones=st.just(UTC)))
def test_any_text_and_any_moment_survive(text: str, moment: datetime) -> None:
    post = RawPost(body=RawText(text, is_html=True), published=RawDate(text, moment), tags=(text,))
    read = ReadFeed((post,), Profile(), ())
    assert from_json(to_json(read)) == read
