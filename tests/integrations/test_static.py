"""The build step of static sites, run by sh, asking a real server."""

import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integrations.document import block
from tests.integrations.hostile import HOSTILE
from tests.integrations.service import PATH, Said, Service, widget

pytestmark = [pytest.mark.program("sh"), pytest.mark.program("curl"), pytest.mark.program("iconv")]

FALLBACK = '<p><a href="/feeds/w/latest-posts/">Latest posts</a></p>'
BEFORE, AFTER = "<main>\n  <!-- feed_widget latest-posts -->", "  <!-- /feed_widget -->\n</main>\n"
Build = Callable[..., "subprocess.CompletedProcess[str]"]


def page(inside: str = FALLBACK) -> str:
    return f"{BEFORE}\n{inside}\n{AFTER}"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A finished page."""
    path = tmp_path / "site" / "index.html"
    path.parent.mkdir()
    path.write_text(page(), "utf-8")
    return path


@pytest.fixture
def build(tmp_path: Path, site: Path, service: Service, integrations: Path) -> Build:
    """Runs the script over the page, or over those that are named."""

    def build(*pages: Path) -> "subprocess.CompletedProcess[str]":
        script = integrations / "static" / "embed.sh"
        return subprocess.run(
            ["sh", str(script), service.address, str(tmp_path / "copies"), *map(str, pages or (site,))],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return build


def test_the_widget_is_written_between_the_comments(build: Build, site: Path) -> None:
    assert build().returncode == 0
    assert site.read_text("utf-8") == page(widget())


def test_the_next_build_replaces_it(build: Build, site: Path, service: Service) -> None:
    build()
    service.says[PATH] = Said(widget("Another."))
    build()
    assert site.read_text("utf-8") == page(widget("Another."))


def test_what_did_not_change_is_not_written(build: Build, site: Path) -> None:
    build()
    before = site.stat()
    build()
    assert (site.stat().st_ino, site.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_page_keeps_its_rights(build: Build, site: Path) -> None:
    site.chmod(0o640)
    build()
    assert stat.S_IMODE(site.stat().st_mode) == 0o640


def test_the_last_good_copy_is_used_in_a_page_that_was_built_anew(
    build: Build, site: Path, service: Service
) -> None:
    build()
    site.write_text(page(), "utf-8")
    service.stop()
    done = build()
    assert site.read_text("utf-8") == page(widget())
    assert (done.returncode, "the last good copy stays" in done.stderr) == (1, True)


def test_without_a_copy_the_page_keeps_its_own_link(
    build: Build, site: Path, service: Service
) -> None:
    service.stop()
    assert build().returncode == 1
    assert site.read_text("utf-8") == page()


@pytest.mark.parametrize(
    "said",
    [Said(status=503), Said(status=301), Said(kind="application/json"), Said(kind="text/htmlx")],
    ids=["503", "301", "JSON", "no HTML"],
)
def test_what_is_no_widget_leaves_the_last_good_copy(
    build: Build, site: Path, service: Service, said: Said
) -> None:
    build()
    service.says[PATH] = said
    assert build().returncode == 1
    assert site.read_text("utf-8") == page(widget())


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_fragment_never_passes(
    build: Build, site: Path, service: Service, name: str
) -> None:
    service.says[PATH] = Said(HOSTILE[name])
    assert build().returncode == 1
    assert site.read_text("utf-8") == page()


def test_what_is_too_long_without_saying_so_does_not_pass(
    build: Build, site: Path, service: Service
) -> None:
    service.says[PATH] = Said(HOSTILE["too long"], length=False)
    assert build().returncode == 1
    assert site.read_text("utf-8") == page()


@pytest.mark.parametrize("status", [404, 410])
def test_a_widget_that_is_no_more_is_taken_out(
    build: Build, site: Path, service: Service, status: int, tmp_path: Path
) -> None:
    build()
    service.says[PATH] = Said("<h1>Gone</h1>", status)
    assert build().returncode == 1
    assert site.read_text("utf-8") == f"{BEFORE}\n{AFTER}"
    assert not any(path.read_bytes() for path in (tmp_path / "copies").iterdir())


def test_every_fragment_of_ours_passes(
    build: Build, site: Path, service: Service, goldens: list[Path]
) -> None:
    bodies = {path.stem: path.read_text("utf-8") for path in goldens}
    service.says = {f"/w/{name}.html": Said(body) for name, body in bodies.items()}
    lines = [f"<!-- feed_widget {name} -->\n<!-- /feed_widget -->\n" for name in bodies]
    site.write_text("".join(lines), "utf-8")
    assert build().stderr == ""
    assert site.read_text("utf-8") == "".join(
        line.replace("\n", f"\n{body}\n", 1)
        for line, body in zip(lines, bodies.values(), strict=True)
    )


def test_many_pages_ask_once(build: Build, site: Path, service: Service) -> None:
    other = site.with_name("other page.html")
    other.write_text(page("old"), "utf-8")
    build(site, other)
    assert site.read_text("utf-8") == other.read_text("utf-8") == page(widget())
    assert len(service.asked) == 1


def test_a_page_whose_comment_is_not_closed_is_left_alone(build: Build, site: Path) -> None:
    text = f"{BEFORE}\n<p>the rest of the page</p>\n"
    site.write_text(text, "utf-8")
    done = build()
    assert (done.returncode, "not closed" in done.stderr) == (2, True)
    assert site.read_text("utf-8") == text


def test_pages_without_a_place_are_told(build: Build, site: Path) -> None:
    site.write_text("<main></main>\n", "utf-8")
    done = build()
    assert (done.returncode, "no page has a line" in done.stderr) == (2, True)


def test_nothing_is_left_beside_the_page(build: Build, site: Path, tmp_path: Path) -> None:
    build()
    found = [
        path.name for folder in (site.parent, tmp_path / "copies") for path in folder.iterdir()
    ]
    assert found == ["index.html", "latest-posts.html"]


def test_the_documented_comments_are_filled(build: Build, site: Path) -> None:
    site.write_text(block("Static sites", 0), "utf-8")
    assert build().returncode == 0
    assert widget() in site.read_text("utf-8")


@pytest.fixture
def run(tmp_path: Path, service: Service, integrations: Path) -> Callable[[str], int]:
    """Runs a command of the document in a folder that has what it names."""
    (tmp_path / "integrations").symlink_to(integrations)
    (tmp_path / "embed.sh").symlink_to(integrations / "static" / "embed.sh")

    def run(command: str) -> int:
        ours = command.replace("https://www.example.org/feeds", service.address)
        ours = ours.replace("/srv/", f"{tmp_path}/")
        return subprocess.run(["sh", "-c", ours], cwd=tmp_path, check=False).returncode

    return run


def test_the_documented_command_fills_pages(run: Callable[[str], int], tmp_path: Path) -> None:
    pages = [tmp_path / "public" / "index.html", tmp_path / "public" / "about" / "index.html"]
    for one in pages:
        one.parent.mkdir(parents=True)
        one.write_text(page(), "utf-8")
    assert run(block("Static sites", 1)) == 0
    assert [one.read_text("utf-8") for one in pages] == [page(widget())] * 2


def test_the_documented_timer_fills_pages(run: Callable[[str], int], tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "index.html").write_text(page(), "utf-8")
    *times, command = block("Static sites", 2).split(maxsplit=5)
    assert times == ["*/2", "*", "*", "*", "*"]
    assert run(command) == 0
    assert (tmp_path / "www" / "index.html").read_text("utf-8") == page(widget())


def test_the_documented_line_of_curl_takes_the_widget(
    run: Callable[[str], int], tmp_path: Path, service: Service
) -> None:
    assert run(block("Static sites", 3)) == 0
    service.says.clear()
    assert run(block("Static sites", 3)) != 0
    assert (tmp_path / "latest-posts.html").read_text("utf-8") == widget()


def test_a_page_that_is_not_there_is_told_before_anything_is_written(
    build: Build, site: Path, tmp_path: Path
) -> None:
    before = site.read_bytes()
    done = build(site, tmp_path / "no" / "index.html")
    assert done.returncode == 2
    assert done.stderr.startswith(f"embed.sh: {tmp_path}/no/index.html: there is no such page")
    assert done.stderr.count("\n") == 1
    assert site.read_bytes() == before


def test_the_lists_of_what_may_pass_are_those_of_the_plugin(integrations: Path) -> None:
    def words(text: str, start: str) -> list[str]:
        found = re.search(start + r"\s*((?:['\"][^'\"]*['\"][\s.\\]*)+)", text)
        assert found
        return re.findall(r"[a-z0-9-]+", found[1])

    php = (integrations / "wordpress" / "fragment.php").read_text("utf-8")
    sh = (integrations / "static" / "embed.sh").read_text("utf-8")
    for ours, theirs in [
        ("const ELEMENTS =", r"\belements ="),
        ("const EMPTY_ELEMENTS =", "empty_elements ="),
        ("const ATTRIBUTES =", r"\battributes ="),
    ]:
        assert words(sh, theirs) == words(php, ours)
