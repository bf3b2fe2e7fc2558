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
    facebook,
    feed,
    flickr,
    instagram,
    linkedin,
    mastodon,
    medium,
    pinterest,
    platforms,
    podcast,
    reddit,
    substack,
    threads,
    tiktok,
    tumblr,
    vimeo,
    x,
    youtube,
)
from aggregator.connectors._contract import Connector

NAMES = sorted(connectors())

CHECKED: tuple[Connector, ...] = (
    *(bluesky, facebook, feed, flickr, instagram, linkedin, mastodon, medium),
    *(pinterest, podcast, reddit, substack, threads, tiktok, tumblr, vimeo, x, youtube),
)
"""Each platform, so that mypy holds its module to the contract."""


@pytest.mark.parametrize("verb", ["read_address", "home_of", "fetch", "look_up"])
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


@pytest.mark.parametrize("verb", ["fetch", "look_up"])
@pytest.mark.parametrize("name", NAMES)
def test_what_asks_the_platform_is_asynchronous(name: str, verb: str) -> None:
    assert inspect.iscoroutinefunction(getattr(connector(name), verb))


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_an_account_is_on_the_web(name: str) -> None:
    platform = platforms()[name]
    home = platform.home_of(platform.read_address(platform.example))
    assert home is None or re.fullmatch(r"https://[^\s\"<>]+", home)


@pytest.mark.parametrize("name", NAMES)
def test_its_terms_are_told_in_the_docstring(name: str) -> None:
    """Where they bind us, people can read it."""
    terms, page = connector(name).TERMS, connector(name).__doc__ or ""
    if terms.kept_for is not None:
        assert f"{terms.kept_for.days} days" in page


@pytest.mark.parametrize("name", NAMES)
def test_a_token_is_explained_with_the_page_where_it_is_made(name: str) -> None:
    need = connector(name).TOKEN
    if need is not None:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]{3,40}", need.variable)
        assert need.page.startswith("https://")
        assert need.how.endswith(".")
        assert need.variable in (connector(name).__doc__ or "")


@pytest.mark.parametrize("name", NAMES)
def test_there_are_samples(name: str) -> None:
    assert list((Path(__file__).parent / name).glob("*.expected.json"))
