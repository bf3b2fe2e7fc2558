"""The command ``serve``."""

import socket
from typing import Annotated

import typer

from aggregator.app import App
from aggregator.cli.opening import opened
from aggregator.cli.running import run
from aggregator.clock import Clock
from aggregator.web.server import listen
from aggregator.web.server import serve as serve_forever
from aggregator.web.site import site


def add_to(commands: typer.Typer) -> None:
    """Register this module's command."""
    commands.command()(serve)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Run the whole thing: clock, public outputs and health, on one port.

    Example: `python3 run.py serve --port 8000`
    """
    with opened(context) as app:
        app.catalogue()  # a broken list at the first start is told before anything runs
        wanted_port = app.settings.port if port is None else port
        with listen(host or app.settings.host, wanted_port) as listening:
            run(_serve(app, listening))


async def _serve(app: App, listening: socket.socket) -> None:
    async with Clock(app) as clock:
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host

        def ready() -> None:
            typer.echo(f"Serving on http://{shown}:{port}/ (Ctrl-C ends it)")

        await serve_forever(site(app, lambda: clock.pulse), listening, ready=ready)
