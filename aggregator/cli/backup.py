"""Commands about copies of the database: backup, restore."""

from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, put_json, warn, who
from aggregator.store import reburial, restoring
from aggregator.store.database import backup as back_up

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
            "It holds what is stored now, also what may be taken down later: keep it no longer "
            "than you must. `restore` puts it back without that.",
            markup=False,
        )
        if app.settings.secret_key is None:
            out.print(
                f"Keep {app.settings.data / 'secret.key'} with it, but not in the same place: "
                "takedowns hold only with it, and renewed tokens open only with it.",
                markup=False,
            )


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A copy that `backup` made.")],
    json: Json = False,
) -> None:
    """Put a backup in the place of the database, without what was taken down since; then publish.

    Stop `serve` first. The old database is kept beside the new one.

    Example: `python3 run.py restore /backups/aggregator-2026-11-23.db`
    """
    with opened(context) as app:
        settings, now = app.settings, app.clock()
        done = restoring.restore(
            settings.database, settings.secret(), settings.data, file, by=who(), now=now
        )
        catalogue_of(app)
        failed = [one for one in app.publisher.publish_all(now) if one.error]
        if json:
            put_json(
                {
                    "restored": file,
                    "taken_down_again": done.taken_down_again,
                    "aside": done.aside,
                    "failed": [one.widget_id for one in failed],
                }
            )
        else:
            _say(done, file)
        for one in failed:
            warn(f"{one.widget_id} still stands as it was: {one.error}")
        if failed:
            raise typer.Exit(1)


def _say(done: restoring.Restored, file: Path) -> None:
    out.print(f"Restored from {file}, and published.", markup=False)
    count = done.taken_down_again
    if count:
        posts = "1 post of it was" if count == 1 else f"{count} posts of it were"
        out.print(f"{posts} taken down since the backup, and erased again before anything else.")
    out.print(
        "Hides, pins, approvals and plans are as they were at the backup: those made since must "
        "be made again.",
        markup=False,
    )
    if done.aside is not None:
        out.print(
            f"The old database is now {done.aside}. Delete it once all is well: what is taken "
            "down from now on stays in it.",
            markup=False,
        )
