"""The block for Drupal, run by a real PHP against the few things of Drupal that it uses."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.document import block
from tests.integrations.service import Service, widget

pytestmark = pytest.mark.program("php")

LINK = '<p><a href="https://www.example.org/feeds/w/latest-posts/">Latest posts</a></p>'
Build = Callable[..., dict[str, Any]]


@pytest.fixture
def build(tmp_path: Path, integrations: Path, service: Service) -> Build:
    """The module as the document says, and what a page with its block holds."""
    module, copies = tmp_path / "aggregator_widgets", tmp_path / "copies"
    shutil.copytree(integrations / "drupal", module)
    for name in ("apache/feed-widget.php", "wordpress/fragment.php"):
        shutil.copy(integrations / name, module)
    copies.mkdir()
    where = {
        "url": service.address,
        "public_url": "https://www.example.org/feeds",
        "copies": str(copies),
    }

    def build(name: str = "latest-posts", *, told: bool = True) -> dict[str, Any]:
        settings = {"aggregator_widgets": where} if told else {}
        done = subprocess.run(
            ["php", str(Path(__file__).with_name("drupal.php"))],
            input=json.dumps({"module": str(module), "settings": settings, "name": name}),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return build


def test_the_block_holds_the_widget_as_it_came(build: Build) -> None:
    assert build()["html"] == widget()


def test_the_copy_is_kept_by_the_include_and_by_nothing_else(
    build: Build, service: Service
) -> None:
    """Built for each page, the block keeps each out of the page cache."""
    built = [build(), build()]
    assert [one["age"] for one in built] == [0, 0]
    assert len(service.asked) == 1


def test_no_page_with_the_block_goes_into_the_page_cache(build: Build) -> None:
    assert build()["triggered"] == ["page_cache_kill_switch"]


def test_where_nobody_answers_there_is_the_link(build: Build, service: Service) -> None:
    service.stop()
    assert build()["html"] == LINK


def test_a_site_that_told_no_address_shows_no_error(build: Build) -> None:
    assert build(told=False)["html"] == '<p><a href="/w/latest-posts/">Latest posts</a></p>'


@pytest.mark.parametrize("name", ["latest-posts", "a", "../x", "Latest", "-a", ""])
def test_the_form_takes_the_names_that_the_include_takes(build: Build, name: str) -> None:
    built = build(name)
    assert bool(re.fullmatch(built["pattern"], name)) == (built["html"] != "")


def test_the_documented_settings_are_understood(integrations: Path) -> None:
    """They are those that the block reads, and that its file tells."""
    told = block("Drupal")
    code = f"$settings = []; {told} echo json_encode($settings['aggregator_widgets']);"
    done = subprocess.run(["php", "-r", code], capture_output=True, text=True, check=True)
    file = (integrations / "drupal" / "src" / "Plugin" / "Block" / "FeedWidget.php").read_text()
    assert set(json.loads(done.stdout)) == set(re.findall(r"\$where\['(\w+)'\]", file))
    assert told.strip() in re.sub(r"^ \*     ", "", file, flags=re.MULTILINE)
