"""A real nginx with one of the shipped site files, whose marked places are set to a test's own."""

import struct
from pathlib import Path

from tests.conftest import program
from tests.integrations.webserver import WebServer, free_port, runs_as_root, site_file

PAGE = (
    "<main>before "
    '<!--# block name="posts" --><p><a href="/feeds/w/latest-posts/">Latest posts</a></p><!--# endblock -->'
    '<!--# include virtual="/feeds/w/latest-posts.html" stub="posts" -->'
    " after</main>"
)

_MAIN = """\
{modules} daemon off; pid {home}/nginx.pid; error_log {home}/error.log; {user}
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


BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")
"""The module that serves files which are compressed by brotli."""


class Nginx(WebServer):
    """One nginx for a test, in a folder that any user may read."""

    link = '<p><a href="/feeds/w/latest-posts/">Latest posts</a></p>'

    def __init__(self, home: Path, site: Path, places: dict[str, str]) -> None:
        (home / "www").mkdir()
        (home / "www" / "index.html").write_text(PAGE, "utf-8")
        port = free_port()
        common = {
            "listen 80;": f"listen 127.0.0.1:{port};",
            "/srv/www": f"{home}/www",
            "/var/cache/nginx": f"{home}",
        }
        (home / "site.conf").write_text(site_file(site, common | places), "utf-8")
        user = "user root;" if runs_as_root() else ""
        modules = f"load_module {BROTLI};" if BROTLI.exists() else ""
        (home / "nginx.conf").write_text(
            _MAIN.format(home=home, user=user, modules=modules), "utf-8"
        )
        command = [str(program("nginx")), "-e", f"{home}/error.log", "-c", f"{home}/nginx.conf"]
        super().__init__(home, port, command)

    def let_pass(self, seconds: int) -> None:
        """Make all that is kept so much older; nobody waits."""
        kept = [path for path in (self.home / "aggregator").rglob("*") if path.is_file()]
        assert kept
        for path in kept:
            with path.open("r+b") as file:
                version, valid = struct.unpack("=Qq", file.read(16))
                assert version == _CACHE_VERSION
                file.seek(8)
                file.write(struct.pack("=q", valid - seconds))
