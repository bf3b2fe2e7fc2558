"""The same checks for every platform."""

import dataclasses
import inspect
from pathlib import Path

import pytest

from aggregator.connectors import connector, connectors, feed, platforms
from aggregator.connectors._contract import Connector

NAMES = sorted(connectors())

CHECKED: tuple[Connector, ...] = (feed,)
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
    assert "https://" in (connector(name).__doc__ or "")


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
