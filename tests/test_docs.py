"""A fact written in two places lies in one: the documents are held to the program."""

import os
import re
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.catalogue.load import load
from aggregator.catalogue.reference import reference_page
from aggregator.cli.main import commands
from aggregator.connectors import platforms
from aggregator.settings import load_settings, table

ROOT = Path(__file__).resolve().parents[1]
LAYOUTS = App(load_settings(sealed=True)).renderer.layouts()


def settings_page() -> str:
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {words} |"
        for name, default, words in table()
    ]
    head = (
        "# Settings\n\nRead once, from the environment, at the start. `doctor` lists those in force."
        "\nMade from `aggregator/settings.py`; a test keeps this page true.\n\n"
        "| variable | default | meaning |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("feeds-yaml.md", lambda: reference_page(platforms(), LAYOUTS)),
        ("settings.md", settings_page),
    ],
)
def test_a_generated_page_is_up_to_date(name: str, made: "object") -> None:
    """AGGREGATOR_REWRITE_GOLDEN=1 writes them anew."""
    assert callable(made)
    page = ROOT / "docs" / name
    if os.environ.get("REWRITE_DOCS"):
        page.write_text(made(), "utf-8")
    assert page.read_text("utf-8") == made()


def readme() -> str:
    return (ROOT / "README.md").read_text("utf-8")


def test_the_readme_opens_with_the_two_commands() -> None:
    first_screen = "\n".join(readme().splitlines()[:30])
    assert "python3 run.py demo" in first_screen
    assert "python3 run.py test" in first_screen


@pytest.mark.parametrize(
    "command", [one.callback.__name__ for one in commands().registered_commands if one.callback]
)
def test_the_readme_tells_of_every_command(command: str) -> None:
    assert re.search(rf"(`|run\.py ){command}\b", readme()), f"README.md does not tell of {command}"


@pytest.mark.parametrize(
    "page",
    sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")),
    ids=lambda page: page.name,
)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in t]
    assert not [t for t in targets if not (page.parent / t).exists()]


def test_the_shipped_list_is_right() -> None:
    catalogue = load(ROOT / "feeds.yaml", platforms(), LAYOUTS)
    assert catalogue.sources


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    pages = {page.name for page in folder.glob("0*.md")}
    assert pages == set(re.findall(r"\((0[\w-]+\.md)\)", index))
