"""The example article page of the sample world in a real Chromium."""

import http.client
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "chromium"
)
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The example page of a running ``demo``."""
    process = subprocess.Popen(
        [sys.executable, "-u", str(ROOT / "run.py"), "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        found = next(
            (
                match
                for line in process.stdout
                if (match := re.search(r"example page: (\S+)", line))
            ),
            None,
        )
        assert found
        yield found[1]
        process.terminate()
        assert process.wait(20) == 0


def browse(address: str, folder: Path, *options: str) -> str:
    """What Chromium prints about a page."""
    done = subprocess.run(
        [CHROMIUM, *QUIET, f"--user-data-dir={folder}", *options, address],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def page(address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page as the browser holds it."""
    return browse(address, tmp_path_factory.mktemp("profile"), "--dump-dom")


def test_both_widgets_stand_in_the_page(page: str) -> None:
    headings = re.findall(r'<h2 class="fw-h"[^>]*>([^<]*)</h2>', page)
    assert headings == ["Latest posts", "Patient and family blogs"]


def test_the_page_asks_nobody_but_its_own_server(address: str, tmp_path: Path) -> None:
    """By Chromium's own log of the network; what Chromium asks for itself has no page behind it."""
    log = tmp_path / "net.json"
    browse(address, tmp_path / "profile", f"--log-net-log={log}", "--dump-dom")
    page = f"{urlsplit(address).scheme}://{urlsplit(address).netloc}"
    told = (event.get("params", {}) for event in json.loads(log.read_text("utf-8"))["events"])
    asked = {told["url"] for told in told if told.get("initiator") == page and "url" in told}
    assert f"{page}/site.css" in asked
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(address).netloc}


def test_no_cookie_is_set(address: str) -> None:
    where = urlsplit(address)
    connection = http.client.HTTPConnection(where.netloc, timeout=20)
    for path in ("/", "/w/latest-posts.html", "/healthz"):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.getheader("set-cookie") is None
    connection.close()
