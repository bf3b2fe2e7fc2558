"""Where the pictures of LinkedIn's posts are, which its Images API tells and the posts do not.

A post brings its pictures by name, without an address, and so they are compared and remembered.
In: posts, and answers of the Images API. Out: the names to ask for; posts with the addresses, which
are signed and end after some time.
Not here: when it is asked, and what a refusal leads to (``linkedin.py``).
Specification:
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/images-api
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from aggregator.connectors import _limits
from aggregator.connectors._shape import Part
from aggregator.model import RawPost

Addresses = Mapping[str, str | None]
"""By the name of a picture; None: there is no such picture any more."""


def names_in(posts: Iterable[RawPost]) -> list[str]:
    """The pictures of posts by name, each once, in the order of the posts."""
    return list(dict.fromkeys(one.id for post in posts for one in post.media if one.id))


def addresses_in(images: Mapping[str, Part | None]) -> Addresses:
    """Where pictures are, as far as it is told: one that is still processed has no address."""
    told = {name: None if image is None else _address(image) for name, image in images.items()}
    return {name: url for name, url in told.items() if url is not None or images[name] is None}


def with_addresses(post: RawPost, addresses: Addresses) -> RawPost:
    """The post with the pictures that there are addresses of, and without the others."""
    placed = (
        replace(one, url=addresses.get(one.id) or "") if one.id else one for one in post.media
    )
    return replace(post, media=_limits.media(one for one in placed if one.url))


def _address(image: Part) -> str | None:
    url = image.maybe("downloadUrl", most=_limits.URL + 1)
    return url if url and len(url) <= _limits.URL and _limits.is_http(url) else None
