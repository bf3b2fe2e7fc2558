"""Posts for rules to read."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from aggregator.model import Post
from benchmarks.holds import post_of

MakePost = Callable[..., Post]


@pytest.fixture
def make_post() -> MakePost:
    """A post of a text; other fields by name."""

    def make(text: str = "", **changes: Any) -> Post:
        return replace(post_of(text), **changes)

    return make
