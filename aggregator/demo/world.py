"""The sample world: which post of which blog is out at a given time, and how hurried it is.

Everything follows from the moment it began and the moment asked about; nothing is remembered.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from string import Template

from aggregator.demo.accounts import SAMPLES, entries
from aggregator.demo.blogs import CONTENT, Blog, Entry, read_arrivals, read_blogs
from aggregator.demo.notes import Note, read_notes
from aggregator.model import Pace

BETWEEN_ARRIVALS = timedelta(seconds=10)
"""A new post somewhere in the world this often."""


class World:
    """The blogs of the sample world and what they have published."""

    def __init__(self, began: datetime) -> None:
        """``began``: the dates of all older posts are counted back from it."""
        self.began = began
        self.blogs = {blog.host: blog for blog in read_blogs(began)}
        self.moved = {blog.moved_from: blog for blog in self.blogs.values() if blog.moved_from}
        """The blogs that moved, by their old hosts."""
        self._arrivals = read_arrivals(began)
        self._notes = {name: read_notes(CONTENT / f"{name}.toml", began) for name in SAMPLES}

    def arrived(self, now: datetime) -> int:
        """How many posts have appeared since the world began."""
        return max(0, (now - self.began) // BETWEEN_ARRIVALS)

    def entries(self, blog: Blog, now: datetime) -> Iterator[Entry]:
        """The posts of a blog that are out at ``now``, newest first."""
        for index in range(self.arrived(now) - 1, -1, -1):
            round_, place = divmod(index, len(self._arrivals))
            arrival = self._arrivals[place]
            if arrival.host == blog.host:
                moment = self.began + (index + 1) * BETWEEN_ARRIVALS
                yield arrival.appearing(moment.replace(microsecond=0), round_)
        yield from blog.entries

    def notes(self, platform: str, now: datetime) -> list[Note]:
        """What the institute has posted there by ``now``."""
        return [note for note in self._notes[platform] if note.published <= now]


def catalogue_text(port: int, now: datetime) -> str:
    """The feeds.yaml of the sample world, as its communications staff keep it.

    ``port``: where the sample blogs answer. ``now``: dates of consent are counted from it, so
    that one ends soon and another ended lately.
    """

    def day(days: int) -> str:
        return (now + timedelta(days=days)).date().isoformat()

    return Template((CONTENT / "feeds.yaml").read_text("utf-8")).substitute(
        port=port,
        accounts=entries(port),
        year=now.year,
        given=day(-200),
        expires=day(165),
        soon=day(20),
        long_ago=day(-390),
        lapsed=day(-25),
        withdrawn=day(-2),
    )


def pace() -> Pace:
    """The hurry of the sample world, whose servers are ours and whose watchers wait."""
    return Pace(
        floor=timedelta(seconds=2),
        shortest=timedelta(seconds=5),
        slowest=timedelta(seconds=5),
        dormant=timedelta(seconds=5),
        interval_without_validators=timedelta(seconds=5),
        longest=timedelta(seconds=10),
        longest_wait=timedelta(seconds=10),
        host_gap=0.0,
        tick=1.0,
        lease=timedelta(seconds=60),
    )
