"""What a takedown leaves of a post in what its source, or another one, is known by (rule I9)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Text, cast, select, update

from aggregator.model import Identity, Post, Released, Suspicion, Visit, VisitState
from aggregator.store import digests, tombstones, visits
from aggregator.store.database import Database
from aggregator.store.tables import visit_state

MakePost = Callable[..., Post]
MakeVisit = Callable[..., Visit]
Follow = Callable[..., dict[str, VisitState]]
Save = Callable[..., None]
ADA = "Ada"


@pytest.fixture
def known(secret: bytes) -> Identity:
    """What is remembered of a source with two posts, ``1`` and ``2``."""
    return Identity(
        title="Our year",
        domain="blog.example.org",
        link_domain=digests.trait(secret, "elsewhere.example"),
        authors=(digests.trait(secret, "anna"),),
        ids=(digests.trait(secret, "1"), digests.trait(secret, "2")),
        texts=(digests.trait(secret, "text"),),
        words=(digests.trait(secret, "word"),),
        outbound=(digests.trait(secret, "elsewhere.example"),),
        length=2,
    )


@pytest.fixture
def save(
    database: Database, follow: Follow, make_visit: MakeVisit, make_post: MakePost, now: datetime
) -> Save:
    """Store two posts of a source, and what it is like."""

    def write(source_id: str = "blog", **state: object) -> None:
        written = [make_post(guid, source_id=source_id) for guid in "12"]
        visits.save(database, [make_visit(follow(source_id)[source_id], *written, **state)], now)

    return write


def take_down(database: Database, now: datetime) -> None:
    tombstones.take_down_guid(database, "blog", "1", ADA, now)


def stored(database: Database) -> str:
    """The columns as they lie in the database."""
    columns = (visit_state.c.identity, visit_state.c.suspicion)
    with database.reading() as connection:
        return str(connection.execute(select(*(cast(one, Text) for one in columns))).all())


def unkey(database: Database, source_id: str) -> None:
    """Let what is stored of a source be of the first form."""
    of_source = visit_state.c.source_id == source_id

    def old(identity: dict[str, object] | None) -> dict[str, object] | None:
        return identity and {name: identity[name] for name in identity if name != "form"}

    with database.writing() as connection:
        asked = select(visit_state.c.identity, visit_state.c.suspicion).where(of_source)
        identity, doubt = connection.execute(asked).one()
        values = {
            "identity": old(identity),
            "suspicion": doubt and doubt | {"seen": old(doubt["seen"])},
        }
        connection.execute(update(visit_state).where(of_source).values(values))


def test_a_takedown_leaves_nothing_by_which_the_post_would_be_known_again(
    database: Database, save: Save, known: Identity, secret: bytes, now: datetime
) -> None:
    save(identity=known)
    take_down(database, now)
    after = visits.states(database)["blog"].identity
    left = Identity(
        title="Our year", domain="blog.example.org", ids=(digests.trait(secret, "2"),), length=2
    )
    assert after == left


def test_nor_in_what_was_seen_of_a_source_that_is_doubted(
    database: Database, save: Save, known: Identity, secret: bytes, now: datetime
) -> None:
    save(identity=known, suspicion=Suspicion(now, ("Its title is another.",), known))
    take_down(database, now)
    doubted = visits.states(database)["blog"].suspicion
    assert doubted is not None
    assert (doubted.seen.authors, doubted.seen.ids) == ((), (digests.trait(secret, "2"),))
    assert doubted.signals == ("Its title is another.",)


def test_nor_in_what_was_trusted_before_a_release(
    database: Database, save: Save, known: Identity, now: datetime
) -> None:
    doubt = Suspicion(now, ("Its title is another.",), known)
    save(identity=known, released=Released(now, doubt, known, None))
    take_down(database, now)
    assert known.authors[0] not in stored(database)
    assert visits.states(database)["blog"].released is not None


def test_sources_of_other_posts_are_known_as_before(
    database: Database, save: Save, known: Identity, now: datetime
) -> None:
    save()
    save("other", identity=known)
    tombstones.take_down_source(database, "blog", ADA, now)
    assert visits.states(database)["other"].identity == known


class TestOfTheFirstForm:
    """Its digests had no key: who had the database could try names against them."""

    def test_only_facts_are_read(self, database: Database, save: Save, known: Identity) -> None:
        save(identity=known)
        unkey(database, "blog")
        facts = replace(
            known, link_domain=None, authors=(), ids=(), texts=(), words=(), outbound=()
        )
        assert visits.states(database)["blog"].identity == facts

    def test_a_takedown_clears_it_in_every_source(
        self, database: Database, save: Save, known: Identity, now: datetime
    ) -> None:
        save()
        save("other", identity=known)
        unkey(database, "other")
        take_down(database, now)
        assert known.authors[0] not in stored(database)

    def test_signals_that_name_an_author_are_not_read(
        self, database: Database, save: Save, known: Identity, now: datetime
    ) -> None:
        title = "Its title was “Our year” and is “Casino” now."
        told = "Its new posts are by “Anna”, who never wrote here before."
        save(identity=known, suspicion=Suspicion(now, (title, told), known))
        unkey(database, "blog")
        doubted = visits.states(database)["blog"].suspicion
        assert doubted is not None
        assert doubted.signals == (title,)
