"""A dry run for staff: whether each source would work, and what to do where it would not.

In: a valid catalogue. Out: one ``Checked`` per source, and remarks on what is right and could be
better; no post is stored.
Not here: whether feeds.yaml itself is right (``catalogue/load.py``).
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from aggregator.actions.discover import Discoverer
from aggregator.actions.discovery import Watched
from aggregator.actions.moves import Followed, another_at
from aggregator.actions.refresh import Refresher
from aggregator.catalogue.traps import CURLY
from aggregator.catalogue.written import write
from aggregator.connectors._known_feeds import account_of, is_called_a_feed
from aggregator.connectors._patterns import place_of
from aggregator.errors import FetchError, NotAFeed
from aggregator.model import Catalogue, Document, Source


@dataclass(frozen=True, slots=True)
class Checked:
    """How a source answered just now."""

    source_id: str
    ok: bool
    words: str
    next_step: str = ""
    title: str | None = None
    posts: int = 0
    newest: datetime | None = None


_NO_SUMMER = {"EST": "America/New_York", "MST": "America/Denver", "GMT": "Europe/London"}
"""Names of time zones that never have summer time, and the one that is mostly meant."""
_CURLY_OPENS = re.compile(rf"[{CURLY}][^{CURLY}]*\"")
_CURLY_CLOSES = re.compile(rf"\"[^{CURLY}]*[{CURLY}]")


def remarks(catalogue: Catalogue) -> list[str]:
    """Sentences about what is right by its form and most likely not what was meant."""
    zone = catalogue.site.timezone
    said = []
    if meant := _NO_SUMMER.get(zone):
        said.append(f"The time zone {zone} has no summer time: is {meant} meant?")
    said += (
        f"The {key} of {where} has a curly quotation mark at one end and a straight one at the "
        f"other, and visitors see both: {text}"
        for where, key, text in _texts(catalogue)
        if _CURLY_OPENS.fullmatch(text) or _CURLY_CLOSES.fullmatch(text)
    )
    by_account: dict[tuple[str, str], Source] = {}
    for source in catalogue.sources:
        by_account.setdefault((source.platform, source.address), source)
    feeds = (source for source in catalogue.sources if source.platform == "feed")
    return said + [words for source in feeds if (words := _of_feed(source, by_account))]


def _texts(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """The words of feeds.yaml that visitors see: where, under which key, and the text."""
    yield "the site", "name", catalogue.site.name
    for spec in catalogue.widgets:
        yield spec.id, "title", spec.title
        yield spec.id, "intro", spec.intro or ""
        yield spec.id, "notice", spec.notice or ""
    for source in catalogue.sources:
        yield source.id, "name", source.name or ""
        yield source.id, "about", source.about or ""
        yield source.id, "group", source.group or ""


def _of_feed(source: Source, by_account: Mapping[tuple[str, str], Source]) -> str:
    """What to say of a feed that is a platform's, or a page of one; empty: nothing."""
    of, kind = account_of(source.address), "the feed"
    if of is None:
        place = place_of(source.address)
        if place is not None and place.closed:
            return f"{source.id} has no feed there. {place.closed} {place.instead}"
        if place is None or not place.platform or is_called_a_feed(urlsplit(source.address).path):
            return ""
        of, kind = (place.platform, place.address), "a page"
    if other := by_account.get(of):
        return f"{source.id} is {kind} of what {other.id} follows: keep one of the two."
    line = f"{of[0]}: {write(of[1])}"
    if kind == "a page":
        return f"{source.id} is a page of {of[0]} and no feed: write `{line}` in place of feed."
    return f"{source.id} is the feed of an account: `{line}` follows the account itself."


async def check_online(
    refresher: Refresher,
    sources: list[Source],
    *,
    on_checked: Callable[[Checked], None] | None = None,
) -> list[Checked]:
    """Visit each source once; answers in the order given."""
    followed = [(source.id, (source.address,)) for source in sources]

    async def one(source: Source) -> Checked:
        checked = await _check(refresher, source, followed)
        if on_checked is not None:
            on_checked(checked)
        return checked

    return list(await asyncio.gather(*(one(source) for source in sources)))


async def _check(refresher: Refresher, source: Source, followed: Followed) -> Checked:
    if source.by_hand:
        return Checked(source.id, True, "Kept by hand: there is nothing to visit.")
    if not source.visited:
        return Checked(source.id, True, f"Not visited: its state is {source.state.value}.")
    web = Watched(refresher.client)
    seen = await refresher.look(source, web=web)
    if isinstance(seen, FetchError):
        instead = await _instead(refresher, source, web.documents, seen)
        return Checked(source.id, False, str(seen), instead or seen.advice)
    profile, posts = seen
    title = profile.title if profile else None
    dates = [post.published for post in posts if post.published is not None]
    newest = max(dates, default=None)
    if not posts:
        return Checked(
            source.id, True, "It answers, but has no posts.", "Look whether that is right.", title
        )
    dated = f"the newest of {newest:%Y-%m-%d}" if newest else "none with a date"
    count = "1 post" if len(posts) == 1 else f"{len(posts)} posts"
    words = f"Working: {count}, {dated}."
    step = ""
    if web.moved_to and (other := another_at(web.moved_to, source.id, followed)):
        words += f" It says that it moved for good, to the address that {other} follows."
        step = f"If it stays so, remove one of the two from feeds.yaml: {source.id} or {other}."
    return Checked(source.id, True, words, step, title, len(posts), newest)


async def _instead(
    refresher: Refresher, source: Source, documents: Mapping[str, Document], error: FetchError
) -> str:
    """Where a page came in place of a feed: the feed that it names (rule H5)."""
    document = documents.get(source.address)
    if not isinstance(error, NotAFeed) or document is None:
        return ""
    discoverer = Discoverer(refresher.client, refresher.reader, refresher.clock, refresher.keys)
    discovery = await discoverer.discover(source.address, page=document)
    if discovery.found is None:
        return f"{discovery.words} {discovery.next_step}"
    return f"Its page names a feed: write {discovery.found.line} in feeds.yaml instead."
