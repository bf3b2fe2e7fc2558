"""The command that drafts a letter to whoever writes a blog."""

from typing import Annotated

import typer

from aggregator.actions.health import healths
from aggregator.actions.letters import LETTERS, About, draft, helpful
from aggregator.catalogue.nearest import did_you_mean
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, put_json, warn
from aggregator.errors import AggregatorError


def add_to(commands: typer.Typer) -> None:
    """Register this module's command."""
    commands.command()(letter)


def letter(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A source's id.")],
    *,
    about: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"Another one than fits now: {', '.join(LETTERS)}."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="en or es; the source's if not said.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Draft a letter to whoever writes a blog, as fits how it is. Nothing is sent.

    Example: `python3 run.py letter family-example`
    """
    with opened(context) as app:
        catalogue = catalogue_of(app)
        found = healths(app.publisher, catalogue, app.clock(), token_ends=app.token_ends())
        one = next((one for one in found if one.source.id == source), None)
        if one is None:
            hint = did_you_mean(source, [one.source.id for one in found])
            raise AggregatorError(
                f"There is no source named {source} in feeds.yaml.",
                advice=hint or "`status` lists the sources with their ids.",
            )
        told = About(
            one.source,
            one.name,
            one.condition,
            one.state,
            catalogue.site,
            app.clock(),
        )
        needed = any(spec.require_consent for spec in catalogue.widgets_of(source))
        name = about or helpful(
            one.source, one.state, one.condition, told.today, needs_consent=needed
        )
        if name is None:
            raise AggregatorError(
                f"There is nothing to write about {source}: {one.words}",
                advice="--about NAME drafts another letter; `letter --help` lists them.",
            )
        if name not in LETTERS:
            raise typer.BadParameter(
                f"There is no letter named {name}. There are: {', '.join(LETTERS)}.",
                param_hint="--about",
            )
        drafted = draft(app.settings.template_folders, name, told, language)
        if json:
            put_json({"source": source} | {k: getattr(drafted, k) for k in _KEYS})
            return
        out.print(f"Subject: {drafted.subject}\n\n{drafted.text}", markup=False)
        warn(f"\nA draft ({LETTERS[name]}). Nothing was sent: read it, change it, send it.")


_KEYS = ("name", "language", "subject", "text")
