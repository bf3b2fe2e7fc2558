"""The file of tombstones: whole, private, and readable after any crash."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.store.tombstone_file import Tombstone, TombstoneFile

AT = datetime(2026, 6, 1, 12, 0, 0, 5, tzinfo=UTC)
ONE, TWO, THREE = (Tombstone(bytes([n]) * 32, "guid", AT, "receipt") for n in (1, 2, 3))
KEY = b"key" * 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tombstones.jsonl"


@pytest.fixture
def file(path: Path) -> TombstoneFile:
    return TombstoneFile(path, KEY)


def test_what_is_added_is_read(file: TombstoneFile) -> None:
    file.add([ONE])
    file.add([TWO, THREE])
    assert file.read() == [ONE, TWO, THREE]


def test_nothing_is_read_where_nothing_was_written(file: TombstoneFile) -> None:
    assert file.read() == []
    assert file.state() == b""


def test_only_its_owner_may_read_it(file: TombstoneFile, path: Path) -> None:
    file.add([ONE])
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_is_a_digest_a_kind_a_time_and_a_receipt(file: TombstoneFile, path: Path) -> None:
    file.add([ONE])
    _, line = path.read_text("utf-8").splitlines()
    assert json.loads(line) == {
        "digest": "01" * 32,
        "kind": "guid",
        "at": "2026-06-01T12:00:00.000005+00:00",
        "receipt": "receipt",
    }


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_that_a_crash_left_half_written_spoils_no_other(
    file: TombstoneFile, path: Path, cut: int
) -> None:
    file.add([ONE, TWO])
    path.write_bytes(path.read_bytes()[:-cut])
    file.add([THREE])
    assert THREE in file.read()
    assert ONE in file.read()


def test_another_secret_key_is_refused(file: TombstoneFile, path: Path) -> None:
    file.add([ONE])
    with pytest.raises(StoreError, match="another secret key") as caught:
        TombstoneFile(path, b"other").read()
    assert "secret.key" in caught.value.advice


def test_a_folder_in_its_place_is_told(file: TombstoneFile, path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        file.add([ONE])
    with pytest.raises(StoreError, match="cannot be read"):
        file.read()


def test_replacing_leaves_these_and_no_draft(
    file: TombstoneFile, path: Path, tmp_path: Path
) -> None:
    file.add([ONE])
    file.replace([TWO])
    assert file.read() == [TWO]
    assert list(tmp_path.iterdir()) == [path]


def test_every_change_shows_in_its_state(file: TombstoneFile) -> None:
    states = [file.state()]
    for one in (ONE, TWO):
        file.add([one])
        states.append(file.state())
    file.replace([ONE, TWO])
    states.append(file.state())
    assert len(set(states)) == len(states)


def test_a_disk_that_takes_a_part_at_a_time_gets_all(
    file: TombstoneFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: whole(handle, bytes(data)[:7]))
    file.add([ONE, TWO])
    assert file.read() == [ONE, TWO]
