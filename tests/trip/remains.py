"""What a killed program left behind: whether all of it is sound. Used by ``kills.py``.

In: the data folder, and how a version of a feed is made up. Out: sentences, each a finding.
"""

import gzip
import hashlib
import json
import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import brotli
from PIL import Image
from sqlalchemy import NullPool, create_engine, func, select, update

from aggregator.app import utc_now
from aggregator.model import public_id_of
from aggregator.store.tables import pictures, posts, visit_state

PUBLIC_URL = "https://www.example.org/feeds"
KINDS = {".html", ".json", ".rss", ".opml", ".css", ".js"}
PICTURE = ".webp"
ASSETS = {".css", ".js"}
"""They go once a release is old enough."""
CODINGS = {".gz": gzip.decompress, ".br": brotli.decompress}
WIDGETS = {"all", "blogs"}
_HOUR = timedelta(hours=1)
_NAMED = re.compile(rf"{PUBLIC_URL}/media/([0-9a-f]{{64}})\{PICTURE}")
_VOID = {"base", "meta", "link", "img", "br", "hr", "input", "wbr"}


class Remains:
    """Looks at database and output files from outside, and remembers what must not vanish."""

    def __init__(
        self, data: Path, database_url: str | None, guids: Callable[[str, int], list[str]]
    ) -> None:
        """``guids`` tells the entries of a version of a source's feed, newest first."""
        self._data = data
        self._file = None if database_url else data / "aggregator.db"
        self._engine = create_engine(database_url or f"sqlite:///{self._file}", poolclass=NullPool)
        self._guids = guids
        self._held: set[tuple[str, str]] = set()
        self._plain: set[Path] = set()
        self._copies: dict[str, str] = {}
        """By public id, what the picture of a post was called when it was last looked at."""
        self.withdrawn: set[str] = set()
        """Public ids of the posts that somebody set about to take down."""
        self.lapsed = 0
        """Claims that kills left behind."""

    @property
    def posts(self) -> int:
        """How many posts are stored."""
        return len(self._held)

    def age_claims(self) -> None:
        """Let time pass: leases end, and every source is due."""
        past = utc_now() - _HOUR
        claimed = visit_state.c.claimed_until.is_not(None)
        with self._engine.begin() as connection:
            count = select(func.count()).select_from(visit_state).where(claimed)
            self.lapsed += connection.scalar(count) or 0
            connection.execute(update(visit_state).where(claimed).values(claimed_until=past))
            connection.execute(update(visit_state).values(next_due=past))

    def findings(self) -> list[str]:
        """What is wrong with the database or a file, however the program ended."""
        return [*self._database(), *self._files()]

    def unfinished(self) -> list[str]:
        """What else is wrong after a run that came to its end."""
        found = [f"{path} lacks its {coding}" for path, coding in self._uncoded()]
        found += [f"a draft is left: {draft}" for draft in (self._data / "drafts").glob("*")]
        found += self._pictures()
        shown = self.shown()
        with self._engine.connect() as connection:
            newest = select(posts.c.public_id).order_by(posts.c.sort_at.desc(), posts.c.id.desc())
            first = connection.scalar(newest.limit(1))
            held = select(visit_state.c.source_id).where(visit_state.c.outcome == "held")
            found += [f"{source} is held" for source in connection.scalars(held)]
            if str(first) not in shown:
                found.append(f"the newest post {first} is not shown: {shown}")
        return found

    def shown(self) -> list[str]:
        """The public ids of the posts that the one widget of posts shows."""
        return [one["id"] for one in self._items("all")]

    def address_of(self, public_id: str) -> str:
        """Where a post that is shown can be read."""
        return next(one["url"] for one in self._items("all") if one["id"] == public_id)

    def _pictures(self) -> list[str]:
        """What is wrong with the pictures after a run that came to its end."""
        items = [item for widget in sorted(WIDGETS) for item in self._items(widget)]
        found = [f"the post {one['id']} has no picture" for one in items if "image" not in one]
        with self._engine.connect() as connection:
            rows = connection.execute(select(pictures.c.public_id, pictures.c.digest))
            copies = {row.public_id: row.digest for row in rows}
            stored = set(connection.scalars(select(posts.c.public_id)))
        there, named = set(self._copies_there()), set(self._named())
        found += [f"nobody names the picture {name}" for name in sorted(there - named)]
        found += [f"nobody knows the picture {name}" for name in sorted(there ^ {*copies.values()})]
        self._copies |= copies
        gone = {self._copies[one] for one in self.withdrawn - stored if one in self._copies}
        found += [f"the picture of a post outlived it: {name}" for name in sorted(gone & there)]
        return found

    def _copies_there(self) -> list[str]:
        return [path.stem for path in (self._data / "public/media").glob(f"*{PICTURE}")]

    def _named(self) -> list[str]:
        """The pictures that outputs show."""
        texts = (path.read_text("utf-8") for path in self._plain_files())
        return [name for text in texts for name in _NAMED.findall(text)]

    def _items(self, widget: str) -> list[dict[str, str]]:
        items = json.loads((self._data / "public/w" / f"{widget}.json").read_bytes())["items"]
        return list(items)

    def _database(self) -> list[str]:
        if self._file is not None:
            looker = sqlite3.connect(self._file)
            said = looker.execute("PRAGMA integrity_check").fetchone()[0]
            looker.close()
            if said != "ok":
                return [f"the database is damaged: {said}"]
        with self._engine.connect() as connection:
            rows = [(row.source_id, row.guid) for row in connection.execute(select(posts))]
            states = {row.source_id: row.etag for row in connection.execute(select(visit_state))}
        stored = set(rows)
        lost = (post for post in sorted(self._held - stored) if not self._may_be_gone(post))
        found = [f"{post} was stored and is lost" for post in lost]
        if len(rows) != len(stored):
            found.append("a post is stored twice")
        for source, etag in states.items():
            if etag is not None:
                name, _, version = etag.strip('"').partition(":")
                wanted = {(source, guid) for guid in self._guids(name, int(version))}
                unknown = (one for one in sorted(wanted - stored) if not self._may_be_gone(one))
                found += [f"{etag} is known, {post} not" for post in unknown]
        self._held = stored
        return found

    def _may_be_gone(self, post: tuple[str, str]) -> bool:
        return public_id_of(*post) in self.withdrawn

    def _files(self) -> list[str]:
        plain_files = {path for path in self._plain_files() if path.suffix not in ASSETS}
        found = [f"{path} is gone" for path in sorted(self._plain - plain_files)]
        self._plain = plain_files
        missing = sorted(set(self._named()).difference(self._copies_there()))
        found += [f"a page shows a picture that is not there: {name}" for name in missing]
        for path in (self._data / "public").rglob("*"):
            if path.is_dir():
                continue
            plain = path.with_suffix("") if path.suffix in CODINGS else path
            if plain.suffix not in {*KINDS, PICTURE}:
                found.append(f"a stranger among the outputs: {path}")
            elif path != plain:
                same = plain.is_file() and CODINGS[path.suffix](path.read_bytes())
                if same != plain.read_bytes():
                    found.append(f"{path} differs from its plain file")
            elif wrong := _wrong(path):
                found.append(f"{path} is not whole: {wrong}")
        return found

    def _plain_files(self) -> list[Path]:
        return [path for path in (self._data / "public").rglob("*") if path.suffix in KINDS]

    def _uncoded(self) -> list[tuple[Path, str]]:
        plain = self._plain_files()
        wanted = {f"{name}{kind}" for name in WIDGETS for kind in (".html", ".json", ".rss")}
        missing = wanted - {path.name for path in plain}
        return [(Path(name), "plain file") for name in sorted(missing)] + [
            (path, coding)
            for path in plain
            for coding in CODINGS
            if not path.with_name(path.name + coding).is_file()
        ]


class _Tags(HTMLParser):
    """Which tags are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()


def _wrong(path: Path) -> str:
    """Why a plain file cannot be read; empty: it is whole."""
    if path.suffix == PICTURE:
        return _wrong_picture(path)
    text = path.read_text("utf-8")
    try:
        if path.suffix == ".json":
            json.loads(text)
        elif path.suffix in {".rss", ".opml"}:
            ET.fromstring(text)
        elif path.suffix == ".html":
            tags = _Tags()
            tags.feed(text)
            if tags.open or not text.strip():
                return f"open tags: {tags.open}"
    except (ValueError, ET.ParseError) as error:
        return str(error)
    return ""


def _wrong_picture(path: Path) -> str:
    """The same, for a picture."""
    if hashlib.sha256(path.read_bytes()).hexdigest() != path.stem:
        return "it is called otherwise"
    try:
        with Image.open(path, formats=["WEBP"]) as image:
            image.load()
    except OSError as error:
        return str(error)
    return ""
