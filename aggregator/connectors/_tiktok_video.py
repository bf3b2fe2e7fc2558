"""A video on TikTok, read.

In: a video object of the Display API. Out: a ``RawPost``. Its cover is signed anew at every answer,
and the signature lives for six hours.
Specification: https://developers.tiktok.com/doc/tiktok-api-v2-video-object/.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from aggregator.connectors import _limits
from aggregator.connectors._dates import raw_date
from aggregator.connectors._plain import spans_of, tags_in
from aggregator.connectors._shape import Part
from aggregator.model import Media, RawDate, RawPost

FIELDS = "id,title,video_description,create_time,cover_image_url,share_url,duration,width,height"
"""What is asked for: nothing that is counted, so that an unchanged video stays the same."""
ID = re.compile(r"[0-9]{1,30}")
WEB = "https://www.tiktok.com"

_LONGEST = 10_000
"""Characters of a text; TikTok hands out 150."""
_SHARED = re.compile(r"https://www\.tiktok\.com/@(?P<name>[\w.]{1,40})/[a-z]+/[0-9]+", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def post_of(video: Part, account: str) -> RawPost:
    """The post of a video. Raises UnexpectedShape where it cannot be read.

    ``account``: ``@name``, for the address of a video that tells none.
    """
    number = video.word("id")
    if not ID.fullmatch(number):
        raise video.at("id").unexpected("the id of a video")
    text = _limits.text(_caption(video), is_html=False, most=_LONGEST)
    said = text.value if text else ""
    shared = _SHARED.match(video.maybe("share_url", most=_limits.URL) or "")
    # Without what stands behind it, which counts whose app was used.
    permalink = shared[0] if shared else f"{WEB}/{account}/video/{number}"
    return RawPost(
        guid=number,
        permalink=permalink,
        body=text,
        published=_moment(video.number("create_time")),
        tags=tags_in(said),
        media=tuple(_media(video, number, permalink)),
        spans=spans_of(said, tag_url=_page_of_tag, mention_url=_page_of_account),
    )


def author_of(video: Part) -> str | None:
    """Whose it is, ``@name``, as its address says; None where it does not."""
    shared = _SHARED.match(video.maybe("share_url", most=_limits.URL) or "")
    return f"@{shared['name'].lower()}" if shared else None


def _caption(video: Part) -> str | None:
    texts = (video.at(name).value for name in ("video_description", "title"))
    return next((text for text in texts if isinstance(text, str) and text.strip()), None)


def _media(video: Part, number: str, permalink: str) -> Iterator[Media]:
    """The cover, and the film, which is watched where the post is; there are posts without one."""
    width, height = video.number("width"), video.number("height")
    cover = video.maybe("cover_image_url", most=_limits.URL)
    if cover and _limits.is_http(cover):
        yield Media(cover, "image/*", width=width, height=height, id=f"{number}-cover")
    if "/photo/" not in permalink:
        seconds = video.number("duration")
        yield Media(permalink, "video/*", width=width, height=height, seconds=seconds)


def _moment(seconds: int | None) -> RawDate | None:
    """In seconds since 1970, where paging counts in milliseconds."""
    try:
        return raw_date((_EPOCH + timedelta(seconds=seconds)).isoformat()) if seconds else None
    except OverflowError:
        return None


def _page_of_tag(tag: str) -> str:
    return f"{WEB}/tag/{quote(tag, safe='')}"


def _page_of_account(name: str) -> str:
    return f"{WEB}/@{quote(name, safe='')}"
