"""How long a takedown takes: until no file shows it, and until no byte of it is left.

The database is filled up to each size in turn, and of the newest posts, which widgets show, one is
taken down; then an address, an author, and a whole source. Files are looked at by reading them.

    .venv/bin/python -m benchmarks.takedown --posts 1000 10000
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

from aggregator.actions import takedown
from aggregator.actions.takedown import TakenDown
from aggregator.model import Author, Outcome, Post, RawDate, RawPost, RawText, Visit
from aggregator.normalise.post import post_from
from aggregator.store import posts, visits
from aggregator.store.database import Database
from benchmarks.measure import table
from benchmarks.publish import Shop

SOURCES = 20
AUTHORS = 20
"""Each has as many posts as a source, spread over all of them."""
ACTS = ("a post", "an address", "an author", "a source")
AT_ONCE = 1000
WORDS = "All of it was told at some length, by somebody, somewhere. " * 25


class Filled(Shop):
    """A shop whose posts have authors and places of their own."""

    def fill_to(self, wanted: int) -> None:
        """Store posts, evenly over all sources."""
        states = visits.states(self.app.database)
        sources = [one for one in self.catalogue.sources if one.id in states]
        stored = sum(count for count, _ in posts.counts(self.app.database).values())
        for number in range(stored, wanted, AT_ONCE):
            found: dict[str, list[Post]] = {source.id: [] for source in sources}
            for one in range(number, min(number + AT_ONCE, wanted)):
                source = sources[one % len(sources)]
                found[source.id].append(self._made(one, source.id))
            kept = [
                Visit(one, self.now, Outcome.CHANGED, states[one], tuple(made))
                for one, made in found.items()
            ]
            visits.save(self.app.database, kept, self.now)

    def _made(self, number: int, source_id: str) -> Post:
        source = self.catalogue.source(source_id)
        assert source is not None
        name = f"Author {number // SOURCES % AUTHORS}"
        place = f"https://{source_id}.example.org/{number % 50}/{number}"
        raw = RawPost(
            guid=str(number),
            permalink=place,
            title=RawText(f"Title {number}", is_html=False),
            body=RawText(f"Text {number}. {WORDS}", is_html=False),
            author=Author(name, None, f"https://people.example/{name}"),
            published=RawDate(self.now.isoformat()),
        )
        post = post_from(raw, source, None, self.now)
        assert isinstance(post, Post)
        return post

    def take(self, what: str, post: Post) -> TakenDown:
        """Take a post down, or what it belongs to."""
        publisher, by, now = self.app.publisher, "benchmark", self.now
        if what == "an address":
            place = (post.permalink or "").rpartition("/")[0]
            return takedown.take_down_address(publisher, place, by=by, now=now)
        if what == "an author":
            profile = (post.author and post.author.url) or ""
            return takedown.take_down_author(publisher, profile, None, by=by, now=now)
        key = post.public_id if what == "a post" else post.source_id
        return takedown.take_down(publisher, key, by=by, now=now)

    def shown(self) -> Post:
        """A post that a widget shows."""
        self.app.publisher.publish_all(self.now)
        selection = self.app.publisher.select(self.catalogue, self.catalogue.widgets[0], self.now)
        stored = selection.cards[0].stored
        assert stored is not None
        return stored.post


def measure(act: Callable[[], TakenDown]) -> tuple[float, float, float, int]:
    """Seconds until the files are written, those of CPU, and until all is erased; posts gone."""
    files: list[tuple[float, float]] = []
    erase = Database.erase_traces

    def erased(database: Database) -> bool:
        files.append((time.perf_counter() - began, time.process_time() - worked))
        return erase(database)

    with patch.object(Database, "erase_traces", erased):
        began, worked = time.perf_counter(), time.process_time()
        done = act()
    whole = time.perf_counter() - began
    assert done.traces_erased
    return *files[0], whole, sum(one.posts_removed for one in done.receipts)


def run(sizes: list[int]) -> None:
    """Fill, take down, print."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        shop = Filled(Path(folder), SOURCES)
        for size in sizes:
            for name in ACTS:
                shop.fill_to(size)
                post = shop.shown()
                files, work, whole, gone = measure(partial(shop.take, name, post))
                text = "".join(
                    path.read_text("utf-8") for path in shop.app.settings.public.rglob("*.html")
                )
                assert f"Title {post.guid}<" not in text, post.guid
                rows.append((f"{size:,}", name, gone, files, work, whole))
        shop.app.close()
    heads = ("posts stored", "taken down", "posts gone", "s to files", "CPU s to files", "s to all")
    table(heads, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--posts", type=int, nargs="+", default=[1000, 10_000])
    run(parser.parse_args().posts)
