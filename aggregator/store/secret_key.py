"""Where the secret key of a database comes from: the environment, or a file in the data folder.

Not here: what it is for (``digests.py``), and that a database keeps its own (``database.py``).
"""

import contextlib
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from aggregator.errors import SettingsError
from aggregator.settings import Settings
from aggregator.store.database import Database, is_keyed, open_database
from aggregator.store.tombstone_file import NAME

FILE = "secret.key"
"""In the data folder."""
_VARIABLE = "AGGREGATOR_SECRET_KEY"


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """The environment, or else a file."""

    set: str | None = field(repr=False)
    """The key of the environment; None: not set."""
    folder: Path
    """The data folder."""

    @property
    def file(self) -> Path:
        """Where the key is, or would be made, while none is set."""
        return self.folder / FILE

    @property
    def holds_one(self) -> bool:
        """Whether there is a key in either place."""
        return self.set is not None or self.file.exists()

    @property
    def words(self) -> str:
        """A sentence on which of the two it is, for when it is the wrong one."""
        if self.set is not None:
            return f"The key that was used is that of {_VARIABLE}, which is set."
        return f"The key that was used is that of {self.file}; {_VARIABLE} is not set."

    def key(self) -> bytes:
        """The key. Raises SettingsError where there is none, or its file is unreadable or empty."""
        if self.set is not None:
            return self.set.encode()
        try:
            key = self.file.read_bytes().strip()
        except FileNotFoundError:
            raise SettingsError(
                _VARIABLE,
                f"it is not set, there is no file {self.file} either, and the database was made "
                "with a secret key",
                advice="Set it as it is set for `serve`, or put the file back from where you keep "
                "it. No new key is made: what was taken down could come back.",
            ) from None
        except OSError as error:
            raise self._refused(error) from error
        if not key:
            raise SettingsError(
                "AGGREGATOR_DATA",
                f"the secret key in {self.file} is empty",
                advice="Copy it from where you keep it. Only where no database was made yet, "
                "delete it: a new one is made.",
            )
        return key

    def make(self) -> None:
        """Make a key in the data folder, mode 0600, and that folder; a key that is there stays.

        Never where a database has its key already. Raises SettingsError where it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Written aside and linked, so that of two starts at once both read the same key.
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix="secret.") as draft:
                draft.write(secrets.token_hex(32).encode() + b"\n")
                draft.flush()
                with contextlib.suppress(FileExistsError):
                    os.link(draft.name, self.file)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> SettingsError:
        return SettingsError(
            "AGGREGATOR_DATA",
            f"the secret key in {self.file} cannot be read or made ({error.strerror})",
            advice=f"Let this user write to {self.folder} and read all that is in it.",
        )


def place_of(settings: Settings) -> KeyPlace:
    """Where settings have it."""
    given = settings.secret_key
    return KeyPlace(given.get_secret_value() if given else None, settings.data)


def open_with_key(url: str, place: KeyPlace) -> Database:
    """Open the database at a URL with its secret key, which is made for a new one only.

    None is made either where tombstones are left of a database that was lost. Raises StoreError
    and SettingsError.
    """
    if not (place.holds_one or (place.folder / NAME).exists() or is_keyed(url)):
        place.make()
    return open_database(url, place.key(), place.folder, key_from=place.words)
