"""Commands that tell what was done, and take it back: audit, undo, consents."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.actions.aftermath import Aftermath
from aggregator.actions.audit_words import sentence
from aggregator.actions.edits import Edited, StandsOtherwise
from aggregator.actions.history import FILE
from aggregator.actions.ledger import ConsentStanding, standings
from aggregator.actions.undoable import Undoable, undoable
from aggregator.actions.undoable import undo as take_back
from aggregator.catalogue.lines import one_entry
from aggregator.cli.acts import say_decisions
from aggregator.cli.dates import first_moment
from aggregator.cli.edits import say_edited
from aggregator.cli.opening import editor, opened
from aggregator.cli.sheets import put_csv
from aggregator.cli.terminal import catalogue_of, out, put_json, warn, who
from aggregator.errors import AggregatorError
from aggregator.model import Consent
from aggregator.store import audit as audit_rows
from aggregator.store import consents as ledger
from aggregator.store.audit import Entry, Wanted
from aggregator.store.consents import Noted
from aggregator.store.former_ids import names_of

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Csv = Annotated[bool, typer.Option("--csv", help="A table for spreadsheets.")]

FOR_PEOPLE = 50
"""Rows of the audit that are listed where nobody asked for a file."""
_AUDIT = (
    "number", "at", "who", "act", "source", "post", "widget", "before", "after", "receipt",
)  # fmt: skip
_CONSENT = ("reference", "basis", "given", "expires", "withdrawn")


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.command()(audit)
    commands.command()(undo)
    commands.command()(consents)


def audit(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="From this day on, as 2026-05-31.")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="ID", help="About this source.")] = None,
    name: Annotated[str | None, typer.Option("--who", metavar="NAME", help="By this one.")] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Who did what and when, the newest first; with --json or --csv all of it, the oldest first.

    Example: `python3 run.py audit --since 2026-05-01 --csv > audit.csv`
    """
    with opened(context) as app:
        zone = ZoneInfo(catalogue_of(app).site.timezone)
        names = names_of(app.database, source) if source else []
        wanted = Wanted(first_moment(since, zone.key) if since else None, tuple(names), name)
        if csv:
            put_csv(
                (*_AUDIT, "words"),
                (
                    [*_audit_row(one).values(), sentence(one)]
                    for one in audit_rows.everything(app.database, wanted)
                ),
            )
        elif json:
            for one in audit_rows.everything(app.database, wanted):
                put_json(_audit_row(one) | {"words": sentence(one)})
        else:
            _list_audit(audit_rows.rows(app.database, FOR_PEOPLE + 1, wanted), zone)


def _list_audit(rows: list[Entry], zone: ZoneInfo) -> None:
    if not rows:
        warn("Nothing was done yet, or nothing like that.")
        return
    for one in rows[:FOR_PEOPLE]:
        out.print(f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}  {sentence(one)}", markup=False)
    if len(rows) > FOR_PEOPLE:
        warn(f"These are the newest {FOR_PEOPLE}; --csv or --json gives all.")
    out.print(f"Times are those of {zone.key}.", markup=False)


def _audit_row(entry: Entry) -> dict[str, object]:
    """The contract of ``audit --json``, and the columns of ``--csv``."""
    return {
        "number": entry.number,
        "at": entry.at,
        "who": entry.who,
        "act": entry.act,
        "source": entry.source_id or None,
        "post": entry.public_id,
        "widget": entry.widget_id,
        "before": entry.before,
        "after": entry.after,
        "receipt": entry.receipt,
    }


def _number(word: str) -> int:
    """A number as people write it. Raises BadParameter, in plain words, where it is none."""
    tidy = word.strip().removeprefix("#")
    if tidy.isascii() and tidy.isdigit():
        return int(tidy)
    raise typer.BadParameter(
        f"“{word}” is no number. `undo` without one lists what can be taken back, with numbers."
    )


def undo(
    context: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(metavar="NUMBER", parser=_number, help="Which; without it they are listed."),
    ] = None,
    json: Json = False,
) -> None:
    """Take a change of feeds.yaml or a decision back; without a number, list what can be.

    For 30 days. Of an entry that was changed since, both versions are shown, and nothing is done.

    Example: `python3 run.py undo 17`
    """
    with opened(context) as app:
        catalogue = catalogue_of(app)
        if number is None:
            current = app.current()
            text = None if current.problem else current.raw.decode("utf-8-sig")
            found = undoable(app.database, app.clock(), text)
            _list_undoable(found, ZoneInfo(catalogue.site.timezone), json=json)
            return
        try:
            done = take_back(editor(app), app.publisher, number, by=who(), now=app.clock())
        except StandsOtherwise as conflict:
            _show_both(conflict, json=json)
            raise typer.Exit(1) from None
        if isinstance(done, Edited):
            words = f"Undone: {done.entry_id} stands as before that change."
            if not done.changed:
                words = f"{done.entry_id} stands as before already; nothing to do."
            if not json:
                _say_withdrawal(done)
            say_edited(done, words, json=json)
            return
        zone = catalogue.site.timezone
        say_decisions([(done, Aftermath())], zone, json=json, undone=True)


def _say_withdrawal(done: Edited) -> None:
    """Where it takes a family's withdrawal back or brings one back: not to be overlooked."""
    if done.after is None or done.before is None or done.section != "sources":
        return
    was, now_is = (
        (one_entry(lines).get("consent") or {}).get("withdrawn")
        for lines in (done.before, done.after)
    )
    if was == now_is:
        return
    if now_is is None:
        warn(f"The consent for {done.entry_id} is not withdrawn any more: it may be shown again.")
    else:
        warn(f"The consent for {done.entry_id} is withdrawn again, from {now_is} on.")


def _list_undoable(found: Sequence[Undoable], zone: ZoneInfo, *, json: bool) -> None:
    if json:
        for one in found:
            put_json(asdict(one))
        return
    if not found:
        warn("There is nothing to undo.")
        return
    for one in found:
        when = f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}"
        since = " (The entry was changed since.)" if one.changed_since else ""
        out.print(f"{one.number:>6}  {when}  {one.words}{since}", markup=False)
    out.print("`undo NUMBER` takes one back.", markup=False)
    if any(one.changed_since for one in found):
        out.print("Where an entry was changed since, take the later change back first.")


def _show_both(conflict: StandsOtherwise, *, json: bool) -> None:
    """The entry as the change left it, and as it stands: a person must say which is right."""
    undo_ = conflict.undo
    if json:
        put_json(
            {
                "section": undo_.section,
                "entry": undo_.entry_id,
                "changed": False,
                "left": undo_.after,
                "stands": conflict.stands,
                "would_be": undo_.before,
            }
        )
        return
    warn(f"{undo_.entry_id} was changed since, so nothing was undone.")
    for title, lines in (
        ("As that change left it:", undo_.after),
        ("As it stands now:", conflict.stands),
        ("As it would be again:", undo_.before),
    ):
        out.print(title, style="bold", markup=False)
        for line in (lines or "(not in feeds.yaml)").splitlines():
            out.print(f"  {line}", markup=False)
    warn(conflict.advice)


def consents(
    context: typer.Context,
    history: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="All that was ever recorded of this one."),
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """The ledger of consents: how each one stands, and who wrote it down when.

    Example: `python3 run.py consents --csv > consents.csv`
    """
    with opened(context) as app:
        catalogue = catalogue_of(app)
        zone = ZoneInfo(catalogue.site.timezone)
        if history is not None:
            today, *_ = names_of(app.database, history)
            _say_history(ledger.history(app.database, today), history, zone, json=json, csv=csv)
            return
        day = catalogue.site.day(app.clock())
        found = standings(catalogue, ledger.all_newest(app.database), day)
        if json:
            for one in found:
                put_json(_standing_row(one))
        elif csv:
            put_csv(_STANDING, (_standing_row(one).values() for one in found))
        elif not found:
            warn("No source has a consent or needs one.")
        else:
            for one in found:
                _say_standing(one, zone)


_STANDING = (
    "source", *_CONSENT, "holds", "ends_in_days", "noticed", "by", "in_file", "words",
)  # fmt: skip


def _standing_row(one: ConsentStanding) -> dict[str, object]:
    """The contract of ``consents --json``, and the columns of ``--csv``."""
    return {
        "source": one.source_id,
        **_fields(one.consent),
        "holds": one.holds,
        "ends_in_days": one.ends_in,
        "noticed": one.noticed,
        "by": one.said_by,
        "in_file": one.in_file,
        "words": one.words,
    }


def _fields(consent: Consent | None) -> dict[str, object]:
    return {name: getattr(consent, name, None) for name in _CONSENT}


def _say_standing(one: ConsentStanding, zone: ZoneInfo) -> None:
    mark = " " if one.holds or not one.in_file else "!"
    out.print(f"{mark} {one.source_id}: {one.words}", markup=False)
    if one.consent is not None:
        told = [one.consent.reference, one.consent.basis, f"given {one.consent.given}"]
        told += [f"expires {one.consent.expires}"] if one.consent.expires else []
        out.print(f"    {', '.join(told)}", markup=False)
    if one.noticed is not None:
        out.print(f"    {_noticed(one.noticed, one.said_by, zone)}", markup=False)


def _noticed(at: datetime, by: str | None, zone: ZoneInfo) -> str:
    writer = "by hand in feeds.yaml" if by == FILE else f"by {by}"
    return f"written {writer}, noted on {at.astimezone(zone):%Y-%m-%d %H:%M}"


def _say_history(rows: list[Noted], source: str, zone: ZoneInfo, *, json: bool, csv: bool) -> None:
    if not rows and not (json or csv):
        raise AggregatorError(
            f"No consent was ever recorded for {source}.",
            advice="`consents` lists the sources that have or need one.",
        )
    if csv:
        put_csv(_HISTORY, (_history_row(one).values() for one in rows))
        return
    for one in rows:
        if json:
            put_json(_history_row(one))
            continue
        told = [
            f"{name} {value}" for name, value in _fields(one.consent).items() if value is not None
        ]
        out.print(", ".join(told) or "no consent named any more", markup=False)
        out.print(f"    {_noticed(one.seen_at, one.said_by, zone)}", markup=False)


_HISTORY = ("source", *_CONSENT, "noticed", "by")


def _history_row(one: Noted) -> dict[str, object]:
    """The contract of ``consents --history SOURCE --json``, and the columns of ``--csv``."""
    return {
        "source": one.source_id,
        **_fields(one.consent),
        "noticed": one.seen_at,
        "by": one.said_by,
    }
