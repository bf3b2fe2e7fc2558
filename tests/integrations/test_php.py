"""The include for plain PHP, run by a real PHP that asks a real server; and the lines in the documents."""

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.web.connection import Limits
from tests.integrations.document import block
from tests.integrations.hostile import HOSTILE
from tests.integrations.service import PATH, Said, Service, widget
from tests.web.host import Host

pytestmark = pytest.mark.program("php")

PUBLIC = "https://www.example.org/feeds"
LINK = f'<p><a href="{PUBLIC}/w/latest-posts/">Latest posts</a></p>'
Php = Callable[..., "subprocess.CompletedProcess[str]"]
STRICT = "set_error_handler(function($n, $words) { if (error_reporting() & $n) throw new Exception($words); });"
"""Warnings are errors here too, but for those that the code expects."""


def php(code: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["php", "-d", "error_log=", "-d", "log_errors=1", "-d", "display_errors=0", "-r", code],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, integrations: Path) -> Path:
    """What the document says to copy, and a folder for the copies of widgets."""
    for name in ("apache/feed-widget.php", "wordpress/fragment.php"):
        shutil.copy(integrations / name, tmp_path)
    (tmp_path / "copies").mkdir()
    return tmp_path


@pytest.fixture
def show(folder: Path, service: Service) -> Php:
    """One visit to a page with the widget."""

    def show(
        name: str = "latest-posts", copies: str = "copies"
    ) -> "subprocess.CompletedProcess[str]":
        call = f"feed_widget({name!r}, '{service.address}', '{PUBLIC}', '{copies}')"
        return php(f"{STRICT} require 'feed-widget.php'; echo {call};", folder)

    return show


def let_pass(folder: Path, seconds: int) -> None:
    """Make the copy so much older; nobody waits."""
    file = folder / "copies" / "latest-posts.json"
    kept = json.loads(file.read_text("utf-8"))
    kept["at"] -= seconds
    kept["tried"] -= seconds
    file.write_text(json.dumps(kept), "utf-8")


def test_the_widget_is_printed_as_it_came(show: Php) -> None:
    assert show().stdout == widget()


def test_the_service_is_asked_once_in_two_minutes(
    show: Php, service: Service, folder: Path
) -> None:
    show()
    let_pass(folder, 110)
    show()
    assert len(service.asked) == 1
    let_pass(folder, 20)
    show()
    assert len(service.asked) == 2


def test_the_last_good_copy_then_the_link(show: Php, service: Service, folder: Path) -> None:
    show()
    service.stop()
    let_pass(folder, 130)
    assert show().stdout == widget()
    let_pass(folder, 60)
    assert show().stdout == LINK


def test_after_a_failure_nobody_asks_for_a_minute(
    show: Php, service: Service, folder: Path
) -> None:
    service.says[PATH] = Said(status=503)
    assert show().stdout == LINK
    service.says[PATH] = Said()
    assert show().stdout == LINK
    assert len(service.asked) == 1
    let_pass(folder, 60)
    assert show().stdout == widget()


@pytest.mark.parametrize(
    "said",
    [
        Said(status=503), Said(status=301, also={"Location": "/other"}), Said(kind="text/plain"),
        Said(HOSTILE["script"]), Said(HOSTILE["too long"]), Said(HOSTILE["cut off"]),
    ],
    ids=["503", "301", "plain text", "script", "too long", "cut off"],
)  # fmt: skip
def test_what_is_no_widget_is_not_shown(show: Php, service: Service, said: Said) -> None:
    service.says[PATH] = said
    service.says["/other"] = Said()
    assert show().stdout == LINK


def test_a_copy_that_was_spoilt_does_no_harm(show: Php, folder: Path) -> None:
    (folder / "copies" / "latest-posts.json").write_text("{", "utf-8")
    assert show().stdout == widget()


def test_a_name_that_is_none_shows_nothing_and_is_told_to_the_log(show: Php) -> None:
    done = show("../x")
    assert done.stdout == ""
    assert "named by small letters" in done.stderr


def test_a_folder_that_is_not_there_is_told_to_the_log(show: Php) -> None:
    done = show(copies="nowhere")
    assert done.stdout == widget()
    assert "cannot be written" in done.stderr


def test_nothing_but_the_copy_is_left(show: Php, folder: Path) -> None:
    show()
    assert [path.name for path in (folder / "copies").iterdir()] == ["latest-posts.json"]


def test_the_built_in_server_is_understood(folder: Path, tmp_path: Path) -> None:
    host = Host(tmp_path / "public", Limits())
    host.put("w/latest-posts.html", widget().encode())
    host.start()
    call = f"feed_widget('latest-posts', 'http://127.0.0.1:{host.port}', '{PUBLIC}', 'copies')"
    done = php(f"{STRICT} require 'feed-widget.php'; echo {call};", folder)
    host.stop()
    assert done.stdout == widget()


@pytest.mark.parametrize("answer", ["", "HTTP/1.1 200 OK\r\n", "nonsense\r\n\r\n" + widget(), "\0"])
def test_an_answer_that_is_no_http_is_not_shown(folder: Path, answer: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def say() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(9999)
                connection.sendall(answer.encode())

        saying = threading.Thread(target=say)
        saying.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        call = f"feed_widget('latest-posts', '{address}', '{PUBLIC}', 'copies')"
        done = php(f"{STRICT} require 'feed-widget.php'; echo {call};", folder)
        saying.join()
    assert done.stdout == LINK


@pytest.mark.parametrize("address", ["", "10.0.0.5", "file:///etc/passwd", "http://", "http:///x"])
def test_an_address_that_is_none_leaves_the_link(folder: Path, address: str) -> None:
    call = f"feed_widget('latest-posts', '{address}', '{PUBLIC}', 'copies')"
    done = php(f"{STRICT} require 'feed-widget.php'; echo {call};", folder)
    assert done.stdout == LINK


def test_a_service_that_says_nothing_is_not_waited_for(folder: Path) -> None:
    """It takes the connection and stays silent; PHP gives up by itself."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        call = f"feed_widget('latest-posts', '{address}', '{PUBLIC}', 'copies')"
        done = php(f"{STRICT} require 'feed-widget.php'; echo {call};", folder)
    assert done.stdout == LINK


@pytest.mark.parametrize("there", [True, False], ids=["there", "not there"])
def test_the_documented_line_for_files_on_the_same_machine(tmp_path: Path, there: bool) -> None:
    if there:
        (tmp_path / "w").mkdir()
        (tmp_path / "w" / "latest-posts.html").write_text(widget(), "utf-8")
    page = tmp_path / "page.php"
    page.write_text(block("Plain PHP", 0).replace("/srv/aggregator/data/public", str(tmp_path)))
    done = subprocess.run(["php", str(page)], capture_output=True, text=True, check=True)
    link = '<p><a href="/feeds/w/latest-posts/">Latest posts</a></p>'
    assert done.stdout.strip() == (widget() if there else link)


def test_the_documented_lines_for_another_machine(folder: Path, service: Service) -> None:
    page = folder / "page.php"
    lines = block("Plain PHP", 1).replace("/srv/feed-widget", str(folder))
    page.write_text(lines.replace("http://10.0.0.5:8000", service.address))
    done = subprocess.run(["php", str(page)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == widget()
