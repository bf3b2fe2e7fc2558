"""What ``status`` and ``doctor`` say of hubs, in plain words; pure.

Not here: when hubs are asked (``subscribe.py``).
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from aggregator.settings import PREFIX
from aggregator.store.subscriptions import Status, Subscription


def subscription_words(known: Sequence[Subscription], now: datetime) -> str:
    """How a source's hub does; empty: it has none, or none has to do with us.

    ``known``: the subscriptions of one source, oldest first.
    """
    held = next((one for one in reversed(known) if one.holds_at(now)), None)
    if held is not None:
        return f"{_host(held)} {_how_it_pushes(held, now)}."
    waiting = next((one for one in reversed(known) if one.status is not Status.ENDED), None)
    if waiting is None or waiting.status is Status.ACTIVE:
        return ""
    if waiting.status is Status.ASKED:
        return f"{_host(waiting)} was asked to push new posts, and has not answered yet."
    again = f"; it is asked again after {_when(waiting.renew_at)}" if waiting.renew_at else ""
    return f"{_host(waiting)} does not push new posts to us{again}."


def _how_it_pushes(one: Subscription, now: datetime) -> str:
    if one.pushes_at(now):
        return f"pushes new posts to us, last on {_when(one.last_push)}"
    if one.missed:
        posts = "1 new post" if one.missed == 1 else f"{one.missed} new posts"
        return f"has promised to push new posts, but kept {posts} from us; visits go on as usual"
    return "has promised to push new posts; none has come yet"


def _host(one: Subscription) -> str:
    return urlsplit(one.hub).hostname or one.hub


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "an unknown day"


def pushing_words(public_url: str, *, pushable: bool) -> str:
    """Whether hubs are asked to push, and what to set where they are not."""
    if pushable:
        return "hubs of feeds are asked to push new posts to us"
    why = f"{public_url} is not https" if public_url else f"{PREFIX}PUBLIC_URL is not set"
    return f"{why}, so hubs are not asked to push new posts; visits find them all the same"
