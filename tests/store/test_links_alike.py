"""Script 0008: links in their new form, and no post that looks edited for that."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from aggregator.model import (
    Author,
    Media,
    Post,
    RawDate,
    RawPost,
    RawQuote,
    RawText,
    Source,
    Standing,
    VerdictKind,
    Written,
)
from aggregator.normalise.post import post_from
from aggregator.store import posts
from aggregator.store.database import open_database
from aggregator.store.rows import row_of_post
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import verdicts as verdicts_table
from tests.store.test_migrate import made_by

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOURCE = Source("blog", "feed", "https://blog.example/feed")
BEFORE = {
    "http://www.Blog.example:80/a/#top": (
        "http://www.blog.example/a/",
        "820eb78c3b54d2b1989e8692d36c7b8b",
    ),
    "https://blog.example/b": (
        "https://blog.example/b",
        "ee00e699bb5db9274ddfdb2357db5616",
    ),
    "https://bücher.example/c/?p=1": (
        "https://xn--bcher-kva.example/c/?p=1",
        "648ab65911ef3eaa63835e87f3912c66",
    ),
    "https://www.www.example/d": (
        "https://www.www.example/d",
        "0180e5cb57c36f4b0c4bbfd8fa0a7bbc",
    ),
    None: (None, "88916792ffb6a173b7949fc7b27c0269"),
}
"""By link: link key and fingerprint, as the version before wrote them for ``post``."""


def post(number: int, link: str | None) -> Post:
    """A post that says something in every field, as a visit makes it today."""
    raw = RawPost(
        guid=str(number),
        permalink=link,
        title=RawText(f"Post {number}", is_html=False),
        body=RawText(
            "<p>What <a href='/a'>happened</a> on the roof, told at some length.</p>", is_html=True
        ),
        author=Author("Ann", "@ann", "https://ann.example/"),
        published=RawDate("2026-05-01T16:00:00.25Z"),
        updated=RawDate("2026-05-02T16:00:00Z"),
        language="en",
        tags=("roof", "garden"),
        media=(
            Media(
                "https://films.example/1", "video/*", "A film", 640, 480, seconds=12, captions=False
            ),
            Media("https://p.example/2", id="two"),
        ),
        sensitive=True,
        warning="Heights",
        quote=RawQuote(Author("Bo"), "https://quoted.example/1", RawText("Quoted.", is_html=False)),
    )
    made = post_from(raw, SOURCE, None, NOW)
    assert isinstance(made, Post)
    return made


POSTS = [post(number, link) for number, link in enumerate(BEFORE, start=1)]


GUIDS = [one.guid for one in POSTS]


def row(one: Post) -> dict[str, Any]:
    """As the version before stored it."""
    link_key, fingerprint = list(BEFORE.values())[GUIDS.index(one.guid)]
    before = replace(one, link_key=link_key, fingerprint=bytes.fromhex(fingerprint))
    times = {"first_seen": NOW, "sort_at": NOW}
    return row_of_post(before) | times | {"held": False, "standing": Standing.OPEN.value}


def approval(one: Post, fingerprint: bytes) -> dict[str, Any]:
    seen = {"source_id": "blog", "guid": one.guid, "post_fingerprint": fingerprint}
    decided = {"kind": VerdictKind.APPROVED.value, "decided_by": "ann", "decided_at": NOW}
    return seen | decided | {"status": "current"}


@pytest.fixture
def before(empty_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A database of the version before, with posts in it, two of them approved."""
    rows = [row(one) for one in POSTS]
    approved = [
        approval(POSTS[0], rows[0]["fingerprint"]),
        approval(POSTS[2], b"of an older text"),
    ]
    with made_by("0007", empty_url, tmp_path / "before") as engine:
        with engine.begin() as connection:
            connection.execute(insert(posts_table), rows)
            connection.execute(insert(verdicts_table), approved)
        yield engine


def test_no_stored_post_looks_edited(before: Engine, empty_url: str, secret: bytes) -> None:
    with closing(open_database(empty_url, secret)) as database:
        with database.writing() as connection:
            assert posts.upsert(connection, POSTS, NOW, secret=secret) == {"blog": Written("blog")}
        stored = {one.post.guid: one for one in posts.listing(database)}
    assert [stored[guid].post for guid in GUIDS] == POSTS


def test_what_was_approved_stays_so_and_nothing_else_becomes_so(
    before: Engine, empty_url: str, secret: bytes
) -> None:
    with closing(open_database(empty_url, secret)) as database:
        stored = {one.post.guid: one for one in posts.listing(database)}
    seen = [one.verdict and one.verdict.fingerprint for one in map(stored.get, GUIDS) if one]
    assert seen == [POSTS[0].fingerprint, None, b"of an older text", None, None]


def test_what_is_left_of_a_post_has_the_new_link(
    before: Engine, empty_url: str, secret: bytes
) -> None:
    """Its content was erased, so its fingerprint cannot be made anew."""
    first = posts_table.c.guid == GUIDS[0]
    with before.begin() as connection:
        connection.execute(update(posts_table).where(first).values(title=None, text="", html=""))
    with closing(open_database(empty_url, secret)) as database:
        (stored,) = posts.find(database, POSTS[0].public_id)
    assert stored.post.link_key == POSTS[0].link_key
    assert stored.post.fingerprint == row(POSTS[0])["fingerprint"]


def test_there_may_be_many(before: Engine, empty_url: str, secret: bytes) -> None:
    one = row(POSTS[0])
    many = [one | {"guid": f"{n}", "public_id": f"{n}"} for n in range(1000, 2203)]
    with before.begin() as connection:
        connection.execute(insert(posts_table), many)
    with closing(open_database(empty_url, secret)) as database:
        assert len(posts.find(database, "no", POSTS[0].link_key)) == 1 + len(many)
