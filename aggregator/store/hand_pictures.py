"""Pictures that staff gave with posts of their own: our copy of each, for nothing can fetch them.

Written in the transaction of the post, and gone with it. Kept here, since the website's folder may
be lost. The file as it was given is never kept.
Not here: where the website finds them (``pictures.py``, ``actions/pictures.py``).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, select

from aggregator.store.care_tables import hand_pictures
from aggregator.store.database import Database
from aggregator.store.statements import in_parts, insert_or

_C = hand_pictures.c
_GIVEN = select(_C.public_id, _C.body, _C.width, _C.height).where(
    _C.public_id.in_(bindparam("public_ids", expanding=True))
)


@dataclass(frozen=True, slots=True)
class HandPicture:
    """Our own copy of a picture that staff gave."""

    body: bytes
    """WebP."""
    width: int
    """Pixels."""
    height: int

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes, in hex; what the website calls it by."""
        return hashlib.sha256(self.body).hexdigest()


def read(database: Database, public_ids: Iterable[str]) -> dict[str, HandPicture]:
    """By public id of the post; those without one are left out."""
    found: dict[str, HandPicture] = {}
    with database.reading() as connection:
        for part in in_parts(public_ids):
            rows = connection.execute(_GIVEN, {"public_ids": part})
            found |= {row[0]: HandPicture(*row[1:]) for row in rows}
    return found


def write(connection: Connection, public_id: str, picture: HandPicture) -> None:
    """Keep the picture of a post, in the place of the one before."""
    facts = {"body": picture.body, "width": picture.width, "height": picture.height}
    insert = insert_or(connection.dialect.name, hand_pictures).values(public_id=public_id, **facts)
    connection.execute(insert.on_conflict_do_update(index_elements=["public_id"], set_=facts))


def erase(connection: Connection, public_ids: Iterable[str]) -> None:
    """Keep none of these posts."""
    for part in in_parts(public_ids):
        connection.execute(delete(hand_pictures).where(_C.public_id.in_(part)))
