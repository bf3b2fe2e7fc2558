"""A sample of LinkedIn: posts and images of one organization's page, its token's renewal and end.

Addresses of pictures are signed, and end.
Not here: what the page says (``notes.py``), counting of requests (``interface.py``).
Specification:
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api,
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/images-api,
https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens,
https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import LINKS, Account, Note, Written, newest_first

_MOST = 100
_USUAL = 10
_LIFE = timedelta(days=60)
"""Of an access token."""
_YEAR = timedelta(days=365)
"""Of a refresh token, from the consent on."""
SIGNED = timedelta(hours=12)
"""So long the address of a picture holds."""
_PICTURE = Path(__file__).parent / "content" / "pictures" / "garden.webp"
"""What all of its pictures show."""
_PICTURES = "/dms/image/"
_SIGNS = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_RENEWAL = "/oauth/v2/accessToken"
_QUESTION = "/oauth/v2/introspectToken"


class LinkedIn(Interface):
    """One page, and the app of its administrator.

    ``account.handle`` is the last part of the page's address.
    """

    def __init__(
        self,
        account: Account,
        written: Written,
        clock: Callable[[], datetime],
        *,
        token: str,
        refresh: str = "",
        allowance: int = 500,
        version: int = 202608,
    ) -> None:
        """``token`` and ``refresh`` were given by now; ``version``: the oldest month it speaks."""
        super().__init__(clock, allowance=allowance)
        self.account = account
        self.written = written
        self.token = token
        self.refresh = refresh
        self.version = version
        self.is_revoked = False
        """Whether the administrator took the token back."""
        self.may_batch = True
        """Whether the app may ask for many posts or images at once."""
        self.may_see_pictures = True
        """Whether the token may ask where pictures are."""
        self.images_are_down = False
        """Whether it answers nothing but 503 about images."""
        self._began = clock()
        self._ends = clock() + _LIFE
        self._renewals = 0

    def answer(self, target: str, fields: Mapping[str, str], content: bytes | None = None) -> Reply:
        """Pictures are kept elsewhere: they want no token, and count as no question."""
        if target.startswith(_PICTURES):
            return self._picture(target.removeprefix(_PICTURES))
        return super().answer(target, fields, content)

    def denied(self, path: str, fields: Mapping[str, str]) -> Reply | None:
        """The token first, then the version."""
        if path in {_RENEWAL, _QUESTION}:
            return None
        if fields.get("authorization") != f"Bearer {self.token}" or self.clock() >= self._ends:
            return _error(401, "INVALID_ACCESS_TOKEN", "Invalid access token", 65600)
        if self.is_revoked:
            said = "The token used in the request has been revoked by the user"
            return _error(401, "REVOKED_ACCESS_TOKEN", said, 65601)
        version = fields.get("linkedin-version")
        if version is None:
            return _error(400, "VERSION_MISSING", "A version must be present.")
        if int(version) < self.version:
            return _error(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
        return None

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """The page, its posts and images, and single ones."""
        if path == "/rest/organizations" and query.get("q") == "vanityName":
            is_known = query.get("vanityName") == self.account.handle
            return Reply(200, {"elements": [self._organization()] if is_known else []})
        if path == f"/rest/organizations/{self.account.number}":
            return Reply(200, self._organization())
        if path == "/rest/posts" and query.get("q") == "author":
            own = query.get("author") == f"urn:li:organization:{self.account.number}"
            return self._finder(query) if own else _not_allowed("PostsExternal.FINDER-author")
        if path.startswith("/rest/posts"):
            return self._by_ids(path, query, self._posts(), "PostsExternal")
        if path.startswith("/rest/images"):
            if self.images_are_down:
                return self.refusal(503)
            if not self.may_see_pictures:
                return _not_allowed("ImagesExternal.BATCH_GET")
            return self._by_ids(path, query, self._images(host), "ImagesExternal")
        return self.refusal(404)

    def received(self, path: str, query: Mapping[str, str], content: bytes) -> Reply:
        """Another access token, beside the same refresh token; or when a token ends."""
        del query
        form = {name: values[0] for name, values in parse_qs(content.decode()).items()}
        if path not in {_RENEWAL, _QUESTION}:
            return self.refusal(404)
        if not form.get("client_id") or not form.get("client_secret"):
            return Reply(401, {"error": "invalid_client"})
        return self._told(form) if path == _QUESTION else self._renewed(form)

    def _told(self, form: Mapping[str, str]) -> Reply:
        if form.get("token") != self.token:
            return Reply(200, {"active": False})
        status = "revoked" if self.is_revoked else "active"
        if self.clock() >= self._ends:
            status = "expired"
        began = int((self._ends - _LIFE).timestamp())
        said = {"active": status == "active", "status": status, "auth_type": "3L"}
        times = {"created_at": began, "authorized_at": began}
        return Reply(200, said | times | {"expires_at": int(self._ends.timestamp())})

    def _renewed(self, form: Mapping[str, str]) -> Reply:
        left = self._began + _YEAR - self.clock()
        if self.is_revoked or form.get("refresh_token") != self.refresh or left <= timedelta(0):
            return Reply(400, {"error": "invalid_grant"})
        self._renewals += 1
        self.token = f"{self.account.handle}-renewed-{self._renewals}"
        self._ends = self.clock() + _LIFE
        return Reply(
            200,
            {
                "access_token": self.token,
                "expires_in": int(_LIFE.total_seconds()),
                "refresh_token": self.refresh,
                "refresh_token_expires_in": int(left.total_seconds()),
            },
        )

    def refusal(self, status: int) -> Reply:
        """As LinkedIn writes errors."""
        if status == 429:  # noqa: PLR2004 - named by what it says
            said = "Resource level throttle APPLICATION DAY limit for calls is reached."
            return _error(429, "TOO_MANY_REQUESTS", said, 101)
        if status == 404:  # noqa: PLR2004 - the same
            return _error(404, "NOT_FOUND", "Not found")
        return _error(status, "SERVICE_UNAVAILABLE", "Service unavailable")

    def counted(self, left: int, reset: datetime) -> dict[str, str]:
        """It does not tell."""
        del left, reset
        return {}

    def _finder(self, query: Mapping[str, str]) -> Reply:
        start, count = int(query.get("start", 0)), min(int(query.get("count", _USUAL)), _MOST)
        posts = list(self._posts().values())
        by = "lastModifiedAt" if query.get("sortBy") == "LAST_MODIFIED" else "createdAt"
        posts.sort(key=lambda post: post[by], reverse=True)
        links = []
        if start + count < len(posts):
            author = quote(query["author"], safe="")
            asked = f"author={author}&q=author&count={count}&start={start + count}"
            links = [{"type": "application/json", "rel": "next", "href": f"/rest/posts?{asked}"}]
        paging = {"start": start, "count": count, "links": links, "total": len(posts)}
        return Reply(200, {"paging": paging, "elements": posts[start : start + count]})

    def _by_ids(
        self, path: str, query: Mapping[str, str], found: Mapping[str, Any], what: str
    ) -> Reply:
        """One by the last part of the path, or many at once."""
        if "ids" not in query:
            one = found.get(unquote(path.rpartition("/")[2]))
            return self.refusal(404) if one is None else Reply(200, one)
        if not self.may_batch:
            return _not_allowed(f"{what}.BATCH_GET")
        ids = query["ids"].removeprefix("List(").removesuffix(")").split(",")
        return Reply(
            200,
            {
                "results": {urn: found[urn] for urn in ids if urn in found},
                "statuses": {urn: 200 if urn in found else 404 for urn in ids},
                "errors": {
                    urn: {"status": 404, "message": "Not found"} for urn in ids if urn not in found
                },
            },
        )

    def _images(self, host: str) -> dict[str, dict[str, Any]]:
        """By id, with addresses that hold for a while from now on."""
        ends = int((self.clock() + SIGNED).timestamp())
        return {
            picture: {
                "id": picture,
                "owner": f"urn:li:organization:{self.account.number}",
                "status": "AVAILABLE",
                "downloadUrl": f"http://{host}{_PICTURES}{number}?e={ends}&v=beta"
                f"&t={_signature(number, str(ends))}",
                "downloadUrlExpiresAt": ends * 1000,
            }
            for note in self.written()
            if note.picture is not None
            for picture, number in [(image(note), str(note.number))]
        }

    def _picture(self, address: str) -> Reply:
        number, _, signed = address.partition("?")
        query = {name: values[0] for name, values in parse_qs(signed).items()}
        ends = query.get("e", "")
        if query.get("t") != _signature(number, ends) or self.clock().timestamp() >= int(ends):
            return Reply(403, b"URL signature expired", {"content-type": "text/plain"})
        return Reply(200, _PICTURE.read_bytes(), {"content-type": "image/webp"})

    def _posts(self) -> dict[str, dict[str, Any]]:
        """By id. Answers to others are comments, which are no posts here."""
        notes = (note for note in newest_first(self.written()) if not note.is_reply)
        return {urn(note): self._element(note) for note in notes}

    def _element(self, note: Note) -> dict[str, Any]:
        published = _milliseconds(note.published)
        element: dict[str, Any] = {
            "id": urn(note),
            "author": f"urn:li:organization:{self.account.number}",
            "commentary": little_text(note.text),
            "visibility": "PUBLIC",
            "lifecycleState": "PUBLISHED",
            "lifecycleStateInfo": {"isEditedByAuthor": note.edited is not None},
            "isReshareDisabledByAuthor": False,
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "createdAt": published,
            "publishedAt": published,
            "lastModifiedAt": _milliseconds(note.edited or note.published),
        }
        if note.picture is not None:
            words = {"altText": note.picture} if note.picture else {}
            element["content"] = {"media": {"id": image(note)} | words}
        if note.by is not None:
            other = f"urn:li:share:{7_000_000_000_000_000_000 + note.by.number}"
            element["reshareContext"] = {"parent": other, "root": other}
        return element

    def _organization(self) -> dict[str, Any]:
        return {
            "id": self.account.number,
            "localizedName": self.account.name,
            "vanityName": self.account.handle,
        }


def urn(note: Note) -> str:
    """The id of a post."""
    return f"urn:li:share:{7_100_000_000_000_000_000 + note.number}"


def image(note: Note) -> str:
    """The id of its picture."""
    return f"urn:li:image:D4E10{note.number}"


def little_text(text: str) -> str:
    """As LinkedIn keeps a text: tags as templates, and signs escaped that could be marks."""
    parts = []
    at = 0
    for found in LINKS.finditer(text):
        parts.append(_escaped(text[at : found.start()]))
        tag = found["tag"]
        parts.append(rf"{{hashtag|\#|{_escaped(tag)}}}" if tag else _escaped(found[0]))
        at = found.end()
    return "".join([*parts, _escaped(text[at:])])


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\g<0>", text)


def _signature(number: str, ends: str) -> str:
    return hashlib.sha256(f"{number} {ends}".encode()).hexdigest()[:32]


def _not_allowed(what: str) -> Reply:
    said = f"Not enough permissions to access: partnerApi{what}"
    return _error(403, "ACCESS_DENIED", said, 100)


def _error(status: int, code: str, message: str, number: int | None = None) -> Reply:
    said = {"status": status, "code": code, "message": message}
    return Reply(status, said if number is None else {**said, "serviceErrorCode": number})


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
