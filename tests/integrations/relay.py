"""A reverse proxy that knows nothing: it passes bytes on, and at most cuts a path off the first line."""

import socket
import socketserver
import threading
from types import TracebackType
from typing import Self


class Relay:
    """Listens on ``port``; below ``cut`` it passes all on to another port, with or without the cut."""

    def __init__(self, to: int, cut: str) -> None:
        """``cut``: what a path begins with that the other side does not know; may be empty."""

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += self.request.recv(65536)
                method, target, rest = head.split(b" ", 2)
                line = b" ".join([method, target.removeprefix(cut.encode()), rest])
                line = line.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
                with socket.create_connection(("127.0.0.1", to), timeout=20) as there:
                    there.sendall(line)
                    while piece := there.recv(65536):
                        self.request.sendall(piece)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        it: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
