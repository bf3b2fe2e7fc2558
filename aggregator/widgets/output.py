"""The folder that the website serves: whole files, replaced only when their content changed.

In: ``OutputFile``s. Out: each file with ``.br`` and ``.gz`` beside it, and what changed.
Not here: when to publish (``actions/publish.py``), HTTP headers (``web/public.py``).

A file is written beside its place, forced to disk and moved over the old one, so a reader finds
the old or the new one, whole. The compressed ones move first and the plain one last: whatever
interrupts a write, the plain file differs from the content wanted until all three are new, so
the next write mends them.
"""

import contextlib
import errno
import fcntl
import gzip
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import brotli

from aggregator.errors import SettingsError
from aggregator.model import OutputFile

_BROTLI_QUALITY = 5
"""2 ms for a full page of 70 KB; quality 11 takes 90 ms and saves 4 % more."""
_GZIP_LEVEL = 6
_ROOM = "w"
_SHARED = {"widget", "loader"}
"""First parts of file names that belong to no single widget; reserved as ids."""
_UNFINISHED = ".tmp"
_WRITING = ".writing"
"""The lock that writers share and a sweep has alone; no widget can have this id."""
_PUBLIC_ID = re.compile(r"\bfw-[a-z0-9-]+?-([0-9a-f]{12})\b|\"id\":\"([0-9a-f]{12})\"")


class OutputFolder:
    """The output folder. Safe to share among threads and processes on one machine.

    Locks lie in ``locks`` beside it, out of the website's sight. All methods that write raise
    SettingsError where the folder cannot be written; the old files then stay as they were.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._locks = path.parent / "locks"

    def write(self, files: Iterable[OutputFile]) -> tuple[str, ...]:
        """Replace what differs, all of it or nothing; the paths of what is new or different."""
        changed = [file for file in files if not self._stands(file)]
        if not changed:
            return ()
        moves: list[tuple[Path, Path]] = []
        with self._mending(), self._flock(_WRITING, fcntl.LOCK_SH):
            try:
                for file in changed:
                    self._draft(file, moves)
                while moves:
                    draft, place = moves[0]
                    draft.replace(place)
                    moves.pop(0)
            finally:
                for draft, _ in moves:
                    draft.unlink(missing_ok=True)
        return tuple(file.path for file in changed)

    def remove(self, widget_id: str) -> None:
        """Delete all files of a widget, in every shape and coding."""
        room = self._path / _ROOM
        with self._mending():
            for path in [*room.glob(f"{widget_id}.*"), *(room / widget_id).glob("index.html*")]:
                path.unlink(missing_ok=True)
            with contextlib.suppress(FileNotFoundError):
                (room / widget_id).rmdir()

    def keep_only(self, widget_ids: Iterable[str]) -> tuple[str, ...]:
        """Remove the widgets that are not named; their ids. Shared files stay."""
        kept = {*widget_ids, *_SHARED}
        room = self._path / _ROOM
        found = {path.name.partition(".")[0] for path in room.glob("[!.]*")}
        gone = tuple(sorted(found - kept))
        for widget_id in gone:
            with self.lock(widget_id):
                self.remove(widget_id)
        return gone

    def published_ids(self, widget_id: str) -> frozenset[str]:
        """Public ids of the posts in a widget's files as they stand."""
        room = self._path / _ROOM
        ids: set[str] = set()
        for name in (f"{widget_id}.html", f"{widget_id}/index.html", f"{widget_id}.json"):
            with contextlib.suppress(FileNotFoundError):
                text = (room / name).read_text("utf-8")
                ids.update(one or other for one, other in _PUBLIC_ID.findall(text))
        return frozenset(ids)

    @contextmanager
    def lock(self, widget_id: str) -> Iterator[None]:
        """Be the only publisher of a widget, among threads and processes; waits for its turn.

        Not to be taken twice by the same thread. A killed process gives it back by dying.
        """
        with self._flock(widget_id, fcntl.LOCK_EX):
            yield

    def sweep(self) -> None:
        """Delete what killed processes left half written; waits for writes under way."""
        with self._mending(), self._flock(_WRITING, fcntl.LOCK_EX):
            for path in self._path.rglob(f".*{_UNFINISHED}"):
                path.unlink(missing_ok=True)

    def _stands(self, file: OutputFile) -> bool:
        """Whether the file is there with these bytes, and its compressed neighbours with it."""
        path = self._path / file.path
        try:
            return path.read_bytes() == file.body and all(
                path.with_name(path.name + suffix).exists() for suffix in (".br", ".gz")
            )
        except OSError:
            return False

    def _draft(self, file: OutputFile, moves: list[tuple[Path, Path]]) -> None:
        """Write the file and its codings beside their places; the plain one comes last."""
        path = self._path / file.path
        self._make_folder(path.parent)
        shapes = {
            ".br": brotli.compress(file.body, mode=brotli.MODE_TEXT, quality=_BROTLI_QUALITY),
            ".gz": gzip.compress(file.body, _GZIP_LEVEL, mtime=0),
            "": file.body,
        }
        for suffix, body in shapes.items():
            place = path.with_name(path.name + suffix)
            number, name = tempfile.mkstemp(_UNFINISHED, f".{place.name}.", path.parent)
            moves.append((Path(name), place))
            with os.fdopen(number, "wb") as draft:
                os.fchmod(number, 0o644)  # the website's server is another user
                draft.write(body)
                draft.flush()
                os.fsync(number)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder below ours that the website's server may read, whatever the umask."""
        if folder.is_dir():
            return
        if folder != self._path:
            self._make_folder(folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)

    @contextmanager
    def _flock(self, name: str, kind: int) -> Iterator[None]:
        with self._mending():
            self._locks.mkdir(parents=True, exist_ok=True)
            handle = (self._locks / f"{name}.lock").open("ab")
        with handle:
            fcntl.flock(handle, kind)
            yield

    @contextmanager
    def _mending(self) -> Iterator[None]:
        """Tell the operator in plain words what the system refused."""
        try:
            yield
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                advice = "Free space on that disk; until then the website keeps the old files."
            else:
                advice = f"Let the user who runs Aggregator write to {self._path}, or set "
                advice += "AGGREGATOR_DATA to a folder where that is so."
            raise SettingsError(
                "AGGREGATOR_DATA",
                f"{error.filename or self._path} cannot be written ({error.strerror})",
                advice=advice,
            ) from error
