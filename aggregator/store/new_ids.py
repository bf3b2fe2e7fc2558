"""Sources that got another id in feeds.yaml: all that is stored and decided of them goes along.

In: what the file follows now. What is kept under one id and stands in the file under another, with
the same address, is one source, where no others of that address may be meant. An id that another
source had before is cleared for it: what was kept there is set aside under an id of its own, as of
a source that left. Out: everything under the new id, in one transaction: rows by a source's id or
a post's public id, keys of alerts, and what widgets showed. In their place stay the audit, which
tells of it in a row of its own, tombstones (``first_ids.py``) and tokens, which are named by their
variables.
Not here: what is found by a former id (``former_ids.py``), entries of a feed that come under other
ids (``renamed.py``), an id that stands for somebody else by now (``reused.py``).
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Table, bindparam, case, delete, exists, func, select, update

from aggregator.model import Source, public_id_of
from aggregator.model.audit_acts import AuditAct
from aggregator.store import alerts, audit, digests, first_ids, meta, verdicts
from aggregator.store.care_tables import alerts as alerts_table
from aggregator.store.care_tables import (
    alt_texts,
    conditions,
    consents,
    hand_pictures,
    plans,
    undos,
    widget_stops,
)
from aggregator.store.standing import standing_of_stored
from aggregator.store.statements import in_parts, stop_writers
from aggregator.store.tables import (
    pictures,
    posts,
    publishes,
    reads,
    sightings,
    subscriptions,
    visit_log,
    visit_state,
)

State: TypeAlias = Row[*tuple[Any, ...]]
"""Of a source: its address and ``adopted``, and whether it is visited."""
_WHO = "Aggregator"
_UNTOLD = "new ids"
BY_SOURCE: Mapping[Table, tuple[str, ...]] = {
    conditions: (),
    consents: ("id",),
    plans: ("act", "guid"),
    posts: ("guid",),
    reads: ("month",),
    sightings: ("guid",),
    subscriptions: ("callback",),
    visit_log: ("slot",),
    visit_state: (),
}
"""Tables with a source's id, and what else tells their rows apart."""
BY_POST = (pictures, hand_pictures, alt_texts)
"""Tables with nothing but a post's public id, which its source's id is a part of."""


def follow(
    connection: Connection, secret: bytes, sources: Collection[Source], now: datetime
) -> dict[str, State]:
    """Let what is kept of a source follow it to its new id, if any of these has one.

    Returns the states that there are then, by source id, as one look saw them.
    """
    known = _known(connection)
    if not _renamed(connection, secret, sources, known):
        return known
    stop_writers(connection, posts, visit_state)
    known = _known(connection)
    renamed = _renamed(connection, secret, sources, known)
    _move_all(connection, renamed, known, now)
    untold = _read(connection)
    told = {new: untold.pop(old, old) for old, new in renamed.items()}
    meta.write(connection, _UNTOLD, json.dumps(untold | told).encode())
    return _known(connection)


def _move_all(
    connection: Connection, renamed: Mapping[str, str], known: Collection[str], now: datetime
) -> None:
    """Also where ids are passed on or swapped: none may be in the way of another."""
    aside = [new for new in renamed.values() if new in known and new not in renamed]
    for old in aside:
        _tell_of(connection, old, _free(old, known), now)
        move(connection, old, _free(old, known))
    between = {old: _free(old, known) for old in renamed if old in renamed.values()}
    for old, free in between.items():
        move(connection, old, free)
    for old, new in sorted(renamed.items()):
        _tell_of(connection, old, new, now)
        move(connection, between.get(old, old), new)


def _tell_of(connection: Connection, old: str, new: str, now: datetime) -> None:
    told = audit.Entry(now, _WHO, AuditAct.NEW_ID, new, before=old, after=new)
    audit.record(connection, told)


def _free(source_id: str, known: Collection[str]) -> str:
    """An id that no entry of feeds.yaml can have, and that nothing is stored under."""
    names = (f"{source_id}~{number}" for number in count(1))
    return next(name for name in names if name not in known)


def tell(connection: Connection) -> dict[str, str]:
    """By new id, what each was called when this was last asked."""
    untold = _read(connection)
    meta.forget(connection, _UNTOLD)
    return untold


def _read(connection: Connection) -> dict[str, str]:
    found = meta.read(connection, _UNTOLD)
    return dict(json.loads(found)) if found else {}


def _known(connection: Connection) -> dict[str, State]:
    c = visit_state.c
    asked = select(c.source_id, c.address, c.adopted, c.visited)
    return {row.source_id: row for row in connection.execute(asked)}


def _renamed(
    connection: Connection,
    secret: bytes,
    sources: Collection[Source],
    known: Mapping[str, State],
) -> dict[str, str]:
    """By the id under which something is kept, the one that stands at its address by now.

    Ids that stand where they stood are nothing new, whoever else is there.
    """
    as_before = {
        source.id
        for source in sources
        if source.id in known and known[source.id].address in source.addresses
    }
    others = [source for source in sources if source.id not in as_before]
    left = [row for source_id, row in known.items() if source_id not in as_before]
    if not others or not left:
        return {}
    nowhere: set[bytes] = set()
    marks = {one.id: _marks(secret, *one.addresses) for one in others}
    places = {row.source_id: _marks(secret, *_places(row.address, row.adopted)) for row in left}
    came = {one: at for one, at in marks.items() if not at & places.get(one, nowhere)}
    gone = {one: at for one, at in places.items() if not at & marks.get(one, nowhere)}
    new = defaultdict[bytes, set[str]](set)
    for one, at in came.items():
        for mark in at:
            new[mark].add(one)
    pairs = {(old, one) for old, at in gone.items() for mark in at for one in new.get(mark, ())}
    olds, news = Counter(old for old, _ in pairs), Counter(one for _, one in pairs)
    alone = [(old, one) for old, one in pairs if olds[old] == news[one] == 1]
    named = [
        (source.id, name) for source in others if source.id in came for name in source.addresses
    ]
    down = digests.sources_down(connection, secret, named)
    return {old: one for old, one in alone if one not in down}


def _places(address: str, adopted: str | None) -> Iterator[str]:
    """Where it was followed, as ``platform:address``: by the file, and since it moved."""
    yield address
    if adopted is not None:
        yield f"{address.partition(':')[0]}:{adopted}"


def _marks(secret: bytes, *addresses: str) -> set[bytes]:
    """Alike for addresses that takedowns take for one."""
    return {digests.of_source(secret, "", one)[digests.ADDRESS] for one in addresses}


# --- what goes along -------------------------------------------------------------------------


def move(connection: Connection, old: str, new: str) -> dict[str, str]:
    """Give a source another id, that of none; the new public ids of its posts, by the old ones.

    What is left under that id of a source of long ago gives way, but for hides. The caller holds
    writers of posts and states back.
    """
    first_ids.follow(connection, old, new)
    for table, keys in BY_SOURCE.items():
        _give_way(connection, table, old, new, keys)
        these = update(table).where(table.c.source_id == old)
        connection.execute(these.values(source_id=new))
    verdicts.move(connection, old, new)
    _unclaim(connection, new)
    named = _public_ids(connection, old, new)
    of_new = update(posts).where(posts.c.source_id == new)
    connection.execute(of_new.values(standing=standing_of_stored()))
    of_file = update(undos).where(undos.c.section == "sources", undos.c.entry_id == old)
    connection.execute(of_file.values(entry_id=new))
    _alerts(connection, old, new)
    _widgets(connection, old, new, named)
    return named


def _give_way(
    connection: Connection, table: Table, old: str, new: str, keys: Collection[str]
) -> None:
    moving = table.alias("moving")
    same = (moving.c[key] == table.c[key] for key in keys)
    taken = exists().where(moving.c.source_id == old, *same)
    connection.execute(delete(table).where(table.c.source_id == new, taken))


def _unclaim(connection: Connection, source_id: str) -> None:
    """A visit that is under way knows it by its old id, and will store nothing."""
    c = visit_state.c
    claimed = c.claimed_until.is_not(None)
    connection.execute(
        update(visit_state)
        .where(c.source_id == source_id)
        .values(
            next_due=case((claimed, func.coalesce(c.due_before, c.next_due)), else_=c.next_due),
            claimed_until=None,
            due_before=None,
        )
    )


def _public_ids(connection: Connection, old: str, new: str) -> dict[str, str]:
    c = posts.c
    guids = connection.execute(select(c.guid).where(c.source_id == new)).scalars().all()
    named = {public_id_of(old, guid): public_id_of(new, guid) for guid in guids}
    rows = [{"_old": before, "_new": after} for before, after in named.items()]
    for table in (posts, *BY_POST):
        own = table.c.public_id
        these = update(table).where(own == bindparam("_old")).values(public_id=bindparam("_new"))
        if table is not posts:
            for ids in in_parts(named.values()):
                connection.execute(delete(table).where(own.in_(ids)))
        for part in in_parts(rows):
            connection.execute(these, part)
    return named


def _alerts(connection: Connection, old: str, new: str) -> None:
    """What staff were told of it is not told again."""
    alerts.erase(connection, new)
    c = alerts_table.c
    about = select(c.id, c.key).where(c.key.startswith(f"{old}:", autoescape=True))
    for number, key in connection.execute(about).all():
        these = update(alerts_table).where(c.id == number)
        connection.execute(these.values(key=f"{new}{key.removeprefix(old)}"))


def _widgets(connection: Connection, old: str, new: str, named: Mapping[str, str]) -> None:
    """What frozen ones may show, and what the files of all of them name."""
    names = {old: new, **named, **{f"{a} quotes": f"{b} quotes" for a, b in named.items()}}

    def renamed(pair: list[Any]) -> list[Any]:
        source_id, public_id = pair
        return [names.get(source_id, source_id), named.get(public_id, public_id)]

    c = widget_stops.c
    for widget_id, shown in connection.execute(select(c.widget_id, c.shown)).all():
        after: list[Any] = [[renamed(pair) for pair in pairs] for pairs in shown]
        this = update(widget_stops).where(c.widget_id == widget_id)
        connection.execute(this.values(shown=after))
    p = publishes.c
    for widget_id, told in connection.execute(select(p.widget_id, p.shown)).all():
        after = sorted(names.get(one, one) for one in told or ())
        this = update(publishes).where(p.widget_id == widget_id)
        connection.execute(this.values(shown=after))
