"""All tombstones once more, in a file beside the database: ``tombstones.jsonl``.

A backup that is put back knows nothing of what was taken down since; this file does. A line each,
as JSON: keyed digest, kind, when, receipt; the first names the secret key by a digest. No content.
It is written before the transaction of a takedown ends, so that it never knows less than the
database. Where a takedown is killed between the two, the next opening completes it.
Not here: what follows from it (``reburial.py``).
"""

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aggregator.errors import StoreError

NAME = "tombstones.jsonl"
"""In the data folder; beside a backup, after the backup's own name and a dot."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A row."""

    digest: bytes
    kind: str
    at: datetime
    receipt: str


class TombstoneFile:
    """The file; use it within a writing transaction, for there is one of these at a time."""

    def __init__(self, path: Path, key: bytes) -> None:
        """``key``: a digest that tells secret keys apart."""
        self._path = path
        self._head = json.dumps({"key": key.hex()})

    def state(self) -> bytes:
        """What tells it from itself before or after a change; empty: it is not there."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return b""
        return f"{found.st_ino} {found.st_size} {found.st_mtime_ns}".encode()

    def read(self) -> list[Tombstone]:
        """All that it knows; a line that a crash left half written is passed over.

        Raises StoreError where it was made with another secret key, or cannot be read.
        """
        try:
            lines = self._path.read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._refused(error, "read") from error
        if lines and lines[0] != self._head:
            raise StoreError(
                f"{self._path} was made with another secret key than the one in use, so what was "
                "taken down could come back.",
                advice="Bring back the old key: AGGREGATOR_SECRET_KEY, or the file secret.key in "
                "the data folder as it was when the file was written.",
            )
        return [one for line in lines[1:] if (one := _tombstone(line)) is not None]

    def add(self, tombstones: Iterable[Tombstone]) -> None:
        """Append, on the disk when this returns. Raises StoreError where that cannot be."""
        try:
            new = not self._path.exists()
            handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                left = memoryview(self._text(handle, tombstones).encode())
                while left:  # a disk that is nearly full takes a part
                    left = left[os.write(handle, left) :]
                os.fsync(handle)
            finally:
                os.close(handle)
            if new:
                to_disk(self._path.parent)
        except OSError as error:
            raise self._refused(error, "written") from error

    def replace(self, tombstones: Iterable[Tombstone]) -> None:
        """Let it know these and no others. Raises StoreError where that cannot be."""
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            TombstoneFile(draft, bytes.fromhex(json.loads(self._head)["key"])).add(tombstones)
            draft.replace(self._path)
            to_disk(self._path.parent)
        except OSError as error:
            raise self._refused(error, "written") from error
        finally:
            draft.unlink(missing_ok=True)

    def _text(self, handle: int, tombstones: Iterable[Tombstone]) -> str:
        """What to append; a line that a crash left half written is ended first."""
        size = os.fstat(handle).st_size
        if size == 0:
            begin = f"{self._head}\n"
        else:
            begin = "" if os.pread(handle, 1, size - 1) == b"\n" else "\n"
        return begin + "".join(f"{_line(one)}\n" for one in tombstones)

    def _refused(self, error: OSError, done: str) -> StoreError:
        return StoreError(
            f"{self._path}, which keeps what was taken down from coming back, cannot be {done} "
            f"({error.strerror}).",
            advice="Let the user that runs Aggregator read and write it, and see that the disk has "
            "space. Until then nothing can be taken down.",
        )


def _line(one: Tombstone) -> str:
    told = {"digest": one.digest.hex(), "kind": one.kind, "at": one.at.isoformat()}
    return json.dumps(told | {"receipt": one.receipt})


def _tombstone(line: str) -> Tombstone | None:
    try:
        told = json.loads(line)
        at = datetime.fromisoformat(told["at"])
        return Tombstone(bytes.fromhex(told["digest"]), told["kind"], at, told["receipt"])
    except (ValueError, KeyError, TypeError):
        return None


def to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
