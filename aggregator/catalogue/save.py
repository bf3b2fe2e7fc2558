"""The one door through which feeds.yaml is changed on disk: locked, read afresh, checked, replaced.

In: a change, as a function from text to text. Out: the catalogue of the new file. What is broken
is never written over, and what would be broken is never written. The bytes are put beside the file
and renamed over it, so that a reader, or a crash, finds the old ones or the new ones.

Not here: the changes themselves (``edit.py``).
"""

import contextlib
import errno
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from aggregator.catalogue.load import read_bytes
from aggregator.errors import CatalogueError, EditConflict, EditRefused
from aggregator.model import Catalogue

_ATTEMPTS = 3
"""Editors know nothing of our lock: where one saves at the same moment, we begin again."""


def edit_file(
    path: Path,
    change: Callable[[str], str],
    *,
    read: Callable[[bytes], Catalogue],
    expected: str | None = None,
) -> Catalogue:
    """Change the file at ``path`` and return what it says now.

    ``change`` gets the text as it stands at this moment and returns what it should be; it may be
    called again where somebody wrote meanwhile. ``read`` judges bytes, as ``load.parse`` does.
    ``expected`` is the digest (``Catalogue.digest``) of the file that the person saw who wants
    this; None: whatever is there now.

    Raises CatalogueError where the file is broken already, EditConflict where it is no longer the
    one that was expected, EditRefused where the change cannot be made or would break it.
    """
    real = path.resolve()  # where it is a link, the link stays and the file behind it changes
    with _locked(real):
        for _ in range(_ATTEMPTS):
            before = read_bytes(path)
            now = read(before)
            if expected is not None and now.digest != expected:
                raise EditConflict
            after = change(before.decode("utf-8")).encode("utf-8")
            if after == before:
                return now
            catalogue = _judged(after, read)
            if _replaced(real, before, after):
                return catalogue
    raise EditConflict


def _judged(after: bytes, read: Callable[[bytes], Catalogue]) -> Catalogue:
    try:
        return read(after)
    except CatalogueError as error:
        first = error.problems[0]
        raise EditRefused(
            f"The file was not changed, for it would not be right afterwards: {first.what}",
            advice=first.hint,
        ) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One change at a time, whichever process makes it. The lock file stays: removing it races."""
    try:
        with path.with_name(f"{path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise _refused(path, error) from error


def _replaced(path: Path, before: bytes, after: bytes) -> bool:
    """Put the new bytes in place of the old; False where these are no longer the old ones."""
    mode = path.stat()
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as draft:
        try:
            draft.write(after)
            draft.flush()
            os.fchmod(draft.fileno(), mode.st_mode & 0o7777)
            with contextlib.suppress(PermissionError):  # only root may give files away
                os.fchown(draft.fileno(), mode.st_uid, mode.st_gid)
            os.fsync(draft.fileno())
            unchanged = path.read_bytes() == before
            if unchanged:
                Path(draft.name).replace(path)
        finally:
            Path(draft.name).unlink(missing_ok=True)
    if unchanged:
        _sync_folder(path.parent)
    return unchanged


def _sync_folder(folder: Path) -> None:
    """The new name is on the disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(path: Path, error: OSError) -> EditRefused:
    if error.errno == errno.EBUSY:
        return EditRefused(
            f"{path.name} cannot be replaced: it seems to be mounted by itself into a container.",
            advice="Mount the folder that holds it instead of the file.",
        )
    return EditRefused(
        f"{path.name} cannot be written ({error.strerror}).",
        advice=f"Let the user that runs Aggregator write to {path.parent} and to the file.",
    )
