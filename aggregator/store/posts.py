"""Stored posts: writing them in bulk, and the questions that the desk asks.

Not here: what publishing asks (``candidates.py``), who decided what (``verdicts.py``), why
something must not come back (``tombstones.py``).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    literal,
    select,
    tuple_,
    update,
)

from aggregator.model import Post, Standing, StoredPost, Written
from aggregator.store import emptied, hand_pictures, insertion
from aggregator.store.database import Database
from aggregator.store.renamed import is_home, renamed
from aggregator.store.rows import WITH_VERDICT, row_of_post, stored_post
from aggregator.store.standing import standing, standing_of_stored
from aggregator.store.statements import in_parts
from aggregator.store.tables import pictures, posts, sightings

# --- writing ---------------------------------------------------------------------------------


def upsert(
    connection: Connection,
    found: Sequence[Post],
    now: datetime,
    *,
    secret: bytes,
    held: Collection[str] = (),
) -> dict[str, Written]:
    """Store posts of any number of sources, newest first; of equal guids the last counts.

    A post that is stored under another guid is that one (``renamed.py``), and keeps its guid.
    ``held``: ids of sources under suspicion. Their new posts wait for a person, and stored ones
    stay as they are. Returns by source id how many were new, how many edited, and how many were
    refused because they were taken down before; unchanged ones are none of these. Of those, only
    the addresses of pictures are taken over that a platform signs anew at every answer.
    """
    by_key = {(post.source_id, post.guid): post for post in found}
    known = _fingerprints(connection, by_key.values())
    back = renamed(connection, by_key, known)
    for key, before in back.items():
        # It keeps the id by which people decided about it.
        by_key[before.source_id, before.guid] = replace(by_key.pop(key), guid=before.guid)
        known[before.source_id, before.guid] = before.fingerprint
    # Oldest first, so that ids grow with newness and break ties of the order rightly.
    wanted = {
        key: post
        for key, post in reversed(by_key.items())
        if key not in known or (known[key] != post.fingerprint and post.source_id not in held)
    }
    if insertion.write(connection, wanted.values(), now, secret, held) < len(wanted):
        after = _fingerprints(connection, wanted.values())
        refused = {key for key, post in wanted.items() if after.get(key) != post.fingerprint}
    else:
        refused = set()
    same = (post for key, post in by_key.items() if key not in wanted)
    _readdress(connection, (post for post in same if post.source_id not in held))
    counted = Counter(
        (key[0], "refused" if key in refused else "edited" if key in known else "new")
        for key in wanted
    )
    counted.update((source_id, "renamed") for source_id, _ in back)
    return {
        source_id: _written(source_id, counted) for source_id in {one.source_id for one in found}
    }


def _written(source_id: str, counted: Mapping[tuple[str, str], int]) -> Written:
    """By source id and what became of its posts, how many."""
    new, edited, refused, renamed = (
        counted.get((source_id, what), 0) for what in ("new", "edited", "refused", "renamed")
    )
    return Written(source_id, new=new, edited=edited, refused=refused, renamed=renamed)


def _fingerprints(connection: Connection, wanted: Iterable[Post]) -> dict[tuple[str, str], bytes]:
    """By source id and guid, those of the same posts as they are stored."""
    known: dict[tuple[str, str], bytes] = {}
    # The public id stands for source and guid together: one question for many sources.
    for part in in_parts(post.public_id for post in wanted):
        for source_id, guid, fingerprint in connection.execute(_KNOWN, {"public_ids": part}):
            known[source_id, guid] = fingerprint
    return known


_KNOWN = select(posts.c.source_id, posts.c.guid, posts.c.fingerprint).where(
    posts.c.public_id.in_(bindparam("public_ids", expanding=True))
)


def _readdress(connection: Connection, same: Iterable[Post]) -> None:
    """Take over where media are by now. Only those with an id may be elsewhere without an edit."""
    moving = (post for post in same if any(medium.id for medium in post.media))
    for part in in_parts(moving):
        rows = [(post.source_id, post.guid, row_of_post(post)["media"]) for post in part]
        names = ("_source_id", "_guid", "_media")
        connection.execute(_READDRESS, [dict(zip(names, row, strict=True)) for row in rows])


_READDRESS = (
    update(posts)
    .where(posts.c.source_id == bindparam("_source_id"), posts.c.guid == bindparam("_guid"))
    .where(~emptied.EMPTY)
    .values(media=bindparam("_media", type_=posts.c.media.type))
)


def restand(connection: Connection, source_id: str, guid: str) -> None:
    """Let a post's standing follow what its platform says of it, and else its verdicts."""
    of_post = update(posts).where(posts.c.source_id == source_id, posts.c.guid == guid)
    connection.execute(of_post.values(standing=standing_of_stored()))


def set_holds(connection: Connection, holds: Mapping[int, Sequence[str]]) -> None:
    """Let these rules, and no others, hold these posts, by id; where they stand follows."""
    for part in in_parts(holds.items()):
        rows = [{"_id": number, "_holds": list(rules) or None} for number, rules in part]
        connection.execute(_SET_HOLDS, rows)
        these = update(posts).where(posts.c.id.in_([number for number, _ in part]))
        connection.execute(these.values(standing=standing_of_stored()))


_SET_HOLDS = (
    update(posts)
    .where(posts.c.id == bindparam("_id"))
    .values(holds=bindparam("_holds", type_=posts.c.holds.type))
)


def held_of(connection: Connection, source_id: str) -> list[StoredPost]:
    """The posts of a source that came under suspicion, and that nobody decided about."""
    held = posts.c.standing == Standing.HELD.value
    rows = connection.execute(WITH_VERDICT.where(posts.c.source_id == source_id, held))
    return list(map(stored_post, rows))


def let_go(connection: Connection, source_id: str) -> None:
    """What is held of a source may be shown from now on."""
    of_source = update(posts).where(posts.c.source_id == source_id)
    connection.execute(of_source.where(posts.c.held).values(held=False))
    held = posts.c.standing == Standing.HELD.value
    connection.execute(of_source.where(held).values(standing=standing(posts.c)))


def hold_since(connection: Connection, source_id: str, since: datetime) -> None:
    """What a source brought since a moment waits for a person, as far as nobody decided."""
    of_source = update(posts).where(posts.c.source_id == source_id, posts.c.first_seen >= since)
    connection.execute(of_source.values(held=True))
    connection.execute(of_source.values(standing=standing_of_stored()))


def remove(connection: Connection, gone: Iterable[StoredPost]) -> None:
    """Delete rows for good, what platforms said of them, and what is known of their pictures.

    Publish afterwards: it deletes the copies of pictures that no row names any more.
    """
    for part in in_parts(gone):
        connection.execute(delete(posts).where(posts.c.id.in_([stored.id for stored in part])))
        named = [(stored.post.source_id, stored.post.guid) for stored in part]
        same = tuple_(sightings.c.source_id, sightings.c.guid).in_(named)
        connection.execute(delete(sightings).where(same))
        public_ids = [stored.post.public_id for stored in part]
        connection.execute(delete(pictures).where(pictures.c.public_id.in_(public_ids)))
        hand_pictures.erase(connection, public_ids)


# --- asking ----------------------------------------------------------------------------------


def find(database: Database, key: str) -> list[StoredPost]:
    """The posts that a person means by a public id, a permalink, or its link key."""
    with database.reading() as connection:
        for column in (posts.c.public_id, posts.c.link_key, posts.c.permalink):
            rows = connection.execute(WITH_VERDICT.where(column == key).order_by(posts.c.id.desc()))
            if found := list(map(stored_post, rows)):
                return found
    return []


def listing(
    database: Database,
    source_ids: Collection[str] | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int = 100,
) -> list[StoredPost]:
    """Stored posts of any standing, newest first, a page at a time.

    ``before``: ``sort_at`` and ``id`` of the last post of the page before. ``source_ids`` None:
    of all sources.
    """
    wanted = WITH_VERDICT.order_by(posts.c.sort_at.desc(), posts.c.id.desc()).limit(limit)
    if source_ids is not None:
        wanted = wanted.where(posts.c.source_id.in_(source_ids))
    if before is not None:
        moment, number = before
        last = tuple_(literal(moment, posts.c.sort_at.type), literal(number, posts.c.id.type))
        wanted = wanted.where(tuple_(posts.c.sort_at, posts.c.id) < last)
    with database.reading() as connection:
        return list(map(stored_post, connection.execute(wanted)))


def counts(database: Database) -> dict[str, tuple[int, datetime | None]]:
    """By source id: how many posts are stored, and the ``sort_at`` of the newest."""
    c = posts.c
    wanted = select(c.source_id, func.count(), func.max(c.sort_at)).group_by(c.source_id)
    with database.reading() as connection:
        return {
            source_id: (count, newest_at)
            for source_id, count, newest_at in connection.execute(wanted)
        }


def held_counts(database: Database, source_ids: Iterable[str]) -> dict[str, int]:
    """By source id, how many posts of these sources are held; those without any are left out."""
    c = posts.c
    found: dict[str, int] = {}
    with database.reading() as connection:
        for part in in_parts(source_ids):
            wanted = select(c.source_id, func.count()).group_by(c.source_id)
            held = wanted.where(c.source_id.in_(part), c.standing == Standing.HELD.value)
            found |= {row.source_id: row[1] for row in connection.execute(held)}
    return found


def as_stored(connection: Connection, post: Post) -> Post:
    """A post as it is stored now, else as it is given; without a link key that tells nothing.

    A link to a home page, or one that its source gives to other texts, too, does not tell whether
    two posts are the same.
    """
    c = posts.c
    row = connection.execute(
        WITH_VERDICT.where(c.source_id == post.source_id, c.guid == post.guid)
    ).one_or_none()
    if row is not None:
        post = stored_post(row).post
    if post.link_key is None or emptied.is_empty(post):
        return post
    other_text = select(c.id).where(
        c.link_key == post.link_key,
        c.source_id == post.source_id,
        c.guid != post.guid,
        c.text != post.text,
        ~emptied.EMPTY,
    )
    shared = is_home(post.link_key) or connection.execute(other_text.limit(1)).first() is not None
    return replace(post, link_key=None) if shared else post


def is_copy(post: Post, of: Post) -> bool:
    """Whether ``copies`` of one finds the other by its link or content."""
    by_link = of.link_key is not None and post.link_key == of.link_key
    by_content = of.content_key is not None and post.content_key == of.content_key
    return by_link or by_content


def like(
    connection: Connection, wanted: Sequence[Post], condition: ColumnElement[bool]
) -> list[StoredPost]:
    """Stored posts with the link or content of one of these, as far as a condition holds."""
    found: dict[int, StoredPost] = {}
    for column in (posts.c.link_key, posts.c.content_key):
        keys = {getattr(post, column.name) for post in wanted} - {None}
        for part in in_parts(keys):
            rows = connection.execute(WITH_VERDICT.where(column.in_(part), condition))
            found |= {stored.id: stored for stored in map(stored_post, rows)}
    return list(found.values())


def copies_of(database: Database, post: Post) -> list[StoredPost]:
    """A stored post and the same one wherever else it is stored, under whatever guid."""
    with database.reading() as connection:
        return copies(connection, as_stored(connection, post))


def copies(connection: Connection, post: Post) -> list[StoredPost]:
    """A post, and the same one wherever else it is stored: by its guid, its link or its content."""
    c = posts.c
    same = [and_(c.source_id == post.source_id, c.guid == post.guid)]
    if post.link_key is not None:
        same.append(c.link_key == post.link_key)
    if post.content_key is not None:
        same.append(c.content_key == post.content_key)
    found: dict[int, StoredPost] = {}
    for condition in same:  # one by one, so that each finds its own index
        for stored in map(stored_post, connection.execute(WITH_VERDICT.where(condition))):
            found[stored.id] = stored
    return list(found.values())


def of_source(connection: Connection, source_id: str) -> list[StoredPost]:
    """All posts of a source."""
    rows = connection.execute(WITH_VERDICT.where(posts.c.source_id == source_id))
    return list(map(stored_post, rows))
