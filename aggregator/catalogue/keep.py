"""The last good catalogue: what stays in use while feeds.yaml is broken.

The file is read and hashed at every look, not only when its time or size changed: two edits within
one tick of the clock may leave both the same, and reading a list of a thousand sources takes less
than a millisecond. It is parsed only when its bytes are new.

A withdrawal wins over the last good list (design rule 1): what somebody took out of the broken file
is out at once (``withdrawals.py``), and is written down beside the last good list, so that a start
without a readable file does not bring it back.
"""

import contextlib
import hashlib
import logging
import os
import tempfile
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from aggregator.catalogue.load import parse, read_bytes
from aggregator.catalogue.withdrawals import readable, taken_out
from aggregator.errors import CatalogueError
from aggregator.model import Catalogue, Platform, Source

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Current:
    """What to work with now, and what is wrong with the file, if anything."""

    catalogue: Catalogue
    problem: CatalogueError | None = None
    """None: the catalogue is that of the file as it stands."""
    left_out: tuple[str, ...] = ()
    """Ids of sources that the last good list has and that are out: the broken file lacks them."""
    raw: bytes = b""
    """The file itself, where it is good."""


class Keeper:
    """Answers what the catalogue is now. May be asked from several threads."""

    def __init__(
        self,
        path: Path,
        good_path: Path,
        platforms: Mapping[str, Platform],
        layouts: Collection[str],
    ) -> None:
        """Read nothing yet.

        ``good_path`` holds the last good list over restarts, ``catalogue.out`` beside it what is
        out of that list.
        """
        self._path = path
        self._good_path = good_path
        self._out_path = good_path.with_name("catalogue.out")
        self._platforms = platforms
        self._layouts = layouts
        self._lock = threading.Lock()
        self._good: tuple[Catalogue, bytes] | None = None
        self._out: frozenset[str] = frozenset()
        self._seen: str | None = None
        self._current: Current | None = None

    def current(self) -> Current:
        """The file's catalogue, or the last good one with what is wrong with the file.

        Raises CatalogueError where the file is broken and nothing was ever good.
        """
        with self._lock:
            try:
                raw = read_bytes(self._path)
            except CatalogueError as problem:
                self._seen = None
                return self._fall_back(problem, b"")
            digest = hashlib.sha256(raw).hexdigest()
            if self._current is None or digest != self._seen:
                self._current = self._read(raw)
                self._seen = digest
            return self._current

    def read(self, raw: bytes) -> Catalogue:
        """What these bytes would say if they were the file's. Raises CatalogueError."""
        return parse(raw, self._path, self._platforms, self._layouts)

    def _read(self, raw: bytes) -> Current:
        try:
            catalogue = self.read(raw)
        except CatalogueError as problem:
            return self._fall_back(problem, raw)
        self._good = catalogue, raw
        if self._save(self._good_path, raw):
            self._put_out(frozenset())
        self._out = frozenset()
        return Current(catalogue, raw=raw)

    def _fall_back(self, problem: CatalogueError, raw: bytes) -> Current:
        """The last good list without what is out.

        A file that says nothing brings nothing back that was out a moment ago, be it that this
        process saw it or another one.
        """
        catalogue, good = self._last_good(problem)
        text, good_text = readable(raw), readable(good)
        if text is None or good_text is None:
            self._out |= self._written_out()
        else:
            self._out = taken_out(text, good_text, catalogue)
            self._put_out(self._out)
        left_out = tuple(source.id for source in catalogue.sources if source.id in self._out)
        return Current(without(catalogue, self._out), problem, left_out)

    def _last_good(self, problem: CatalogueError) -> tuple[Catalogue, bytes]:
        if self._good is None:
            try:
                raw = read_bytes(self._good_path)
                self._good = parse(raw, self._good_path, self._platforms, self._layouts), raw
            except CatalogueError:
                problem.advice = (
                    "Nothing is shown until it is mended: there is no earlier good list."
                )
                raise problem from None
        return self._good

    def _written_out(self) -> frozenset[str]:
        try:
            return frozenset(self._out_path.read_text("utf-8", "replace").splitlines())
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            _log.warning("withdrawals not read: path=%s reason=%s", self._out_path, error.strerror)
            return frozenset()

    def _put_out(self, out: frozenset[str]) -> None:
        """Write down what is out, one a line; no file where nothing is."""
        if out:
            self._save(self._out_path, "".join(f"{line}\n" for line in sorted(out)).encode())
            return
        try:
            self._out_path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("not removed: path=%s reason=%s", self._out_path, error.strerror)

    def _save(self, path: Path, raw: bytes) -> bool:
        """Write beside and rename, so that a crash leaves the old bytes or the new ones.

        False where that is not possible: it is logged, and reading goes on.
        """
        try:
            if path.is_file() and path.read_bytes() == raw:
                return True
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                dir=path.parent, prefix=".catalogue.", delete=False
            ) as draft:
                try:
                    draft.write(raw)
                    draft.flush()
                    os.fsync(draft.fileno())
                    Path(draft.name).replace(path)
                except OSError:
                    with contextlib.suppress(OSError):
                        Path(draft.name).unlink()
                    raise
        except OSError as error:
            _log.warning("not saved: path=%s reason=%s", path, error.strerror)
            return False
        return True


def without(catalogue: Catalogue, out: Collection[str]) -> Catalogue:
    """The catalogue less these sources (``ID``) and places (``ID WIDGET``).

    It has a digest of its own where that changes anything.
    """
    kept = tuple(_less(source, out) for source in catalogue.sources if source.id not in out)
    if kept == catalogue.sources:
        return catalogue
    mark = "\n".join([catalogue.digest, *sorted(out)])
    return replace(catalogue, sources=kept, digest=hashlib.sha256(mark.encode()).hexdigest())


def _less(source: Source, out: Collection[str]) -> Source:
    widgets = tuple(widget for widget in source.widgets if f"{source.id} {widget}" not in out)
    return source if widgets == source.widgets else replace(source, widgets=widgets)
