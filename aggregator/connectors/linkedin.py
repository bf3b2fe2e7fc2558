"""The posts of an organization on LinkedIn; its administrator's token is needed.

Write the address of the organization's page, or its last part: ``example-institute``. The number
of the page is taken as well, in quotes, or as LinkedIn writes it elsewhere:
``urn:li:organization:12345678``. A name is looked up once, and the number behind it is remembered.
Shown are the posts that everybody may see, in full; ``include_reposts`` adds what the organization
passes on with words of its own. Advertisements, and posts for members or employees only, are left
out. A film is watched there.

A post shows its first picture that has a description, the “alternative text” that LinkedIn asks for
when a picture is posted. Where pictures are, LinkedIn tells apart from the posts: it is asked once
for the pictures of posts that are new or edited, and once a day for those on our pages, since such
addresses end. Where it does not answer, posts come without pictures until that look. Where it says
that the token may not see pictures, it is not asked again before the token is another one.

LinkedIn lets only programs of the organization itself read its posts. An administrator of the page
makes an app with the product “Community Management API”, which LinkedIn reviews, and a token with
the permission ``r_organization_social``: it goes into ``LINKEDIN_TOKEN``. It lasts 60 days, and is
renewed by itself where ``LINKEDIN_TOKEN_REFRESH_TOKEN``, ``LINKEDIN_TOKEN_CLIENT_ID`` and
``LINKEDIN_TOKEN_CLIENT_SECRET`` are set, too. The refresh token lasts a year and is never
prolonged: once a year an administrator has to make a new one. Where an app gets no refresh token,
somebody has to make a new token every 60 days: ``status`` counts down to the day. It is told by
LinkedIn where the latter two are set; else it is counted from the first day on which the token
was used, and the token may well end sooner.

Each month LinkedIn brings out a version of its interface, which lives for about a year. Where it
retires ours before a newer Aggregator is at hand, write the year and month of a later one:
``options: {version: 202611}``.

Specifications: https://learn.microsoft.com/en-us/linkedin/marketing/versioning (versions),
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api (posts),
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/images-api
(pictures),
https://learn.microsoft.com/en-us/linkedin/marketing/data-storage-requirements (what may be kept).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from aggregator.connectors._accounts import page_on
from aggregator.connectors._contract import Errand
from aggregator.connectors._linkedin_errors import (
    NEED,
    PARTS,
    end_of,
    may_be_asked_about,
    meant,
    renew,
)
from aggregator.connectors._linkedin_pictures import (
    Addresses,
    addresses_in,
    names_in,
    with_addresses,
)
from aggregator.connectors._linkedin_post import URN, is_public, is_withdrawn, post_of
from aggregator.connectors._server import origin
from aggregator.connectors._shape import Part, read_json, readable
from aggregator.connectors._timeline import Memory, Page, read_timeline
from aggregator.errors import (
    Denied,
    FetchError,
    NotFound,
    PermissionMissing,
    TokenExpired,
    TokenMissing,
    TokenRevoked,
    TokenWrong,
)
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

ABOUT = "The posts of an organization's page on LinkedIn."
EXAMPLE = "example-institute"
HOSTS = ("linkedin.com",)
TERMS = Terms(network="LinkedIn")
TOKEN = NEED

_VERSION = b"\xc2"
"""Raised whenever posts are read differently (rule B10)."""
_SERVER = "https://api.linkedin.com"
_SIGN_IN = "https://www.linkedin.com"
_WEB = "https://www.linkedin.com"
_MONTH = 202608
"""The version of the interface that this module was written for."""
_LIMIT = 50
_BATCH = 20
"""Posts or pictures in one question."""
_UNSEEN = "no pictures for"
"""Remembers a token that may not see pictures."""
_NUMBER = re.compile(r"(?:urn:li:organization(?:Brand)?:)?([0-9]{1,20})", re.IGNORECASE)
_START = re.compile(r"[0-9]{1,6}")
_NAME = re.compile(r"[^\W_](?:[\w-]{0,98}\w)?")
_PAGES = frozenset({"company", "school", "showcase"})


@dataclass(frozen=True, slots=True)
class Options:
    """Which posts are followed besides the page's own, and how LinkedIn is asked."""

    include_reposts: bool = False
    version: int = _MONTH
    """The month whose interface is asked for."""
    server: str = _SERVER

    def __post_init__(self) -> None:
        if not re.fullmatch(r"20[0-9]{2}(?:0[1-9]|1[0-2])", str(self.version)):
            raise ValueError(f"A version is a year and a month, as {_MONTH}")
        object.__setattr__(self, "server", origin(self.server))


def read_address(text: str) -> str:
    """The name of an organization's page, or its number.

    Raises ValueError with a sentence that says what to write instead.
    """
    page = page_on(HOSTS, text)
    if page is not None and page.part(0) in _PAGES:
        text = page.part(1)
    elif page is not None and page.part(0) == "in":
        raise ValueError(
            "This is the page of a person; LinkedIn shows programs the pages of organizations "
            f"only, for example {_WEB}/company/{EXAMPLE}"
        )
    name = text.strip().lower()
    if number := _NUMBER.fullmatch(name):
        return number[1]
    if not _NAME.fullmatch(name):
        raise ValueError(
            "An organization on LinkedIn is written as the last part of its page's address, for "
            f"example {EXAMPLE} for {_WEB}/company/{EXAMPLE}"
        )
    return name


def home_of(address: str) -> str | None:
    """The organization's page."""
    return f"{_WEB}/company/{quote(address, safe='')}/"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the posts that were written or edited last, and for more where all are new."""
    options = source.options if isinstance(source.options, Options) else Options()
    before = Memory.unpack(errand.cursor, _VERSION, options.server, repr(options))
    visit = _Visit(source.address, options, errand, before)
    profile = None
    if not before.account:
        account, profile = await visit.organization()
        before = replace(before, account=account)
    kinds = {PostKind.ORIGINAL} | ({PostKind.REPOST} if options.include_reposts else set())
    result = await read_timeline(
        lambda start: visit.page(before, start), before.account, before, kinds, _VERSION
    )
    return replace(await visit.illustrated(result, before), profile=profile)


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for each post by its id; one is gone only where the page's posts are shown to us.

    Where pictures are is asked anew. Where there is no answer to that, the known addresses stay.
    """
    options = source.options if isinstance(source.options, Options) else Options()
    before = Memory.unpack(errand.cursor, _VERSION, options.server, repr(options))
    visit = _Visit(source.address, options, errand, before)
    ids = [one.guid for one in sought if URN.fullmatch(one.guid)]
    found: dict[str, Part | None] = {}
    for first in range(0, len(ids), _BATCH):
        found |= await visit.by_ids("posts", ids[first : first + _BATCH])
    gone = frozenset(urn for urn, one in found.items() if one is None or is_withdrawn(one))
    if gone:
        account = before.account or (await visit.organization())[0]
        await visit.page(Memory(account), None)
    there = {urn: one for urn, one in found.items() if one is not None and is_public(one)}
    posts = _posts(tuple(there.values()))
    known: dict[str, str | None] = {
        picture.id: picture.url for one in sought for picture in one.media if picture.id
    }
    addresses = known | dict(await visit.addresses(names_in(posts)))
    return Sightings(
        frozenset(there), gone, tuple(with_addresses(post, addresses) for post in posts)
    )


class _Visit:
    """One organization, asked once."""

    def __init__(self, address: str, options: Options, errand: Errand, before: Memory) -> None:
        self._address = address
        self._options = options
        self._web = errand.web
        self._keys = errand.keys
        self._token: Token | None = None
        self._unseen = before.own.get(_UNSEEN)
        """The seal of a token that may not see pictures."""
        self._wait: timedelta | None = None
        """So long LinkedIn wants not to be asked."""
        # Only LinkedIn itself signs in elsewhere than where it answers.
        at = _SIGN_IN if options.server == _SERVER else options.server
        self._renew = partial(renew, errand.web, at)
        self._ask_end = partial(end_of, errand.web, at)

    async def organization(self) -> tuple[str, Profile | None]:
        """The number of the page, and what it is called as far as the token lets us see it."""
        if _NUMBER.fullmatch(self._address):
            try:
                answer = await self._get(f"organizations/{self._address}")
            except (PermissionMissing, NotFound):  # whether its posts are shown is what counts
                return self._address, None
            return self._address, self._profile(read_json(answer))
        asked = urlencode({"q": "vanityName", "vanityName": self._address})
        try:
            answer = await self._get(f"organizations?{asked}", method="FINDER")
        except PermissionMissing as error:
            error.advice += (
                " Or write the page's number instead of its name: it stands in the address that "
                "administrators see, …/company/12345678/admin/."
            )
            raise
        pages = list(read_json(answer).items("elements"))
        number = pages[0].number("id") if pages else None
        if number is None:
            raise NotFound(
                f"LinkedIn knows no organization {self._address}.",
                url=answer.url,
                advice=f"Open {home_of(self._address)} in a browser, and correct the name in "
                "feeds.yaml.",
            )
        return str(number), self._profile(pages[0])

    async def page(self, before: Memory, start: str | None) -> Page:
        """A page of the organization's posts, those that were written or edited last first."""
        author = quote(f"urn:li:organization:{before.account}", safe="")
        # The author has to stand before q.
        asked = f"author={author}&q=author&count={_LIMIT}&start={start or 0}&sortBy=LAST_MODIFIED"
        document = await self._get(
            f"posts?{asked}", method="FINDER", unconditional=bool(start) or not before.body
        )
        answer = read_json(document)
        elements = list(answer.items("elements"))
        return Page(
            posts=_posts(elements),
            document=document,
            following=_start_of_next(answer) if elements else None,
        )

    async def illustrated(self, result: FetchResult, before: Memory) -> FetchResult:
        """The posts with their pictures; no post is lost where these cannot be had.

        What one question cannot hold is left to the look-up, if it is shown at all.
        """
        self._wait = result.wait
        addresses = await self.addresses(names_in(result.posts)[:_BATCH])
        after = Memory.unpack(result.cursor, _VERSION, before.server, before.options)
        own = {_UNSEEN: self._unseen} if self._unseen else {}
        return replace(
            result,
            posts=tuple(with_addresses(post, addresses) for post in result.posts),
            cursor=replace(after, own=own).pack(_VERSION),
            wait=self._wait,
        )

    async def addresses(self, names: Sequence[str]) -> Addresses:
        """Where pictures are, as far as LinkedIn tells; no error ends the visit."""
        found: dict[str, str | None] = {}
        for first in range(0, len(names), _BATCH):
            if self._wait is not None or self._unseen == self._seal:
                break
            try:
                images = await self.by_ids("images", names[first : first + _BATCH])
            except PermissionMissing:
                self._unseen = self._seal
            except FetchError as error:
                self._wait = error.retry_after
                break
            else:
                self._unseen = None
                found |= addresses_in(images)
        return found

    @property
    def _seal(self) -> str:
        """Of the token; empty: none was shown yet."""
        return self._token.seal if self._token else ""

    async def by_ids(self, what: str, ids: Sequence[str]) -> dict[str, Part | None]:
        """Posts or images by their ids; None: LinkedIn says that there is no such one."""
        asked = ",".join(quote(urn, safe="") for urn in ids)
        try:
            document = await self._get(f"{what}?ids=List({asked})", method="BATCH_GET")
        except (TokenMissing, TokenWrong, TokenExpired, TokenRevoked):
            raise
        except (Denied, NotFound):
            return await self._one_by_one(what, ids)
        answer = read_json(document)
        found: dict[str, Part | None] = {}
        for urn in ids:
            element = answer.at("results", urn)
            if element.is_there:
                found[urn] = element
            elif answer.number("errors", urn, "status") == HTTPStatus.NOT_FOUND:
                found[urn] = None
        return found

    async def _one_by_one(self, what: str, ids: Sequence[str]) -> dict[str, Part | None]:
        """For apps that may not ask for many at once."""
        found: dict[str, Part | None] = {}
        for urn in ids:
            try:
                found[urn] = read_json(await self._get(f"{what}/{quote(urn, safe='')}"))
            except NotFound:
                found[urn] = None
        return found

    async def _get(
        self, path: str, *, method: str | None = None, unconditional: bool = True
    ) -> Document:
        """One question, asked once more where the token has ended and another can be had."""
        if self._token is None:
            self._token = await self._keys.token(self._renew)
            if may_be_asked_about(self._token):
                await self._keys.learn(self._token, self._ask_end)
        url = f"{self._options.server}/rest/{path}"
        try:
            return await self._ask(url, self._token, method, unconditional=unconditional)
        except (TokenExpired, TokenWrong):
            # Of some that have ended LinkedIn says that it does not know them.
            if not set(PARTS) <= set(self._token.parts):
                raise
        self._token = await self._keys.renewed(self._token, self._renew)
        return await self._ask(url, self._token, method, unconditional=unconditional)

    async def _ask(
        self, url: str, token: Token, method: str | None, *, unconditional: bool
    ) -> Document:
        headers: Mapping[str, str] = {
            "Authorization": f"Bearer {token.access}",
            "LinkedIn-Version": str(self._options.version),
            "X-Restli-Protocol-Version": "2.0.0",
            **({"X-RestLi-Method": method} if method else {}),
        }
        try:
            return await self._web.get(
                url,
                accept="application/json",
                headers=headers,
                unconditional=unconditional,
                telling=True,
            )
        except FetchError as error:
            better = meant(error, token)
            if better is error:
                raise
            raise better from error

    def _profile(self, organization: Part) -> Profile:
        name = organization.maybe("vanityName") or self._address
        return Profile(title=organization.maybe("localizedName"), link=home_of(name))


def _start_of_next(answer: Part) -> str | None:
    """Of the next page only its beginning is taken; where it is asked for is ours to say."""
    for link in answer.some("paging", "links"):
        if link.maybe("rel") == "next":
            try:
                query = urlsplit(link.maybe("href", most=2_000) or "").query
            except ValueError:  # brackets that do not match
                return None
            start = parse_qs(query).get("start", [""])[0]
            return start if _START.fullmatch(start) else None
    return None


def _posts(elements: Sequence[Part]) -> tuple[RawPost, ...]:
    return readable(elements, post_of)
