"""The command ``demo``: the sample world on loopback, taken through the whole stream."""

import logging
import shlex
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from aggregator.actions.refresh import Report
from aggregator.app import App, utc_now
from aggregator.cli.opening import settings_of
from aggregator.cli.running import run
from aggregator.cli.stream import say, visit_claimed
from aggregator.cli.terminal import out
from aggregator.clock import Clock
from aggregator.demo.accounts import tokens
from aggregator.demo.board import write_board
from aggregator.demo.server import SampleWorld
from aggregator.demo.site import example_site
from aggregator.demo.words import as_text
from aggregator.demo.world import catalogue_text, pace
from aggregator.errors import AggregatorError
from aggregator.settings import Settings, load_settings
from aggregator.web.server import listen, serve
from aggregator.web.site import site

_LOOPBACK = "127.0.0.0/8"
_RUN = Path(__file__).resolve().parents[2] / "run.py"
_TRY = """\
#!/bin/sh
# Runs a command on the sample world while it lasts. Settings and tokens of your own are left out:
# nothing that is tried here can reach your own list, database or accounts.
exec env -i HOME="$HOME" PATH="$PATH" TERM="$TERM" LANG="$LANG" USER="$USER" {given} {program} "$@"
"""


def add_to(commands: typer.Typer) -> None:
    """Register this module's command."""
    commands.command()(demo)


def demo(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="End after the first rendering.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Show everything on a made-up world: no internet, no keys, nothing of yours is touched.

    Example: `python3 run.py demo`
    """
    settings = settings_of(context)
    logging.getLogger("aggregator").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="aggregator-demo-") as folder:
        wanted = settings.port if port is None else port
        run(_demo(Path(folder), once=once, host=host or settings.host, port=wanted))


async def _demo(folder: Path, *, once: bool, host: str, port: int) -> None:
    began = utc_now()
    world = SampleWorld(began=began, clock=utc_now)
    world_port = await world.start()
    try:
        with _app(folder, world_port, began) as app:
            await _first_pass(app)
            if not once:
                await _keep_going(app, host, port, world_port)
    finally:
        await world.stop()


def _app(folder: Path, world_port: int, began: datetime) -> App:
    """A real Aggregator, whose guard admits the sample world and nothing else private."""
    config = folder / "feeds.yaml"
    config.write_text(catalogue_text(world_port, began), "utf-8")
    settings = load_settings(
        sealed=True,
        config=config,
        data=folder / "data",
        allow_networks=_LOOPBACK,
        allow_ports=str(world_port),
        tokens=tokens(),
    )
    return App(settings, pace=pace())


def _write_try(settings: Settings, world_port: int) -> Path:
    """A file that runs any command on the sample world from another window."""
    given = {
        "AGGREGATOR_CONFIG": settings.config,
        "AGGREGATOR_DATA": settings.data,
        "AGGREGATOR_ALLOW_NETWORKS": _LOOPBACK,
        "AGGREGATOR_ALLOW_PORTS": world_port,
        **tokens(),
    }
    path = settings.config.with_name("try")
    words = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in given.items())
    program = shlex.join([sys.executable, str(_RUN)])
    path.write_text(_TRY.format(given=words, program=program), "utf-8")
    return path


def _say_how_to_try(settings: Settings, world_port: int) -> None:
    """Where the list of the sample world is, and how staff may train on it."""
    path = shlex.quote(str(_write_try(settings, world_port)))
    out.print(f"Its list is {settings.config}, its data {settings.data}.", soft_wrap=True)
    out.print("Try any command on it from another window; what is yours stays untouched:")
    blog = f"http://porch-letters.localhost:{world_port}/"
    for words in ("status", "posts", "hide POST", "remove porch-letters", f"add {blog}"):
        out.print(f"    sh {path} {words}", markup=False, soft_wrap=True)


async def _first_pass(app: App) -> None:
    """Visit every blog, publish, print both widgets."""
    catalogue = app.catalogue()
    app.sync(catalogue)
    out.print(
        f"The sample world: {len(catalogue.sources)} blogs and accounts over HTTP on loopback."
    )
    out.print("One of them is gone, to show that it hurts no other.\n")
    claim = app.claims.among(catalogue.sources)
    await visit_claimed(app, catalogue, claim, say=say)
    await write_board(app, app.clock())
    app.publisher.publish_all(app.clock())
    for name in ("latest-posts", "patient-blogs"):
        fragment = (app.settings.public / "w" / f"{name}.html").read_text("utf-8")
        out.print(f"\n{as_text(fragment)}", markup=False)


async def _keep_going(app: App, host: str, port: int, world_port: int) -> None:
    """Serve the example page and go on refreshing until somebody ends it."""
    try:
        listening = listen(host, port)
    except AggregatorError:
        listening = listen(host, 0)  # a demonstration should not fail on a taken port

    def news(report: Report) -> None:
        if report.written is not None and report.written.new:
            out.print(f"✓ new on {report.source.name or report.source.id}", markup=False)

    with listening:
        async with Clock(app, on_written=news) as clock:
            shown = f"http://{host}:{listening.getsockname()[1]}/"

            def ready() -> None:
                out.print(f"\nThe example page: {shown}")
                out.print(
                    "A new post appears every ten seconds; reload the page. Ctrl-C ends it.\n"
                )
                _say_how_to_try(app.settings, world_port)

            folders, public = app.settings.template_folders, app.settings.public
            style = app.renderer.assets(app.catalogue().site.looks).stylesheet
            page = example_site(folders, public, f"/{style.path}")
            await serve(site(app, lambda: clock.pulse, page), listening, ready=ready)
