"""The sample world's Page on Facebook: one of its pictures was described by a person."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from aggregator.connectors import facebook
from aggregator.connectors._facebook_post import post_of
from aggregator.connectors._shape import Part
from aggregator.demo.graph import TOKEN

Ask = Callable[..., Any]


@pytest.fixture
def ask(get: Callable[..., Any]) -> Ask:
    """``ask(path)`` with the token of the sample world."""

    def asked(path: str) -> Any:
        return json.loads(get("facebook", path, authorization=f"Bearer {TOKEN}").body)

    return asked


@pytest.fixture
def photos(ask: Ask) -> list[dict[str, Any]]:
    """Those of all posts, with all that is said of them, the newest first."""
    number = ask(f"/v25.0/{facebook.EXAMPLE}")["id"]
    items = ask(f"/v25.0/{number}/posts?limit=100&fields=id,message,attachments")["data"]
    media = (medium for item in items if (post := post_of(Part(item))) for medium in post.media)
    ids = [medium.id for medium in media if medium.id]
    found = ask(f"/v25.0/?ids={','.join(ids)}&fields=alt_text,alt_text_custom")
    return [found[one] for one in ids]


def test_one_picture_has_words_of_a_person_and_one_has_a_guess(
    photos: list[dict[str, Any]],
) -> None:
    described, guessed = photos
    assert described["alt_text_custom"] == described["alt_text"]
    assert "alt_text_custom" not in guessed
    assert guessed["alt_text"]


def test_its_picture_can_be_fetched(ask: Ask, get: Callable[..., Any]) -> None:
    posts = ask("/v25.0/4713/posts?fields=attachments")["data"]
    attached = [one for post in posts for one in post.get("attachments", {}).get("data", [])]
    sources = [one["media"]["image"]["src"] for one in attached if one["media_type"] == "photo"]
    path = sources[0].partition("/v/")[2]
    assert get("facebook", f"/v/{path}").headers["content-type"] == "image/webp"
