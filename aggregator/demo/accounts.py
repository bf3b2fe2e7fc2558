"""Where the institute of the sample world posts besides its blog: one line for each platform.

What it says there is in ``content/``, in a file of the platform's name. How a platform answers is
in the module of that name, or in ``by_feed.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from aggregator.demo import graph, x
from aggregator.demo.bluesky import Bluesky
from aggregator.demo.by_feed import ByFeed
from aggregator.demo.facebook import Facebook
from aggregator.demo.instagram import Instagram
from aggregator.demo.interface import Interface
from aggregator.demo.linkedin import LinkedIn
from aggregator.demo.mastodon import Mastodon
from aggregator.demo.notes import Account, Written
from aggregator.demo.threads import Threads
from aggregator.demo.tiktok import TikTok
from aggregator.demo.youtube import YouTube

_NAME = "Example Cancer Institute"
_SHOWN = "a-token-of-the-sample-world"


@dataclass(frozen=True, slots=True)
class Sample:
    """An account, and how its platform is played."""

    address: str
    """As feeds.yaml has it."""
    account: Account
    make: Callable[[Account, Written, Callable[[], datetime]], Interface]
    """Makes the platform of the account, what it has posted by now, and a clock."""
    options: str = ""
    """What feeds.yaml says besides the server."""
    token: str = ""
    """What the platform wants to be shown; empty: nothing."""
    variable: str = ""
    """Where that is set."""


def _by_feed(platform: str) -> Callable[[Account, Written, Callable[[], datetime]], Interface]:
    return partial(ByFeed, platform)


def _mastodon(account: Account, written: Written, clock: Callable[[], datetime]) -> Interface:
    return Mastodon(account, "social.example", written, clock)


def _account(number: int, handle: str = "institute", name: str = _NAME) -> Account:
    return Account(handle, name, number)


SAMPLES = {
    "bluesky": Sample("institute.example", _account(4711, "institute.example"), Bluesky),
    "facebook": Sample(
        "institute", _account(4713), Facebook, token=graph.TOKEN, variable="FACEBOOK_PAGE_TOKEN"
    ),
    "flickr": Sample("institute", _account(4714), _by_feed("flickr")),
    "instagram": Sample(
        "institute", _account(4715), Instagram, token=graph.TOKEN, variable="INSTAGRAM_TOKEN"
    ),
    "linkedin": Sample(
        "example-institute",
        _account(4716, "example-institute"),
        partial(LinkedIn, token=_SHOWN),
        token=_SHOWN,
        variable="LINKEDIN_TOKEN",
    ),
    "mastodon": Sample(
        "institute@social.example", _account(4712), _mastodon, options="include_reposts: true"
    ),
    "medium": Sample('"@institute"', _account(4717), _by_feed("medium")),
    "pinterest": Sample("institute", _account(4718), _by_feed("pinterest")),
    "podcast": Sample(
        "id123456789", _account(123456789, "our-year", "Our Year"), _by_feed("podcast")
    ),
    "reddit": Sample("r/institute", _account(4719), _by_feed("reddit")),
    "substack": Sample("institute", _account(4720), _by_feed("substack")),
    "threads": Sample(
        "institute", _account(4721), Threads, token=graph.TOKEN, variable="THREADS_TOKEN"
    ),
    "tiktok": Sample(
        '"@institute"',
        _account(4726),
        partial(TikTok, token=_SHOWN),
        token=_SHOWN,
        variable="TIKTOK_TOKEN",
    ),
    "tumblr": Sample("institute", _account(4722), _by_feed("tumblr")),
    "vimeo": Sample("institute", _account(4723), _by_feed("vimeo")),
    "x": Sample("institute", _account(4724), x.X, token=x.TOKEN, variable="X_BEARER_TOKEN"),
    "youtube": Sample(
        '"@institute"',
        _account(4725),
        partial(YouTube, key=_SHOWN),
        token=_SHOWN,
        variable="YOUTUBE_API_KEY",
    ),
}
"""By the platform's key in feeds.yaml, which is also the name of its host."""


def tokens() -> dict[str, str]:
    """What must be set so that the sample platforms answer, by variable."""
    return {sample.variable: sample.token for sample in SAMPLES.values() if sample.token}


def entries(port: int) -> str:
    """The accounts as entries of feeds.yaml; ``port``: where the sample platforms answer."""
    return "\n".join(_entry(name, sample, port) for name, sample in SAMPLES.items())


def _entry(name: str, sample: Sample, port: int) -> str:
    server = f'server: "http://{name}.localhost:{port}"'
    options = f"{server}, {sample.options}" if sample.options else server
    return f"""\
  - id: institute-{name}
    {name}: {sample.address}
    in: latest-posts
    options: {{{options}}}
"""
