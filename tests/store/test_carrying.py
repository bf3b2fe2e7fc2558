"""What people took off the pages since a backup stays off when that is put back."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model import (
    Consent,
    Identity,
    Outcome,
    Plan,
    PlannedAct,
    Post,
    Standing,
    StopKind,
    Suspicion,
    Verdict,
    VerdictKind,
    Visit,
    VisitState,
    WidgetStop,
)
from aggregator.store import (
    audit,
    by_hand,
    consents,
    file_history,
    holds,
    latecomers,
    noted,
    plans,
    posts,
    restoring,
    sightings,
    tombstones,
    trust,
    undos,
    verdicts,
    visits,
    widget_stops,
)
from aggregator.store.carrying import Kind
from aggregator.store.database import Database, backup, open_database
from aggregator.store.file_history import Change, Told
from aggregator.store.noted import NotedEntry
from aggregator.store.restoring import Restored
from aggregator.store.sightings import Sighting
from aggregator.store.undos import Undo
from tests.store.conftest import on_sqlite

pytestmark = on_sqlite
MakePost = Callable[..., Post]
MakeVisit = Callable[..., Visit]
Store = Callable[..., tuple[int, int, int]]
Follow = Callable[..., dict[str, VisitState]]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Shelf:
    """The database in use, and one backup of it."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self.live = folder / "aggregator.db"
        self.copy = folder / "copies" / "copy.db"
        self.copy.parent.mkdir()
        self.secret = secret
        self.opened: list[Database] = []

    def open(self) -> Database:
        database = open_database(f"sqlite:///{self.live}", self.secret)
        self.opened.append(database)
        return database

    def close(self) -> None:
        for database in self.opened:
            database.close()

    def put_back(self, now: datetime, copy: Path | None = None) -> tuple[Database, Restored]:
        self.close()
        url, folder = f"sqlite:///{self.live}", self.live.parent
        done = restoring.restore(url, self.secret, folder, copy or self.copy, by="Ada", now=now)
        return self.open(), done


@pytest.fixture
def shelf(tmp_path: Path, secret: bytes) -> Iterator[Shelf]:
    made = Shelf(tmp_path, secret)
    yield made
    made.close()


@pytest.fixture
def database(database: Database, shelf: Shelf) -> Database:
    shelf.opened.append(database)
    return database


def standings(database: Database) -> dict[str, Standing]:
    return {stored.post.guid: stored.standing for stored in posts.listing(database)}


def number(database: Database, guid: str) -> int:
    [stored] = [one for one in posts.listing(database) if one.post.guid == guid]
    return stored.id


def verdict(guid: str | None, kind: VerdictKind, at: datetime) -> Verdict:
    return Verdict("blog", guid, kind, "Bo", at, "for a reason")


def hide(database: Database, guid: str | None, at: datetime) -> None:
    verdicts.decide(database, verdict(guid, VerdictKind.HIDDEN, at))


def approve(database: Database, guid: str, at: datetime) -> None:
    verdicts.decide(database, verdict(guid, VerdictKind.APPROVED, at))


def undo(database: Database, guid: str, at: datetime) -> None:
    seen = verdicts.undoable(database, "blog", guid, at)
    assert seen is not None
    verdicts.undo(database, seen, "Bo", at)


# --- hides and approvals ---------------------------------------------------------------------


def test_a_hide_is_kept_and_can_be_undone_as_before(
    database: Database, store: Store, make_post: MakePost, shelf: Shelf, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    approve(database, "1", now)
    backup(database, shelf.copy)
    hide(database, "1", now + DAY)
    restored, done = shelf.put_back(now + 2 * DAY)
    assert standings(restored) == {"1": Standing.HIDDEN, "2": Standing.OPEN}
    assert done.carried == Counter({Kind.HIDDEN: 1})
    undo(restored, "1", now + 2 * DAY)
    assert standings(restored)["1"] is Standing.APPROVED


def test_a_source_that_was_hidden_as_a_whole_stays_so(
    database: Database, shelf: Shelf, now: datetime
) -> None:
    backup(database, shelf.copy)
    hide(database, None, now)
    restored, _ = shelf.put_back(now + DAY)
    assert verdicts.undoable(restored, "blog", None, now + DAY)


def test_a_hidden_post_that_the_backup_never_had_stays_hidden_when_it_comes_again(
    database: Database,
    store: Store,
    make_post: MakePost,
    shelf: Shelf,
    secret: bytes,
    now: datetime,
) -> None:
    """So does a copy of it under another guid."""
    backup(database, shelf.copy)
    post = make_post("late", link_key="blog.example.org/late")
    store(post)
    hide(database, "late", now)
    restored, _ = shelf.put_back(now + DAY)
    copy = make_post("elsewhere", source_id="mirror", link_key="blog.example.org/late")
    with restored.writing() as connection:
        posts.upsert(connection, [post, copy], now + DAY, secret=secret)
        latecomers.hide(connection, [copy], now + DAY)
    assert standings(restored) == {"late": Standing.HIDDEN, "elsewhere": Standing.HIDDEN}


def test_a_hide_whose_post_is_stored_nowhere_holds_once_it_is_fetched(
    database: Database,
    make_post: MakePost,
    shelf: Shelf,
    secret: bytes,
    now: datetime,
) -> None:
    backup(database, shelf.copy)
    hide(database, "pruned", now)
    restored, _ = shelf.put_back(now + DAY)
    with restored.writing() as connection:
        posts.upsert(connection, [make_post("pruned")], now + DAY, secret=secret)
    assert standings(restored) == {"pruned": Standing.HIDDEN}


def test_an_approval_that_was_taken_back_is_none(
    database: Database, store: Store, make_post: MakePost, shelf: Shelf, now: datetime
) -> None:
    store(make_post("1", holds=("phone",)))
    approve(database, "1", now)
    backup(database, shelf.copy)
    undo(database, "1", now + HOUR)
    restored, done = shelf.put_back(now + DAY)
    assert standings(restored) == {"1": Standing.WAITING}
    assert done.carried == Counter({Kind.UNAPPROVED: 1})


@pytest.mark.parametrize("kind", [VerdictKind.APPROVED, VerdictKind.PINNED])
def test_what_shows_is_not_carried(
    database: Database,
    store: Store,
    make_post: MakePost,
    shelf: Shelf,
    now: datetime,
    kind: VerdictKind,
) -> None:
    store(make_post("waits", holds=("phone",)), make_post("hidden"))
    hide(database, "hidden", now)
    backup(database, shelf.copy)
    verdicts.decide(database, verdict("waits", kind, now + HOUR))
    undo(database, "hidden", now + HOUR)
    restored, done = shelf.put_back(now + DAY)
    assert standings(restored) == {"waits": Standing.WAITING, "hidden": Standing.HIDDEN}
    assert not done.carried


def test_nothing_of_a_post_that_the_backup_knows_as_taken_down_is_carried(
    database: Database, store: Store, make_post: MakePost, shelf: Shelf, now: datetime
) -> None:
    """The database that is there is another one: it was begun anew."""
    store(make_post("1"))
    [stored] = posts.listing(database)
    tombstones.take_down_post(database, stored, "Bo", now)
    backup(database, shelf.copy)
    shelf.close()
    for path in shelf.live.parent.glob("aggregator.db*"):
        path.unlink()
    shelf.live.with_name("tombstones.jsonl").unlink()
    hide(shelf.open(), "1", now + HOUR)
    restored, _ = shelf.put_back(now + DAY)
    assert not verdicts.undoable(restored, "blog", "1", now + DAY)


def test_back_to_the_database_that_was_replaced_all_is_as_it_was(
    database: Database, store: Store, make_post: MakePost, shelf: Shelf, now: datetime
) -> None:
    """Whoever restored the wrong backup restores what was kept aside."""
    store(make_post("1"), make_post("2", holds=("phone",)))
    backup(database, shelf.copy)
    hide(database, "1", now + HOUR)
    approve(database, "2", now + HOUR)
    _, done = shelf.put_back(now + DAY)
    restored, _ = shelf.put_back(now + 2 * DAY, done.aside)
    assert standings(restored) == {"1": Standing.HIDDEN, "2": Standing.APPROVED}


# --- what waits, is gone, or says something else ---------------------------------------------


def test_what_a_rule_holds_since_waits(
    database: Database, store: Store, make_post: MakePost, shelf: Shelf, now: datetime
) -> None:
    """Also where it had been approved before."""
    store(make_post("1"), make_post("2"), make_post("3"))
    approve(database, "2", now)
    backup(database, shelf.copy)
    act = holds.Act("Bo", now + HOUR, "word")
    both = [number(database, "1"), number(database, "2")]
    holds.hold(database, act, both, approved_too=True)
    restored, _ = shelf.put_back(now + DAY)
    assert standings(restored) == {
        "1": Standing.WAITING,
        "2": Standing.WAITING,
        "3": Standing.OPEN,
    }


def test_a_source_that_is_doubted_since_is_doubted(
    database: Database,
    follow: Follow,
    make_visit: MakeVisit,
    make_post: MakePost,
    shelf: Shelf,
    now: datetime,
) -> None:
    """A release that was taken back holds its posts again."""
    good = make_visit(follow("blog")["blog"], make_post("old"), identity=Identity(title="Anna"))
    visits.save(database, [good], now)
    doubt = Suspicion(now + HOUR, ("Its title is another.",), Identity(title="Casino"))
    bad = make_visit(good.state, make_post("new"), outcome=Outcome.HELD, suspicion=doubt)
    visits.save(database, [bad], now + HOUR)
    trust.release(database, "blog", "Bo", now + 2 * HOUR)
    backup(database, shelf.copy)
    trust.undo_release(database, "blog", "Bo", now + 3 * HOUR)
    trust_before = visits.states(database)["blog"]
    restored, _ = shelf.put_back(now + DAY)
    assert standings(restored) == {"old": Standing.OPEN, "new": Standing.HELD}
    found = visits.states(restored)["blog"]
    assert (found.suspicion, found.identity) == (trust_before.suspicion, trust_before.identity)


def test_what_its_platform_has_no_more_is_gone(
    database: Database, store: Store, make_post: MakePost, shelf: Shelf, now: datetime
) -> None:
    """Be it missed only, or erased since."""
    store(make_post("missed"), make_post("erased"), make_post("there"))
    backup(database, shelf.copy)
    later = now + HOUR
    told = {"missed": Sighting(later, missed=later)}
    sightings.settle(database, "blog", told, ["erased"], (), later)
    restored, done = shelf.put_back(now + DAY)
    assert standings(restored) == {"missed": Standing.GONE, "there": Standing.OPEN}
    assert done.carried == Counter({Kind.GONE: 2})


def test_words_that_staff_changed_stay_changed(
    database: Database, make_post: MakePost, shelf: Shelf, now: datetime
) -> None:
    """Nothing fetches them; and the old ones are in no part of the file."""
    first = make_post("1", text="Call Anna at 555-0100. " * 20)
    by_hand.save(database, first, None, before=None, by="Bo", now=now)
    backup(database, shelf.copy)
    second = make_post("1", text="Call us.")
    by_hand.save(database, second, None, before=first.fingerprint, by="Bo", now=now + HOUR)
    restored, _ = shelf.put_back(now + DAY)
    [stored] = posts.listing(restored)
    assert stored.post == second
    shelf.close()
    assert b"555-0100" not in shelf.live.read_bytes()


# --- widgets and plans -----------------------------------------------------------------------


def stop(database: Database, kind: StopKind, at: datetime) -> None:
    wanted = WidgetStop("news", kind, "Bo", at, (("blog", "0123456789ab"),))
    widget_stops.stop(database, wanted, widget_stops.stop_of(database, "news"))


@pytest.mark.parametrize("kind", list(StopKind))
def test_a_widget_that_was_stopped_stays_stopped(
    database: Database, shelf: Shelf, now: datetime, kind: StopKind
) -> None:
    backup(database, shelf.copy)
    stop(database, kind, now)
    before = widget_stops.all_stops(database)
    restored, done = shelf.put_back(now + DAY)
    assert widget_stops.all_stops(restored) == before
    assert done.carried == Counter({Kind.STOPPED: 1})


@pytest.mark.parametrize("freeze", [False, True], ids=["resumed", "then frozen"])
def test_a_blank_widget_of_the_backup_stays_blank(
    database: Database, shelf: Shelf, now: datetime, *, freeze: bool
) -> None:
    stop(database, StopKind.BLANK, now)
    backup(database, shelf.copy)
    stopped = widget_stops.stop_of(database, "news")
    assert stopped is not None
    widget_stops.resume(database, stopped, "Bo", now + HOUR)
    if freeze:
        stop(database, StopKind.FROZEN, now + 2 * HOUR)
    restored, _ = shelf.put_back(now + DAY)
    assert widget_stops.all_stops(restored) == {"news": stopped}


def plan(act: PlannedAct, at: datetime, decided: datetime) -> Plan:
    return Plan(act, "blog", "1", at, "Bo", decided, "for a reason")


@pytest.mark.parametrize("act", list(PlannedAct))
def test_what_was_planned_is_planned_for_the_day_that_was_said_last(
    database: Database, shelf: Shelf, now: datetime, act: PlannedAct
) -> None:
    plans.add(database, plan(act, now + 5 * DAY, now))
    backup(database, shelf.copy)
    wanted = plan(act, now + 3 * DAY, now + HOUR)
    plans.add(database, wanted)
    restored, done = shelf.put_back(now + DAY)
    assert plans.waiting(restored) == [wanted]
    assert done.carried == Counter({Kind.PLANNED: 1})


def test_a_plan_that_was_taken_back_waits_no_more(
    database: Database, shelf: Shelf, now: datetime
) -> None:
    """A takedown that nobody wants any more could not be taken back."""
    wanted = plan(PlannedAct.TAKEDOWN, now + 5 * DAY, now)
    plans.add(database, wanted)
    backup(database, shelf.copy)
    plans.take_back(database, wanted, by="Bo", now=now + HOUR)
    restored, _ = shelf.put_back(now + DAY)
    assert plans.waiting(restored) == []


# --- history ---------------------------------------------------------------------------------


def test_the_audit_goes_on_and_says_what_was_restored(
    database: Database, store: Store, make_post: MakePost, shelf: Shelf, now: datetime
) -> None:
    store(make_post("1"), make_post("2", holds=("phone",)))
    hide(database, "1", now)
    backup(database, shelf.copy)
    approve(database, "2", now + HOUR)
    hide(database, "2", now + 2 * HOUR)
    before = list(audit.everything(database))
    restored, done = shelf.put_back(now + DAY)
    after = list(audit.everything(restored))
    assert after[:-1] == before
    assert [one.number for one in after[:-1]] == [one.number for one in before]
    told = ("backup of 2026-06-01 12:00 UTC", "kept off since: hidden 1")
    assert after[-1] == audit.Entry(now + DAY, "Ada", "restore", "", None, *told)
    assert (done.acts, done.until, done.knows_since) == (2, now, True)


def test_a_backup_of_another_line_has_both_audits(
    database: Database, shelf: Shelf, now: datetime
) -> None:
    """The database was begun anew after it had been lost."""
    hide(database, "1", now)
    backup(database, shelf.copy)
    shelf.close()
    for path in shelf.live.parent.glob("aggregator.db*"):
        path.unlink()
    hide(shelf.open(), "2", now + HOUR)
    restored, _ = shelf.put_back(now + DAY)
    told = [(one.act, one.public_id, one.number) for one in audit.everything(restored)]
    assert [act for act, _, _ in told] == ["decide", "decide", "restore"]
    assert len({number for _, _, number in told}) == 3


GIVEN = Consent("C-1", "authorization", date(2026, 1, 1))


def note(database: Database, lines: str, consent: Consent, at: datetime) -> None:
    """The file says something else of the one source in it."""

    def decide(before: file_history.Before) -> Change:
        entry = audit.Entry(at, "Bo", "source changed", "blog", after="name")
        undo = Undo(0, at, "sources", "blog", None, lines, 0)
        told = consents.Noted("blog", at, "Bo", consent)
        return Change(lines, [NotedEntry("sources", "blog", lines)], [Told(entry, undo)], [told])

    file_history.note(database, decide, at)


def test_what_is_known_of_the_list_is_as_it_was(
    database: Database, shelf: Shelf, now: datetime
) -> None:
    """That file is not put back: its ledger, and what undo needs of it, still hold."""
    note(database, "one", GIVEN, now)
    backup(database, shelf.copy)
    note(database, "two", Consent("C-2", "authorization", date(2026, 5, 1)), now + HOUR)
    undos.mark_undone(database, undos.open_ones(database, now)[-1].number, now + HOUR)
    ledger, open_ones = consents.history(database, "blog"), undos.open_ones(database, now)
    restored, _ = shelf.put_back(now + DAY)
    assert consents.history(restored, "blog") == ledger
    assert undos.open_ones(restored, now) == open_ones
    assert noted.digest(restored) == "two"


def test_of_a_source_that_was_taken_down_since_no_history_is_left(
    database: Database, shelf: Shelf, now: datetime
) -> None:
    note(database, "one", GIVEN, now)
    backup(database, shelf.copy)
    tombstones.take_down_source(database, "blog", "Bo", now + HOUR)
    restored, _ = shelf.put_back(now + DAY)
    assert consents.history(restored, "blog") == []
    assert undos.open_ones(restored, now) == []
    with restored.reading() as connection:
        assert noted.entries(connection) == []


# --- what cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE alembic_version SET version_num = '9999'",
        "DROP TABLE alembic_version",
        "ALTER TABLE verdicts DROP COLUMN status",
    ],
)
def test_a_database_that_is_not_as_we_know_it_is_told(
    database: Database, shelf: Shelf, now: datetime, harm: str
) -> None:
    backup(database, shelf.copy)
    shelf.close()
    with closing(sqlite3.connect(shelf.live)) as driver, driver:
        driver.execute("DROP INDEX verdicts_current")
        driver.execute("DROP INDEX verdicts_pinned")
        driver.execute(harm)
    _, done = shelf.put_back(now)
    assert not done.knows_since


def test_of_a_newer_version_is_carried_what_can_be_read(
    database: Database, store: Store, make_post: MakePost, shelf: Shelf, now: datetime
) -> None:
    store(make_post("1"))
    backup(database, shelf.copy)
    hide(database, "1", now)
    shelf.close()
    with closing(sqlite3.connect(shelf.live)) as driver, driver:
        driver.execute("ALTER TABLE verdicts ADD COLUMN mood TEXT")
        driver.execute("UPDATE alembic_version SET version_num = '9999'")
    restored, _ = shelf.put_back(now + DAY)
    assert standings(restored) == {"1": Standing.HIDDEN}


def test_of_an_older_version_all_is_carried_that_it_could_know(
    database: Database, store: Store, make_post: MakePost, shelf: Shelf, now: datetime
) -> None:
    store(make_post("1"))
    backup(database, shelf.copy)
    hide(database, "1", now)
    shelf.close()
    with closing(sqlite3.connect(shelf.live)) as driver, driver:
        for table in ("plans", "widget_stops", "consents", "undos", "sightings", "hand_pictures"):
            driver.execute(f"DROP TABLE {table}")
        for column in ("posts DROP COLUMN holds", "audit DROP COLUMN widget_id"):
            driver.execute(f"ALTER TABLE {column}")
        driver.execute("UPDATE alembic_version SET version_num = '0001'")
    restored, done = shelf.put_back(now + DAY)
    assert standings(restored) == {"1": Standing.HIDDEN}
    assert done.knows_since
