"""A post on Instagram, read.

In: an item of ``/{account}/media``. Out: a ``RawPost``.
Specification:
https://developers.facebook.com/docs/instagram-platform/reference/instagram-media.
"""

from collections.abc import Iterator

from aggregator.connectors import _limits
from aggregator.connectors._graph import ID, date_of, picture, segment
from aggregator.connectors._plain import spans_of, tags_in
from aggregator.connectors._shape import Part
from aggregator.model import Author, Media, RawPost

FIELDS = (
    "id,caption,media_type,media_product_type,media_url,thumbnail_url,permalink,timestamp,username,"
    "alt_text,is_shared_to_feed,children{id,media_type,media_url,thumbnail_url,alt_text}"
)
WEB = "https://www.instagram.com"

_LONGEST = 5_000
"""Characters of a caption; Instagram takes 2,200."""
_PASSING = frozenset({"STORY", "AD"})
_MOST_CHILDREN = 20


def post_of(item: Part) -> RawPost | None:
    """The post; None for stories, advertisements and films on trial, which followers do not see.

    Raises UnexpectedShape where it cannot be read.
    """
    number = item.word("id")
    if not ID.fullmatch(number):
        raise item.at("id").unexpected("the number of a post")
    product = item.maybe("media_product_type")
    is_on_trial = product == "REELS" and item.at("is_shared_to_feed").value is False
    if product in _PASSING or is_on_trial:
        return None
    permalink = item.maybe("permalink", most=_limits.URL)
    name = item.maybe("username")
    text = _limits.text(item.at("caption").value, is_html=False, most=_LONGEST)
    return RawPost(
        guid=number,
        permalink=permalink,
        body=text,
        author=Author(None, f"@{name}", f"{WEB}/{segment(name)}/") if name else None,
        published=date_of(item, "timestamp"),
        tags=tags_in(text.value) if text else (),
        media=_limits.media(media_of(item, permalink)),
        spans=spans_of(
            text.value,
            tag_url=lambda tag: f"{WEB}/explore/tags/{segment(tag)}/",
            mention_url=lambda name: f"{WEB}/{segment(name)}/",
        )
        if text
        else (),
    )


def media_of(item: Part, permalink: str | None) -> Iterator[Media]:
    """Pictures; films and sounds by the page where they are played.

    The picture of a film is shown where its author described it.
    """
    children = list(item.some("children", "data"))[:_MOST_CHILDREN]
    if children:
        for child in children:
            yield from media_of(child, permalink)
        return
    kind, number = item.maybe("media_type"), item.maybe("id")
    alt = item.maybe("alt_text", most=_limits.ALT)
    if kind == "IMAGE":
        yield from picture(item, "media_url", number, alt)
    elif kind in {"VIDEO", "AUDIO"}:
        if alt is not None:
            yield from picture(item, "thumbnail_url", number, alt)
        if permalink is not None:
            yield Media(permalink, f"{kind.lower()}/*", alt)
