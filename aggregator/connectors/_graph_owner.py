"""Accounts on Instagram, whose names are those on Threads, too, and whose token it is.

There the token alone decides whose posts are shown. So its owner is compared with the account in
feeds.yaml at the first visit, and whenever posts come under another name.
"""

import re
from collections.abc import Awaitable, Callable

from aggregator.connectors._graph import Graph
from aggregator.connectors._shape import Part
from aggregator.errors import TokenWrong
from aggregator.model import RawPost

NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.]{0,28}[a-z0-9_])?", re.ASCII)

Who = Callable[[], Awaitable[Part]]
"""Asks whose token it is: a part with ``id`` and ``username``."""


async def owner(graph: Graph, address: str, who: Who) -> Part:
    """Whose token it is. Raises TokenWrong where that is not the account of that name."""
    said = await who()
    name = said.word("username").lower()
    if name != address:
        raise TokenWrong(
            f"The token in {graph.variable} is one of @{name}, and not of @{address}.",
            advice=f"Let @{address} make a token and set {graph.variable} to it. If @{name}, whose "
            f"token this is, is meant, write {name} in feeds.yaml.",
        )
    return said


async def still_the_same(
    graph: Graph, address: str, account: str, posts: tuple[RawPost, ...], who: Who
) -> None:
    """Whether posts under another name are those of the account, which was renamed.

    Raises TokenWrong where they are another's.
    """
    names = {post.author.handle for post in posts if post.author and post.author.handle}
    if names <= {f"@{address}"}:
        return
    said = await who()
    if said.word("id") != account:
        name = said.word("username")
        raise TokenWrong(
            f"The token in {graph.variable} is one of another account than before, @{name}.",
            advice=f"Let @{address} make a token and set {graph.variable} to it. If @{name}, whose "
            "token this is, is meant, give this source another id in feeds.yaml, so that it starts "
            "afresh.",
        )
