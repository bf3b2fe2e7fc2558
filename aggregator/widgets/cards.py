"""What a card says of its source: how it is called, and which page is its own. Pure."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from aggregator.model import AlsoOn, Card, Profile, Source, StoredPost
from aggregator.widgets.hosts import shown_host

MOST_MORE = 50
"""How many cards the full page has beyond those of the widget itself."""


def card_of(
    source: Source,
    profile: Profile | None,
    stored: StoredPost | None,
    also_on: tuple[AlsoOn, ...] = (),
) -> Card:
    """One place in a widget. ``stored`` None: a blog without a post to show."""
    link = page_of(source, profile, [stored] if stored else [])
    return Card(source, name_of(source, profile, link), link, stored, also_on)


def name_of(source: Source, profile: Profile | None, link: str | None = None) -> str:
    """As staff call it, else as it calls itself, else the host of its link or address."""
    said = source.name or (profile.title if profile else None)
    if said and said.strip():
        return said.strip()
    for address in (link, source.address):
        if host := shown_host(address):
            return host
    return source.address


def page_of(source: Source, profile: Profile | None, posts: Iterable[StoredPost]) -> str | None:
    """As staff set it, else as it says itself, else by its platform's pattern.

    Else the site of its newest post's permalink.
    """
    said = source.link or (profile.link if profile else None) or source.home
    if said:
        return said
    for stored in posts:
        if stored.post.permalink and shown_host(stored.post.permalink):
            parts = urlsplit(stored.post.permalink)
            return f"{parts.scheme}://{parts.netloc}/"
    return None
