"""nginx as the benchmarks use it: one process, one folder, ended by whoever started it."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

_CONFIG = """\
daemon off; master_process off; worker_processes 1;
pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; gzip_static on; keepalive_requests 1000000000;
    client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
    uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
    types {{ application/rss+xml xml; text/html html; }}
    server {{ listen 127.0.0.1:{port}; {server} }}
}}
"""


def program() -> str | None:
    """Where nginx is installed, if it is."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def start(nginx: str, folder: Path, port: int, server: str) -> "subprocess.Popen[bytes]":
    """Start it with the directives of one ``server``; returns when it answers."""
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port, server=server), "utf-8")
    process = subprocess.Popen([nginx, "-e", str(folder / "nginx.log"), "-c", str(config)])
    wait_for(port)
    return process


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens. Raises TimeoutError."""
    for _ in range(1000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise TimeoutError(f"nobody listens on port {port}")
