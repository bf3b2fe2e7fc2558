"""The same checks for every platform."""

import dataclasses
import inspect
import re
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import (
    bluesky,
    connector,
    connectors,
    feed,
    flickr,
    mastodon,
    medium,
    pinterest,
    platforms,
    podcast,
    reddit,
    substack,
    tumblr,
    vimeo,
    youtube,
)
from aggregator.connectors._contract import Connector

NAMES = sorted(connectors())

CHECKED: tuple[Connector, ...] = (
    *(bluesky, feed, flickr, mastodon, medium, pinterest, podcast),
    *(reddit, substack, tumblr, vimeo, youtube),
)
"""Each platform, so that mypy holds its module to the contract."""


@pytest.mark.parametrize("verb", ["read_address", "fetch"])
@pytest.mark.parametrize("name", NAMES)
def test_verbs_have_the_signature_of_the_contract(name: str, verb: str) -> None:
    promised = inspect.signature(getattr(Connector, verb)).parameters
    offered = inspect.signature(getattr(connector(name), verb)).parameters
    assert list(offered) == [parameter for parameter in promised if parameter != "self"]


def test_every_platform_is_held_to_the_contract_by_mypy() -> None:
    assert set(CHECKED) == set(connectors().values())


def test_files_with_an_underscore_are_no_platforms() -> None:
    assert not [name for name in platforms() if name.startswith("_")]


def test_unknown_platform() -> None:
    with pytest.raises(KeyError):
        connector("gopher")


@pytest.mark.parametrize("name", NAMES)
def test_docstring_names_the_specification(name: str) -> None:
    *_, last = (connector(name).__doc__ or "").strip().split("\n\n")
    assert re.match(r"Specifications?: ", last)
    assert "https://" in last


@pytest.mark.parametrize("name", NAMES)
def test_docstring_is_a_page(name: str) -> None:
    """What it is, in a line; how to write it; and where the rules stand."""
    title, *rest = (connector(name).__doc__ or "").strip().split("\n\n")
    assert "\n" not in title
    assert len(rest) > 1


@pytest.mark.parametrize("name", NAMES)
def test_it_has_its_part_of_the_documentation(name: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "platforms.md"
    assert f"\n## {name}\n" in page.read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_about_is_one_line(name: str) -> None:
    about = connector(name).ABOUT
    assert about.strip() == about != ""
    assert "\n" not in about


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_a_good_address(name: str) -> None:
    platform = platforms()[name]
    assert platform.read_address(platform.example)


@pytest.mark.parametrize("name", NAMES)
@given(
    text=st.text(max_size=60) | st.from_regex(r"\A(https?://)?[a-z.@]{1,20}\.(com|org)/\S{0,9}\Z")
)
def test_any_text_has_a_short_form_that_stands_or_is_refused(name: str, text: str) -> None:
    try:
        address = connector(name).read_address(text)
    except ValueError:
        return
    assert connector(name).read_address(address) == address


def test_no_host_belongs_to_two_platforms() -> None:
    hosts = [(name, host) for name, module in connectors().items() for host in module.HOSTS]
    assert not [
        (one, other)
        for (one, host), (other, lower) in combinations(sorted(hosts), 2)
        if f".{host}".endswith(f".{lower}") or f".{lower}".endswith(f".{host}")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_options_are_frozen_and_have_defaults(name: str) -> None:
    options = platforms()[name].options
    assert dataclasses.is_dataclass(options)
    assert hash(options()) == hash(options())


@pytest.mark.parametrize("name", NAMES)
def test_fetch_is_asynchronous(name: str) -> None:
    assert inspect.iscoroutinefunction(connector(name).fetch)


@pytest.mark.parametrize("name", NAMES)
def test_there_are_samples(name: str) -> None:
    assert list((Path(__file__).parent / name).glob("*.expected.json"))
