"""A real Apache with one of the shipped site files, whose marked places are set to a test's own."""

from pathlib import Path

from tests.conftest import program
from tests.integrations.webserver import WebServer, free_port, runs_as_root, site_file

PAGE = (
    "<main>before "
    """<!--#config errmsg="<p><a href='/feeds/w/latest-posts/'>Latest posts</a></p>" -->"""
    '<!--#include virtual="/feeds/w/latest-posts.html" -->'
    " after</main>"
)
_MODULES = Path("/usr/lib/apache2/modules")
MODULES = (
    "mpm_event", "authz_core", "alias", "dir", "mime", "filter", "deflate",
    "headers", "include", "proxy", "proxy_http", "rewrite",
)  # fmt: skip
"""Those of a usual Apache, and those that the site files name."""
_MAIN = """\
ServerRoot {home}
PidFile {home}/apache.pid
ErrorLog {home}/error.log
ServerName localhost
TypesConfig {home}/mime.types
Mutex pthread
{modules}
{user}
Listen 127.0.0.1:{port}
StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 8
MinSpareThreads 1
MaxSpareThreads 8
AddOutputFilterByType DEFLATE text/html text/css text/javascript application/rss+xml
Include {home}/site.conf
"""


class Apache(WebServer):
    """One Apache for a test, in a folder that any user may read."""

    link = "<p><a href='/feeds/w/latest-posts/'>Latest posts</a></p>"

    def __init__(self, home: Path, site: Path, places: dict[str, str]) -> None:
        (home / "www").mkdir()
        (home / "www" / "index.html").write_text(PAGE, "utf-8")
        port = free_port()
        common = {"*:80": f"127.0.0.1:{port}", "/srv/www": f"{home}/www"}
        (home / "site.conf").write_text(site_file(site, common | places), "utf-8")
        (home / "mime.types").write_text("text/html html\napplication/gzip gz\n", "utf-8")
        lines = [f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in MODULES]
        user = "User nobody\nGroup nogroup" if runs_as_root() else ""
        (home / "apache.conf").write_text(
            _MAIN.format(home=home, port=port, user=user, modules="\n".join(lines)), "utf-8"
        )
        command = [str(program("apache2")), "-DFOREGROUND", "-f", f"{home}/apache.conf"]
        super().__init__(home, port, command)
