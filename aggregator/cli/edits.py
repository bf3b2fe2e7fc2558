"""Commands that change an entry of feeds.yaml: remove, state, consent record, consent withdraw."""

import difflib
from collections.abc import Iterator
from typing import Annotated

import typer

from aggregator.actions.edits import Edited
from aggregator.actions.find import TakenDownBefore, id_of_today
from aggregator.actions.takedown import down
from aggregator.app import App
from aggregator.catalogue.lines import comments_above, own_lines
from aggregator.catalogue.nearest import did_you_mean
from aggregator.cli.acts import end, outcome, say_errors, say_widgets
from aggregator.cli.dates import read_day
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


def _state(word: str) -> SourceState:
    """A state as people write it. Raises BadParameter, in plain words, where there is none such."""
    known = [one.value for one in SourceState]
    if (tidy := word.strip().lower()) in known:
        return SourceState(tidy)
    raise typer.BadParameter(
        f"There is no state “{word}”. There are: {', '.join(known)}. "
        f"{did_you_mean(word, known)}".strip()
    )


def remove(context: typer.Context, source: SourceId, json: Json = False) -> None:
    """Take a source out of feeds.yaml, and its posts off the website; `undo` brings it back.

    What is stored of it is erased later; `takedown` erases it now, for good.

    Example: `python3 run.py remove family-example`
    """
    with opened(context) as app:
        source = id_of_today(app.database, _ready(app), source)
        done = editor(app).remove(source, by=who(), now=app.clock())
        words = f"{source} is not in feeds.yaml; nothing to do."
        if done.changed:
            words = f"Removed: {source}. `takedown {source}` erases what is stored of it for good."
            if done.number is None:
                words = f"Removed: {source}. It was taken down: nothing of it is stored any more."
        say_edited(done, words, json=json)


def state(
    context: typer.Context,
    source: SourceId,
    wanted: Annotated[SourceState, typer.Argument(metavar="STATE", parser=_state)],
    json: Json = False,
) -> None:
    """Say how a source is: active, paused (not visited), resting or memorial (nobody is nagged).

    Example: `python3 run.py state family-example resting`
    """
    with opened(context) as app:
        source = id_of_today(app.database, _ready(app), source)
        done = editor(app).set_state(source, wanted, by=who(), now=app.clock())
        now_is = "Now" if done.changed else "Already"
        say_edited(done, f"{now_is} {wanted.value}: {source}.", json=json)
        _warn_of_takedown(app, source)
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
        source = id_of_today(app.database, catalogue, source)
        agreed = Consent(
            reference,
            basis,
            read_day(given),
            read_day(expires) if expires else None,
        )
        done = editor(app).record_consent(source, agreed, by=who(), now=app.clock())
        words = "Recorded" if done.changed else "Recorded already, as it is"
        say_edited(done, f"{words}: the consent for {source}.", json=json)
        _warn_of_takedown(app, source)
        now_is = app.catalogue().source(source)
        if json or now_is is None:
            return
        if not agreed.holds_on(catalogue.site.day(app.clock())):
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
        catalogue = app.catalogue()  # the editor says what to do where the file is broken
        source = id_of_today(app.database, catalogue, source)
        day = read_day(on) if on else catalogue.site.day(app.clock())
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
                f"Next: `takedown {source}` erases what is stored, for good; `letter {source}` "
                f"drafts a word to the family; `remove {source}` takes its entry out.",
                markup=False,
            )


def _ready(app: App) -> Catalogue:
    """The list, where it may be changed. Raises CatalogueError where it is broken."""
    right_catalogue(app)
    return catalogue_of(app)


def _warn_of_takedown(app: App, source_id: str) -> None:
    """What is written of such a source changes nothing."""
    source = app.catalogue().source(source_id)
    if source is not None and (past := down(app.publisher, source)):
        warn(f"{TakenDownBefore(source_id, past, app.catalogue())} It is never visited.")


def say_edited(done: Edited, words: str, *, json: bool) -> None:
    """What changed, line by line, and how to take it back. Ends with 1 where a widget failed."""
    if json:
        put_json(
            {
                "section": done.section,
                "entry": done.entry_id,
                "changed": done.changed,
                "before": done.before,
                "after": done.after,
                "undo": done.number,
                **outcome(done.published),
            }
        )
    else:
        for line in changed_lines(done.before, done.after):
            out.print(f"  {line}", markup=False)
        out.print(words, markup=False)
        _say_what_stays(done)
        say_widgets(done.published)
        if done.number is not None and done.undo_until is not None:
            until = f"{done.undo_until.day} {done.undo_until:%B %Y}"
            out.print(f"It can be taken back until {until}: `undo {done.number}`.", markup=False)
        say_errors(done.published)
    end(done.published)


def _say_what_stays(done: Edited) -> None:
    """Comments above an entry that went: they may be about more than it, which a person knows."""
    stays = comments_above(done.before) if done.before and done.after is None else ""
    if not stays:
        return
    warn("The comment above it stays in feeds.yaml, for it may be about more than it.")
    warn(f"Delete it by hand if it is about {done.entry_id}:")
    for line in stays.splitlines():
        out.print(f"    {line}", markup=False)


def changed_lines(before: str | None, after: str | None) -> Iterator[str]:
    """The lines that went (``-``) and those that came (``+``), without comments above the entry."""
    was, now_is = (own_lines(lines or "").splitlines() for lines in (before, after))
    return (line for line in difflib.ndiff(was, now_is) if line[:1] in {"-", "+"})
