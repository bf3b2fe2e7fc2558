"""Thousands of known attacks on sanitisers, each put into every field of an entry."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.model import Author, Media, Post, RawPost, RawText, Source
from aggregator.normalise.post import post_from

XSS = Path(__file__).resolve().parents[2] / "../shared/corpus/xss"


def _payloads(file: Path) -> Iterator[str]:
    for line in file.read_text("utf-8").splitlines():
        yield json.loads(line)["payload"]


def _with(payload: str, *, is_html: bool) -> RawPost:
    text = RawText(payload, is_html=is_html, base=payload, language=payload)
    return RawPost(
        guid="1",
        permalink=payload,
        base="https://blog.example/",
        title=text,
        body=text,
        summary=RawText(f'<a href="{payload}">{payload}</a>', is_html=True),
        author=Author(payload, payload, payload),
        language=payload,
        tags=(payload,),
        media=(Media(payload, payload, payload), Media("https://e.example/p.jpg")),
        warning=payload,
    )


def _is_on_the_web(url: str | None) -> bool:
    return url is None or (
        url.lower().startswith(("http://", "https://"))
        and not set(url) & set("\"'<>` \n\x00") - {"'"}
    )


@pytest.mark.corpus
@pytest.mark.parametrize("is_html", [True, False], ids=["html", "plain"])
@pytest.mark.parametrize("file", sorted(XSS.glob("*.jsonl")), ids=lambda file: file.stem)
def test_attacks(
    file: Path,
    is_html: bool,
    source: Source,
    now: datetime,
    assert_allowed: Callable[[str], None],
) -> None:
    for payload in _payloads(file):
        post = post_from(_with(payload, is_html=is_html), source, None, now)
        assert isinstance(post, Post), payload
        assert_allowed(post.html)
        assert _is_on_the_web(post.permalink), payload
        assert _is_on_the_web(post.author.url if post.author else None), payload
        assert all(_is_on_the_web(span.target) for span in post.spans), payload
        assert all(_is_on_the_web(medium.url) for medium in post.media), payload


@pytest.mark.corpus
def test_there_are_attacks() -> None:
    assert len(list(XSS.glob("*.jsonl"))) > 10
