"""What staff were told: alerts, alerts test, alerts send."""

from typing import Annotated

import typer

from aggregator.actions.alarm import Alarm
from aggregator.actions.alarm_words import day
from aggregator.actions.channels import channels_of, some_channels
from aggregator.actions.outbox import undelivered
from aggregator.alerts.message import Channel, Message
from aggregator.app import App
from aggregator.cli.opening import opened
from aggregator.cli.running import run
from aggregator.cli.terminal import catalogue_of, out, put_json, warn
from aggregator.errors import NotSent
from aggregator.store import alerts as told
from aggregator.store.alerts import Alert

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

LISTED = 50
"""The newest; a digest may be long, so only its subject is shown."""

alerts = typer.Typer(invoke_without_command=True)


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.add_typer(alerts, name="alerts")


@alerts.callback()
def listed(context: typer.Context, json: Json = False) -> None:
    """What staff were told by mail and webhook, newest first, and what waits to be sent.

    Example: `python3 run.py alerts`
    """
    if context.invoked_subcommand is not None:
        return
    with opened(context) as app:
        found = told.newest(app.database, LISTED)
        if json:
            for alert in found:
                put_json(_alert_json(alert))
            return
        channels = channels_of(app.settings)
        for channel in channels:
            out.print(f"Staff are told by {channel.place}.", markup=False)
        if not channels:
            warn("Nobody is told of anything: no channel is set. `doctor` says how.")
        timezone = app.catalogue().site.timezone
        for alert in found:
            out.print(
                f"{day(alert.made, timezone):<18} {alert.channel:<8} {_state(alert):<10} "
                f"{alert.subject}",
                markup=False,
            )
        trouble, step = undelivered(app.database, app.clock(), timezone)
        if trouble:
            warn(f"{trouble} {step}")


@alerts.command(name="test")
def try_channels(context: typer.Context, json: Json = False) -> None:
    """Send one message to every channel now, and say what happens.

    Example: `python3 run.py alerts test`
    """
    with opened(context) as app:
        failed = False
        for channel in some_channels(app.settings):
            error, note = run(_try(app, channel))
            failed = failed or bool(error)
            if json:
                told_of = {"error": error or None, "note": note or None}
                put_json({"channel": channel.name, "ok": not error, **told_of})
                continue
            taken = f"taken. {note}" if note else "taken"
            said = f"✗ {channel.place}: {error}" if error else f"✓ {channel.place}: {taken}"
            out.print(said, markup=False)
        if failed:
            raise typer.Exit(1)


@alerts.command()
def send(context: typer.Context, json: Json = False) -> None:
    """Look once whether something is wrong, and send what is due; for those who run no `serve`.

    Example: `python3 run.py refresh; python3 run.py alerts send`
    """
    with opened(context) as app:
        some_channels(app.settings)
        catalogue_of(app)
        alarm = Alarm(app.settings, app.publisher, app.current, app.token_ends, app.clock)
        handed = run(alarm.tell())
        for one in handed:
            if json:
                put_json(one)
                continue
            facts = "1 alert" if one.facts == 1 else f"{one.facts} alerts"
            became = f"not sent. {one.error}" if one.error else f"sent. {one.note}"
            out.print(f"{one.channel}: {facts} {became}".rstrip(), markup=False)
        if not handed and not json:
            out.print("There is nothing to tell.")
        if any(one.error for one in handed):
            raise typer.Exit(1)


async def _try(app: App, channel: Channel) -> tuple[str, str]:
    """Why a message was not taken (empty: it was), and what staff should know all the same."""
    now = app.clock()
    message = Message(
        "a test",
        "This is a test. Who reads it is told when something is wrong.\n",
        now,
        f"test {now.isoformat()}",
    )
    try:
        return "", await channel.send(message)
    except NotSent as error:
        return f"{error} {error.advice}", ""


def _state(alert: Alert) -> str:
    if alert.sent is not None:
        return "sent"
    if alert.given_up is not None:
        return "given up"
    return f"tried: {alert.attempts}" if alert.attempts else "waits"


def _alert_json(alert: Alert) -> dict[str, object]:
    """The contract of ``alerts --json``."""
    return {
        "channel": alert.channel,
        "key": alert.key,
        "subject": alert.subject,
        "body": alert.body,
        "made": alert.made,
        "due": alert.due,
        "attempts": alert.attempts,
        "sent": alert.sent,
        "given_up": alert.given_up,
    }
