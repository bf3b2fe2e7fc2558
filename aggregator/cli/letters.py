"""The command that drafts a letter to whoever writes a blog."""

from typing import Annotated

import typer

from aggregator.actions.find import id_of_today
from aggregator.actions.health import healths
from aggregator.actions.letter_facts import BLANKS, About, of_one_that_left, takedown_of
from aggregator.actions.letters import (
    LETTERS,
    draft,
    helpful,
    helpful_after_all,
    wanted_language,
)
from aggregator.app import App
from aggregator.catalogue.nearest import did_you_mean
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, put_json, warn
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue

_WATCH = {
    "withdrawn": "It promises that all is erased: `takedown {0}` does it, and then `letter {0}` "
    "drafts the confirmation.",
    "erased": "It says that your backups are kept for 35 days at most: change that if it is not "
    "so.",
}
"""By letter, what whoever sends it should look at."""


def add_to(commands: typer.Typer) -> None:
    """Register this module's command."""
    commands.command()(letter)


def letter(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A source's id, also of one that was removed.")
    ],
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
        source = id_of_today(app.database, catalogue, source)
        told, fits = _known(app, catalogue, source)
        name = about or fits
        if name is None:
            how = told.condition.words if told.condition else "It is not in feeds.yaml any more."
            raise AggregatorError(
                f"There is nothing to write about {source}: {how}",
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
        wanted = wanted_language(told)
        if language is None and drafted.language != wanted:
            warn(f"It is in English: there is no such letter in “{wanted}”, the blog's language.")
        if told.name is None or any(blank in drafted.text for blank in BLANKS.values()):
            warn("Fill in what stands in [brackets]: it is not known here.")
        if name in _WATCH:
            warn(_WATCH[name].format(source))


def _known(app: App, catalogue: Catalogue, source_id: str) -> tuple[About, str | None]:
    """What is known of a source, also of one that left, and the name of the letter that fits."""
    now = app.clock()
    found = healths(app.publisher, catalogue, now, token_ends=app.token_ends())
    one = next((one for one in found if one.source.id == source_id), None)
    if one is None:
        left = of_one_that_left(app.database, source_id, catalogue.site, now)
        if left is None:
            hint = did_you_mean(source_id, [one.source.id for one in found])
            raise AggregatorError(
                f"There is no source named {source_id} in feeds.yaml, and there never was.",
                advice=hint or "`status` lists the sources with their ids.",
            )
        return left, helpful_after_all(left)
    told = About(
        source_id,
        one.source,
        one.name,
        one.condition,
        one.state,
        catalogue.site,
        now,
        one.source.consent,
        takedown_of(app.database, source_id, one.source),
    )
    needed = any(spec.require_consent for spec in catalogue.widgets_of(source_id))
    return told, helpful(one.source, one.state, one.condition, told.today, needs_consent=needed)


_KEYS = ("name", "language", "subject", "text")
