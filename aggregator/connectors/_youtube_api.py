"""YouTube's Data API: which playlist holds a channel's videos, and what a video is.

In: a key, and the name of a channel or playlist. Out: pages of a timeline, videos by their id, and
errors that say what is wrong with the key.
Not here: how accounts are written and the feed that needs no key (``youtube.py``).
Specification: https://developers.google.com/youtube/v3/docs and its page of errors.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from aggregator.connectors import _limits
from aggregator.connectors._contract import Keys, Web
from aggregator.connectors._dates import raw_date
from aggregator.connectors._plain import spans_of, tags_in
from aggregator.connectors._resets import next_midnight
from aggregator.connectors._shape import Part, read_json
from aggregator.connectors._timeline import Memory, Page
from aggregator.errors import (
    Denied,
    FetchError,
    NotFound,
    PermissionMissing,
    RateLimited,
    TokenExpired,
    TokenRevoked,
    TokenWrong,
    UnexpectedShape,
)
from aggregator.model import Author, Document, Media, Profile, RawPost, Token, TokenNeed

NEED = TokenNeed(
    variable="YOUTUBE_API_KEY",
    page="https://console.cloud.google.com/apis/credentials",
    how="In the Google Cloud console, enable “YouTube Data API v3” for a project and make an API "
    "key there, restricted to that API and to this server's address; anybody with a Google account "
    "may, and it costs nothing.",
    optional=True,
)
SITE = "https://www.youtube.com"
MOST = 50
"""Videos that may be asked for at once."""

_API = "https://www.googleapis.com/youtube/v3"
_PAGE = 25
_LONGEST = 10_000
"""Code points of a description; YouTube takes 5,000 bytes."""
_GUID = re.compile(r"yt:video:([\w-]{1,64})", re.ASCII)
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_TOMBSTONES = frozenset({"Private video", "Deleted video"})
_LENGTH = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", re.ASCII)

_WRONG = frozenset({"keyinvalid", "api_key_invalid"})
_ENDED = frozenset({"keyexpired", "api_key_expired"})
_TAKEN_BACK = frozenset({"consumer_suspended", "consumer_invalid"})
_NOT_ALLOWED = re.compile(
    r"accessnotconfigured|service_disabled|iprefererblocked|api_key_\w+_blocked"
)
_SPENT = frozenset({"quotaexceeded", "dailylimitexceeded"})
_TOO_FAST = frozenset({"ratelimitexceeded", "userratelimitexceeded", "rate_limit_exceeded"})
_A_DAY = "per day"
"""Since 2026, a limit of a day is told with the reasons of being too fast, and so in its words:
https://github.com/googleapis/google-api-python-client/issues/2753."""
_PACIFIC = ZoneInfo("America/Los_Angeles")
"""At its midnight the quota begins anew:
https://developers.google.com/youtube/v3/getting-started#quota."""
_SLACK = timedelta(minutes=15)
"""Clocks differ: who asks a little too early is refused, and would wait for another day."""


class DataApi:
    """The interface, asked with one key."""

    def __init__(self, web: Web, keys: Keys, token: Token, server: str | None) -> None:
        """``token`` is out of ``keys``. ``server`` answers in YouTube's place; None: its own."""
        self._web = web
        self._keys = keys
        self._token = token
        self._url = f"{server}/youtube/v3" if server else _API
        self._site = server or SITE

    async def uploads(self, **channel: str) -> str:
        """The id of the playlist of all videos of a channel, by ``id``, ``forHandle`` or such.

        Raises NotFound where there is no such channel.
        """
        answer = await self._ask("channels", {"part": "contentDetails", **channel})
        found = next(read_json(answer).some("items"), None)
        if found is None:
            name = next(iter(channel.values()))
            raise NotFound(f"YouTube knows no channel {name}.", url=answer.url)
        told = found.maybe("contentDetails", "relatedPlaylists", "uploads")
        return told or f"UU{found.word('id').removeprefix('UC')}"

    async def page(self, playlist: str, before: Memory, following: str | None) -> Page:
        """A page of a playlist, as far as its videos are public and can be seen by now.

        Where the first page is the same as last time, its videos are not asked for.
        """
        asked = {"part": "snippet,contentDetails,status", "playlistId": playlist}
        asked |= {"maxResults": str(_PAGE)} | ({"pageToken": following} if following else {})
        document = await self._ask(
            "playlistItems", asked, unconditional=following is not None or not before.body
        )
        if following is None and before.holds(document):
            return Page((), document)
        answer = read_json(document)
        shown = list((await self.videos(list(listed(answer)))).values())
        seen = [one for one in shown if not _is_to_come(one)]
        if len(seen) < len(shown):
            # When a premiere begins, the list may stay as it is: its videos are asked for again.
            body = b" ".join([document.body, *(one.word("id").encode() for one in seen), b""])
            document = replace(document, body=body)
        return Page(
            posts=tuple(map(self.post_of, seen)),
            document=document,
            following=answer.maybe("nextPageToken"),
            profile=_profile(shown) if playlist.startswith("UU") else None,
        )

    async def videos(self, ids: Sequence[str]) -> dict[str, Part]:
        """Those of at most 50 videos that are public."""
        if not ids:
            return {}
        asked = {"part": "snippet,contentDetails,status", "id": ",".join(ids)}
        answer = read_json(await self._ask("videos", asked))
        videos = {item.maybe("id"): item for item in answer.items("items") if _is_public(item)}
        return {name: videos[name] for name in ids if name in videos}

    def post_of(self, video: Part) -> RawPost:
        """A video as a post. Raises UnexpectedShape where it cannot be read."""
        name, said = video.word("id"), video.at("snippet")
        channel = said.maybe("channelId")
        post = RawPost(
            guid=f"yt:video:{name}",
            title=_limits.text(said.at("title").value, is_html=False, most=_limits.TITLE),
            body=_limits.text(said.at("description").value, is_html=False, most=_LONGEST),
            author=Author(
                name=said.maybe("channelTitle"),
                url=f"{SITE}/channel/{quote(channel)}" if channel else None,
            ),
            published=raw_date(said.at("publishedAt").value),
            language=said.maybe("defaultLanguage"),
        )
        length = _LENGTH.fullmatch(video.maybe("contentDetails", "duration") or "")
        captions = video.maybe("contentDetails", "caption")
        return as_video(
            post,
            self._site,
            seconds=_seconds(length) if length else None,
            captions=None if captions is None else captions == "true",
        )

    async def _ask(
        self, method: str, asked: Mapping[str, str], *, unconditional: bool = True
    ) -> Document:
        try:
            return await self._web.get(
                f"{self._url}/{method}?{urlencode(asked)}",
                accept="application/json",
                # In the address, where its own examples have it, everybody would see it.
                headers={"X-Goog-Api-Key": self._token.access},
                unconditional=unconditional,
                telling=True,
            )
        except (Denied, NotFound, RateLimited) as refusal:
            if _is_spent(*_said(refusal)):
                await self._keys.rest(self._token, _next_day)
            raise _meant(refusal, self._token) from refusal


def listed(answer: Part) -> Iterator[str]:
    """The ids of the videos on a page of a playlist; of those that are gone, a line is left."""
    for item in answer.items("items"):
        name = item.maybe("snippet", "resourceId", "videoId")
        is_left_over = item.maybe("snippet", "title") in _TOMBSTONES
        if name and _ID.fullmatch(name) and not is_left_over and _is_public(item):
            yield name


def video_id(guid: str | None) -> str | None:
    """The id in a post's; None where it is not a video's."""
    found = _GUID.fullmatch(guid or "")
    return found[1] if found else None


def as_video(
    post: RawPost, site: str, *, seconds: int | None = None, captions: bool | None = None
) -> RawPost:
    """The post of a video, the same by the feed and by the interface.

    ``site``: where it is watched. Its picture is left out: nobody says what it shows.
    """
    name = video_id(post.guid)
    if name is None:
        return post
    watched = f"{site}/watch?v={quote(name)}"
    said = post.body.value if post.body else ""
    return replace(
        post,
        permalink=watched,
        base=None,
        updated=None,  # of the feed: it moves with every view
        tags=tags_in(said),
        spans=spans_of(said, tag_url=_tag, mention_url=_mention, signs=".-"),
        media=(Media(watched, "video/*", seconds=seconds, captions=captions),),
    )


def _tag(tag: str) -> str:
    return f"{SITE}/hashtag/{quote(tag, safe='')}"


def _mention(name: str) -> str:
    return f"{SITE}/@{quote(name, safe='')}"


def _is_public(item: Part) -> bool:
    """Whether everybody may see it; where that is not said, it is not said to be hidden."""
    return item.maybe("status", "privacyStatus") in {None, "public"}


def _is_to_come(video: Part) -> bool:
    return video.maybe("snippet", "liveBroadcastContent") == "upcoming"


def _profile(videos: list[Part]) -> Profile | None:
    """Of the channel, as its newest video tells it."""
    for video in videos:
        channel = video.maybe("snippet", "channelId")
        if channel:
            title = video.maybe("snippet", "channelTitle")
            return Profile(title=title, link=f"{SITE}/channel/{quote(channel)}")
    return None


def _seconds(length: "re.Match[str]") -> int | None:
    """None for what has no length yet, as live streams."""
    days, hours, minutes, seconds = (int(part or 0) for part in length.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds or None


def _meant(refusal: FetchError, token: Token) -> FetchError:
    """What a refusal is about, by the reasons that it gives."""
    reasons, words = _said(refusal)
    new: FetchError
    advice = f"Make a new key at {NEED.page} and set {token.variable}."
    if reasons & _ENDED or "api key expired" in words:
        new = TokenExpired(f"The key in {token.variable} has expired.", advice=advice)
    elif reasons & _WRONG or "api key not valid" in words:
        advice = f"Compare {token.variable} with the key at {NEED.page}."
        new = TokenWrong(f"YouTube does not know the key in {token.variable}.", advice=advice)
    elif reasons & _TAKEN_BACK:
        said = f"Google has suspended the project of the key in {token.variable}."
        new = TokenRevoked(said, advice=advice)
    elif any(map(_NOT_ALLOWED.fullmatch, reasons)):
        new = PermissionMissing(
            f"The key in {token.variable} may not ask the YouTube Data API from this server.",
            advice=f"At {NEED.page}, enable “YouTube Data API v3” for its project, and let the key "
            "be used for that API and from this server's address.",
        )
    elif _is_spent(reasons, words):  # the key is at rest: nothing else has to wait
        new = RateLimited("What YouTube lets us ask in a day is used up.")
    elif reasons & _TOO_FAST or isinstance(refusal, RateLimited):
        new = RateLimited("YouTube asks us to come back later.")
        new.retry_after = refusal.retry_after
    elif isinstance(refusal, NotFound):
        advice = "Open the channel in a browser, and correct it in feeds.yaml."
        new = NotFound("YouTube has no such channel or playlist.", advice=advice)
    else:
        said = f"YouTube's interface refuses us (status {refusal.status})."
        new = Denied(said, advice=f"Look at {NEED.page} whether the key's project is in order.")
    new.url, new.status = refusal.url, refusal.status
    return new


def _said(refusal: FetchError) -> tuple[set[str], str]:
    """The reasons of an error, old and new ones, and its words, in small letters."""
    try:
        error = read_json(Document(refusal.url, refusal.body)).at("error")
    except UnexpectedShape:
        return set(), ""
    parts = (*error.some("errors"), *error.some("details"))
    reasons = {(part.maybe("reason") or "").lower() for part in parts}
    return reasons, (error.maybe("message") or "").lower()


def _is_spent(reasons: set[str], words: str) -> bool:
    """Whether it is the quota of the day that is used up, and not that of a minute."""
    return bool(reasons & _SPENT) or (bool(reasons & _TOO_FAST) and _A_DAY in words)


def _next_day(now: datetime) -> datetime:
    """When YouTube has surely begun to count anew."""
    return next_midnight(now, _PACIFIC) + _SLACK
