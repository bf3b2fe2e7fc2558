"""What people took off the pages since a backup, carried into it before it takes its place.

In: the database that was there, and the backup, in a transaction. Carried is what hides, holds,
ends an approval, stops a widget, or erases; and plans, as they stand. What shows is not: approvals,
pins and what was shown again since. Of two databases that tell otherwise, that which knows the
later act, by its audit, is right; where neither does, what takes off is.
Not here: takedowns, which the tombstones tell (``reburial.py``), what is history only
(``carried_history.py``). It writes the tables of others, as they stood.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, insert, select, update

from aggregator.model import Standing, StopKind, VerdictKind, public_id_of
from aggregator.model.audit_acts import AuditAct
from aggregator.store import (
    carried_history,
    digests,
    first_ids,
    posts,
)
from aggregator.store import verdicts as decisions
from aggregator.store.care_tables import hand_pictures, plans, widget_stops
from aggregator.store.carried_history import Acts, without_id
from aggregator.store.database import expect_erasure
from aggregator.store.previous import Previous, Values, values
from aggregator.store.rows import WITH_VERDICT, is_doubted, stored_post
from aggregator.store.statements import in_parts
from aggregator.store.tables import moment, tombstones, verdicts, visit_state
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import sightings as sightings_table

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ERASED = {AuditAct.MIRRORED, AuditAct.PRUNED}
_Key = tuple[str, ...]
_VERDICT, _HOLD, _TRUST, _STOP, _PLAN, _WORDS = "verdict", "hold", "trust", "stop", "plan", "words"
_TOPICS = {
    AuditAct.DECIDE: (_VERDICT,),
    AuditAct.HIDE_AS_IT_CAME: (_VERDICT,),
    AuditAct.UNDO: (_VERDICT,),
    AuditAct.HOLD_BY_RULE: (_VERDICT, _HOLD),
    AuditAct.UNDO_HOLD_BY_RULE: (_VERDICT, _HOLD),
    AuditAct.LET_GO_OF_RULE: (_HOLD,),
    AuditAct.UNDO_LET_GO_OF_RULE: (_HOLD,),
    AuditAct.RELEASE: (_TRUST,),
    AuditAct.UNDO_RELEASE: (_TRUST,),
    AuditAct.REJECT: (_TRUST,),
    AuditAct.UNDO_REJECT: (_TRUST,),
    AuditAct.FREEZE: (_STOP,),
    AuditAct.BLANK: (_STOP,),
    AuditAct.RESUME: (_STOP,),
    AuditAct.PLAN: (_PLAN,),
    AuditAct.PLAN_NO_MORE: (_PLAN,),
    AuditAct.POST: (_WORDS,),
    AuditAct.EDIT_POST: (_WORDS,),
}
"""Acts of the audit, and what each may change."""


class Kind(StrEnum):
    """What is carried; in the audit with its count."""

    HIDDEN = "hidden"
    UNAPPROVED = "approvals taken back"
    HELD = "held"
    GONE = "gone at their platform"
    REWORDED = "words changed by hand"
    STOPPED = "widgets stopped"
    PLANNED = "plans"


Carried = Counter[Kind]


def in_words(carried: Carried) -> str:
    """``hidden 3, plans 1``; empty: nothing was."""
    return ", ".join(f"{kind} {count}" for kind, count in sorted(carried.items()))


def carry(connection: Connection, previous: Previous, acts: Acts, secret: bytes) -> Carried:
    """Let the backup hide what the database that was there hid; how many of each kind."""
    return _Carrying(connection, previous, acts, secret).all()


class _Carrying:
    def __init__(
        self, connection: Connection, previous: Previous, acts: Acts, secret: bytes
    ) -> None:
        self._connection = connection
        self._previous = previous
        self._acts = acts
        self._there, self._here = _last(acts.before), _last(acts.here)
        self._touched: set[tuple[str, str]] = set()
        """Posts whose standing is to follow: source ids and guids."""
        down = set(connection.execute(select(tombstones.c.digest)).scalars())

        @cache
        def is_down(source_id: str) -> bool:
            return digests.digest(secret, digests.SOURCE, source_id) in down

        self._is_down: Callable[[str], bool] = is_down
        self._secret, self._down = secret, down
        self._first = first_ids.read(connection)

    def all(self) -> Carried:
        connection = self._connection
        carried = Carried(self._verdicts())
        self._hidden()
        carried.update(self._doubts())
        carried.update(self._holds())
        carried.update(self._reworded())
        carried.update(self._missed())
        carried.update(self._erased())
        for source_id, guid in sorted(self._touched):
            posts.restand(connection, source_id, guid)
        carried.update(self._stops())
        carried.update(self._plans())
        carried_history.add_file_history(connection, self._previous, self._acts, self._is_down)
        return carried

    # --- posts -----------------------------------------------------------------------------

    def _verdicts(self) -> Iterator[Kind]:
        """All decisions on a post as they stood there, so that undo finds what it would have."""
        there, here = _by_post(self._old(verdicts)), _by_post(self._mine(verdicts))
        for key in sorted({*there, *here}):
            was, now_is = _current(there[key]), _current(here[key])
            if now_is == VerdictKind.HIDDEN or was in decisions.APPROVING:
                continue
            named = (_VERDICT, *_named(*key))
            if was is None and now_is in decisions.APPROVING and self._knows_later(named):
                yield Kind.UNAPPROVED
            elif was == VerdictKind.HIDDEN and not self._is_outdone(named):
                yield Kind.HIDDEN
            else:
                continue
            decisions.erase_posts(self._connection, [key])
            for row in there[key]:
                self._connection.execute(insert(verdicts).values(without_id(row)))
            self._touched.add(key)

    def _hidden(self) -> None:
        """Hidden posts that the backup does not hold: by them, copies of them stay hidden, too."""
        c = posts_table.c
        there = self._old(posts_table, c.standing == Standing.HIDDEN.value)
        here = self._stored(row["public_id"] for row in there)
        for row in there:
            key = row["source_id"], row["guid"]
            if key in self._touched and key not in here:
                self._connection.execute(insert(posts_table).values(without_id(row)))

    def _doubts(self) -> Iterator[Kind]:
        """Sources of which it is doubted whose they are, with what came from them since then."""
        here = {row["source_id"]: row for row in self._mine(visit_state)}
        doubted = (row for row in self._old(visit_state) if is_doubted(row.get("suspicion")))
        for row in doubted:
            source_id, mine = row["source_id"], here.get(row["source_id"], {})
            alike = all(row[name] == mine.get(name) for name in ("suspicion", "stopped_at"))
            if alike or self._is_outdone((_TRUST, source_id, "")):
                continue
            # What it says is read whole at the next visit: edits that came meanwhile are missing.
            unread = dict.fromkeys(("validators_url", "etag", "last_modified", "cursor"))
            unclaimed = dict.fromkeys(("claimed_until", "due_before"))
            this = visit_state.c.source_id == source_id
            self._connection.execute(delete(visit_state).where(this))
            self._connection.execute(insert(visit_state).values(row | unread | unclaimed))
            since = moment(row["suspicion"]["since"])
            posts.hold_since(self._connection, source_id, since)
            yield Kind.HELD

    def _holds(self) -> Iterator[Kind]:
        """What waits there by a rule, or since its source was doubted, waits here."""
        c = posts_table.c
        waits = c.standing.in_([Standing.WAITING.value, Standing.HELD.value])
        there = self._old(posts_table, waits, names=("source_id", "guid", "holds", "held"))
        here = self._stored(public_id_of(row["source_id"], row["guid"]) for row in there)
        for row in there:
            mine = here.get((row["source_id"], row["guid"]))
            if mine is None:
                continue
            named = _named(mine["source_id"], mine["guid"])
            union = list(dict.fromkeys([*(mine["holds"] or ()), *(row.get("holds") or ())]))
            if self._is_outdone((_HOLD, *named)):
                union = mine["holds"] or []
            held = mine["held"]
            if row["held"] and not self._is_outdone((_TRUST, named[0], "")):
                held = True
            if (union, held) == (mine["holds"] or [], mine["held"]):
                continue
            this = update(posts_table).where(c.id == mine["id"])
            self._connection.execute(this.values(holds=union or None, held=held))
            self._touched.add((mine["source_id"], mine["guid"]))
            yield Kind.HELD

    def _reworded(self) -> Iterator[Kind]:
        """Posts that staff wrote and changed since: nothing else brings the new words."""
        changed = {
            key[2] for key, (_, act) in self._there.items() if key[0] == _WORDS and act != "post"
        }
        newer = {key[2] for key in self._there if key[0] == _WORDS and self._knows_later(key)}
        c = posts_table.c
        for part in in_parts(sorted(changed & newer)):
            here = self._stored(part)
            rows = self._old(posts_table, c.public_id.in_(part))
            mine = [row for row in rows if (row["source_id"], row["guid"]) in here]
            of_these = hand_pictures.c.public_id.in_([row["public_id"] for row in mine])
            self._connection.execute(delete(hand_pictures).where(of_these))
            for picture in self._previous.rows(hand_pictures, of_these):
                self._connection.execute(insert(hand_pictures).values(picture))
            for row in mine:
                key = row["source_id"], row["guid"]
                this = update(posts_table).where(c.id == here[key]["id"])
                self._connection.execute(this.values(without_id(row)))
                expect_erasure(self._connection)
                self._touched.add(key)
                yield Kind.REWORDED

    def _missed(self) -> Iterator[Kind]:
        """What its platform had no more when it was last asked."""
        c = sightings_table.c
        there = self._old(sightings_table, c.missed.is_not(None))
        here = self._stored(public_id_of(row["source_id"], row["guid"]) for row in there)
        known = {(row["source_id"], row["guid"]): row for row in self._mine(sightings_table)}
        for row in there:
            key = row["source_id"], row["guid"]
            mine = known.get(key)
            if key not in here or (mine and (mine["missed"] or mine["looked"] > row["looked"])):
                continue
            same = and_(c.source_id == key[0], c.guid == key[1])
            self._connection.execute(delete(sightings_table).where(same))
            self._connection.execute(insert(sightings_table).values(row))
            self._touched.add(key)
            yield Kind.GONE

    def _erased(self) -> Iterator[Kind]:
        """What was erased since, for its platform had it no more or did not confirm it."""
        gone = {
            row["public_id"]
            for row in self._acts.fresh
            if row["act"] in _ERASED and row["public_id"] is not None
        }
        c = posts_table.c
        for part in in_parts(sorted(gone)):
            back = self._previous.rows(posts_table, c.public_id.in_(part), names=("public_id",))
            left = set(part) - {row["public_id"] for row in back}
            wanted = WITH_VERDICT.where(c.public_id.in_(left))
            found = list(map(stored_post, self._connection.execute(wanted)))
            posts.remove(self._connection, found)
            for stored in found:
                post = stored.post
                decisions.forget_reasons(self._connection, post.source_id, post.guid)
                expect_erasure(self._connection)
                yield Kind.GONE

    # --- widgets and plans -----------------------------------------------------------------

    def _stops(self) -> Iterator[Kind]:
        """A blank widget stays blank; of a frozen one, what froze it last counts."""
        c = widget_stops.c
        here = {row["widget_id"]: row for row in self._mine(widget_stops)}
        for row in self._old(widget_stops):
            mine = here.get(row["widget_id"])
            if mine == row or (mine and mine["kind"] == StopKind.BLANK):
                continue
            if not self._is_outdone((_STOP, row["widget_id"])):
                this = c.widget_id == row["widget_id"]
                self._connection.execute(delete(widget_stops).where(this))
                self._connection.execute(insert(widget_stops).values(row))
                yield Kind.STOPPED

    def _plans(self) -> Iterator[Kind]:
        """What waits there waits here, and what was taken back is waited for no more."""
        names = ("act", "source_id", "guid")
        there = {tuple(row[name] for name in names): row for row in self._old(plans)}
        here = {tuple(row[name] for name in names): row for row in self._mine(plans)}
        for key in sorted({*there, *here}):
            act, source_id, guid = key
            row, named = there.get(key), (_PLAN, *_named(source_id, guid), act)
            taken_back = self._there.get(named, (None, ""))[1] == AuditAct.PLAN_NO_MORE
            if row is None and not (taken_back and self._knows_later(named)):
                continue
            if row is not None and (
                without_id(row) == without_id(here.get(key, {})) or self._is_outdone(named)
            ):
                continue
            c = plans.c
            same = and_(c.act == act, c.source_id == source_id, c.guid == guid)
            self._connection.execute(delete(plans).where(same))
            if row is not None:
                self._connection.execute(insert(plans).values(without_id(row)))
            yield Kind.PLANNED

    # --- the two databases -----------------------------------------------------------------

    def _old(
        self, table: Table, *conditions: ColumnElement[bool], names: Collection[str] = ()
    ) -> list[Values]:
        """Rows of the database that was there, but for what is about something taken down."""
        return [
            row
            for row in self._previous.rows(table, *conditions, names=names)
            if "source_id" not in row
            or not (
                self._is_down(row["source_id"])
                or ("guid" in row and self._is_buried(row["source_id"], row["guid"]))
            )
        ]

    def _is_buried(self, source_id: str, guid: str) -> bool:
        _, mark = digests.of_guid(self._secret, self._first[source_id], guid)
        return mark in self._down

    def _mine(self, table: Table) -> list[Values]:
        """Rows of the backup."""
        asked = select(table).order_by(*table.primary_key)
        return values(self._connection.execute(asked))

    def _stored(self, public_ids: Iterable[str]) -> dict[tuple[str, str], Values]:
        """Of posts in the backup, by source id and guid, what holds them."""
        c = posts_table.c
        names = (c.id, c.source_id, c.guid, c.holds, c.held)
        found: dict[tuple[str, str], Values] = {}
        for part in in_parts(public_ids):
            for row in values(
                self._connection.execute(select(*names).where(c.public_id.in_(part)))
            ):
                found[row["source_id"], row["guid"]] = row
        return found

    def _is_outdone(self, key: _Key) -> bool:
        """Whether the backup knows a later act: it is the newer one of the two."""
        return _at(self._here, key) > _at(self._there, key)

    def _knows_later(self, key: _Key) -> bool:
        """Whether the database that was there knows a later act."""
        return _at(self._there, key) > _at(self._here, key)


def _last(rows: list[Values]) -> dict[_Key, tuple[datetime, str]]:
    """By what an audit tells about, when that was last decided, and how."""
    last: dict[_Key, tuple[datetime, str]] = {}
    for row in rows:
        for topic in _TOPICS.get(row["act"], ()):
            key: _Key = (topic, row["source_id"], row["public_id"] or "")
            if topic == _STOP:
                key = (topic, row["widget_id"] or "")
            elif topic == _PLAN:
                key += (row["after"] or "",)
            if row["at"] >= _at(last, key):
                last[key] = (row["at"], row["act"])
    return last


def _at(last: dict[_Key, tuple[datetime, str]], key: _Key) -> datetime:
    return last[key][0] if key in last else _LONG_AGO


def _named(source_id: str, guid: str) -> tuple[str, str]:
    """As the audit names a post, or a whole source."""
    return source_id, public_id_of(source_id, guid) if guid else ""


def _by_post(rows: list[Values]) -> defaultdict[tuple[str, str], list[Values]]:
    found: defaultdict[tuple[str, str], list[Values]] = defaultdict(list)
    for row in rows:
        found[row["source_id"], row["guid"]].append(row)
    return found


def _current(rows: list[Values]) -> str | None:
    """What holds of the decisions on one post."""
    return next((row["kind"] for row in rows if row["status"] == "current"), None)
