"""A real nginx with one of the shipped site files, whose marked places are set to a test's own."""

import http.client
import os
import socket
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import program

PAGE = (
    "<main>before "
    '<!--# block name="posts" --><p><a href="/feeds/w/latest-posts/">Latest posts</a></p><!--# endblock -->'
    '<!--# include virtual="/feeds/w/latest-posts.html" stub="posts" -->'
    " after</main>"
)
LINK = '<main>before <p><a href="/feeds/w/latest-posts/">Latest posts</a></p> after</main>'
"""The page where there is nothing to include."""

_MAIN = """\
daemon off; pid {home}/nginx.pid; error_log {home}/error.log; {user}
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    include {home}/site.conf;
}}
"""
_CACHE_VERSION = 5
"""Of nginx's cache files, whose head begins: version, end of validity (ngx_http_cache.h)."""


@dataclass(frozen=True)
class Answer:
    """What nginx answered; names of the header in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Nginx:
    """One nginx for a test, in a folder of its own."""

    def __init__(self, home: Path, site: Path, places: dict[str, str]) -> None:
        self._home = home
        (home / "www").mkdir()
        (home / "www" / "index.html").write_text(PAGE, "utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        config = site.read_text("utf-8")
        common = {
            "listen 80;": f"listen 127.0.0.1:{self._port};",
            "/srv/www": f"{home}/www",
            "/var/cache/nginx": f"{home}",
        }
        for shipped, ours in (common | places).items():
            config = config.replace(shipped, ours)
        (home / "site.conf").write_text(config, "utf-8")
        user = "user root;" if os.getuid() == 0 else ""
        (home / "nginx.conf").write_text(_MAIN.format(home=home, user=user), "utf-8")
        command = [str(program("nginx")), "-e", f"{home}/error.log", "-c", f"{home}/nginx.conf"]
        self._process = subprocess.Popen(command)
        self._wait()

    def _wait(self) -> None:
        for _ in range(2000):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            assert self._process.poll() is None, (self._home / "error.log").read_text("utf-8")
            time.sleep(0.005)
        raise AssertionError("nginx did not start")

    def stop(self) -> None:
        self._process.terminate()
        assert self._process.wait(20) == 0

    def get(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """One request; ``accept_encoding`` in ``headers`` stands for Accept-Encoding."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            if method == "POST":
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            fields = [(name.lower(), value) for name, value in answer.getheaders()]
            assert len(fields) == len(dict(fields)), f"a field twice: {fields}"
            return Answer(answer.status, dict(fields), answer.read())
        finally:
            connection.close()

    def let_pass(self, seconds: int) -> None:
        """Make all that is kept so much older; nobody waits."""
        kept = [path for path in (self._home / "aggregator").rglob("*") if path.is_file()]
        assert kept
        for path in kept:
            with path.open("r+b") as file:
                version, valid = struct.unpack("=Qq", file.read(16))
                assert version == _CACHE_VERSION
                file.seek(8)
                file.write(struct.pack("=q", valid - seconds))
