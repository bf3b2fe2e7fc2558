"""Platforms and layouts as the connectors and templates would hand them in, and ways to read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregator.catalogue.load import parse
from aggregator.errors import CatalogueError, Problem
from aggregator.model import Catalogue, Platform, TokenNeed

Read = Callable[[str | bytes], Catalogue]
Problems = Callable[[str | bytes], tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """None."""


@dataclass(frozen=True, slots=True)
class SocialOptions:
    include_reposts: bool = False
    limit: int = 20


def _read_feed(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("The address of a feed begins with https://")
    return text


def _read_account(text: str) -> str:
    text = text.removeprefix("@")
    user, _, server = text.partition("@")
    if not user or "." not in server:
        raise ValueError("An account is written with its server, as in name@social.example.")
    return text.lower()


@pytest.fixture(scope="session")
def platforms() -> Mapping[str, Platform]:
    feed = Platform(
        "feed",
        FeedOptions,
        _read_feed,
        "https://news.example.org/feed/",
        "A blog or news page, by the address of its feed.",
    )
    social = Platform(
        "social",
        SocialOptions,
        _read_account,
        "institute@social.example",
        "An account on a social network.",
        token=TokenNeed("SOCIAL_TOKEN", "https://social.example/tokens", "Anybody may."),
    )
    return {"feed": feed, "social": social}


@pytest.fixture(scope="session")
def layouts() -> frozenset[str]:
    return frozenset({"posts", "blogs", "notice"})


@pytest.fixture(scope="session")
def read(platforms: Mapping[str, Platform], layouts: frozenset[str]) -> Read:
    """The text as a catalogue."""
    return lambda text: parse(text, Path("feeds.yaml"), platforms, layouts)


@pytest.fixture(scope="session")
def problems(read: Read) -> Problems:
    """What is wrong with the text; nothing where it is right."""

    def told(text: str | bytes) -> tuple[Problem, ...]:
        try:
            read(text)
        except CatalogueError as error:
            return error.problems
        return ()

    return told
