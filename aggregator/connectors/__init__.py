"""One file per platform: how each is asked, and what its answers mean.

Every module in this folder without a leading underscore is a platform; its name is the key that
carries the address in feeds.yaml. Adding a file is the whole registration.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import cast

from aggregator.connectors import _hand
from aggregator.connectors._contract import Connector
from aggregator.model import Platform

_FEED = "feed"


@cache
def connectors() -> Mapping[str, Connector]:
    """Every connector by name, in alphabetical order; a module that fails to import is raised."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return MappingProxyType(
        {name: _load(name) for name in names if not name.startswith("_")},
    )


def connector(name: str) -> Connector:
    """The connector of that name. Raises KeyError where there is none."""
    return connectors()[name]


@cache
def platforms() -> Mapping[str, Platform]:
    """What the catalogue must know of each connector, by name, and what is kept by hand."""
    return MappingProxyType(
        {
            name: Platform(
                name=name,
                options=module.Options,
                read_address=module.read_address,
                example=module.EXAMPLE,
                about=module.ABOUT,
                home_of=module.home_of,
                account_of=_account_of_feed if name == _FEED else _no_other_name,
                terms=module.TERMS,
                token=module.TOKEN,
            )
            for name, module in connectors().items()
        }
        | {_hand.PLATFORM.name: _hand.PLATFORM}
    )


def _account_of_feed(address: str) -> str | None:
    from aggregator.connectors._known_feeds import account_of  # noqa: PLC0415 - it asks us

    found = account_of(address)
    return None if found is None else ":".join(found)


def _no_other_name(_: str) -> None:
    """An account is followed under its platform's own key, in one way."""


def _load(name: str) -> Connector:
    module = importlib.import_module(f"{__name__}.{name}")
    wanted = (
        *("ABOUT", "EXAMPLE", "HOSTS", "TERMS", "TOKEN", "Options"),
        *("read_address", "home_of", "fetch", "look_up"),
    )
    missing = [attribute for attribute in wanted if not hasattr(module, attribute)]
    if missing:
        raise TypeError(f"connectors/{name}.py has no {', '.join(missing)}: see _contract.py")
    return cast("Connector", module)
