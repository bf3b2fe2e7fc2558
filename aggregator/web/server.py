"""One port for everything public: the ASGI application, and the server that runs it.

In: a built ``App`` and the clock's pulse. Out: a server that ends cleanly on SIGTERM and SIGINT.
"""

import asyncio
import contextlib
import resource
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from aggregator.app import App, Pulse
from aggregator.errors import SettingsError
from aggregator.settings import PREFIX
from aggregator.web.pages import Pages
from aggregator.web.public import PublicFiles, Scope, Send

Asgi = Callable[[Scope, Any, Send], Any]


def asgi(app: App, pulse: Callable[[], Pulse], extra: Sequence[BaseRoute] = ()) -> Asgi:
    """The public paths from memory, everything else through Starlette.

    ``extra`` routes come before our own: the sample world puts its article page on ``/``.
    """
    files = PublicFiles(app.settings.public)
    pages = Starlette(routes=[*extra, *Pages(app, pulse).routes()])

    async def answer(scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(("/w/", "/media/")):
            await files(scope, receive, send)
        else:
            await pages(scope, receive, send)

    return answer


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, before anything else is started.

    Raises SettingsError where the port is taken or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # for TCP_NODELAY
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(512)
    except OSError as error:
        listening.close()
        if isinstance(error, socket.gaierror):
            raise SettingsError(f"{PREFIX}HOST", f"{host} is no address of this machine") from error
        if isinstance(error, PermissionError):
            reason = f"this user may not listen on port {port}"
        else:
            reason = (
                f"cannot listen on {host}, port {port}: {(error.strerror or str(error)).lower()}"
            )
        raise SettingsError(
            f"{PREFIX}PORT",
            reason,
            advice=f"Stop the other program, or choose another port with --port or {PREFIX}PORT.",
        ) from error
    return listening


class _Server(uvicorn.Server):
    """uvicorn, with its signals left to ``serve``.

    It would raise them again at its end, and the program would not exit with 0 after a clean stop.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    application: Asgi, listening: socket.socket, *, ready: Callable[[], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT. A second signal ends it at once."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # slow visitors hold one file each
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started and not running.done():  # noqa: ASYNC110 - it has no event for it
            await asyncio.sleep(0.01)
        if ready is not None and server.started:
            ready()
        await running
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
