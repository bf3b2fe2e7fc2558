"""Commands that change an entry of feeds.yaml: remove, state, consent record, consent withdraw."""

import difflib
from collections.abc import Iterator
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.actions.edits import Edited
from aggregator.app import App
from aggregator.cli.care import say_errors
from aggregator.cli.opening import editor, opened, right_catalogue
from aggregator.cli.terminal import catalogue_of, out, put_json, warn, who
from aggregator.model import Catalogue, Consent, SourceState

Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
SourceId = Annotated[str, typer.Argument(metavar="SOURCE", help="A source's id.")]

consent = typer.Typer(
    no_args_is_help=True, help="What families agreed to: written into feeds.yaml, and published."
)


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.command()(remove)
    commands.command()(state)
    commands.add_typer(consent, name="consent")


def remove(context: typer.Context, source: SourceId, json: Json = False) -> None:
    """Take a source out of feeds.yaml, and its posts off the website; `undo` brings it back.

    What is stored of it is erased later; `takedown` erases it now, for good.

    Example: `python3 run.py remove family-example`
    """
    with opened(context) as app:
        _ready(app)
        done = editor(app).remove(source, by=who(), now=app.clock())
        words = f"{source} is not in feeds.yaml; nothing to do."
        if done.changed:
            words = f"Removed: {source}. `takedown {source}` erases what is stored of it for good."
        say_edited(done, words, json=json)


def state(
    context: typer.Context,
    source: SourceId,
    wanted: Annotated[SourceState, typer.Argument(metavar="STATE", show_default=False)],
    json: Json = False,
) -> None:
    """Say how a source is: active, paused (not visited), resting or memorial (nobody is nagged).

    Example: `python3 run.py state family-example resting`
    """
    with opened(context) as app:
        _ready(app)
        done = editor(app).set_state(source, wanted, by=who(), now=app.clock())
        now_is = "Now" if done.changed else "Already"
        say_edited(done, f"{now_is} {wanted.value}: {source}.", json=json)
        if done.changed and wanted is SourceState.MEMORIAL and not json:
            out.print(f"`letter {source}` drafts a letter to the family.", markup=False)


@consent.command()
def record(
    context: typer.Context,
    source: SourceId,
    *,
    reference: Annotated[
        str, typer.Option(help="The number under which your records keep the form; never a name.")
    ],
    basis: Annotated[str, typer.Option(help="What it rests on, in a word or two.")],
    given: Annotated[str, typer.Option(metavar="DATE", help="The first day on which it holds.")],
    expires: Annotated[
        str | None, typer.Option(metavar="DATE", help="The first day on which it does not.")
    ] = None,
    json: Json = False,
) -> None:
    """Write down that a family agreed, or agreed anew; a withdrawal before it is over with it.

    Example: `python3 run.py consent record family-example --reference PF-2026-014
    --basis authorization --given 2026-05-01 --expires 2027-05-01`
    """
    with opened(context) as app:
        catalogue = _ready(app)
        agreed = Consent(
            reference,
            basis,
            _day(given, "--given"),
            _day(expires, "--expires") if expires else None,
        )
        done = editor(app).record_consent(source, agreed, by=who(), now=app.clock())
        words = "Recorded" if done.changed else "Recorded already, as it is"
        say_edited(done, f"{words}: the consent for {source}.", json=json)
        now_is = app.catalogue().source(source)
        if json or now_is is None:
            return
        if not agreed.holds_on(_today(app, catalogue)):
            warn("It does not hold today, so nothing of it is shown yet.")
        if now_is.state is SourceState.PAUSED:
            warn(f"{source} is paused still: `state {source} active` begins to visit it.")


@consent.command()
def withdraw(
    context: typer.Context,
    source: SourceId,
    *,
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The first day on which it does not hold; today."),
    ] = None,
    json: Json = False,
) -> None:
    """Write down that a family took its consent back: from that day on nothing of it is shown.

    Example: `python3 run.py consent withdraw family-example`
    """
    with opened(context) as app:
        catalogue = _ready(app)
        day = _day(on, "--on") if on else _today(app, catalogue)
        known = catalogue.source(source)
        if on is None and known is not None and known.consent is not None:
            day = max(day, known.consent.given)  # taken back before it began: it never will
        done = editor(app).withdraw_consent(source, day, by=who(), now=app.clock())
        now_is = app.catalogue().source(source)
        withdrawn = now_is.consent.withdrawn if now_is and now_is.consent else None
        words = f"Withdrawn from {withdrawn} on" if done.changed else f"Withdrawn on {withdrawn}"
        already = "" if done.changed else " already"
        say_edited(done, f"{words}{already}: the consent for {source}.", json=json)
        if done.changed and not json:
            out.print(
                f"`takedown {source}` erases what is stored; `letter {source}` drafts a word to "
                "the family.",
                markup=False,
            )


def _ready(app: App) -> Catalogue:
    """The list, where it may be changed. Raises CatalogueError where it is broken."""
    right_catalogue(app)
    return catalogue_of(app)


def _today(app: App, catalogue: Catalogue) -> date:
    return app.clock().astimezone(ZoneInfo(catalogue.site.timezone)).date()


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            "This is no date. Write year-month-day, as in 2026-05-31.", param_hint=option
        ) from None


def say_edited(done: Edited, words: str, *, json: bool) -> None:
    """What changed, line by line, and how to take it back. Ends with 1 where a widget failed."""
    changed = [one.widget_id for one in done.published if one.changed]
    failed = [one.widget_id for one in done.published if one.error]
    if json:
        put_json(
            {
                "section": done.section,
                "entry": done.entry_id,
                "changed": done.changed,
                "before": done.before,
                "after": done.after,
                "undo": done.number,
                "widgets": changed,
                "failed": failed,
            }
        )
    else:
        for line in changed_lines(done.before, done.after):
            out.print(f"  {line}", markup=False)
        out.print(words, markup=False)
        if changed:
            out.print(f"Widgets changed: {', '.join(changed)}.", markup=False)
        if done.number is not None:
            out.print(f"`undo {done.number}` takes it back, for 30 days.", markup=False)
        say_errors(done.published)
    if failed:
        raise typer.Exit(1)


def changed_lines(before: str | None, after: str | None) -> Iterator[str]:
    """The lines that went (``-``) and those that came (``+``)."""
    compared = difflib.ndiff((before or "").splitlines(), (after or "").splitlines())
    return (line for line in compared if line[:1] in {"-", "+"})
