"""Stored posts: writing them in bulk, and the questions that the desk asks.

Not here: what publishing asks (``candidates.py``), who decided what (``verdicts.py``), why
something must not come back (``tombstones.py``).
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from aggregator.model import Post, Standing, StoredPost, Written
from aggregator.store import alt_texts, emptied, hand_pictures, insertion
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
    addresses are taken over: a permalink with what does not count in it, and those of pictures,
    which a platform may sign anew at every answer.
    """
    by_key = {(post.source_id, post.guid): post for post in found}
    known = _known(connection, by_key.values())
    back = renamed(connection, by_key, known)
    for key, before in back.items():
        # It keeps the id by which people decided about it.
        by_key[before.source_id, before.guid] = replace(by_key.pop(key), guid=before.guid)
        known[before.source_id, before.guid] = before.fingerprint, before.permalink
    # Oldest first, so that ids grow with newness and break ties of the order rightly.
    wanted = {
        key: post
        for key, post in reversed(by_key.items())
        if key not in known or (known[key][0] != post.fingerprint and post.source_id not in held)
    }
    if insertion.write(connection, wanted.values(), now, secret, held) < len(wanted):
        after = _known(connection, wanted.values())
        refused = {
            key
            for key, post in wanted.items()
            if key not in after or after[key][0] != post.fingerprint
        }
    else:
        refused = set()
    _readdress(
        connection,
        (
            post
            for key, post in by_key.items()
            if key not in wanted and post.source_id not in held
            # Only media with an id may be elsewhere without an edit.
            if post.permalink != known[key][1] or any(medium.id for medium in post.media)
        ),
    )
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


def _known(
    connection: Connection, wanted: Iterable[Post]
) -> dict[tuple[str, str], tuple[bytes, str | None]]:
    """By source id and guid, fingerprint and permalink of the same posts as they are stored."""
    known: dict[tuple[str, str], tuple[bytes, str | None]] = {}
    # The public id stands for source and guid together: one question for many sources.
    for part in in_parts(post.public_id for post in wanted):
        rows = connection.execute(_KNOWN, {"public_ids": part})
        for source_id, guid, fingerprint, permalink in rows:
            known[source_id, guid] = fingerprint, permalink
    return known


_KNOWN = select(posts.c.source_id, posts.c.guid, posts.c.fingerprint, posts.c.permalink).where(
    posts.c.public_id.in_(bindparam("public_ids", expanding=True))
)


def _readdress(connection: Connection, moving: Iterable[Post]) -> None:
    """Take over where unchanged posts and their media are by now.

    What is where it was is not written: most of it is, at most visits.
    """
    names = ("source_id", "guid", "permalink", "original_link", "media")
    for part in in_parts(moving):
        rows = map(row_of_post, part)
        connection.execute(_READDRESS, [{f"_{name}": row[name] for name in names} for row in rows])


_PERMALINK = bindparam("_permalink", type_=posts.c.permalink.type)
_MEDIA = bindparam("_media", type_=posts.c.media.type)
_READDRESS = (
    update(posts)
    .where(posts.c.source_id == bindparam("_source_id"), posts.c.guid == bindparam("_guid"))
    .where(
        ~emptied.EMPTY,
        or_(
            posts.c.permalink.is_distinct_from(_PERMALINK),
            cast(posts.c.media, Text) != cast(_MEDIA, Text),
        ),
    )
    .values(permalink=_PERMALINK, original_link=bindparam("_original_link"), media=_MEDIA)
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
        alt_texts.erase(connection, public_ids)


# --- asking ----------------------------------------------------------------------------------


def find(database: Database, public_id: str, link_key: str | None = None) -> list[StoredPost]:
    """The posts of a public id, else those of a link key, newest first."""
    newest_first = WITH_VERDICT.order_by(posts.c.id.desc())
    with database.reading() as connection:
        rows = connection.execute(newest_first.where(posts.c.public_id == public_id)).all()
        if not rows and link_key is not None:
            rows = connection.execute(newest_first.where(posts.c.link_key == link_key)).all()
        return list(map(stored_post, rows))


def beginning_with(database: Database, sign: str, limit: int) -> list[StoredPost]:
    """Posts whose public id begins with these hexadecimal digits."""
    named = posts.c.public_id
    wanted = WITH_VERDICT.where(named >= sign, named < f"{sign}g").order_by(named).limit(limit)
    with database.reading() as connection:
        return list(map(stored_post, connection.execute(wanted)))


def listing(
    database: Database,
    source_ids: Collection[str] | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int = 100,
    *,
    word: str | None = None,
) -> list[StoredPost]:
    """Stored posts of any standing, newest first, a page at a time.

    ``before``: ``sort_at`` and ``id`` of the last post of the page before. ``source_ids`` None:
    of all sources. ``word``: only those with it in title or text, in large letters or small; it
    takes a look at every post.
    """
    c = posts.c
    conditions: list[ColumnElement[bool]] = []
    if source_ids is not None:
        conditions.append(c.source_id.in_(source_ids))
    if before is not None:
        moment, number = before
        last = tuple_(literal(moment, c.sort_at.type), literal(number, c.id.type))
        conditions.append(tuple_(c.sort_at, c.id) < last)
    newest_first = (c.sort_at.desc(), c.id.desc())
    with database.reading() as connection:
        if word is not None:
            asked = select(c.id, c.title, c.text).where(*conditions).order_by(*newest_first)
            conditions = [c.id.in_(list(islice(_bearing(connection, asked, word), limit)))]
        wanted = WITH_VERDICT.where(*conditions).order_by(*newest_first).limit(limit)
        return list(map(stored_post, connection.execute(wanted)))


def _bearing(connection: Connection, asked: Select[*tuple[Any, ...]], word: str) -> Iterator[int]:
    """Ids of those that have a word; databases know of some languages only which letter is large.

    Texts are kept as NFC.
    """
    word = unicodedata.normalize("NFC", word).casefold()
    with connection.execute(asked, execution_options={"yield_per": 100}) as rows:
        for number, title, text in rows:
            if word in f"{title or ''}\n{text}".casefold():
                yield number


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


def as_stored(connection: Connection, given: Iterable[Post]) -> list[Post]:
    """Posts as they are stored now, else as they are given; told apart as ``telling`` does."""
    given = list(given)
    stored = {
        (one.post.source_id, one.post.guid): one.post
        for one in _loaded(connection, _own_ids(connection, given))
    }
    return telling(connection, [stored.get((one.source_id, one.guid), one) for one in given])


def telling(connection: Connection, told: Sequence[Post]) -> list[Post]:
    """Posts as they are stored, without link keys that tell nothing.

    A link to a home page, or one that its source gives to other texts, too, does not tell whether
    two posts are the same.
    """
    known = _texts_by_link(connection, {post.link_key for post in told} - {None})

    def is_shared(post: Post) -> bool:
        if post.link_key is None or emptied.is_empty(post):
            return False
        texts = known[post.source_id, post.link_key]
        others = (guids - {post.guid} for text, guids in texts.items() if text != post.text)
        return is_home(post.link_key) or any(others)

    return [replace(post, link_key=None) if is_shared(post) else post for post in told]


def _texts_by_link(
    connection: Connection, link_keys: Iterable[str | None]
) -> Mapping[tuple[str, str], Mapping[str, Set[str]]]:
    """By source id and link key: the texts that have it, and the guids of each."""
    found: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(dict)
    for part in in_parts(link_keys):
        for source_id, link_key, text, guid in connection.execute(_TEXTS, {"link_keys": part}):
            found[source_id, link_key].setdefault(text, set()).add(guid)
    return found


_TEXTS = select(posts.c.source_id, posts.c.link_key, posts.c.text, posts.c.guid).where(
    posts.c.link_key.in_(bindparam("link_keys", expanding=True)), ~emptied.EMPTY
)


def is_copy(post: Post, of: Post) -> bool:
    """Whether ``copies`` of one finds the other by its link or content."""
    by_link = of.link_key is not None and post.link_key == of.link_key
    by_content = of.content_key is not None and post.content_key == of.content_key
    return by_link or by_content


def like(
    connection: Connection, wanted: Sequence[Post], condition: ColumnElement[bool]
) -> list[StoredPost]:
    """Stored posts with the link or content of one of these, as far as a condition holds."""
    return _loaded(connection, _ids_like(connection, wanted), condition)


def copies_of(database: Database, post: Post) -> list[StoredPost]:
    """A stored post and the same one wherever else it is stored, under whatever guid."""
    with database.reading() as connection:
        return copies(connection, as_stored(connection, [post]))


def copies(connection: Connection, told: Sequence[Post]) -> list[StoredPost]:
    """Posts, and the same ones wherever else they are stored: by guid, by link or by content."""
    return _loaded(connection, _own_ids(connection, told) | _ids_like(connection, told))


def stored_at(connection: Connection, given: Iterable[Post], moment: datetime) -> list[StoredPost]:
    """Those of these posts that were stored for the first time at a moment."""
    return _loaded(connection, _own_ids(connection, given), posts.c.first_seen == moment)


def _own_ids(connection: Connection, given: Iterable[Post]) -> set[int]:
    """Of those of these posts that are stored."""
    wanted = {(post.source_id, post.guid): post.public_id for post in given}
    found: set[int] = set()
    for part in in_parts(wanted.values()):
        asked = select(posts.c.id, posts.c.source_id, posts.c.guid)
        rows = connection.execute(asked.where(posts.c.public_id.in_(part)))
        found |= {number for number, *named in rows if tuple(named) in wanted}
    return found


def _ids_like(connection: Connection, wanted: Sequence[Post]) -> set[int]:
    """Of stored posts with the link or content of one of these."""
    found: set[int] = set()
    for column in (posts.c.link_key, posts.c.content_key):  # so that each finds its own index
        keys = {getattr(post, column.name) for post in wanted} - {None}
        for part in in_parts(keys):
            found.update(connection.execute(select(posts.c.id).where(column.in_(part))).scalars())
    return found


def _loaded(
    connection: Connection, ids: Iterable[int], condition: ColumnElement[bool] | None = None
) -> list[StoredPost]:
    asked = WITH_VERDICT if condition is None else WITH_VERDICT.where(condition)
    found: list[StoredPost] = []
    for part in in_parts(sorted(ids)):
        found += map(stored_post, connection.execute(asked.where(posts.c.id.in_(part))))
    return found


def of_source(connection: Connection, source_id: str) -> list[StoredPost]:
    """All posts of a source."""
    rows = connection.execute(WITH_VERDICT.where(posts.c.source_id == source_id))
    return list(map(stored_post, rows))
