"""One port for everything public: a socket, and the server that takes visitors on it.

In: a built ``App`` and the clock's pulse. Out: a server that ends cleanly on SIGTERM and SIGINT.
Not here: what one visitor is answered (``visitor.py``).
"""

import asyncio
import contextlib
import errno
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from aggregator.app import App, Pulse, utc_now
from aggregator.errors import AggregatorError, SettingsError
from aggregator.settings import PREFIX
from aggregator.web.pages import Pages
from aggregator.web.public import PublicFiles
from aggregator.web.request import Asgi
from aggregator.web.visitor import Limits, Reception

GRACE = 3.0
"""Seconds that visitors have to take their answers when the server stops."""
_OWN_FILES = 200
"""Open files that the rest of the program may need: database, fetches, outputs."""
_LOOK_EVERY = 0.25
"""Seconds between two looks at visitors who take too long."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is served: files under the public paths, pages under all others."""

    files: PublicFiles
    pages: Asgi


def site(app: App, pulse: Callable[[], Pulse], extra: Sequence[BaseRoute] = ()) -> Site:
    """The site of an ``App``.

    ``extra`` routes come before our own: the sample world puts its article page on ``/``.
    """
    pages = Starlette(routes=[*extra, *Pages(app, pulse).routes()])
    return Site(PublicFiles(app.settings.public), pages)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, before anything else is started.

    Raises SettingsError where the address is not ours, AggregatorError where the port is taken or
    not for us.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # for TCP_NODELAY
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(512)
    except OSError as error:
        listening.close()
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise SettingsError(f"{PREFIX}HOST", f"{host} is no address of this machine") from error
        if isinstance(error, PermissionError):
            reason = f"this user may not listen on port {port}"
        else:
            reason = f"{host}, port {port}: {(error.strerror or str(error)).lower()}"
        raise AggregatorError(
            f"Nothing can be served: {reason}.",
            advice=f"Stop the other program, or choose another port with --port or {PREFIX}PORT.",
        ) from error
    return listening


@contextlib.asynccontextmanager
async def open_to_visitors(
    served: Site, listening: socket.socket, limits: Limits | None = None
) -> AsyncIterator[Reception]:
    """Take visitors; at the end no new ones, and after ``GRACE`` none at all."""
    reception = Reception(served.files, served.pages, limits or Limits(), utc_now)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(reception.visitor, sock=listening, backlog=512)
    care = loop.create_task(_look_after(reception))
    try:
        yield reception
    finally:
        server.close()
        await reception.farewell(GRACE)
        care.cancel()


async def _look_after(reception: Reception) -> None:
    while True:
        reception.look_after()
        await asyncio.sleep(_LOOK_EVERY)


def _room() -> Limits:
    """As many visitors as this process may have files open for: each holds one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    usual = Limits()
    return replace(usual, visitors=max(1, min(usual.visitors, most - _OWN_FILES)))


async def serve(
    served: Site, listening: socket.socket, *, ready: Callable[[], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT. A second signal ends it at once."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    try:
        async with open_to_visitors(served, listening, _room()) as reception:

            def stop() -> None:
                if asked.is_set():
                    reception.dismiss()
                asked.set()

            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop)
            if ready is not None:
                ready()
            await asked.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
