"""From the words before a command to an ``App``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from aggregator.actions.edits import Editor
from aggregator.app import App
from aggregator.catalogue.nearest import did_you_mean
from aggregator.model import Catalogue
from aggregator.settings import Settings, load_settings


def settings_of(context: typer.Context) -> Settings:
    """The environment, with what the command line said before the command."""
    return load_settings(**(context.obj or {}))


@contextmanager
def opened(context: typer.Context) -> Iterator[App]:
    """An ``App`` for the length of one command."""
    with App(settings_of(context)) as app:
        yield app


def editor(app: App) -> Editor:
    """What changes feeds.yaml for the person at this terminal."""
    return Editor(app.publisher, app.current, app.edit, app.sync)


def right_catalogue(app: App) -> Catalogue:
    """What the file itself says. Raises CatalogueError even where an earlier list stands in."""
    current = app.current()
    if current.problem is not None:
        raise current.problem
    return current.catalogue


def named_widgets(catalogue: Catalogue, named: Sequence[str]) -> list[str]:
    """These ids of widgets, each once. Raises BadParameter where there is none of that id."""
    known = [spec.id for spec in catalogue.widgets]
    for widget in named:
        if widget not in known:
            hint = did_you_mean(widget, known) or f"There are: {', '.join(known)}."
            raise typer.BadParameter(f"There is no widget named {widget}. {hint}")
    return list(dict.fromkeys(named))
