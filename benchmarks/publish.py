"""What it costs to bring both widgets up to date after one new post, however many are stored.

The database is filled with copies of a few posts, spread over all sources, up to each size in
turn. Then, several times: one new post is stored, and both widgets are selected, rendered and
written by the real publisher. It must cost the same whatever the number of posts.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import create_engine, text

from aggregator.actions.publish import CANDIDATES
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
from aggregator.store import visits
from benchmarks.feeds import START, Entry
from benchmarks.measure import table
from benchmarks.product import catalogue_text

LENGTH = 1500
"""Characters of a post's HTML."""


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
        self._fill = create_engine(settings.database)
        for place in range(sources):
            self.add_post(place)

    def add_post(self, place: int) -> None:
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
            published=RawDate(self.now.isoformat(), self.now),
        )
        post = post_from(raw, source, None, self.now)
        state = VisitState(source.id, f"{source.platform}:{source.address}")
        due = replace(state, next_due=self.now + timedelta(hours=1), outcome=Outcome.CHANGED)
        if isinstance(post, Dropped):
            raise SystemExit(post.reason)
        visit = Visit(source.id, self.now, Outcome.CHANGED, due, (post,), (), 0.0)
        visits.save(self.app.database, [visit], self.now)

    def fill(self, size: int) -> None:
        """Copy posts, each a little older than the one before, until there are so many."""
        with self._fill.begin() as connection:
            connection.execute(text("PRAGMA cache_size = -1000000"))  # 1 GB, for the indexes
            stored = connection.execute(text("SELECT count(*) FROM posts")).scalar_one()
            names = [
                row[1]
                for row in connection.execute(text("PRAGMA table_info(posts)"))
                if row[1] != "id"
            ]
            sources = len(self.catalogue.sources)
            rounds = max(0, size - stored) // sources
            changed = {
                "public_id": "lower(hex(randomblob(6)))",
                "guid": "guid || '-' || :size || '-' || n",
                "permalink": "permalink || '-' || :size || '-' || n",
                "link_key": "link_key || '-' || :size || '-' || n",
                "content_key": "lower(hex(randomblob(16)))",
                "title": "title || ' ' || n",
                "sort_at": "sort_at - (:size + n) * 3600000000",
                "published": "published - (:size + n) * 3600000000",
            }
            chosen = ", ".join(changed.get(name, name) for name in names)
            connection.execute(
                text(
                    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
                    f"WHERE n < :rounds) INSERT INTO posts ({', '.join(names)}) "
                    f"SELECT {chosen} FROM numbers, posts WHERE posts.id <= :sources"
                ),
                {"rounds": rounds, "size": size % 9973, "sources": sources},
            )

    def publish(self) -> None:
        """Both widgets."""
        self.app.publisher.publish_all(self.now)


def _cpu(act: Callable[[], object]) -> float:
    """CPU milliseconds of an act."""
    before = time.process_time()
    act()
    return (time.process_time() - before) * 1000


def _measure(shop: Shop, times: int) -> tuple[float, float, float]:
    fresh, again, chosen = [], [], []
    shop.publish()
    for number in range(times):
        shop.now += timedelta(minutes=1)
        shop.add_post(number % len(shop.catalogue.sources))
        fresh.append(_cpu(shop.publish))
        again.append(_cpu(shop.publish))
        chosen.append(
            _cpu(
                lambda: [
                    shop.app.publisher.select(shop.catalogue, spec, shop.now)
                    for spec in shop.catalogue.widgets
                ]
            )
        )
    return statistics.median(fresh), statistics.median(again), statistics.median(chosen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--up-to", type=float, default=1e5, help="posts, for example 1e6")
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--times", type=int, default=10, help="medians of so many")
    asked = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as made:
        shop = Shop(Path(made), asked.sources)
        size = 1000
        while size <= asked.up_to:
            shop.fill(size)
            fresh, again, chosen = _measure(shop, asked.times)
            looked_at = min(size // asked.sources, CANDIDATES) * asked.sources
            rows.append([f"{size:,}", looked_at, fresh, again, chosen])
            size *= 10
        shop.app.close()
    print(f"CPU ms for both widgets, {asked.sources} sources; aim: at most 5 ms, and flat\n")
    head = ["posts stored", "looked at", "after a new post", "nothing new", "selection only"]
    table(head, rows)


if __name__ == "__main__":
    main()
