"""The folder that the website serves: whole files, replaced only when their content changed.

In: ``OutputFile``s. Out: each file with ``.br`` and ``.gz`` beside it, pictures without, and what
changed.
Not here: when to publish (``actions/publish.py``), HTTP headers (``web/public.py``).

A file is drafted outside the website's sight, forced to disk and moved over the old one, so a
reader finds the old or the new one, whole. Its old compressed neighbours go before that and the new
ones come after: what was withdrawn never outlives the plain file in another coding.
"""

import contextlib
import errno
import fcntl
import gzip
import hashlib
import os
import re
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import brotli

from aggregator.errors import SettingsError
from aggregator.model import OutputFile

_BROTLI = {"quality": 5, "lgwin": 16}
"""1 ms for a full page of 50 KB; quality 11 takes 90 ms and saves 4 % more. A window of 64 KB
holds a page, and files come out smaller and sooner than with the usual one of 4 MB."""
_GZIP_LEVEL = 5
"""1 % larger than level 6, for two thirds of the time."""
_ROOM = "w"
_PICTURES = "media"
_PICTURE = ".webp"
_PICTURES_LOCK = ".pictures"
"""No widget can have this id."""
_SHARED = {"widget", "loader"}
"""First parts of file names that belong to no single widget; reserved as ids."""
_HASHED = re.compile(r"(widget|loader)\.[0-9a-f]{12}(\.css|\.js)")
_OLDER_KEPT = 2
_WRITING = ".writing"
"""The lock that writers share and a sweep has alone; no widget can have this id."""
_CODINGS: dict[str, Callable[[bytes], bytes]] = {
    ".br": brotli.decompress,
    ".gz": gzip.decompress,
}
_PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, **_BROTLI),
    ".gz": lambda body: gzip.compress(body, _GZIP_LEVEL, mtime=0),
}


class OutputFolder:
    """The output folder. Safe to share among threads and processes on one machine.

    Locks and drafts lie in ``locks`` and ``drafts`` beside it, out of the website's sight. All
    methods that write raise SettingsError where the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._locks = path.parent / "locks"
        self._drafts = path.parent / "drafts"

    def write(self, files: Iterable[OutputFile]) -> tuple[str, ...]:
        """Replace what differs; the paths of what is new or different.

        All drafts are written before the first file is replaced: a full disk leaves the old ones.
        """
        changed = [file for file in files if not self._stands(file)]
        if not changed:
            return ()
        drafts: dict[Path, Path] = {}
        with self._mending(), self._flock(_WRITING, fcntl.LOCK_SH):
            try:
                for file in changed:
                    self._draft(file, drafts)
                for file in changed:
                    place = self._path / file.path
                    for neighbour in _neighbours(place):
                        neighbour.unlink(missing_ok=True)
                    for path in (place, *_neighbours(place)):
                        drafts.pop(path).replace(path)
            finally:
                for draft in drafts.values():
                    draft.unlink(missing_ok=True)
        return tuple(file.path for file in changed)

    def replace(self, widget_id: str, files: Sequence[OutputFile]) -> tuple[str, ...]:
        """The same for all files of a widget; what it had besides goes."""
        changed = self.write(files)
        places = [self._path / file.path for file in files]
        kept = {path for place in places for path in (place, *_neighbours(place))}
        with self._mending():
            for path in self._files_of(widget_id):
                if path not in kept:
                    path.unlink(missing_ok=True)
        return changed

    def remove(self, widget_id: str) -> None:
        """Delete all files of a widget, in every shape and coding; what is not ours stays."""
        with self._mending():
            for path in self._files_of(widget_id):
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # it was never there, or holds somebody's own files
                (self._path / _ROOM / widget_id).rmdir()

    def digest(self, widget_id: str) -> bytes:
        """Of all files of a widget as they stand, in every shape and coding: names and bytes.

        A lost, added or damaged file gives another digest.
        """
        found = hashlib.sha256()
        for path in sorted(self._files_of(widget_id)):
            try:
                body = path.read_bytes()
            except OSError:  # a folder in its place
                body = b""
            found.update(f"{path.name}\0{len(body)}\0".encode())
            found.update(body)
        return found.digest()

    def _files_of(self, widget_id: str) -> list[Path]:
        room = self._path / _ROOM
        return [*room.glob(f"{widget_id}.*"), *(room / widget_id).glob("index.html*")]

    def keep_only(self, widget_ids: Iterable[str]) -> tuple[str, ...]:
        """Remove the widgets that are not named; their ids. Shared files stay."""
        kept = {*widget_ids, *_SHARED}
        room = self._path / _ROOM
        found = {path.name.partition(".")[0] for path in room.glob("[!.]*.html*")}
        found |= {path.parent.name for path in room.glob("*/index.html*")}
        gone = tuple(sorted(found - kept))
        for widget_id in gone:
            with self.lock(widget_id):
                self.remove(widget_id)
        return gone

    def keep_assets(self, current: Iterable[OutputFile]) -> None:
        """Of the shared files named by a hash, keep ``current`` and two older ones of each kind.

        Pages that people wrote by hand name them, and cached pages do.
        """
        named = {Path(file.path).name for file in current}
        older = defaultdict(list)
        with self._mending(), self._flock(_WRITING, fcntl.LOCK_EX):
            for path in (self._path / _ROOM).glob("*"):
                if path.name not in named and (found := _HASHED.fullmatch(path.name)):
                    older[found.groups()].append(path)
            for paths in older.values():
                paths.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
                for path in paths[_OLDER_KEPT:]:
                    for gone in (*_neighbours(path), path):
                        gone.unlink(missing_ok=True)

    def pictures(self) -> frozenset[str]:
        """What the pictures that stand are called: their names without the ending."""
        return frozenset(path.stem for path in (self._path / _PICTURES).glob(f"*{_PICTURE}"))

    def keep_pictures(self, names: Collection[str]) -> None:
        """Delete all other pictures; what is not ours stays. Hold ``picture_lock`` meanwhile."""
        with self._mending():
            for name in self.pictures() - frozenset(names):
                (self._path / _PICTURES / f"{name}{_PICTURE}").unlink(missing_ok=True)

    @contextmanager
    def picture_lock(self) -> Iterator[None]:
        """Be the only one to add or delete pictures: a new one is not yet named anywhere."""
        with self._flock(_PICTURES_LOCK, fcntl.LOCK_EX):
            yield

    @contextmanager
    def lock(self, widget_id: str) -> Iterator[None]:
        """Be the only publisher of a widget, among threads and processes; waits for its turn.

        Not to be taken twice by the same thread. A killed process gives it back by dying.
        """
        with self._flock(widget_id, fcntl.LOCK_EX):
            yield

    def sweep(self) -> None:
        """Delete what killed processes left half written; leaves writes under way alone."""
        with self._mending(), self._flock(_WRITING, fcntl.LOCK_EX):
            for path in self._drafts.glob("*"):
                path.unlink(missing_ok=True)

    def _stands(self, file: OutputFile) -> bool:
        """Whether the file is there with these bytes, and its compressed neighbours as well."""
        path = self._path / file.path
        try:
            return path.read_bytes() == file.body and all(
                _CODINGS[neighbour.suffix](neighbour.read_bytes()) == file.body
                for neighbour in _neighbours(path)
            )
        except (OSError, EOFError, zlib.error, brotli.error):
            return False

    def _draft(self, file: OutputFile, drafts: dict[Path, Path]) -> None:
        """Write the file and its codings aside; into ``drafts`` goes each place with its draft."""
        place = self._path / file.path
        self._make_folder(place.parent)
        self._drafts.mkdir(parents=True, exist_ok=True)
        bodies = {place: file.body}
        bodies |= {path: _PACKED[path.suffix](file.body) for path in _neighbours(place)}
        for path, body in bodies.items():
            number, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=self._drafts)
            drafts[path] = Path(name)
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
            place = error.filename2 or error.filename or self._path
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                advice = "Free space on that disk; until then the website keeps the old files."
            elif isinstance(error, FileExistsError | NotADirectoryError):
                advice = "A file stands where a folder is wanted: move it away."
            elif isinstance(error, IsADirectoryError):
                advice = "A folder stands where a file is wanted: move it away."
            else:
                advice = f"Let the user who runs Aggregator write to {self._path}, or set "
                advice += "AGGREGATOR_DATA to a folder where that is so."
            raise SettingsError(
                "AGGREGATOR_DATA",
                f"{place} cannot be written ({error.strerror})",
                advice=advice,
            ) from error


def _neighbours(place: Path) -> list[Path]:
    """Where the compressed copies of a file stand, brotli first; pictures have none."""
    if place.suffix == _PICTURE:
        return []
    return [place.with_name(place.name + suffix) for suffix in _CODINGS]
