"""A fact written in two places lies in one: the documents are held to the program."""

import inspect
import os
import re
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path

import pytest

from aggregator.actions.metrics import FAMILIES
from aggregator.app import App
from aggregator.catalogue.load import parse
from aggregator.catalogue.reference import reference_page
from aggregator.cli.main import commands
from aggregator.connectors import connectors, platforms
from aggregator.connectors._contract import UNWRITTEN
from aggregator.model import Catalogue
from aggregator.settings import load_settings, table
from tests.rules.board import fetching_page

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


def metrics_page() -> str:
    rows = [
        f"| `{family.full_name}` | {f'`{family.label}`' if family.label else ''} | {family.about} |"
        for family in FAMILIES
    ]
    head = (
        "# Metrics\n\nFor Prometheus and what reads its text format. `serve` answers `/metrics` once"
        "\n`AGGREGATOR_METRICS_TOKEN` is set ([settings.md](settings.md)), and only those who send"
        " it:\n\n"
        "    curl -H 'Authorization: Bearer TOKEN' http://127.0.0.1:8000/metrics\n\n"
        "Names that end in `_total` count from the start of the program. No metric names a source, a"
        "\npost, an address or a person. Made from `aggregator/actions/metrics.py`; a test keeps this"
        " page true.\n\n"
        "| metric | label | meaning |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def platforms_page() -> str:
    head = (
        "# Platforms\n\nWhat can be followed, and how it is written in `feeds.yaml`. Keys and "
        "options in one table: [feeds.yaml](feeds-yaml.md).\nMade from the modules in "
        "`aggregator/connectors/`; a test keeps this page true.\n"
    )
    return "\n".join([head, *(part_of(name) for name in connectors())])


def part_of(name: str) -> str:
    module = connectors()[name]
    words = inspect.cleandoc(module.__doc__ or "").replace("``", "`")
    options = fields(module.Options)
    taken = ", ".join(f"`{one.name}` ({default_of(one)})" for one in options)
    last = f"\nOptions, and what holds if they are not written: {taken}.\n" if options else ""
    return f"## {name}\n\n```yaml\n{platforms()[name].line}\n```\n\n{words}\n{last}"


def default_of(option: "Field[object]") -> str:
    value = option.default
    if value is None:
        return str(option.metadata[UNWRITTEN])
    return str(value).lower() if isinstance(value, bool) else f"`{value}`"


def accounts_table() -> str:
    """What to write for each platform, for the README."""
    rows = []
    for name, one in platforms().items():
        if name == "feed":
            continue
        token = f"`{one.token.variable}`" if one.token else ""
        if one.token and one.token.optional:
            token += ", if you like"
        rows.append(f"| {one.about.rstrip('.')} | `{one.line}` | {token} |")
    return "| to show … | write | its token |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def tokens_part() -> str:
    """What there is to know of each platform's token: what its module says of it."""
    sections = []
    for name, one in platforms().items():
        if one.token is None:
            continue
        paragraphs = inspect.cleandoc(connectors()[name].__doc__ or "").split("\n\n")
        told = [words for words in paragraphs if f"``{one.token.variable}" in words]
        lines = [
            f"- Variable: `{one.token.variable}`"
            + (f"; {one.terms.network} also answers without one" if one.token.optional else ""),
            f"- Page: <{one.token.page}>",
        ]
        if also := [f"`{one.token.variable}_{part}`" for part in one.token.parts]:
            lines.append(f"- To renew it: {', '.join(also)}")
        lines.append(f"- How: {one.token.how}")
        sections.append(
            "\n".join(
                [
                    f"### {one.terms.network or name}\n",
                    *lines,
                    *(f"\n{words.replace('``', '`')}" for words in told),
                    f"\nAll about it: [platforms.md](platforms.md#{name}).\n",
                ]
            )
        )
    return "\n".join(sections)


@pytest.mark.parametrize(
    ("name", "made"),
    [("README.md", accounts_table), ("docs/tokens.md", tokens_part)],
)
def test_the_part_of_a_page_that_is_made_is_up_to_date(name: str, made: Callable[[], str]) -> None:
    """It stands between two comments. REWRITE_DOCS=1 writes it anew."""
    page = ROOT / name
    before, begin, rest = page.read_text("utf-8").partition("<!-- made, a test keeps it true -->\n")
    part, end, after = rest.partition("<!-- end of what is made -->\n")
    if os.environ.get("REWRITE_DOCS"):
        page.write_text("".join((before, begin, made(), end, after)), "utf-8")
        part = made()
    assert begin
    assert end
    assert part == made()


@pytest.mark.parametrize("name", [name for name, one in platforms().items() if one.token])
def test_every_token_has_a_section_with_its_variable_and_its_page(name: str) -> None:
    need = platforms()[name].token
    assert need is not None
    sections = (ROOT / "docs" / "tokens.md").read_text("utf-8").split("\n### ")
    assert any(need.variable in section and need.page in section for section in sections)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("feeds-yaml.md", lambda: reference_page(platforms(), LAYOUTS)),
        ("settings.md", settings_page),
        ("metrics.md", metrics_page),
        ("fetching.md", fetching_page),
        ("platforms.md", platforms_page),
    ],
)
def test_a_generated_page_is_up_to_date(name: str, made: "object") -> None:
    """REWRITE_DOCS=1 writes them anew."""
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


def shipped() -> Catalogue:
    path = ROOT / "feeds.yaml"
    return parse(path.read_bytes(), path, platforms(), LAYOUTS)


def test_the_shipped_list_is_right() -> None:
    catalogue = shipped()
    assert catalogue.sources


def test_the_shipped_list_shows_accounts_that_anybody_may_follow() -> None:
    """Made-up ones, so they wait for a person; and none that wants a token first."""
    catalogue = shipped()
    accounts = [one for one in catalogue.sources if one.platform != "feed"]
    assert len(accounts) > 1
    assert not any(one.visited for one in accounts)
    needs = [platforms()[one.platform].token for one in accounts]
    assert all(need is None or need.optional for need in needs)


def test_the_shipped_example_of_a_family_is_right() -> None:
    """What staff are told to copy and uncomment works as it stands."""
    text = (ROOT / "feeds.yaml").read_text("utf-8")
    example = re.sub(r"^#(?=  )", "", text, flags=re.MULTILINE)
    assert "\n  - id: two-sisters\n" in example
    assert parse(example, ROOT / "feeds.yaml", platforms(), LAYOUTS).source("two-sisters")


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    pages = {page.name for page in folder.glob("0*.md")}
    assert pages == set(re.findall(r"\((0[\w-]+\.md)\)", index))
