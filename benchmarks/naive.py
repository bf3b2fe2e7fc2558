"""What most people would write: httpx, feedparser and an ORM, look-then-add, a commit per feed."""

import asyncio

import feedparser
import httpx
from sqlalchemy import ForeignKey, UniqueConstraint, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks.passes import answer_passes, names_are_loopback, told

AT_ONCE = 30


class Base(DeclarativeBase):
    """The tables."""


class Feed(Base):
    """A feed and its validators."""

    __tablename__ = "feeds"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(unique=True)
    etag: Mapped[str | None]
    modified: Mapped[str | None]


class Entry(Base):
    """An entry of a feed."""

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("feed_id", "guid"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id"))
    guid: Mapped[str]
    title: Mapped[str | None]
    link: Mapped[str | None]
    published: Mapped[str | None]
    content: Mapped[str | None]


def _store(session: Session, feed: Feed, response: httpx.Response) -> int:
    new = 0
    for found in feedparser.parse(response.text).entries:
        guid = found.get("id") or found.get("link")
        known = session.scalar(select(Entry).where(Entry.feed_id == feed.id, Entry.guid == guid))
        if known is None:
            known = Entry(feed_id=feed.id, guid=guid)
            session.add(known)
            new += 1
        known.title = found.get("title")
        known.link = found.get("link")
        known.published = found.get("published")
        contents = found.get("content")
        known.content = contents[0].value if contents else found.get("summary")
    feed.etag = response.headers.get("etag")
    feed.modified = response.headers.get("last-modified")
    session.commit()
    return new


async def _visit(
    client: httpx.AsyncClient, places: asyncio.Semaphore, session: Session, url: str
) -> int:
    feed = session.scalar(select(Feed).where(Feed.url == url))
    if feed is None:
        feed = Feed(url=url)
        session.add(feed)
        session.commit()
    headers = {"If-None-Match": feed.etag, "If-Modified-Since": feed.modified}
    sent = {name: text for name, text in headers.items() if text}
    async with places:
        response = await client.get(url, headers=sent)
    return _store(session, feed, response) if response.status_code == httpx.codes.OK else 0


def _main() -> None:
    names_are_loopback()
    urls, folder = told()
    engine = create_engine(f"sqlite:///{folder / 'naive.db'}")
    Base.metadata.create_all(engine)

    async def visit_all() -> int:
        places = asyncio.Semaphore(AT_ONCE)
        async with httpx.AsyncClient(follow_redirects=True, timeout=30) as client:
            with Session(engine) as session:
                return sum(
                    await asyncio.gather(*(_visit(client, places, session, url) for url in urls))
                )

    answer_passes(lambda: asyncio.run(visit_all()))


if __name__ == "__main__":
    _main()
