"""The last good catalogue: what stays in use while feeds.yaml is broken.

The file is read and hashed at every look, not only when its time or size changed: two edits within
one tick of the clock may leave both the same, and reading a list of a thousand sources takes less
than a millisecond. It is parsed only when its bytes are new.

A withdrawal wins over the last good list (design rule 1): see ``withdrawn_in``.
"""

import contextlib
import hashlib
import logging
import os
import re
import tempfile
import threading
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from aggregator.catalogue.load import MAX_BYTES, parse, read_bytes
from aggregator.errors import CatalogueError
from aggregator.model import Catalogue, Platform, Source

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Current:
    """What to work with now, and what is wrong with the file, if anything."""

    catalogue: Catalogue
    problem: CatalogueError | None = None
    """None: the catalogue is that of the file as it stands."""


class Keeper:
    """Answers what the catalogue is now. May be asked from several threads."""

    def __init__(
        self,
        path: Path,
        good_path: Path,
        platforms: Mapping[str, Platform],
        layouts: Collection[str],
    ) -> None:
        """Read nothing yet. ``good_path`` holds the last good list over restarts."""
        self._path = path
        self._good_path = good_path
        self._platforms = platforms
        self._layouts = layouts
        self._lock = threading.Lock()
        self._good: Catalogue | None = None
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
                return self._fall_back(problem, self._out)
            digest = hashlib.sha256(raw).hexdigest()
            if self._current is None or digest != self._seen:
                self._current = self._read(raw)
                self._seen = digest
            return self._current

    def _read(self, raw: bytes) -> Current:
        try:
            catalogue = parse(raw, self._path, self._platforms, self._layouts)
        except CatalogueError as problem:
            out = withdrawn_in(raw, self._last_good(problem))
            # A file that says nothing at all brings nothing back that was out a moment ago.
            return self._fall_back(problem, self._out if out is None else out)
        self._good, self._out = catalogue, frozenset()
        self._save(raw)
        return Current(catalogue)

    def _fall_back(self, problem: CatalogueError, out: frozenset[str]) -> Current:
        self._out = out
        return Current(without(self._last_good(problem), out), problem)

    def _last_good(self, problem: CatalogueError) -> Catalogue:
        if self._good is None:
            try:
                raw = read_bytes(self._good_path)
                self._good = parse(raw, self._good_path, self._platforms, self._layouts)
            except CatalogueError:
                raise problem from None
        return self._good

    def _save(self, raw: bytes) -> None:
        """Write beside and rename, so that a crash leaves the old list or the new one."""
        folder = self._good_path.parent
        try:
            if self._good_path.is_file() and self._good_path.read_bytes() == raw:
                return
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".good.", delete=False) as draft:
                try:
                    draft.write(raw)
                    draft.flush()
                    os.fsync(draft.fileno())
                    Path(draft.name).replace(self._good_path)
                except OSError:
                    with contextlib.suppress(OSError):
                        Path(draft.name).unlink()
                    raise
        except OSError as error:
            _log.warning(
                "last good catalogue not saved: path=%s reason=%s", self._good_path, error.strerror
            )


def without(catalogue: Catalogue, source_ids: Collection[str]) -> Catalogue:
    """The catalogue less these sources, with a digest of its own where that changes anything."""
    out = sorted({source.id for source in catalogue.sources}.intersection(source_ids))
    if not out:
        return catalogue
    kept = tuple(source for source in catalogue.sources if source.id not in out)
    mark = f"{catalogue.digest} without {' '.join(out)}"
    return replace(catalogue, sources=kept, digest=hashlib.sha256(mark.encode()).hexdigest())


def withdrawn_in(raw: bytes, good: Catalogue) -> frozenset[str] | None:
    """Ids of the sources that somebody took out of a broken file; None: it says nothing at all.

    Taken out is what no longer occurs in the text outside comments as a whole word, and an entry
    that now says ``withdrawn`` with another date than in the last good list. In doubt a source is
    taken out: a family may be waiting for it, and mending the file brings it back. A file that is
    empty, far too large or no text was damaged and not edited.
    """
    text = raw.decode("utf-8-sig", "replace")
    if not text.strip() or "\0" in text or len(raw) > MAX_BYTES:
        return None
    naming: dict[str, list[str]] = defaultdict(list)
    own: dict[str, list[str]] = defaultdict(list)
    for entry in _ENTRY.split(_COMMENT.sub("", text)):
        for word in set(_WORD.findall(entry)):
            naming[word].append(entry)
        for word in set(_OWN_ID.findall(entry)):
            own[word].append(entry)
    return frozenset(
        source.id
        for source in good.sources
        if source.id not in naming
        or any(_newly_withdrawn(source, entry) for entry in own[source.id] or naming[source.id])
    )


# A number sign begins a comment at the start of a line or after a blank (YAML 1.2.2, 6.6). One
# inside quotes is taken for that too: whether quotes are closed is unknowable in a broken file.
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*", re.MULTILINE)
_ENTRY = re.compile(r"^[ \t]*-[ \t]+(?=[{]?[ \t]*[A-Za-z_]+[ \t]*:)", re.MULTILINE)

_WORD = re.compile(r"[\w-]+")
_OWN_ID = re.compile(r"\bid[\"']?\s*:\s*[\"']?([\w-]+)")


def _newly_withdrawn(source: Source, entry: str) -> bool:
    known = source.consent.withdrawn if source.consent else None
    return "withdrawn" in entry and (known is None or known.isoformat() not in entry)
