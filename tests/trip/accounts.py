"""The institute's account on each platform that can be followed: a sample of it, and its entry."""

from dataclasses import dataclass
from functools import partial

from aggregator.connectors import connector
from aggregator.demo import graph, x
from aggregator.demo.bluesky import Bluesky
from aggregator.demo.by_feed import ByFeed
from aggregator.demo.facebook import Facebook
from aggregator.demo.instagram import Instagram
from aggregator.demo.interface import Interface
from aggregator.demo.linkedin import LinkedIn
from aggregator.demo.mastodon import Mastodon
from aggregator.demo.notes import Account
from aggregator.demo.threads import Threads
from aggregator.demo.tiktok import TikTok
from aggregator.demo.youtube import YouTube
from tests.trip.platforms import Make

NAME = "Example Institute"
PLAIN = Account("institute", NAME, 123456789)
"""The account, where its handle is a word."""
_DOMAIN = Account("institute.example", NAME, 77)
_SECRET = "a-token-of-the-institute"
_RENEWING = "what-renews-a-token"


@dataclass(frozen=True)
class Place:
    """An account on one platform."""

    key: str
    """Of feeds.yaml, with the account."""
    make: Make[Interface]
    token: str | None = None
    """What opens it; None: it needs nothing."""

    @property
    def platform(self) -> str:
        return self.key.partition(":")[0]

    @property
    def tokens(self) -> dict[str, str]:
        """The environment that it needs."""
        need = connector(self.platform).TOKEN
        if self.token is None or need is None:
            return {}
        parts = {f"{need.variable}_{part}": _RENEWING for part in need.parts}
        return {need.variable: self.token, **parts}


def _by_app(make: type[LinkedIn | TikTok]) -> Make[Interface]:
    """Its tokens end, and are renewed."""
    return partial(make, PLAIN, token=_SECRET, refresh=_RENEWING)


PLACES = {
    "bluesky": Place("bluesky: institute.example", partial(Bluesky, _DOMAIN)),
    "mastodon": Place(
        "mastodon: institute@social.example", partial(Mastodon, PLAIN, "social.example")
    ),
    "x": Place("x: institute", partial(x.X, PLAIN), x.TOKEN),
    "facebook": Place("facebook: institute", partial(Facebook, PLAIN), graph.TOKEN),
    "instagram": Place("instagram: institute", partial(Instagram, PLAIN), graph.TOKEN),
    "threads": Place("threads: institute", partial(Threads, PLAIN), graph.TOKEN),
    "linkedin": Place("linkedin: institute", _by_app(LinkedIn), _SECRET),
    "tiktok": Place("tiktok: '@institute'", _by_app(TikTok), _SECRET),
    "youtube": Place("youtube: '@institute'", partial(YouTube, PLAIN)),
    "youtube-by-key": Place("youtube: '@institute'", partial(YouTube, PLAIN, key=_SECRET), _SECRET),
    "flickr": Place("flickr: institute", partial(ByFeed, "flickr", PLAIN)),
    "medium": Place("medium: '@institute'", partial(ByFeed, "medium", PLAIN)),
    "pinterest": Place("pinterest: institute", partial(ByFeed, "pinterest", PLAIN)),
    "podcast": Place("podcast: id123456789", partial(ByFeed, "podcast", PLAIN)),
    "reddit": Place("reddit: r/institute", partial(ByFeed, "reddit", PLAIN)),
    "substack": Place("substack: institute", partial(ByFeed, "substack", PLAIN)),
    "tumblr": Place("tumblr: institute", partial(ByFeed, "tumblr", PLAIN)),
    "vimeo": Place("vimeo: institute", partial(ByFeed, "vimeo", PLAIN)),
}
"""By a name for tests; a test of these holds that no platform is missing."""
