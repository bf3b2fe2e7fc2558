"""Looking at few posts shows what looking at all of them would show."""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from aggregator.actions import gather as gathering
from aggregator.actions.gather import Gathered, gather
from aggregator.model import (
    NO_TERMS,
    Consent,
    Media,
    Only,
    Post,
    PostKind,
    Review,
    SafeHtml,
    Selection,
    Source,
    StoredPost,
    Terms,
    Verdict,
    VerdictKind,
    WidgetSpec,
)
from aggregator.store import posts, verdicts
from aggregator.store.database import Database, open_database
from aggregator.widgets.select import select

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ZONE = "America/New_York"
SECRET = b"a secret key of at least 32 bytes"
DAY = timedelta(days=1)
APPROVE_ALL = """
INSERT INTO verdicts (source_id, guid, kind, decided_by, decided_at, status)
SELECT source_id, guid, 'approved', 'Ana', :at, 'current' FROM posts"""
TERMS = {"mastodon": Terms("Mastodon"), "bluesky": Terms("Bluesky"), "x": Terms("X", apart=True)}
NOTICES = [
    "Our clinic in the old town is closed on Monday because of the snow.",
    "Our clinic in the old town is closed on Monday because of the snow. #snow",
    "Our clinic in the old town is closed on Monday…",
    "Our clinic in the new town is closed on Monday because of the snow.",
    "Our clinic in the new town is closed on Monday because of the snow. Stay at home!",
]
"""Some are copies of one another, some look alike."""
FOLLOWING = 4
"""Cards that the full page has besides; so few that most posts are beyond it."""


def post(source_id: str, number: int, at: datetime, **said: Any) -> Post:
    defaults = {
        "source_id": source_id,
        "guid": f"{source_id} {number}",
        "permalink": f"https://{source_id}.example/{number}",
        "title": f"Title {number}",
        "text": f"The words of {number}.",
        "spans": (),
        "excerpt": "",
        "html": SafeHtml(""),
        "language": None,
        "author": None,
        "kind": PostKind.ORIGINAL,
        "tags": (),
        "media": (),
        "published": at,
        "date_flag": None,
        "date_said": None,
        "updated": None,
        "sensitive": False,
        "warning": None,
        "link_key": None,
        "content_key": None,
        "fingerprint": number.to_bytes(16),
    }
    return Post(**{**defaults, **said})


@dataclass(frozen=True)
class Reposts:
    """Options of a connector."""

    include_reposts: bool = True


@dataclass
class World:
    """A database, and a widget with its sources."""

    database: Database
    spec: WidgetSpec = field(default_factory=lambda: WidgetSpec("latest", "Latest", "posts", 3))
    sources: tuple[Source, ...] = ()

    def follow(self, source_id: str, platform: str = "feed", **said: Any) -> None:
        source = Source(source_id, platform, f"https://{source_id}.example/feed")
        self.sources += (replace(source, terms=TERMS.get(platform, NO_TERMS), **said),)

    def store(self, *found: Post, held: Collection[str] = ()) -> None:
        with self.database.writing() as connection:
            posts.upsert(connection, found, NOW, secret=SECRET, held=held)

    def decide(self, source_id: str, guid: str | None, kind: VerdictKind, **said: Any) -> None:
        decided = Verdict(source_id, guid, kind, "Ana", NOW - DAY)
        verdicts.decide(self.database, replace(decided, **said))

    def gather(self) -> Gathered:
        facts = verdicts.facts(self.database, self.sources, NOW)
        return gather(self.database, self.spec, self.sources, facts, NOW, ZONE)

    def among_all(self, now: datetime = NOW) -> Selection:
        """The selection among all stored posts."""
        found = posts.listing(self.database, limit=1_000_000)
        facts = verdicts.facts(self.database, self.sources, now)
        return select(self.spec, self.sources, found, facts, now, ZONE)

    def looked_at(self, source_id: str) -> list[StoredPost]:
        return [one for one in self.gather().posts if one.post.source_id == source_id]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = open_database(f"sqlite:///{tmp_path_factory.mktemp('gather') / 'a.db'}", SECRET)
    yield made
    made.close()


def empty(database: Database) -> World:
    with database.writing() as connection:
        connection.execute(text("DELETE FROM posts"))
        connection.execute(text("DELETE FROM verdicts"))
    return World(database)


@pytest.fixture
def world(database: Database) -> World:
    return empty(database)


@contextmanager
def bounds_moved() -> Iterator[None]:
    """A short full page, and no bound to how far each source is read."""
    with pytest.MonkeyPatch.context() as patch:
        for place in ("widgets.posts", "widgets.blogs", "widgets.reach", "actions.gather"):
            patch.setattr(f"aggregator.{place}.MOST_MORE", FOLLOWING)
        patch.setattr(gathering, "deepest", lambda _spec: 1_000_000)
        yield


# --- whatever is stored ------------------------------------------------------------------------


def peopled(database: Database, seed: int) -> World:
    """A world made by chance: sources of all kinds, a few of them with most of the posts."""
    chance = Random(seed)
    world = empty(database)
    only = chance.choice([Only()] * 8 + [Only(words=("wanted",)), Only(tags=("garden",))])
    world.spec = WidgetSpec(
        "latest",
        "Latest",
        chance.choice(["posts", "posts", "blogs"]),
        chance.randint(1, 5),
        per_source=chance.choice([None, None, None, 1, 2]),
        max_age=chance.choice([None, None, None, 3 * DAY, 20 * DAY]),
        only=only,
        require_consent=chance.random() < 0.1,
    )
    names = [f"s{number}" for number in range(chance.randint(1, 7))]
    for name in names:
        world.follow(
            name,
            chance.choice(["feed", "feed", "mastodon", "bluesky", "x"]),
            review=chance.choice([Review.NEVER, Review.NEVER, *Review]),
            consent=chance.choice([None, None, consent_by_chance(chance)]),
            tags=("Garden",) * (chance.random() < 0.1),
            options=chance.choice([None, Reposts()]),
        )
    one_is_loud = chance.random() < 0.4
    found = []
    for name in names:
        is_loud = name == "s0" or (not one_is_loud and chance.random() < 0.8)
        newest = NOW - timedelta(hours=chance.choice([5, 5, 5, 6, 7] if is_loud else [200]))
        count = chance.choice([0, 1, 3, 8, 25, 40])
        found += [by_chance(chance, name, number, newest) for number in range(count)]
    chance.shuffle(found)  # what is stored late may be old
    while found:
        batch, found = found[:20], found[20:]
        world.store(*batch, held=chance.choices(names, k=chance.choice([0, 0, 1])))
    for name in names:
        decide_by_chance(chance, world, name)
    return world


def consent_by_chance(chance: Random) -> Consent:
    """It may begin, hold, end or be withdrawn, today or soon."""
    given, expires, withdrawn = (
        (NOW + chance.choice(days) * DAY).date() for days in ([-9, -9, 0, 1], [-1, 1, 40], [0, 2])
    )
    return Consent("PF-1", "authorization", given, expires, chance.choice([None] * 4 + [withdrawn]))


def by_chance(chance: Random, source_id: str, number: int, newest: datetime) -> Post:
    at = newest - timedelta(
        hours=chance.choice([0, 0, 0, chance.randrange(600)]), minutes=5 * number
    )
    wanted = "wanted " if chance.random() < 0.1 else ""
    notice = chance.random() < 0.3
    title = chance.choice([None, f"Title {number}", "Same title"])
    picture = Media("https://pictures.example/1.jpg", alt="A garden")
    return post(
        source_id,
        number,
        at,
        text=chance.choice(NOTICES) if notice else wanted + "word " * chance.randrange(3),
        title=None if notice else title,
        kind=chance.choice([PostKind.ORIGINAL] * 5 + [PostKind.REPOST]),
        tags=("garden",) * (chance.random() < 0.1),
        media=(picture,) * chance.randrange(2),
        link_key=chance.choice([None] * 4 + [f"link {chance.randrange(30)}"]),
        content_key=chance.choice([None] * 4 + [f"text {chance.randrange(30)}"]),
    )


def decide_by_chance(chance: Random, world: World, source_id: str) -> None:
    """A few decisions on posts, seldom one on the whole source."""
    for number in chance.sample(range(25), chance.choice([0, 0, 0, 1, 3, 9])):
        kind = chance.choice(list(VerdictKind))
        ends = [None, NOW + DAY, NOW - DAY / 2] if kind is VerdictKind.PINNED else [None]
        seen = chance.choice([None, number, 99])  # 99: another version than the one that is stored
        world.decide(
            source_id,
            f"{source_id} {number}",
            kind,
            at=NOW - chance.randint(1, 3) * DAY,
            until=chance.choice(ends),
            fingerprint=seen if seen is None else seen.to_bytes(16),
        )
    if chance.random() < 0.15:
        kind = chance.choice(list(VerdictKind))
        until = NOW + DAY if kind is VerdictKind.PINNED else None
        world.decide(source_id, None, kind, until=until)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_few_posts_show_what_all_would_show(
    database: Database, seed: int, data: st.DataObject
) -> None:
    """Now, and at any moment until which the answer is said to hold."""
    world = peopled(database, seed)
    with bounds_moved():
        selection, right = world.gather().selection, world.among_all()
        assert shown(selection) == shown(right)
        assert right.valid_until is None or selection.valid_until is not None
        if world.spec.max_age is None:
            assert selection.valid_until == right.valid_until
        end = selection.valid_until or NOW + 30 * DAY
        last = (end - NOW) // timedelta(microseconds=1) - 1
        passed = data.draw(st.just(last) | st.integers(0, last))
        assert shown(selection) == shown(world.among_all(NOW + timedelta(microseconds=passed)))


def shown(selection: Selection) -> tuple[Any, ...]:
    return selection.cards, selection.more, selection.follow


Run = tuple[str, int]
"""A source, and how many of its posts follow one another without one of the others."""


def arranged(
    database: Database, show: int, runs: Sequence[Run], at_once: int, pinned: Collection[int]
) -> World:
    """A world of plain posts only: they stand as the runs say, the newest first."""
    world = empty(database)
    world.spec = replace(world.spec, show=show)
    for name in sorted({name for name, _ in runs}):
        world.follow(name)
    names = [name for name, count in runs for _ in range(count)]
    moments = [NOW - DAY - timedelta(minutes=number // at_once) for number in range(len(names))]
    world.store(*(post(name, n, moments[n]) for n, name in enumerate(names)))
    for number in pinned:
        if number < len(names):
            world.decide(names[number], f"{names[number]} {number}", VerdictKind.PINNED)
    return world


@settings(max_examples=100, deadline=None)
@given(
    show=st.integers(1, 6),
    runs=st.lists(st.tuples(st.sampled_from("aabc"), st.integers(1, 16)), max_size=6),
    at_once=st.integers(1, 3),
    pinned=st.sets(st.integers(0, 60), max_size=3),
)
def test_each_source_has_its_share_however_they_follow_one_another(
    database: Database, show: int, runs: list[Run], at_once: int, pinned: set[int]
) -> None:
    world = arranged(database, show, runs, at_once, pinned)
    with bounds_moved():
        assert shown(world.gather().selection) == shown(world.among_all())


# --- how little is looked at -------------------------------------------------------------------


@pytest.mark.parametrize(("layout", "most"), [("posts", 53), ("blogs", 3)])
def test_as_many_posts_are_read_as_there_are_places(world: World, layout: str, most: int) -> None:
    """However many are stored; of a blog its newest one."""
    world.spec = replace(world.spec, layout=layout)
    for name in range(3):
        world.follow(f"s{name}")
        world.store(*(post(f"s{name}", n, NOW - n * DAY) for n in range(200)))
    assert len(world.gather().posts) <= most


@contextmanager
def steps_counted(database: Database) -> Iterator[list[int]]:
    """Of SQLite's own machine: what a question costs, whatever the hour."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    def listen(driver: sqlite3.Connection, *_: object) -> None:
        driver.set_progress_handler(count, 1)

    def end(driver: sqlite3.Connection, *_: object) -> None:
        driver.set_progress_handler(None, 0)

    event.listen(database._engine, "checkout", listen)
    event.listen(database._engine, "checkin", end)
    yield steps
    event.remove(database._engine, "checkout", listen)
    event.remove(database._engine, "checkin", end)


@pytest.mark.parametrize("layout", ["posts", "blogs"])
@pytest.mark.parametrize("review", Review)
def test_the_database_does_no_more_for_many_posts_than_for_few(
    world: World, layout: str, review: Review
) -> None:
    """Nor for many decisions, where a person approves each post."""
    world.spec = replace(world.spec, layout=layout)
    world.follow("blog", review=review)
    world.follow("other", review=review)
    costs = []
    for numbers in (range(80), range(80, 400)):  # the newest first
        for name in ("blog", "other"):
            world.store(*(post(name, n, NOW - n * DAY, link_key=f"{name} {n}") for n in numbers))
        with world.database.writing() as connection:
            connection.execute(text("DELETE FROM verdicts"))
            connection.execute(text(APPROVE_ALL), {"at": 0})
            connection.execute(text("UPDATE posts SET standing = 'approved'"))
        world.gather()
        with steps_counted(world.database) as steps:
            assert world.gather().selection.cards
        costs.append(steps[0])
    few, many = costs
    assert many <= few * 1.2


def test_a_source_that_posts_most_does_not_draw_the_others_in(world: World) -> None:
    """It has its share of the places, and so its older posts do not matter."""
    world.follow("loud")
    world.store(*(post("loud", n, NOW - timedelta(minutes=n)) for n in range(400)))
    world.follow("quiet")
    world.store(*(post("quiet", n, NOW - n * DAY - 30 * DAY) for n in range(100)))
    found = world.gather()
    assert [card.source.id for card in found.selection.cards] == ["loud", "loud", "quiet"]
    assert len(world.looked_at("loud")) < 60


def test_a_capped_source_is_not_read_on(world: World) -> None:
    world.spec = replace(world.spec, per_source=2)
    world.follow("loud")
    world.store(*(post("loud", n, NOW - timedelta(minutes=n)) for n in range(400)))
    assert len(world.gather().selection.cards) == 2
    assert len(world.looked_at("loud")) <= 53


def test_what_nothing_of_may_be_shown_is_not_read_at_all(world: World) -> None:
    ended = Consent("PF-1", "authorization", (NOW - 9 * DAY).date(), (NOW - DAY).date())
    world.follow("family", consent=ended)
    world.store(post("family", 1, NOW - DAY))
    assert world.gather().posts == ()


def test_posts_too_old_for_the_widget_are_not_read(world: World) -> None:
    world.spec = replace(world.spec, max_age=2 * DAY)
    world.follow("blog")
    world.store(*(post("blog", n, NOW - n * DAY) for n in range(9)))
    assert {one.post.guid for one in world.looked_at("blog")} == {"blog 0", "blog 1"}


def test_an_age_beyond_the_calendar_keeps_all(world: World) -> None:
    world.spec = replace(world.spec, max_age=timedelta.max)
    world.follow("blog")
    world.store(post("blog", 1, NOW - 900 * DAY))
    assert len(world.gather().selection.cards) == 1


@pytest.mark.parametrize(
    ("spec", "bound"),
    [
        (WidgetSpec("w", "W", "posts", 3), 60),
        (WidgetSpec("w", "W", "blogs", 3), 10),
        (WidgetSpec("w", "W", "posts", 3, only=Only(words=("never",))), 500),
        (WidgetSpec("w", "W", "blogs", 3, only=Only(tags=("never",))), 500),
    ],
    ids=["posts", "blogs", "filtered posts", "filtered blogs"],
)
def test_where_nothing_fits_a_source_is_read_no_further_than_its_bound(
    world: World, spec: WidgetSpec, bound: int
) -> None:
    world.spec = spec
    world.follow("blog")
    world.store(
        *(post("blog", n, NOW - timedelta(hours=n), kind=PostKind.REPOST) for n in range(600))
    )
    assert (len(world.gather().posts), world.gather().selection.cards[1:]) == (bound, ())


def test_blogs_of_one_moment_stand_in_the_order_of_the_list(world: World) -> None:
    """Not in that of their posts, which were stored later the further down they stand."""
    world.spec = replace(world.spec, layout="blogs", show=1)
    for number in range(70):
        world.follow(f"s{number}")
        world.store(post(f"s{number}", 1, NOW - DAY))
    found, right = world.gather().selection, world.among_all()
    assert (found.cards, found.more) == (right.cards, right.more)


def test_a_copy_far_down_is_known(world: World) -> None:
    """Of two copies the longer text is shown, wherever it stands."""
    world.follow("blog")
    world.follow("social")
    world.store(*(post("social", n, NOW - n * DAY) for n in range(1, 90)))
    world.store(post("social", 99, NOW - 100 * DAY, link_key="same", text="Much longer. " * 9))
    world.store(*(post("blog", n, NOW - timedelta(hours=n)) for n in range(1, 60)))
    world.store(post("blog", 0, NOW, link_key="same"))
    found = world.gather().selection
    shown = [card.stored.post.guid for card in (*found.cards, *found.more) if card.stored]
    assert "blog 0" not in shown


def test_a_copy_in_other_words_is_known_though_beyond_what_is_read(world: World) -> None:
    """The newer copy has the shorter text; the older one stands below the full page."""
    world.follow("social", "mastodon")
    world.follow("sky", "bluesky")
    world.store(post("sky", 1, NOW, title=None, text=NOTICES[0]))
    world.store(*(post("social", n, NOW - timedelta(minutes=30 * n)) for n in range(1, 200)))
    world.store(
        post("social", 999, NOW - timedelta(hours=40, minutes=1), title=None, text=NOTICES[1])
    )
    found = world.gather()
    shown = [card.stored.post.guid for card in found.selection.cards if card.stored]
    assert "sky 1" not in shown
    assert len(found.posts) < 120


def test_nothing_is_compared_where_no_source_is_on_a_network(world: World) -> None:
    world.follow("blog")
    world.follow("other")
    world.store(*(post("blog", n, NOW - timedelta(hours=n)) for n in range(80)))
    world.store(*(post("other", n, NOW - timedelta(hours=n)) for n in range(80)))
    with steps_counted(world.database) as few:
        world.gather()
    world.sources = tuple(replace(one, terms=TERMS["bluesky"]) for one in world.sources)
    with steps_counted(world.database) as more:
        world.gather()
    assert few[0] < more[0]
