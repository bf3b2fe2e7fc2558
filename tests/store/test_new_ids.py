"""A source that got another id in feeds.yaml: nothing that was decided of it is lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from aggregator.model import (
    Author,
    Consent,
    Plan,
    PlannedAct,
    Post,
    Source,
    Standing,
    StopKind,
    Verdict,
    VerdictKind,
    Visit,
    WidgetStop,
    public_id_of,
)
from aggregator.model.audit_acts import AuditAct
from aggregator.store import (
    alerts,
    audit,
    consents,
    first_ids,
    former_ids,
    new_ids,
    pictures,
    plans,
    posts,
    publishes,
    retention,
    tables,
    tombstones,
    verdicts,
    visits,
    widget_stops,
)
from aggregator.store.alerts import Fact
from aggregator.store.consents import Noted
from aggregator.store.database import Database
from aggregator.store.pictures import Attempt

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]
MakeVisit = Callable[..., Visit]
Store = Callable[..., tuple[int, int, int]]

DAY = timedelta(days=1)
ADDRESS = "https://www.smith.example/feed"
OTHER = "https://jones.example/feed"


@pytest.fixture
def listed(database: Database, make_source: MakeSource, now: datetime) -> Callable[..., None]:
    """Let feeds.yaml list these ids, each at the address that is given or at one of their own."""

    def follow(**addresses: str) -> None:
        sources = [
            replace(make_source(one.replace("_", "-")), address=address)
            for one, address in addresses.items()
        ]
        visits.sync(database, sources, now)

    return follow


@pytest.fixture
def smith(
    database: Database,
    listed: Callable[..., None],
    store: Store,
    make_post: MakePost,
    make_visit: MakeVisit,
    now: datetime,
) -> None:
    """A blog with three posts and a visit behind it."""
    listed(smith=ADDRESS)
    own = [make_post(one, "smith", link_key=None) for one in ("one", "two", "three")]
    state = replace(visits.states(database)["smith"], error_streak=3)
    visits.save(database, [make_visit(state, *own)], now)


def hide(database: Database, source_id: str, guid: str | None, now: datetime) -> None:
    verdicts.decide(database, Verdict(source_id, guid, VerdictKind.HIDDEN, "Ada", now))


def facts(database: Database, source: Source, now: datetime) -> VerdictKind | None:
    verdict = verdicts.facts(database, [source], now)[source.id].verdict
    return None if verdict is None else verdict.kind


pytestmark = pytest.mark.usefixtures("smith")


def test_a_hidden_source_stays_hidden(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    hide(database, "smith", None, now)
    listed(family=ADDRESS)
    assert facts(database, make_source("family"), now) is VerdictKind.HIDDEN


def test_its_posts_go_along_with_what_was_decided_of_them(
    database: Database, listed: Callable[..., None], now: datetime
) -> None:
    hide(database, "smith", "one", now)
    verdicts.decide(database, Verdict("smith", "two", VerdictKind.APPROVED, "Ada", now))
    listed(family=ADDRESS)
    found = {(one.post.source_id, one.post.guid): one.standing for one in posts.listing(database)}
    assert found == {
        ("family", "one"): Standing.HIDDEN,
        ("family", "two"): Standing.APPROVED,
        ("family", "three"): Standing.OPEN,
    }


def test_posts_are_found_by_their_new_public_ids(
    database: Database, listed: Callable[..., None]
) -> None:
    listed(family=ADDRESS)
    assert len(posts.find(database, public_id_of("family", "one"))) == 1
    assert posts.find(database, public_id_of("smith", "one")) == []


def test_visits_go_on_where_they_were(database: Database, listed: Callable[..., None]) -> None:
    listed(family=ADDRESS)
    states = visits.states(database)
    assert set(states) == {"family"}
    assert states["family"].error_streak == 3


def test_a_visit_under_way_stores_nothing_under_the_old_id(
    database: Database,
    listed: Callable[..., None],
    make_post: MakePost,
    make_visit: MakeVisit,
    now: datetime,
) -> None:
    (claimed,) = visits.claim(database, now + 9 * DAY, DAY, 1)
    listed(family=ADDRESS)
    visits.save(database, [make_visit(claimed, make_post("late", "smith"))], now + 9 * DAY)
    assert "late" not in {one.post.guid for one in posts.listing(database)}
    assert [one.lapses for one in visits.claim(database, now + 9 * DAY, DAY, 1)] == [0]


def test_a_taken_down_post_stays_gone_with_another_link_and_other_words(
    database: Database,
    listed: Callable[..., None],
    store: Store,
    make_post: MakePost,
    now: datetime,
) -> None:
    tombstones.take_down_guid(database, "smith", "one", "Ada", now)
    listed(family=ADDRESS)
    again = make_post("one", "family", link_key="elsewhere.example/1", text="Rewritten.")
    assert store(again) == (0, 0, 1)


def test_an_author_who_was_taken_down_stays_gone(
    database: Database,
    listed: Callable[..., None],
    store: Store,
    make_post: MakePost,
    now: datetime,
) -> None:
    tombstones.take_down_author(database, "Bert", "Ada", now, source_id="smith")
    listed(family=ADDRESS)
    by_bert = make_post("new", "family", author=Author("Bert", None, None))
    by_cleo = make_post("newer", "family", author=Author("Cleo", None, None))
    assert store(by_bert, by_cleo) == (1, 0, 1)


def test_what_is_taken_down_under_the_new_id_is_down_in_what_comes_under_the_old_one(
    database: Database,
    listed: Callable[..., None],
    store: Store,
    make_post: MakePost,
    now: datetime,
) -> None:
    """As after a restore of a backup from before."""
    listed(family=ADDRESS)
    tombstones.take_down_guid(database, "family", "one", "Ada", now)
    listed(smith=ADDRESS)
    again = make_post("one", "smith", link_key="elsewhere.example/1", text="Rewritten.")
    assert store(again) == (0, 0, 1)


def test_a_rename_back_is_a_rename(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    hide(database, "smith", None, now)
    listed(family=ADDRESS)
    listed(smith=ADDRESS)
    assert facts(database, make_source("smith"), now) is VerdictKind.HIDDEN
    with database.reading() as connection:
        assert first_ids.read(connection) == {}
    acts = [
        (one.source_id, one.before) for one in audit.rows(database) if one.act == AuditAct.NEW_ID
    ]
    assert acts == [("smith", "family"), ("family", "smith")]


def test_a_second_rename_keeps_the_first_id(
    database: Database, listed: Callable[..., None]
) -> None:
    listed(family=ADDRESS)
    listed(household=ADDRESS)
    assert first_ids.of(database, "household") == "smith"
    assert first_ids.of(database, "family") == "family"


def test_it_may_have_left_the_file_in_between(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    """As where staff remove the entry, and add it anew another day."""
    hide(database, "smith", None, now)
    listed(jones=OTHER)
    listed(jones=OTHER, family=ADDRESS)
    assert facts(database, make_source("family"), now) is VerdictKind.HIDDEN


@pytest.mark.parametrize(
    "address", ["http://smith.example/feed", "https://www.smith.example/feed/"]
)
def test_another_spelling_of_the_address_is_the_same_one(
    database: Database,
    listed: Callable[..., None],
    make_source: MakeSource,
    now: datetime,
    address: str,
) -> None:
    hide(database, "smith", None, now)
    listed(family=address)
    assert facts(database, make_source("family"), now) is VerdictKind.HIDDEN


def test_another_address_is_another_source(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    hide(database, "smith", None, now)
    listed(jones=OTHER)
    assert facts(database, make_source("jones"), now) is None
    assert {one.post.source_id for one in posts.listing(database)} == {"smith"}


def test_an_entry_that_stays_keeps_all(database: Database, listed: Callable[..., None]) -> None:
    """A second entry for one address is not what it was copied from."""
    listed(smith=ADDRESS, family=ADDRESS)
    assert {one.post.source_id for one in posts.listing(database)} == {"smith"}


def test_of_two_that_may_be_meant_none_is(database: Database, listed: Callable[..., None]) -> None:
    listed(family=ADDRESS, household=ADDRESS)
    assert {one.post.source_id for one in posts.listing(database)} == {"smith"}


def test_two_at_once_each_keep_their_own(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    listed(smith=ADDRESS, jones=OTHER)
    hide(database, "jones", None, now)
    listed(b=OTHER, a=ADDRESS)
    assert facts(database, make_source("b"), now) is VerdictKind.HIDDEN
    assert facts(database, make_source("a"), now) is None
    assert {one.post.source_id for one in posts.listing(database)} == {"a"}


def test_a_hide_that_was_left_under_the_new_id_holds(
    database: Database, listed: Callable[..., None], now: datetime
) -> None:
    """Of a source of long ago nothing else is kept."""
    hide(database, "family", "one", now)
    verdicts.decide(database, Verdict("smith", "one", VerdictKind.APPROVED, "Ada", now))
    listed(family=ADDRESS)
    (stored,) = posts.find(database, public_id_of("family", "one"))
    assert stored.standing is Standing.HIDDEN


def test_plans_consents_alerts_and_pictures_go_along(
    database: Database, listed: Callable[..., None], now: datetime
) -> None:
    before, after = public_id_of("smith", "one"), public_id_of("family", "one")
    planned = Plan(PlannedAct.HIDE, "smith", None, now + DAY, "Ada", now)
    plans.add(database, planned)
    given = Consent("C-1", "form", date(2026, 1, 1))
    with database.writing() as connection:
        consents.add(connection, [Noted("smith", now, "Ada", given)])
    alerts.tell(database, [Fact("smith:gone", "It is gone", "…")], ["mail"], now, now)
    pictures.record(database, before, Attempt(b"key", now, "digest", 3, 2))
    listed(family=ADDRESS)
    assert plans.waiting(database) == [replace(planned, source_id="family")]
    assert [one.consent for one in consents.history(database, "family")] == [given]
    assert [one.key for one in alerts.waiting(database)] == ["family:gone"]
    assert set(pictures.attempts(database, [before, after])) == {after}


def test_a_frozen_widget_may_go_on_showing_it(
    database: Database, listed: Callable[..., None], now: datetime
) -> None:
    shown = (("smith", public_id_of("smith", "one")), ("smith", None), ("jones", "0123456789ab"))
    stop = WidgetStop("latest", StopKind.FROZEN, "Ada", now, shown, ())
    widget_stops.stop(database, stop, None)
    names = frozenset({"smith", public_id_of("smith", "one"), "https://a.example/"})
    publishes.record(database, "latest", now, changed=True, valid_until=None, shown=names)
    listed(family=ADDRESS)
    family = (("family", public_id_of("family", "one")), ("family", None))
    kept = widget_stops.stop_of(database, "latest")
    assert kept == replace(stop, shown=(*family, shown[2]))
    named = publishes.shown(database, "latest")
    assert named == {"family", public_id_of("family", "one"), "https://a.example/"}


def test_the_audit_keeps_what_it_said(
    database: Database, listed: Callable[..., None], now: datetime
) -> None:
    hide(database, "smith", None, now)
    before = audit.rows(database)
    listed(family=ADDRESS)
    fresh, *older = audit.rows(database)
    assert older == before
    assert (fresh.act, fresh.source_id, fresh.before, fresh.after) == (
        AuditAct.NEW_ID,
        "family",
        "smith",
        "family",
    )


def test_every_table_that_names_sources_or_posts_is_thought_of() -> None:
    kept_as_it_is = {"audit"}
    in_its_own_way = {"verdicts"}
    named = {
        table.name: {"source_id", "public_id"} & set(table.c.keys())
        for table in tables.metadata.tables.values()
    }
    moved = {table.name for table in (*new_ids.BY_SOURCE, *new_ids.BY_POST)}
    naming = {name for name, columns in named.items() if columns}
    assert naming == moved | kept_as_it_is | in_its_own_way


def test_no_row_is_left_under_the_old_id(
    database: Database, listed: Callable[..., None], now: datetime
) -> None:
    hide(database, "smith", "one", now)
    listed(family=ADDRESS)
    with database.reading() as connection:
        for table in tables.metadata.tables.values():
            if "source_id" in table.c and table.name != "audit":
                rows = connection.execute(select(table.c.source_id)).scalars()
                assert "smith" not in set(rows), table.name


# --- ids that others had --------------------------------------------------------------------------


def owners(database: Database) -> set[str]:
    return {stored.post.source_id for stored in posts.listing(database)}


def test_an_id_that_a_source_which_left_had_is_cleared_for_it(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    listed(smith=ADDRESS, family=OTHER)
    hide(database, "smith", None, now)
    listed(smith=ADDRESS)
    listed(family=ADDRESS)
    assert facts(database, make_source("family"), now) is VerdictKind.HIDDEN
    assert owners(database) == {"family"}


def test_what_the_other_one_had_decided_of_it_is_not_its_own(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    listed(smith=ADDRESS, family=OTHER)
    hide(database, "family", None, now)
    listed(smith=ADDRESS)
    listed(family=ADDRESS)
    assert facts(database, make_source("family"), now) is None
    listed(family=ADDRESS, jones=OTHER)
    assert facts(database, make_source("jones"), now) is VerdictKind.HIDDEN


def test_ids_are_passed_on_in_one_edit(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    listed(smith=ADDRESS, jones=OTHER)
    hide(database, "smith", None, now)
    listed(jones=ADDRESS, brown=OTHER)
    assert facts(database, make_source("jones"), now) is VerdictKind.HIDDEN
    assert facts(database, make_source("brown"), now) is None
    assert owners(database) == {"jones"}


def test_ids_are_swapped(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    listed(smith=ADDRESS, jones=OTHER)
    hide(database, "jones", None, now)
    listed(smith=OTHER, jones=ADDRESS)
    assert facts(database, make_source("smith"), now) is VerdictKind.HIDDEN
    assert facts(database, make_source("jones"), now) is None
    assert owners(database) == {"jones"}
    with database.writing() as connection:
        assert new_ids.tell(connection) == {"smith": "jones", "jones": "smith"}


def test_an_entry_that_takes_the_address_of_one_that_leaves_is_that_one(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    listed(smith=ADDRESS, jones=OTHER)
    hide(database, "smith", None, now)
    listed(jones=ADDRESS)
    assert facts(database, make_source("jones"), now) is VerdictKind.HIDDEN


def test_whose_id_is_swapped_keeps_who_was_taken_down(
    database: Database,
    listed: Callable[..., None],
    make_post: MakePost,
    store: Store,
    now: datetime,
) -> None:
    listed(smith=ADDRESS, jones=OTHER)
    tombstones.take_down_author(database, "Bert", "Ada", now, source_id="smith")
    listed(smith=OTHER, jones=ADDRESS)
    bert = Author("Bert", None, None)
    assert store(make_post("new", "jones", author=bert)) == (0, 0, 1)
    assert store(make_post("new", "smith", author=bert)) == (1, 0, 0)


def test_a_decision_about_an_id_that_just_changed_is_about_the_source(
    database: Database, listed: Callable[..., None], make_source: MakeSource, now: datetime
) -> None:
    listed(family=ADDRESS)
    hide(database, "smith", None, now)
    assert facts(database, make_source("family"), now) is VerdictKind.HIDDEN


def test_there_and_back_it_has_no_former_id(
    database: Database, listed: Callable[..., None], now: datetime
) -> None:
    listed(family=ADDRESS)
    listed(smith=ADDRESS)
    listed()
    retention.erase_source(database, "smith", now)
    assert former_ids.now_called(database) == {"family": "smith"}
