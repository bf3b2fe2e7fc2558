"""One port for everything public: its socket, and a server that ends cleanly when asked.

Not here: what is shown (``site.py``), and one visitor's connection (``connection.py``).
"""

import asyncio
import errno
import logging
import resource
import signal
import socket
from collections.abc import Callable
from dataclasses import replace

from aggregator.errors import AggregatorError, SettingsError
from aggregator.settings import PREFIX
from aggregator.web.site import Site

log = logging.getLogger(__name__)

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""The last comes where a terminal is closed; a change of settings needs a start anyway."""
_OWN_FILES = 400
"""Open files that the rest of the program may need: database, fetches, outputs, the door."""


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
        elsewhere = f"another port with --port or {PREFIX}PORT"
        if isinstance(error, PermissionError):
            reason = f"this user may not listen on port {port}"
            advice = f"Choose {elsewhere}, from 1024 on, and let a web server pass visitors on."
        else:
            reason = f"{host}, port {port}: {(error.strerror or str(error)).lower()}"
            advice = f"Stop the other program, or choose {elsewhere}."
        raise AggregatorError(f"Nothing can be served: {reason}.", advice=advice) from error
    return listening


def _most_visitors(usual: int) -> int:
    """As many as this process may have files open for: each visitor holds one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return max(1, min(usual, most - _OWN_FILES))


async def serve(
    served: Site, listening: socket.socket, *, ready: Callable[[], None] = lambda: None
) -> None:
    """Serve until one of ``_ENDING``. A second signal ends it at once.

    ``ready`` is called once visitors are let in.
    """
    from aggregator.web.connection import Limits, Server  # noqa: PLC0415 - slow to import

    limits = Limits()
    limits = replace(limits, visitors=_most_visitors(limits.visitors))
    server = Server(served, limits, ready)

    def stop(number: signal.Signals) -> None:
        log.info("serve outcome=stopping signal=%s", number.name)
        server.force_exit = server.should_exit
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, stop, number)
    try:
        await server.serve(sockets=[listening])
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)
