"""Commands of the house: doctor, prune, test."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from aggregator.actions.channels import channel_words
from aggregator.actions.diagnose import Told, diagnose, python_version
from aggregator.actions.heartbeat import standing
from aggregator.actions.hub_words import pushing_words
from aggregator.actions.prune import Kind, Overdue, Pruner
from aggregator.actions.token_words import token_words
from aggregator.app import App
from aggregator.catalogue.nearest import did_you_mean
from aggregator.cli.opening import opened
from aggregator.cli.running import run
from aggregator.cli.terminal import catalogue_of, count, out, put_json, warn
from aggregator.errors import AggregatorError
from aggregator.model import Widget, WidgetSpec
from aggregator.settings import PREFIX, Settings, misspelt, table

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.command()(doctor)
    commands.command()(prune)
    commands.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
        test
    )


def doctor(context: typer.Context, json: Json = False) -> None:
    """Try every part of this installation and list the settings in force.

    Example: `python3 run.py doctor`
    """
    with opened(context) as app:
        findings = diagnose(_parts(app))
        for finding in findings:
            if json:
                put_json(finding)
                continue
            sign = ("·" if finding.next_step else "✓") if finding.ok else "✗"
            out.print(f"{sign} {finding.part}: {finding.words}", markup=False)
            if finding.next_step:
                out.print(f"    {finding.next_step}", markup=False)
        if not json:
            out.print("\nSettings (environment, or an option of the same name):")
            for variable, _, _ in table():
                out.print(f"  {variable}={_shown(app.settings, variable)}", markup=False)
        if not all(finding.ok for finding in findings):
            raise typer.Exit(1)


def _parts(app: App) -> dict[str, Callable[[], Told]]:
    tries: dict[str, Callable[[App], Told]] = {
        "feeds.yaml": _catalogue,
        "data folder": _folders,
        "database": _database,
        "templates": _templates,
        "network": _network,
        "public address": _public_address,
        "pushes": _pushes,
        "tokens": _tokens,
        "holds": _holds,
        "alerts": _alerts,
        "clock": _clock,
    }
    here: dict[str, Callable[[], Told]] = {"python": python_version, "settings": _settings}
    return here | {name: partial(one, app) for name, one in tries.items()}


def _settings() -> str:
    known = [variable for variable, _, _ in table()]
    wrong = [
        f"{name}: there is no such setting. {did_you_mean(name, known)}" for name in misspelt()
    ]
    if wrong:
        raise AggregatorError(" ".join(wrong), advice="Correct the name, or take it out.")
    return "every variable that is set is known"


def _catalogue(app: App) -> str:
    current = app.current()
    if current.problem is not None:
        raise current.problem
    found = current.catalogue
    return f"{count(len(found.sources), 'source')}, {count(len(found.widgets), 'widget')}"


def _folders(app: App) -> str:
    for folder in (app.settings.data, app.settings.public):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as tried:
            tried.write(bytes(1 << 16))
    return f"{app.settings.data} and the outputs in it can be written"


def _database(app: App) -> str:
    app.database.look_through()
    return "opens, is undamaged, and its tables are those of this version"


def _templates(app: App) -> str:
    site = app.catalogue().site
    for layout in app.renderer.layouts():
        spec = WidgetSpec("doctor", "Doctor", layout, 1, feeds_from="doctor")
        app.renderer.render(Widget(spec, site, ()))
    return f"layouts: {', '.join(sorted(app.renderer.layouts()))}"


def _network(app: App) -> str:
    run(_try_client(app))
    networks = ", ".join(map(str, app.settings.allow_networks))
    ports = ", ".join(map(str, app.settings.allow_ports))
    told = f"besides public addresses, these are visited: {networks}" if networks else ""
    also = f"besides the usual ports, these are visited: {ports}" if ports else ""
    return "; ".join(filter(None, (told, also))) or (
        "only public addresses and the usual ports are visited"
    )


async def _try_client(app: App) -> None:
    """A wrong proxy or a wrong certificate shows when the client is made."""
    _ = app.refresher
    await app.close_fetching()


def _public_address(app: App) -> str:
    if app.settings.public_url:
        return app.settings.public_url
    return f"not set ({PREFIX}PUBLIC_URL): links in widgets start at the root of the site"


def _pushes(app: App) -> str:
    return pushing_words(app.settings.public_url, pushable=app.pushable)


def _tokens(app: App) -> str:
    return token_words(app.catalogue().sources, app.settings.token, app.token_ends())


def _clock(app: App) -> Told:
    found = standing(app.database, app.clock())
    since = f"{found.since:%Y-%m-%d %H:%M} UTC" if found.since else ""
    words = found.words.format(since=since)
    return (words, found.next_step) if found.next_step else words


def _holds(app: App) -> str:
    return f"posts are looked at by {count(len(app.inspector.aimed()), 'rule')}"


def _alerts(app: App) -> str:
    return channel_words(app.settings)


def _shown(settings: Settings, variable: str) -> str:
    """A value for people; what may be secret says only whether it is set."""
    value = getattr(settings, variable.removeprefix(PREFIX).lower())
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return "" if value is None else str(value)  # a SecretStr prints as stars


def prune(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Erase them.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be erased, as without --yes.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what has been kept long enough, by kind and source, and why; with --yes erase it.

    A running `serve` does so once a day. The settings that begin with AGGREGATOR_KEEP say how long
    what is kept.

    Example: `python3 run.py prune` and then `python3 run.py prune --yes`
    """
    if yes and dry_run:
        raise typer.BadParameter("--yes and --dry-run ask for different things.")
    with opened(context) as app:
        catalogue_of(app)
        now = app.clock()
        pruner = Pruner(app.database, app.settings, app.current(), now)
        found = pruner.prune() if yes else pruner.overdue()
        for one in found:
            if json:
                put_json(_overdue_json(one, erased=yes))
            else:
                said = "erased" if yes else "to be erased"
                out.print(f"{_what(one)} {said}: {one.why}", markup=False)
        if not json:
            _sum_up(found, erased=yes)
        if yes and not _finish(app, now):
            raise typer.Exit(1)


def _overdue_json(one: Overdue, *, erased: bool) -> dict[str, object]:
    """The contract of ``prune --json``."""
    return {
        "kind": one.kind,
        "of": one.name or None,
        "count": one.count,
        "why": one.why,
        "erased": erased,
    }


_NOUNS = {
    Kind.TOKEN: ("renewed token", "renewed tokens"),
    Kind.DECISIONS: ("decision", "decisions"),
    Kind.UNDO: ("kept change", "kept changes"),
    Kind.ALERTS: ("alert", "alerts"),
    Kind.CONSENTS: ("ledger", "ledgers"),
    Kind.READS: ("month of reads", "months of reads"),
}


def _what(one: Overdue) -> str:
    """``insight: 3 posts``."""
    noun, plural = _NOUNS.get(one.kind, ("post", "posts"))
    number = f"{one.count} {noun if one.count == 1 else plural}"
    return f"{one.name}: {number}" if one.name else number


def _sum_up(found: Sequence[Overdue], *, erased: bool) -> None:
    if not found:
        out.print("There is nothing to erase.")
    elif not erased:
        out.print("Nothing was erased; --yes does it.")


def _finish(app: App, now: datetime) -> bool:
    """Bring the website up to date, and take what was erased out of unused parts of the file."""
    published = app.publisher.publish_all(now)
    failed = [one for one in published if one.error]
    for one in failed:
        warn(f"{one.error}")
    return app.database.erase_expected_traces() and not failed


def test(context: typer.Context) -> None:
    """Run the tests; what follows is handed to pytest.

    Example: `python3 run.py test tests/catalogue -k like`
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "tests").is_dir():
        raise AggregatorError(
            "There are no tests beside this installation.",
            advice="Run this in a checkout of the project.",
        )
    done = subprocess.run([sys.executable, "-m", "pytest", *context.args], cwd=root, check=False)
    raise typer.Exit(done.returncode)
