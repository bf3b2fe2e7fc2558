"""Commands about copies of the database: backup, restore."""

from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, put_json, warn, who
from aggregator.store import carrying, reburial, restoring
from aggregator.store.database import backup as back_up
from aggregator.store.secret_key import place_of

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.command()(backup)
    commands.command()(restore)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The copy to make; must not exist yet.")],
) -> None:
    """Copy the database while everything runs.

    Beside it go, without content, the marks of what was taken down.

    Example: `python3 run.py backup /backups/aggregator-2026-11-23.db`
    """
    with opened(context) as app:
        back_up(app.database, file)
        restoring.export(reburial.all_of(app.database), app.database.secret, file)
        out.print(f"Copied to {file} ({file.stat().st_size:,} bytes).", markup=False)
        out.print(
            "It holds what is stored now, also what may be taken down or hidden later: keep it no "
            "longer than you must. `restore` puts it back without that.",
            markup=False,
        )
        if app.settings.secret_key is None:
            out.print(
                f"Keep {place_of(app.settings).file} with it, but not in the same place: "
                "takedowns hold only with it, and renewed tokens open only with it.",
                markup=False,
            )


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A copy that `backup` made.")],
    json: Json = False,
) -> None:
    """Put a backup in the place of the database, without what was taken off since; then publish.

    Stop `serve` first. What was taken down, hidden, held, stopped or planned since the backup stays
    so: it is read from the old database, which is kept beside the new one. Where that cannot be
    read, nothing is published until you have looked.

    Example: `python3 run.py restore /backups/aggregator-2026-11-23.db`
    """
    with opened(context) as app:
        settings, now = app.settings, app.clock()
        done = restoring.restore(
            settings.database, place_of(settings).key(), settings.data, file, by=who(), now=now
        )
        catalogue_of(app)
        failed = []
        if done.knows_since:
            failed = [one for one in app.publisher.publish_all(now) if one.error]
        if json:
            put_json(
                {
                    "restored": file,
                    "until": done.until,
                    "taken_down_again": done.taken_down_again,
                    "carried": done.carried,
                    "audit_rows_added": done.acts,
                    "aside": done.aside,
                    "knows_since": done.knows_since,
                    "published": done.knows_since,
                    "failed": [one.name for one in failed],
                }
            )
        else:
            _say(done, file)
        if not done.knows_since:
            _warn_of_gap(done)
        for one in failed:
            warn(f"{one.name} still stands as it was: {one.error}")
        if failed:
            raise typer.Exit(1)


def _say(done: restoring.Restored, file: Path) -> None:
    when, published = restoring.in_utc(done.until), ", and published" if done.knows_since else ""
    out.print(f"Restored from {file}, which ends on {when}{published}.", markup=False)
    count = done.taken_down_again
    if count:
        posts = "1 post of it was" if count == 1 else f"{count} posts of it were"
        out.print(f"{posts} taken down since the backup, and erased again before anything else.")
    if done.carried:
        kept = carrying.in_words(done.carried)
        out.print(f"What was taken off the pages since stays off: {kept}.", markup=False)
    out.print(
        "What shows is as it was then: approvals, pins, posts by hand, and what was shown again "
        "since must be decided again. "
        f"`audit --since {done.until:%Y-%m-%d}` lists what was done.",
        markup=False,
    )
    if done.aside is not None:
        out.print(
            f"The old database is now {done.aside}. Delete it once all is well: what is taken "
            "down from now on stays in it.",
            markup=False,
        )


def _warn_of_gap(done: restoring.Restored) -> None:
    """What to look at before anything is shown that a person had hidden."""
    why = "could not be read whole" if done.aside else "is missing"
    warn(
        f"The database that was there {why}: what was hidden, held, stopped or planned since "
        f"{restoring.in_utc(done.until)} is not known for certain, and could show again. What was "
        "taken down is known from the tombstones.\n"
        "So nothing was published; the website keeps its widgets. Compare `posts` and `status` "
        "with these, with what staff remember, and with the audit, if it was exported. Hide and "
        "stop again what is missing; then `publish`, or start `serve`.",
    )
