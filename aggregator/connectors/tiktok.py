"""The videos of an account on TikTok; a token of the account's owner is needed.

Write the name of the account with its sign, in quotes, ``"@institute"``, or the address of its
page. Shown are its public videos with their captions, of which TikTok hands out 150 characters.
A video is watched on TikTok.

TikTok lets only programs of the account's owner read it. Somebody makes an app with the Display
API, which TikTok reviews; then the owner allows that app the scopes ``user.info.basic``,
``user.info.profile`` and ``video.list``. The token goes into ``TIKTOK_TOKEN``; it lasts for hours
only, so that what renews it has to be set as well: ``TIKTOK_TOKEN_REFRESH_TOKEN``,
``TIKTOK_TOKEN_CLIENT_KEY`` and ``TIKTOK_TOKEN_CLIENT_SECRET``. Each refresh token is good for one
renewal, which brings the next one; Aggregator keeps that encrypted in its database. Where it
stands still for half a year, or the database is lost, the owner has to allow the app once more.

Specifications: https://developers.tiktok.com/doc/tiktok-api-v2-video-list (the videos),
https://developers.tiktok.com/doc/tiktok-api-v2-video-query (whether they are still there),
https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info (whose token it is).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from aggregator.connectors._accounts import page_on
from aggregator.connectors._contract import Errand
from aggregator.connectors._server import origin
from aggregator.connectors._shape import Part, read_json, readable
from aggregator.connectors._tiktok_token import NEED, PARTS, meant, renew, said_in
from aggregator.connectors._tiktok_video import FIELDS, ID, WEB, author_of, post_of
from aggregator.connectors._timeline import Memory, Page, read_timeline
from aggregator.errors import FetchError, Refused, TokenExpired
from aggregator.model import (
    Document,
    FetchResult,
    PostKind,
    Profile,
    RawPost,
    Sightings,
    Sought,
    Source,
    Terms,
    Token,
)

ABOUT = "The videos of an account on TikTok."
EXAMPLE = "@institute"
HOSTS = ("tiktok.com",)
TERMS = Terms(network="TikTok")
TOKEN = NEED

_VERSION = b"\xd1"
"""Raised whenever posts are read differently (rule B10)."""
_SERVER = "https://open.tiktokapis.com"
_MOST = 20
"""Videos of an answer."""
_NAME = re.compile(r"@?([a-z0-9_.]{1,23}[a-z0-9_])")


@dataclass(frozen=True, slots=True)
class Options:
    """Who is asked."""

    server: str = _SERVER

    def __post_init__(self) -> None:
        object.__setattr__(self, "server", origin(self.server))


def read_address(text: str) -> str:
    """The name of an account, or the address of its page or of a video on it, as ``@name``.

    Raises ValueError with a sentence that says what to write instead.
    """
    page = page_on(HOSTS, text)
    if page is not None and page.part(0).startswith("@"):
        text = page.part(0)
    name = _NAME.fullmatch(text.strip().lower())
    if page_on(HOSTS, text) is not None or name is None:
        raise ValueError(
            f"An account on TikTok is written as {EXAMPLE}, which stands at the end of its page's "
            f"address, {WEB}/{EXAMPLE}"
        )
    return f"@{name[1]}"


def home_of(address: str) -> str | None:
    """The account's page."""
    return f"{WEB}/{address}"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the newest videos, and for older ones where all of those are new."""
    options = source.options if isinstance(source.options, Options) else Options()
    before = Memory.unpack(errand.cursor, _VERSION, options.server, repr(options))
    visit = _Visit(source.address, options.server, errand)
    profile = None
    if not before.account:
        account, profile = await visit.account()
        before = replace(before, account=account)
    result = await read_timeline(
        lambda cursor: visit.page(before, cursor),
        before.account,
        before,
        {PostKind.ORIGINAL},
        _VERSION,
    )
    return replace(result, profile=profile)


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for the videos by their ids; what is not there is gone, for the token is the account's.

    Deleted ones and those that were made private look the same.
    """
    options = source.options if isinstance(source.options, Options) else Options()
    before = Memory.unpack(errand.cursor, _VERSION, options.server, repr(options))
    visit = _Visit(source.address, options.server, errand)
    ids = [one.guid for one in sought if ID.fullmatch(one.guid)]
    if not ids:
        return Sightings(frozenset(), frozenset())
    await visit.account(before.account)
    posts: list[RawPost] = []
    for first in range(0, len(ids), _MOST):
        posts += await visit.videos(ids[first : first + _MOST])
    present = frozenset(ids).intersection(post.guid or "" for post in posts)
    return Sightings(present, frozenset(ids) - present, tuple(posts))


class _Visit:
    """One account, asked once."""

    def __init__(self, address: str, server: str, errand: Errand) -> None:
        self._address = address
        self._server = server
        self._web = errand.web
        self._keys = errand.keys
        self._token: Token | None = None
        self._renew = partial(renew, errand.web, server)
        self._is_checked = False

    async def account(self, known: str = "") -> tuple[str, Profile]:
        """TikTok's own id of the account whose token we have, and what it is called.

        ``known`` is the id of the account that we follow. Raises Refused where it is another one.
        """
        document = await self._ask("user/info/?fields=open_id,username,display_name")
        user = read_json(document).at("data", "user")
        account, name = user.word("open_id"), f"@{user.word('username').lower()}"
        if name != self._address and account != known:
            variable = self._token.variable if self._token else NEED.variable
            raise Refused(
                f"The token in {variable} belongs to {name} on TikTok and not to {self._address}.",
                url=document.url,
                advice=f"Let the owner of {self._address} allow the app, and set {variable} to "
                f"that token; or write {name} in feeds.yaml, if that account is meant.",
            )
        self._is_checked = True
        return account, Profile(title=user.maybe("display_name"), link=home_of(name))

    async def page(self, before: Memory, cursor: str | None) -> Page:
        """A page of the account's videos: the newest, or those before a moment."""
        asked: dict[str, Any] = {"max_count": _MOST} | ({"cursor": int(cursor)} if cursor else {})
        document = await self._ask(f"video/list/?fields={FIELDS}", asked)
        data = read_json(document).at("data")
        videos = list(data.items("videos"))
        authors = {author_of(video) for video in videos}
        if not self._is_checked and not authors <= {self._address, None}:
            await self.account(before.account)
        older = data.number("cursor") if data.says("has_more") else None
        return Page(
            posts=_posts(videos, self._address),
            document=replace(document, body=_lasting(videos)),
            following=str(older) if older is not None else None,
        )

    async def videos(self, ids: Sequence[str]) -> tuple[RawPost, ...]:
        """Those of these videos that are there, and public."""
        asked = {"filters": {"video_ids": list(ids)}}
        document = await self._ask(f"video/query/?fields={FIELDS}", asked)
        videos = read_json(document).items("data", "videos")
        return tuple(post_of(video, self._address) for video in videos)

    async def _ask(self, path: str, content: object = None) -> Document:
        """One question, asked once more where the token has ended and another can be had."""
        self._token = self._token or await self._keys.token(self._renew)
        try:
            return await self._ask_with(self._token, path, content)
        except TokenExpired:
            if not set(PARTS) <= set(self._token.parts):
                raise
        self._token = await self._keys.renewed(self._token, self._renew)
        return await self._ask_with(self._token, path, content)

    async def _ask_with(self, token: Token, path: str, content: object) -> Document:
        url = f"{self._server}/v2/{path}"
        headers = {"Authorization": f"Bearer {token.access}"}
        try:
            if content is None:
                document = await self._web.get(
                    url,
                    accept="application/json",
                    headers=headers,
                    unconditional=True,
                    telling=True,
                )
            else:
                written = json.dumps(content).encode()
                document = await self._web.post(
                    url, written, content_type="application/json", headers=headers
                )
        except FetchError as refusal:
            error = meant(said_in(refusal), token, url, refusal)
            if error is None or error is refusal:
                raise
            raise error from refusal
        if error := meant(read_json(document), token, url, None):
            raise error
        return document


def _lasting(videos: Sequence[Part]) -> bytes:
    """What an answer says, without its own number and the signatures of pictures."""
    kept = [
        {name: value for name, value in video.value.items() if name != "cover_image_url"}
        for video in videos
        if isinstance(video.value, dict)
    ]
    return json.dumps(kept, sort_keys=True).encode()


def _posts(videos: Sequence[Part], account: str) -> tuple[RawPost, ...]:
    return readable(videos, lambda video: post_of(video, account))
