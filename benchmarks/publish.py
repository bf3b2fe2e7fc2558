"""What it costs to bring both widgets up to date after one new post, however many are stored.

The database is filled with copies of a few posts, spread over all sources, up to each size in
turn; what lies too deep for any widget has short texts, to save disk. Then, several times: one new
post is stored, and both widgets are brought up to date by the real publisher; then once more, when
nothing is new. It must cost the same whatever the number of posts.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from aggregator.actions.gather import Gathered, gather
from aggregator.app import App
from aggregator.model import (
    Catalogue,
    Dropped,
    Outcome,
    RawDate,
    RawPost,
    RawText,
    Visit,
    VisitState,
)
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import verdicts, visits
from aggregator.store.tables import posts
from benchmarks.feeds import START, Entry
from benchmarks.measure import table
from benchmarks.product import catalogue_text

LENGTH = 1500
"""Characters of a post's HTML."""
WHOLE = 100
"""Of each source the newest posts have their whole texts: more than any widget reads."""
AT_ONCE = 400_000
"""Posts copied in one transaction."""


class Shop:
    """An Aggregator whose database is filled without any feed."""

    def __init__(self, folder: Path, sources: int) -> None:
        config = folder / "feeds.yaml"
        urls = [f"https://blog{number}.example.org/feed" for number in range(sources)]
        config.write_text(catalogue_text(urls), "utf-8")
        self.now = START
        settings = load_settings(sealed=True, config=config, data=folder / "data")
        self.app = App(settings, clock=lambda: self.now)
        self.catalogue: Catalogue = self.app.catalogue()
        self.app.sync(self.catalogue)
        self._number = 0
        self._deepest = 0
        self._fill = create_engine(settings.database)
        for place in range(sources):
            self.add_post(place, self.now - timedelta(seconds=place))

    def add_post(self, place: int, published: datetime) -> None:
        """Store one new post of a source, as a visit does."""
        self._number += 1
        source = self.catalogue.sources[place]
        entry = Entry(f"blog{place}.example.org", place, self._number, 0)
        raw = RawPost(
            guid=f"id-{self._number}",
            permalink=entry.link,
            base=entry.link,
            title=RawText(entry.title, is_html=False),
            body=RawText(entry.body(LENGTH), is_html=True),
            published=RawDate(published.isoformat(), published),
        )
        post = post_from(raw, source, None, self.now)
        state = VisitState(source.id, f"{source.platform}:{source.address}")
        due = replace(state, next_due=self.now + timedelta(hours=1), outcome=Outcome.CHANGED)
        if isinstance(post, Dropped):
            raise SystemExit(post.reason)
        visit = Visit(source.id, self.now, Outcome.CHANGED, due, (post,))
        visits.save(self.app.database, [visit], self.now)

    def fill(self, size: int) -> None:
        """Copy the first post of each source, each copy an hour older, until there are so many."""
        with self._fill.connect() as connection:
            connection.execute(text("PRAGMA cache_size = -1000000"))  # 1 GB, for the indexes
            stored = connection.execute(text("SELECT count(*) FROM posts")).scalar_one()
            connection.rollback()
            sources = len(self.catalogue.sources)
            deepest = self._deepest + max(0, size - stored) // sources
            with _without_indexes(connection) if size - stored > AT_ONCE else nullcontext():
                while self._deepest < deepest:
                    upto = min(deepest, self._deepest + AT_ONCE // sources)
                    values = {"after": self._deepest, "upto": upto, "sources": sources}
                    connection.execute(text(COPY), values)
                    connection.commit()
                    self._deepest = upto

    def gather(self) -> list[Gathered]:
        """What both widgets look at."""
        now, zone = self.now, self.catalogue.site.timezone
        gathered = []
        for spec in self.catalogue.widgets:
            sources = self.catalogue.sources_of(spec)
            facts = verdicts.facts(self.app.database, sources, now)
            gathered.append(gather(self.app.database, spec, sources, facts, now, zone))
        return gathered

    def publish(self) -> None:
        """Both widgets."""
        self.app.publisher.publish_all(self.now)


def _copying() -> str:
    """A statement that copies posts, ever older; guids grow with their age, as in a file."""
    whole = f"CASE WHEN n <= {WHOLE} THEN {{name}} ELSE 'Short.' END"
    changed = {
        "public_id": "lower(hex(randomblob(6)))",
        "guid": "guid || printf('-%08d', n)",
        "permalink": "permalink || '-' || n",
        "link_key": "link_key || '-' || n",
        "content_key": "lower(hex(randomblob(16)))",
        "title": "title || ' ' || n",
        "sort_at": "sort_at - n * 3600000000",
        "published": "published - n * 3600000000",
        "fingerprint": "randomblob(16)",
        **{name: whole.format(name=name) for name in ("text", "excerpt", "html")},
    }
    names = [column.name for column in posts.c if column.name != "id"]
    chosen = ", ".join(changed.get(name, name) for name in names)
    return (
        "WITH RECURSIVE depth(n) AS (SELECT :after + 1 UNION ALL SELECT n + 1 FROM depth "
        f"WHERE n < :upto) INSERT INTO posts ({', '.join(names)}) "
        f"SELECT {chosen} FROM depth CROSS JOIN posts WHERE posts.id <= :sources"
    )


COPY = _copying()


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """Making indexes in the end is many times faster than keeping them while millions come."""
    for index in posts.indexes:
        index.drop(connection)
    yield
    for index in sorted(posts.indexes, key=lambda index: str(index.name)):
        index.create(connection)
    connection.commit()


def _cpu(act: Callable[[], object]) -> float:
    """CPU milliseconds of an act."""
    before = time.process_time()
    act()
    return (time.process_time() - before) * 1000


def _measure(shop: Shop, times: int) -> list[float]:
    """Medians: after a new post, with nothing new, and of looking alone."""
    taken: list[tuple[float, float, float]] = []
    shop.publish()
    for number in range(times):
        shop.now += timedelta(minutes=1)
        shop.add_post(number % len(shop.catalogue.sources), shop.now)
        taken.append((_cpu(shop.publish), _cpu(shop.publish), _cpu(shop.gather)))
    return [statistics.median(kind) for kind in zip(*taken, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=float, default=1e5, help="posts stored, for example 1e7")
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--times", type=int, default=20, help="medians of so many")
    parser.add_argument("--folder", type=Path, help="where the database lies; 8 GB for 1e7")
    asked = parser.parse_args()
    rows: list[list[object]] = []
    first: list[float] = []
    with tempfile.TemporaryDirectory(dir=asked.folder) as made:
        shop = Shop(Path(made), asked.sources)
        size = 1000
        while size <= asked.most:
            shop.fill(size)
            if not rows:
                _measure(shop, 5)  # warm up
            figures = _measure(shop, asked.times)
            first = first or figures
            looked_at = sum(len(one.posts) for one in shop.gather())
            rows.append([f"{size:,}", looked_at, *figures, figures[0] / first[0]])
            size *= 10
        shop.app.close()
    print(f"CPU ms for both widgets, {asked.sources} sources; aim: at most 5 ms, and flat\n")
    head = [
        "posts stored",
        "read",
        "after a new post",
        "nothing new",
        "looking alone",
        "ratio to first",
    ]
    table(head, rows)


if __name__ == "__main__":
    main()
