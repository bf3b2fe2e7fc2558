"""Whether posts are still there, asked at their own pages: for all that has no better answer.

In: posts that widgets show. Out: ``Sightings``. A page counts as gone when its server says 404 or
410 while the site itself answers; any other failure tells nothing. To be gentle, only so many pages
are asked for in one go.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from aggregator.connectors._contract import Errand, Web
from aggregator.errors import FetchError, Gone, NotFound
from aggregator.model import Sightings, Sought, Source

_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_MOST_AT_ONCE = 10
"""Pages; the others wait for the next time, and are then first."""


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for the page of each; raises FetchError where the site itself does not answer."""
    present: set[str] = set()
    gone: set[str] = set()
    for one in sought[:_MOST_AT_ONCE]:
        if one.permalink is not None:
            there = await _is_there(errand.web, one.permalink)
            if there is not None:
                (present if there else gone).add(one.guid)
    if gone and not present:
        # Where nothing is found, it may be the site that is out of order.
        pages = {_home(source, one) for one in sought if one.guid in gone}
        for page in sorted(pages):
            await errand.web.get(page, accept=_ACCEPT, unconditional=True)
    return Sightings(frozenset(present), frozenset(gone))


async def _is_there(web: Web, permalink: str) -> bool | None:
    """None: its server does not tell."""
    try:
        await web.get(permalink, accept=_ACCEPT, unconditional=True)
    except (NotFound, Gone):
        return False
    except FetchError:
        return None
    return True


def _home(source: Source, post: Sought) -> str:
    """The account's page, or the front page of the post's site."""
    if source.home is not None:
        return source.home
    parts = urlsplit(post.permalink or "")
    return f"{parts.scheme}://{parts.netloc}/"
