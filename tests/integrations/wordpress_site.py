"""A real WordPress with the plugin, on a database of its own, served by PHP itself."""

import getpass
import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.conftest import program
from tests.integrations.document import block
from tests.integrations.webserver import free_port, runs_as_root, until_it_listens

SHIPPED = Path("/usr/share/wordpress")
"""Where Debian has it."""
PASSWORD = "of a test"
_CONFIG = """\
<?php
define( 'DB_NAME', 'mysql_wp' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:{home}/database.sock' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1' );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', '{home}/debug.log' );
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {{
	define( 'ABSPATH', __DIR__ . '/' );
}}
require_once ABSPATH . 'wp-settings.php';
"""
_THEME = """\
<?php echo '<html><head>'; wp_head(); echo '</head><body><main>';
while ( have_posts() ) { the_post(); the_content(); }
echo '</main>'; wp_footer(); echo '</body></html>';
"""
_INSTALL = """
define( 'WP_INSTALLING', true );
require 'wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
wp_install( 'Our institute', 'dana', 'dana@example.org', false, '', $said['password'] );
update_option( 'siteurl', $said['address'] );
update_option( 'home', $said['address'] );
switch_theme( 'plain' );
$page = wp_insert_post( array( 'post_type' => 'page', 'post_status' => 'publish', 'post_title' => 'News',
	'post_content' => '<p>before</p>' . $said['line'] . '<p>after</p>' ) );
$result = array( 'page' => $page );
"""
_LOAD = "require 'wp-load.php'; require_once ABSPATH . 'wp-admin/includes/plugin.php';"


class WordPress:
    """One for a module of tests. ``home`` is an empty folder with a short path, for the socket."""

    def __init__(self, home: Path, plugin: Path) -> None:
        self._home = home
        self._root = home / "site"
        self._running: list[subprocess.Popen[bytes]] = []
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._visitor, self._editor = (
            urllib.request.build_opener(),
            urllib.request.build_opener(jar),
        )
        try:
            self._install(plugin)
        except BaseException:
            self.stop()
            raise

    def _install(self, plugin: Path) -> None:
        self._start_database()
        self._lay_out(plugin)
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        command = ["php", "-S", f"127.0.0.1:{port}", "-t", str(self._root)]
        server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self._running.append(server)
        until_it_listens(port, server)
        made = self.run(
            _INSTALL, load="", password=PASSWORD, address=self.address, line=block("WordPress")
        )
        self._page: int = made["page"]

    def stop(self) -> None:
        """End the server, then the database."""
        for process in reversed(self._running):
            process.terminate()
            process.wait(60)

    def _start_database(self) -> None:
        user = "root" if runs_as_root() else getpass.getuser()
        how = [
            "--no-defaults", f"--datadir={self._home}/database", f"--user={user}",
            "--innodb-use-native-aio=0", f"--tmpdir={self._home}",
        ]  # fmt: skip
        made = subprocess.run(
            [
                "mariadb-install-db", *how, "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stdout
        with (self._home / "database.log").open("wb") as log:
            database = subprocess.Popen(
                [
                    str(program("mariadbd")), *how, f"--socket={self._home}/database.sock",
                    "--skip-networking", "--innodb-flush-log-at-trx-commit=0",
                ],
                stderr=log,
            )  # fmt: skip
        self._running.append(database)

    def _lay_out(self, plugin: Path) -> None:
        shutil.copytree(
            SHIPPED, self._root, symlinks=True,
            ignore=shutil.ignore_patterns("wp-content", "wp-config.php"),
        )  # fmt: skip
        (self._root / "wp-config.php").write_text(_CONFIG.format(home=self._home), "utf-8")
        content = self._root / "wp-content"
        shutil.copytree(plugin, content / "plugins" / "aggregator-widgets")
        theme = content / "themes" / "plain"
        theme.mkdir(parents=True)
        (theme / "style.css").write_text("/* Theme Name: Plain */", "utf-8")
        (theme / "index.php").write_text(_THEME, "utf-8")
        quiet = content / "mu-plugins"
        quiet.mkdir()
        (quiet / "quiet.php").write_text(
            "<?php function wp_mail() { return true; }", "utf-8"
        )  # no letter leaves a test
        create = "for ($i = 0; $i < 1000; $i++) { try { (new mysqli('localhost', 'root', '', '', 0, $said['socket']))"
        create += "->query('CREATE DATABASE mysql_wp'); exit; } catch (Exception $e) { usleep(10000); } } exit(1);"
        self.run(create, load="", socket=f"{self._home}/database.sock")

    def run(self, code: str, *, load: str = _LOAD, **said: Any) -> Any:
        """Run PHP inside of WordPress; gives what it left in ``$result``."""
        whole = (
            f"$_SERVER['HTTP_HOST'] = 'localhost'; $said = json_decode(getenv('SAID'), true); $result = null; {load} {code}"
            '; echo "\\n" . json_encode($result);'
        )
        done = subprocess.run(
            ["php", "-d", "display_errors=stderr", "-r", whole], cwd=self._root,
            env={**os.environ, "SAID": json.dumps(said)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (done.stderr, self.complaints())
        return json.loads(done.stdout.rpartition("\n")[2] or "null")

    def complaints(self) -> list[str]:
        """What PHP found wrong in the plugin, and WordPress in how it was called: WP_DEBUG is on."""
        log = self._home / "debug.log"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        return [line for line in lines if re.search("aggregator-widgets|incorrectly|Fatal", line)]

    def visit(self) -> str:
        """What a visitor sees of the page with the shortcode."""
        with self._visitor.open(f"{self.address}/?page_id={self._page}", timeout=60) as answer:
            return str(answer.read().decode())

    def sign_in(self) -> None:
        """Come as the administrator from now on."""
        self.staff("wp-login.php")
        self.staff("wp-login.php", log="dana", pwd=PASSWORD, testcookie="1")

    def staff(self, path: str, **sent: str) -> str:
        """A page of the administration; with ``sent``, a form is posted."""
        data = urllib.parse.urlencode(sent).encode() if sent else None
        with self._editor.open(f"{self.address}/{path}", data, timeout=60) as answer:
            return str(answer.read().decode())
