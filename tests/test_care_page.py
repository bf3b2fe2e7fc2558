"""``docs/care.md`` is read by those who answer for the data: each of its facts is held to the program."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer import Typer

from aggregator.actions import heartbeat
from aggregator.actions.deadlines import CONSENT_DAYS
from aggregator.actions.prune import READS_KEPT
from aggregator.app import App
from aggregator.cli.main import commands
from aggregator.model import Pace
from aggregator.model.audit_acts import AuditAct
from aggregator.settings import Settings, load_settings
from aggregator.store import care_tables, retention, tables, visit_log
from aggregator.store.verdicts import UNDO_WITHIN
from aggregator.web import public

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "care.md").read_text("utf-8")
WORDS = " ".join(PAGE.split())


def section(title: str) -> str:
    """What stands below a heading, up to the next of its kind or a higher one."""
    level, _, _ = title.partition(" ")
    _, found, rest = PAGE.partition(f"\n{title}\n")
    assert found, f"docs/care.md has no part {title}"
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the table in a part, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_table_is_named_and_no_other() -> None:
    listed = [name for cells in rows("### Tables") for name in named(cells[0])]
    assert care_tables.consents.metadata is tables.metadata
    assert sorted(listed) == sorted(tables.metadata.tables)


def test_every_file_of_the_data_folder_is_named(tmp_path: Path) -> None:
    config = tmp_path / "feeds.yaml"
    config.write_text((ROOT / "feeds.yaml").read_text("utf-8"), "utf-8")
    with App(load_settings(sealed=True, config=config, data=tmp_path / "data")) as app:
        app.sync(app.catalogue())
        app.publisher.publish_all(app.clock())
        made = {path.name for path in app.settings.data.iterdir()}
    listed = {name.rstrip("/") for cells in rows("### Files") for name in named(cells[0])}
    assert {re.sub("^aggregator.db-(wal|shm)$", "aggregator.db", name) for name in made} <= listed


def test_every_setting_it_names_is_one() -> None:
    known = {f"AGGREGATOR_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"AGGREGATOR_[A-Z_]+", PAGE)) <= known


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if "keep_" in name])
def test_every_time_that_can_be_set_is_told_as_it_is_by_default(name: str) -> None:
    days = Settings.model_fields[name].default
    told = [cells for cells in rows("## How long") if f"`AGGREGATOR_{name.upper()}`" in cells[2]]
    assert told
    assert all(re.search(rf"\b{days} days", cells[1]) for cells in told)


def spoken(line: Typer) -> Iterator[str]:
    """Every command, those of groups with the group's name before it."""
    for one in line.registered_commands:
        yield one.name or (one.callback.__name__ if one.callback else "")
    for group in line.registered_groups:
        assert group.typer_instance is not None
        yield group.name or ""
        yield from (f"{group.name} {name}" for name in spoken(group.typer_instance))


def test_every_command_that_it_tells_to_write_is_one() -> None:
    known = set(spoken(commands()))
    told = [name for cells in rows("## In one minute") for name in named(cells[1])]
    told += re.findall(
        r"`((?:consents|receipts|restore|hide|takedown|prune|why|undo|audit|status)\b[^`]*)`", PAGE
    )
    unknown = [
        words
        for words in told
        if words not in tables.metadata.tables
        and not {words.split(" ")[0], " ".join(words.split(" ")[:2])} & known
    ]
    assert told
    assert not unknown


@pytest.mark.parametrize(
    "words",
    [
        f"always its newest {retention.NEWEST_KEPT}",
        f"the last {visit_log.KEPT} visits",
        f"changes of `feeds.yaml` | {UNDO_WITHIN.days} days",
        f"{round(READS_KEPT / timedelta(days=30.4))} months",
        "reminders come {}, {} and {} days before".format(*sorted(CONSENT_DAYS, reverse=True)),
        f"not looked for {heartbeat.LOOKS_STOPPED:.0f} seconds",
        f"brought up to date for {heartbeat.PUBLISHES_STOPPED:.0f} seconds",
        f"could be written to the database for {heartbeat.WRITES_STOPPED:.0f} seconds",
        f"every {Pace().floor // timedelta(minutes=1)} minutes",
    ],
)
def test_a_number_is_that_of_the_program(words: str) -> None:
    assert words in WORDS


@pytest.mark.parametrize("kept", [public._DOCUMENT, public._MEDIA], ids=["document", "picture"])
def test_caches_give_it_up_within_five_minutes(kept: str) -> None:
    """At the worst an answer is fresh, then stale, for the longest of what it may be."""
    seconds = dict(re.findall(r"([a-z-]+)=(\d+)", kept))
    fresh = int(seconds.pop("max-age"))
    assert fresh + max([0, *map(int, seconds.values())]) <= 300
    assert "within 5 minutes" in WORDS


def test_the_act_of_a_new_id_is_called_as_in_the_audit() -> None:
    assert f"in a row of its own (`{AuditAct.NEW_ID}`)" in WORDS


def test_there_is_no_log_of_visitors() -> None:
    assert "there is no access log" in WORDS
    assert "access_log=False" in (ROOT / "aggregator/web/connection.py").read_text("utf-8")


def test_what_it_says_of_holds_is_what_was_measured() -> None:
    measured = (ROOT / "docs" / "holds.md").read_text("utf-8")
    for words in ("572 made-up posts", "302 of 316 posts", "34 of 45 posts", "crisis 8 of 15"):
        assert words in " ".join(measured.split())
    for words in ("572 made-up posts", "302 of the 316", "only 34", "of 45", "8 of 15"):
        assert words in WORDS
