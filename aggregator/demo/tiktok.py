"""A sample of TikTok: the Display API for one account, and the renewal of its token.

Not here: what the account says (``notes.py``), counting of requests (``interface.py``).
Specification: https://developers.tiktok.com/doc/tiktok-api-v2-video-list,
https://developers.tiktok.com/doc/oauth-user-access-token-management.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import Account, Note, Written, newest_first

_MOST = 20
_USUAL = 10
_LONGEST = 150
"""Characters of a caption."""
_LIFE = timedelta(hours=2)
"""Of an access token."""
_HALF_A_YEAR = timedelta(days=180)
"""Of a refresh token."""
_SIGNED = timedelta(hours=6)
"""How long the address of a cover holds."""
_RENEWAL = "/v2/oauth/token/"


class TikTok(Interface):
    """One account, and the app that its owner allowed to read it."""

    def __init__(
        self,
        account: Account,
        written: Written,
        clock: Callable[[], datetime],
        *,
        token: str,
        refresh: str = "",
        allowance: int = 3000,
    ) -> None:
        """``token`` and ``refresh`` were given by now."""
        super().__init__(clock, allowance=allowance)
        self.account = account
        self.written = written
        self.token = token
        self.refresh = refresh
        self.scopes = {"user.info.basic", "user.info.profile", "video.list"}
        self.is_revoked = False
        """Whether the owner took the app's permission back."""
        self._ends = clock() + _LIFE
        self._refresh_ends = clock() + _HALF_A_YEAR
        self._renewals = 0
        self._answers = 0

    def denied(self, path: str, fields: Mapping[str, str]) -> Reply | None:
        """The token, and what it is good for."""
        if path == _RENEWAL:
            return None
        shown = fields.get("authorization") == f"Bearer {self.token}"
        if not shown or self.is_revoked or self.clock() >= self._ends:
            return self._error(401, "access_token_invalid", "The access token is invalid.")
        wanted = "user.info.profile" if path.startswith("/v2/user/") else "video.list"
        if wanted not in self.scopes:
            return self._error(401, "scope_not_authorized", f"The scope {wanted} is missing.")
        return None

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """Whose token it is."""
        del host
        if path != "/v2/user/info/":
            return self.refusal(404)
        user = {
            "open_id": f"-000{self.account.number}",
            "username": self.account.handle,
            "display_name": self.account.name,
        }
        return self._good({"user": _only(user, query)})

    def received(self, path: str, query: Mapping[str, str], content: bytes) -> Reply:
        """The videos, and another token in the place of an older one."""
        if path == _RENEWAL:
            form = parse_qs(content.decode())
            return self._renewed({name: values[0] for name, values in form.items()})
        asked = json.loads(content)
        if path == "/v2/video/list/":
            return self._list(asked, query)
        if path == "/v2/video/query/":
            ids = asked["filters"]["video_ids"]
            if len(ids) > _MOST:
                return self._error(400, "invalid_params", "Too many ids.")
            videos = [video for video in self._videos() if video["id"] in ids]
            return self._good({"videos": [_only(video, query) for video in videos]})
        return self.refusal(404)

    def refusal(self, status: int) -> Reply:
        """As TikTok writes errors."""
        codes = {404: "invalid_params", 429: "rate_limit_exceeded"}
        return self._error(status, codes.get(status, "internal_error"), "Try again later.")

    def counted(self, left: int, reset: datetime) -> dict[str, str]:
        """It does not tell."""
        del left, reset
        return {}

    def _list(self, asked: Mapping[str, Any], query: Mapping[str, str]) -> Reply:
        count, before = asked.get("max_count", _USUAL), asked.get("cursor")
        if count > _MOST:
            return self._error(400, "invalid_params", "max_count is too large.")
        videos = [
            video
            for video in self._videos()
            # Videos tell seconds, and the cursor milliseconds.
            if before is None or video["create_time"] * 1000 < before
        ]
        page = videos[:count]
        data = {
            "videos": [_only(video, query) for video in page],
            "cursor": page[-1]["create_time"] * 1000 if page else before or 0,
            "has_more": len(videos) > count,
        }
        return self._good(data)

    def _renewed(self, form: Mapping[str, str]) -> Reply:
        """Each refresh token is good for one renewal."""
        if not form.get("client_key") or not form.get("client_secret"):
            return self._no_renewal("invalid_client")
        has_ended = self.is_revoked or self.clock() >= self._refresh_ends
        if has_ended or form.get("refresh_token") != self.refresh:
            return self._no_renewal("invalid_grant")
        self._renewals += 1
        self.token = f"{self.account.handle}-token-{self._renewals}"
        self.refresh = f"{self.account.handle}-refresh-{self._renewals}"
        self._ends = self.clock() + _LIFE
        self._refresh_ends = self.clock() + _HALF_A_YEAR
        return Reply(
            200,
            {
                "access_token": self.token,
                "expires_in": int(_LIFE.total_seconds()),
                "open_id": f"-000{self.account.number}",
                "refresh_token": self.refresh,
                "refresh_expires_in": int(_HALF_A_YEAR.total_seconds()),
                "scope": ",".join(sorted(self.scopes)),
                "token_type": "Bearer",
            },
        )

    def _no_renewal(self, code: str) -> Reply:
        said = {"error": code, "error_description": "It is not valid.", "log_id": self._log_id()}
        return Reply(400, said)

    def _videos(self) -> list[dict[str, Any]]:
        """Its own: nobody answers or passes on with a video."""
        notes: Sequence[Note] = newest_first(self.written())
        return [self._video(note) for note in notes if not note.is_reply and note.by is None]

    def _video(self, note: Note) -> dict[str, Any]:
        until = int((self.clock() + _SIGNED).timestamp())
        number = video_id(note)
        caption = note.text[:_LONGEST]
        shared = f"https://www.tiktok.com/@{self.account.handle}/video/{number}"
        return {
            "id": number,
            "create_time": int(note.published.timestamp()),
            "title": caption,
            "video_description": caption,
            "cover_image_url": f"https://covers.tiktok.test/{number}~c5_300x400.jpeg"
            f"?x-expires={until}&x-signature=signed{self._answers}",
            "share_url": f"{shared}?utm_campaign=tt4d_open_api&utm_source=an-app",
            "embed_link": f"https://www.tiktok.com/player/v1/{number}",
            "duration": 31,
            "width": 576,
            "height": 1024,
        }

    def _good(self, data: Mapping[str, Any]) -> Reply:
        fine = {"code": "ok", "message": "", "log_id": self._log_id()}
        return Reply(200, {"data": data, "error": fine})

    def _error(self, status: int, code: str, message: str) -> Reply:
        error = {"code": code, "message": message, "log_id": self._log_id()}
        return Reply(status, {"data": {}, "error": error})

    def _log_id(self) -> str:
        """A number for each answer, so that no two are the same."""
        self._answers += 1
        return f"{self.clock():%Y%m%d%H%M%S}{self._answers:08}"


def video_id(note: Note) -> str:
    """The id of a video."""
    return str(7_300_000_000_000_000_000 + note.number)


def _only(said: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """The fields that were asked for."""
    asked = query.get("fields", "").split(",")
    return {name: value for name, value in said.items() if name in asked}
