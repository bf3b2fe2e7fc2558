"""The engines of the sample blogs: how each writes its feed down and where it keeps its pages.

An engine is a template in ``feeds/`` that follows the conventions of its real counterpart, with
the manners of its server: paths, content type, validators. They are meant to differ.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from itertools import islice
from pathlib import Path
from zlib import crc32

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aggregator.demo.blogs import Blog, Entry
from aggregator.demo.world import World

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Engine:
    """How one kind of blog software behaves."""

    feed_path: str
    permalink: str
    """A pattern for ``str.format`` with ``entry``."""
    content_type: str = "application/rss+xml; charset=UTF-8"
    announced: str = "application/rss+xml"
    """What its pages say that the feed is."""
    etag: str = ""
    """The style of its entity tags: ``md5``, ``weak``, ``apache``, or none."""
    last_modified: bool = False
    length: int = 10
    """How many posts its feed holds."""


ENGINES = {
    "wordpress": Engine(
        feed_path="/feed/",
        permalink="/{entry.published:%Y/%m}/{entry.slug}/",
        etag="md5",
        last_modified=True,
    ),
    "blogger": Engine(
        feed_path="/feeds/posts/default",
        permalink="/{entry.published:%Y/%m}/{entry.slug}.html",
        content_type="application/atom+xml; charset=UTF-8",
        announced="application/atom+xml",
        etag="weak",
        last_modified=True,
        length=25,
    ),
    "ghost": Engine(
        feed_path="/rss/",
        permalink="/{entry.slug}/",
        etag="weak",
        length=15,
    ),
    "jekyll": Engine(
        feed_path="/feed.xml",
        permalink="/{entry.published:%Y/%m/%d}/{entry.slug}.html",
        content_type="application/xml",
        announced="application/atom+xml",
        etag="apache",
        last_modified=True,
    ),
    "hugo": Engine(
        feed_path="/index.xml",
        permalink="/posts/{entry.slug}/",
        content_type="application/xml",
        etag="md5",
        length=20,
    ),
    "movabletype": Engine(
        feed_path="/index.rdf",
        permalink="/archives/{entry.published:%Y/%m}/{entry.slug}.html",
        content_type="application/rdf+xml",
        announced="application/rdf+xml",
        last_modified=True,
        length=15,
    ),
    "microblog": Engine(
        feed_path="/feed.json",
        permalink="/{entry.published:%Y/%m/%d}/{entry.slug}.html",
        content_type="application/feed+json; charset=utf-8",
        announced="application/feed+json",
        etag="weak",
        length=25,
    ),
    "substack": Engine(
        feed_path="/feed",
        permalink="/p/{entry.slug}",
        content_type="application/xml; charset=utf-8",
        etag="weak",
        length=20,
    ),
    "tumblr": Engine(
        feed_path="/rss",
        permalink="/post/{entry.slug}",
        content_type="text/xml; charset=utf-8",
        length=20,
    ),
    # A server that names a character set of its own for all that ends in .rss, wrongly.
    "handmade": Engine(
        feed_path="/news.rss",
        permalink="/{entry.slug}.htm",
        content_type="text/xml; charset=iso-8859-1",
        announced="text/xml",
        etag="apache",
        last_modified=True,
    ),
    # A server that has never heard of Atom.
    "atom03": Engine(
        feed_path="/atom.xml",
        permalink="/archives/{entry.slug}.html",
        content_type="text/plain; charset=utf-8",
        announced="application/atom+xml",
        last_modified=True,
        length=15,
    ),
    "hostile": Engine(
        feed_path="/rss.php",
        permalink="/{entry.slug}/",
        content_type="text/html; charset=utf-8",
        length=50,
    ),
}


class Press:
    """Writes the feeds and pages of a world whose blogs answer at ``port``."""

    def __init__(self, world: World, port: int) -> None:
        self._world = world
        self._port = port
        self._templates = Environment(
            loader=FileSystemLoader([HERE / "feeds", HERE / "pages"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._templates.filters["rfc822"] = _rfc822
        self._templates.filters["iso"] = _iso

    def origin(self, host: str) -> str:
        """The address of a sample host, without a path."""
        return f"http://{host}.localhost:{self._port}"

    def feed(self, blog: Blog, now: datetime) -> tuple[bytes, datetime]:
        """The feed of a blog as its engine writes it, and when it last changed."""
        engine = ENGINES[blog.engine]
        entries = tuple(islice(self._world.entries(blog, now), engine.length))
        updated = entries[0].published
        if blog.engine == "microblog":
            return self._json_feed(blog, entries), updated
        text = self._templates.get_template(f"{blog.engine}.xml").render(
            blog=blog,
            entries=entries,
            updated=updated,
            origin=self.origin(blog.host),
            feed=self.origin(blog.host) + engine.feed_path,
            number=crc32(blog.host.encode()),
            path=_paths(engine),
            url=self._links(blog, engine),
        )
        body = text.encode()
        return (_broken_off(body) if blog.broken else body), updated

    def home(self, blog: Blog, now: datetime) -> str:
        """The home page of a blog, for people."""
        engine = ENGINES[blog.engine]
        return self._page(blog, tuple(islice(self._world.entries(blog, now), engine.length)))

    def post(self, blog: Blog, path: str, now: datetime) -> str | None:
        """The page of the post at ``path``; None where there is none (yet)."""
        path_of = _paths(ENGINES[blog.engine])
        entries = self._world.entries(blog, now)
        entry = next((entry for entry in entries if path_of(entry) == path), None)
        return None if entry is None else self._page(blog, (entry,))

    def _page(self, blog: Blog, entries: Sequence[Entry]) -> str:
        engine = ENGINES[blog.engine]
        template = self._templates.get_template("home.html")
        return template.render(blog=blog, engine=engine, entries=entries, path=_paths(engine))

    def _links(self, blog: Blog, engine: Engine) -> Callable[[Entry], str]:
        origin, path_of = self.origin(blog.host), _paths(engine)

        def url(entry: Entry) -> str:
            link = entry.link or path_of(entry)
            return origin + link if link.startswith("/") else link

        return url

    def _json_feed(self, blog: Blog, entries: Sequence[Entry]) -> bytes:
        """JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
        origin, engine = self.origin(blog.host), ENGINES[blog.engine]
        url = self._links(blog, engine)
        items = [
            {
                "id": url(entry),
                "url": url(entry),
                "content_html": entry.html,
                "date_published": _iso(entry.published),
            }
            for entry in entries
        ]
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": blog.title,
            "description": blog.tagline,
            "home_page_url": f"{origin}/",
            "feed_url": origin + engine.feed_path,
            "language": blog.language,
            "authors": [{"name": blog.author, "url": f"{origin}/"}],
            "items": items,
        }
        return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def _paths(engine: Engine) -> Callable[[Entry], str]:
    return lambda entry: engine.permalink.format(entry=entry)


def _broken_off(body: bytes) -> bytes:
    """What arrives when the server's disk is full: two whole posts and half of the third."""
    third = body.index(b"<content:encoded>", body.index(b"</item>", body.index(b"</item>") + 1))
    return body[: third + 40]


def _rfc822(moment: datetime, zone: str = "+0000") -> str:
    """RFC 822 as RSS wants it; ``zone`` is ``GMT`` or an offset."""
    if zone == "GMT":
        return format_datetime(moment, usegmt=True)
    return format_datetime(moment.astimezone(datetime.strptime(zone, "%z").tzinfo))


def _iso(moment: datetime, hours: int = 0, *, millis: bool = False) -> str:
    """RFC 3339, in a zone of ``hours`` east of Greenwich."""
    local = moment.astimezone(timezone(timedelta(hours=hours)))
    return local.isoformat(timespec="milliseconds" if millis else "seconds")
