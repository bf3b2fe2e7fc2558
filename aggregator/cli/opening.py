"""From the words before a command to an ``App``."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from aggregator.app import App
from aggregator.settings import Settings, load_settings


def settings_of(context: typer.Context) -> Settings:
    """The environment, with what the command line said before the command."""
    return load_settings(**(context.obj or {}))


@contextmanager
def opened(context: typer.Context) -> Iterator[App]:
    """An ``App`` for the length of one command."""
    with App(settings_of(context)) as app:
        yield app
