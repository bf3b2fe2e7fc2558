"""A post on Threads, read.

In: an item of ``/me/threads`` or ``/me/replies``, or a single post. Out: a ``RawPost``.
Specification: https://developers.facebook.com/docs/threads/threads-media.
"""

from collections.abc import Iterator

from aggregator.connectors import _limits
from aggregator.connectors._graph import ID, date_of, segment
from aggregator.connectors._instagram_post import media_of
from aggregator.connectors._plain import spans_of, tags_in
from aggregator.connectors._shape import Part
from aggregator.model import POLL, Author, Media, PostKind, RawPost, RawQuote, RawText

FIELDS = (
    "id,media_product_type,media_type,media_url,permalink,owner,username,text,timestamp,"
    "thumbnail_url,children{id,media_type,media_url,thumbnail_url,alt_text},is_quote_post,"
    "quoted_post,reposted_post,alt_text,link_attachment_url,is_reply,topic_tag,is_spoiler_media,"
    "text_entities,text_attachment,poll_attachment,ghost_post_status"
)
WEB = "https://www.threads.com"

_LONGEST = 20_000
"""Characters; Threads takes 500, and 10,000 in a text that is attached."""


def post_of(item: Part) -> RawPost | None:
    """The post; None for one that vanishes by itself, or passes on what we are not shown.

    Raises UnexpectedShape where it cannot be read.
    """
    number = item.word("id")
    if not ID.fullmatch(number):
        raise item.at("id").unexpected("the number of a post")
    if item.at("ghost_post_status").is_there:
        return None
    kind = _kind(item)
    # What is passed on has no words of its own.
    said = item.at("reposted_post") if kind is PostKind.REPOST else item
    text = _text(said)
    if kind is PostKind.REPOST and text is None:
        return None
    permalink = said.maybe("permalink", most=_limits.URL) or item.maybe(
        "permalink", most=_limits.URL
    )
    return RawPost(
        guid=number,
        permalink=permalink,
        body=text,
        author=_author(said),
        published=date_of(item, "timestamp"),
        tags=_limits.tags([item.maybe("topic_tag"), *(tags_in(text.value) if text else ())]),
        media=_limits.media((*_polls(said, permalink), *media_of(said, permalink))),
        spans=spans_of(
            text.value,
            tag_url=lambda tag: f"{WEB}/search?q=%23{segment(tag)}&serp_type=tags",
            mention_url=lambda name: f"{WEB}/@{segment(name)}",
        )
        if text
        else (),
        kind=kind,
        sensitive=_is_sensitive(item),
        quote=_quote(item.at("quoted_post")) if kind is PostKind.QUOTE else None,
    )


def number_of_quoted(item: Part) -> str | None:
    """The number of the post that it quotes, of which no more than that is told."""
    number = item.maybe("quoted_post", "id")
    is_told = _text(item.at("quoted_post")) is not None
    return number if number and ID.fullmatch(number) and not is_told else None


def quote_of(quoted: RawPost) -> RawQuote | None:
    """A post as another one quotes it: of what its author covered, the link alone."""
    body = None if quoted.sensitive else quoted.body
    return RawQuote(quoted.author, quoted.permalink, body)


def _polls(item: Part, permalink: str | None) -> Iterator[Media]:
    """Its answers are left where they are: how many chose which changes by the minute."""
    if item.at("poll_attachment").is_there and permalink is not None:
        yield Media(permalink, POLL)


def _kind(item: Part) -> PostKind:
    if item.maybe("media_type") == "REPOST_FACADE" or item.at("reposted_post").is_there:
        return PostKind.REPOST
    if item.says("is_reply"):
        return PostKind.REPLY
    is_quote = item.says("is_quote_post") or item.at("quoted_post").is_there
    return PostKind.QUOTE if is_quote else PostKind.ORIGINAL


def _text(item: Part) -> RawText | None:
    """The text and the longer one that is attached.

    Where neither holds an address, the one follows that is shown as a card.
    """
    parts = [item.at("text").value, item.at("text_attachment", "plaintext").value]
    said = "\n\n".join(part.strip() for part in parts if isinstance(part, str) and part.strip())
    link = item.maybe("link_attachment_url", most=_limits.URL)
    if link and _limits.is_http(link) and not spans_of(said, tag_url=None, mention_url=None):
        said = f"{said}\n\n{link}".strip()
    return _limits.text(said, is_html=False, most=_LONGEST)


def _author(item: Part) -> Author | None:
    name = item.maybe("username")
    return Author(None, f"@{name}", f"{WEB}/@{segment(name)}") if name else None


def _is_sensitive(item: Part) -> bool:
    """Its author wants a picture or words covered until somebody asks for them."""
    kinds = {(one.maybe("entity_type") or "").upper() for one in item.some("text_entities")}
    return item.says("is_spoiler_media") or "SPOILER" in kinds


def _quote(quoted: Part) -> RawQuote | None:
    """None where Threads tells no more than a number."""
    text = _text(quoted)
    if text is None:
        return None
    return RawQuote(_author(quoted), quoted.maybe("permalink", most=_limits.URL), text)
