"""`opml import` and `opml export`, as a person calls them."""

import io
from pathlib import Path

import pytest

from tests.cli.conftest import Run

LIST = """\
<opml version="2.0"><body>
<outline text="Two sisters" xmlUrl="https://sisters.example.org/feed/"/>
<outline text="Two sisters again" xmlUrl="http://www.sisters.example.org/feed"/>
<outline text="Their comments" xmlUrl="https://sisters.example.org/comments/feed/"/>
<outline text="Nowhere" xmlUrl="mailto:nobody@example.org"/>
<outline type="include" url="https://lists.example.org/more.opml"/>
</body></opml>
"""


@pytest.fixture
def listed(tmp_path: Path) -> str:
    file = tmp_path / "list.opml"
    file.write_text(LIST, "utf-8")
    return str(file)


def text(folder: Path) -> str:
    return (folder / "feeds.yaml").read_text("utf-8")


def test_nothing_is_written_in_a_pipe_unless_it_is_said(
    run: Run, tmp_path: Path, listed: str
) -> None:
    before = text(tmp_path)
    said = run("opml", "import", listed)
    assert said.code == 0
    assert text(tmp_path) == before
    assert "Nothing was written" in said.err


def test_it_shows_first_what_it_would_do(run: Run, listed: str) -> None:
    said = run("opml", "import", listed)
    titles = [line for line in said.out.splitlines() if not line.startswith(" ")]
    assert titles == [
        "New (1):",
        "Perhaps the same as another one (1):",
        "Twice in the list (1):",
        "Cannot be followed (1):",
    ]


def test_what_it_leaves_to_people_it_says(run: Run, listed: str) -> None:
    said = run("opml", "import", listed)
    assert "--similar takes them in" in said.err
    assert "1 entry leads to other lists" in said.err
    assert "--in WIDGET" in said.err


def test_what_is_new_is_written_in_one_go(run: Run, tmp_path: Path, listed: str) -> None:
    said = run("opml", "import", listed, "--in", "latest-posts", "--similar", "--write")
    assert said.code == 0
    assert said.out.endswith("Written: 2 sources.\n")
    assert text(tmp_path).endswith(
        "  - id: two-sisters\n"
        "    feed: https://sisters.example.org/feed/\n"
        "    name: Two sisters\n"
        "    in: latest-posts\n"
        "  - id: their-comments\n"
        "    feed: https://sisters.example.org/comments/feed/\n"
        "    name: Their comments\n"
        "    in: latest-posts\n"
    )


@pytest.mark.parametrize(("answer", "written"), [("y\n", True), ("n\n", False)])
def test_a_person_at_a_terminal_is_asked(
    run: Run,
    tmp_path: Path,
    listed: str,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    written: bool,
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    said = run("opml", "import", listed)
    assert said.code == 0
    assert ("two-sisters" in text(tmp_path)) is written


class Terminal(io.StringIO):
    """Somebody who has typed an answer."""

    def isatty(self) -> bool:
        return True


def test_a_second_import_brings_nothing(run: Run, tmp_path: Path, listed: str) -> None:
    run("opml", "import", listed, "--write")
    before = text(tmp_path)
    said = run("opml", "import", listed, "--write", "--json")
    assert [line["fate"] for line in said.lines] == [
        *("followed", "followed", "similar", "unusable")
    ]
    assert text(tmp_path) == before


def test_a_list_of_nothing_new_says_so(run: Run, listed: str) -> None:
    run("opml", "import", listed, "--similar", "--write")
    assert "Nothing of it is new." in run("opml", "import", listed).out


def test_a_machine_gets_an_object_for_each_feed(run: Run, listed: str) -> None:
    said = run("opml", "import", listed, "--in", "latest-posts", "--write", "--json")
    assert said.lines[0] == {
        "address": "https://sisters.example.org/feed/",
        "title": "Two sisters",
        "folders": [],
        "line": 2,
        "fate": "new",
        "why": None,
        "id": "two-sisters",
        "widgets": ["latest-posts"],
        "state": "active",
        "written": True,
    }
    assert [line["written"] for line in said.lines] == [True, False, False, False]


def test_blogs_that_need_a_consent_wait_for_it(run: Run, tmp_path: Path, listed: str) -> None:
    said = run("opml", "import", listed, "--in", "patient-blogs", "--write")
    assert "because patient-blogs requires consent" in " ".join(said.err.split())
    assert "`state ID active`" in " ".join(said.err.split())
    assert "    state: paused  # waits for consent" in text(tmp_path)


def test_a_widget_that_is_not_there_is_wrong_use(run: Run, listed: str) -> None:
    said = run("opml", "import", listed, "--in", "latest-post")
    assert said.code == 2
    assert "There is no widget named" in said.err


def test_a_list_that_cannot_be_read_says_where(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.opml").write_text('<opml>\n<outline text="a" xmlUrl=', "utf-8")
    said = run("opml", "import", str(tmp_path / "list.opml"))
    assert said.code == 1
    assert "line 2: The file ends in the middle of the list." in said.err


def test_a_list_that_is_not_there_says_so(run: Run) -> None:
    said = run("opml", "import", "missing.opml")
    assert (said.code, "missing.opml cannot be read" in said.err) == (1, True)


@pytest.mark.parametrize("words", [("import", "list.opml", "--write"), ("export",)])
def test_a_broken_list_of_ours_is_left_alone(
    run: Run, tmp_path: Path, listed: str, words: tuple[str, ...]
) -> None:
    del listed
    broken = text(tmp_path) + "sauces: []\n"
    (tmp_path / "feeds.yaml").write_text(broken, "utf-8")
    said = run("opml", *words)
    assert said.code == 1
    assert '"sauces"' in said.err
    assert text(tmp_path) == broken


def test_our_feeds_go_out_and_come_in_again(run: Run, tmp_path: Path, listed: str) -> None:
    run("opml", "import", listed, "--in", "latest-posts", "--write")
    assert run("opml", "export", "ours.opml").code == 0
    said = run("opml", "import", str(tmp_path / "ours.opml"), "--json")
    assert [line["fate"] for line in said.lines] == ["followed"]


def test_a_place_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    said = run("opml", "export", str(tmp_path))
    assert (said.code, f"{tmp_path} cannot be written" in said.err) == (1, True)


def test_the_list_goes_to_the_screen_where_no_file_is_named(run: Run, listed: str) -> None:
    run("opml", "import", listed, "--in", "patient-blogs", "--write")
    said = run("opml", "export")
    assert said.out.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n')
    assert "sisters.example.org" not in said.out
    assert "their consent does not hold: two-sisters." in said.err
