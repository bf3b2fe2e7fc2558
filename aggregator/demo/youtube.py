"""A sample of YouTube with one channel: its feed, its interface, and what embedding pages ask.

Not here: what the channel shows (``notes.py``), counting of requests (``interface.py``).
Specification: https://developers.google.com/youtube/v3/docs and the feed as it is in the wild.
"""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from aggregator.demo.by_feed import page, template
from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import Account, Note, Written, newest_first

_IN_FEED = 15
_MOST = 50
_USUAL = 5
_UNITS = 10_000
"""Of quota, for a day; each question costs one."""
_PACIFIC = ZoneInfo("America/Los_Angeles")
"""Whose midnight ends the day."""
_TITLE = 60
_QUOTA = (
    "The request cannot be completed because you have exceeded your "
    '<a href="/youtube/v3/getting-started#quota">quota</a>.'
)


@dataclass(frozen=True, slots=True)
class Video:
    """A note, said in a film."""

    note: Note

    @property
    def id(self) -> str:
        """Eleven characters, as YouTube's have."""
        return f"v{self.note.number:010}"

    @property
    def title(self) -> str:
        """Its beginning."""
        return textwrap.shorten(self.note.text, _TITLE, placeholder=" …")


class YouTube(Interface):
    """YouTube as its visitors and the programs of others see it."""

    def __init__(
        self,
        account: Account,
        written: Written,
        clock: Callable[[], datetime],
        *,
        key: str = "",
        units: int = _UNITS,
        allowance: int = 3000,
    ) -> None:
        """``key`` opens the interface; empty: nothing does. ``units``: of quota, for a day."""
        super().__init__(clock, allowance=allowance)
        self.account = account
        self.written = written
        self.key = key
        self.units = units
        self._day: date | None = None
        self._spent = 0
        self.private: set[int] = set()
        """Notes whose videos only their owner may see; of them a line is left in the list."""
        self.to_come: set[int] = set()
        """Notes whose videos are announced, and shown later."""
        self.channel = f"UC{account.number:022}"

    def denied(self, path: str, fields: Mapping[str, str]) -> Reply | None:
        """The key, then the quota."""
        if not path.startswith("/youtube/v3/"):
            return None
        if not self.key or fields.get("x-goog-api-key") != self.key:
            return _error(400, "usageLimits", "keyInvalid", "Bad Request")
        today = self.clock().astimezone(_PACIFIC).date()
        if self._day != today:
            self._day, self._spent = today, 0
        if self._spent >= self.units:
            return _error(403, "youtube.quota", "quotaExceeded", _QUOTA)
        self._spent += 1
        return None

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """The interface, the feed, and pages."""
        match path.removeprefix("/youtube/v3/"):
            case "channels":
                return self._channels(query)
            case "playlistItems":
                return self._list(query)
            case "videos":
                return self._videos(query.get("id", "").split(","))
            case "/feeds/videos.xml":
                return self._feed(query, host)
            case "/oembed":
                return self._embedded(query)
            case "/watch":
                return page("A video, or that there is none.")
        if path in {f"/@{self.account.handle}", f"/channel/{self.channel}"}:
            there = f"https://www.youtube.com/channel/{self.channel}"
            return page(self.account.name, f'<link rel="canonical" href="{there}">')
        return self.refusal(404)

    def refusal(self, status: int) -> Reply:
        """A page for people."""
        said = f"<!DOCTYPE html><html lang=en><title>Error {status}</title>".encode()
        return Reply(status, said, {"content-type": "text/html; charset=UTF-8"})

    def counted(self, left: int, reset: datetime) -> dict[str, str]:
        """Nothing is told of what is left."""
        return {}

    def _shown(self) -> list[Video]:
        """All in the list of uploads, the newest first."""
        own = (note for note in newest_first(self.written()) if not (note.is_reply or note.by))
        return [Video(note) for note in own]

    def _public(self) -> list[Video]:
        return [video for video in self._shown() if video.note.number not in self.private]

    def _channels(self, query: Mapping[str, str]) -> Reply:
        asked = {
            "id": self.channel,
            "forHandle": f"@{self.account.handle}",
            "forUsername": self.account.handle,
        }
        if not any(query.get(name) == value for name, value in asked.items()):
            return Reply(200, _answer("channel", []))
        uploads = f"UU{self.channel[2:]}"
        item = {
            "id": self.channel,
            "snippet": {"title": self.account.name, "customUrl": f"@{self.account.handle}"},
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": uploads}},
        }
        return Reply(200, _answer("channel", [item]))

    def _list(self, query: Mapping[str, str]) -> Reply:
        if query.get("playlistId") != f"UU{self.channel[2:]}":
            words = "The playlist identified with the request's <code>playlistId</code> parameter "
            reason = "playlistNotFound"
            return _error(404, "youtube.playlistItem", reason, f"{words}cannot be found.")
        videos, start = self._shown(), int(query.get("pageToken", "0"))
        end = start + min(int(query.get("maxResults", _USUAL)), _MOST)
        said = _answer("playlistItem", [self._item(video) for video in videos[start:end]])
        if end < len(videos):
            said["nextPageToken"] = str(end)
        return Reply(200, said)

    def _item(self, video: Video) -> dict[str, Any]:
        """A line in the list; of a private video, that there is one."""
        is_private = video.note.number in self.private
        shown = _moment(video.note.published)
        return {
            "id": f"line{video.note.number}",
            "snippet": {
                "publishedAt": shown,
                "channelId": self.channel,
                "title": "Private video" if is_private else video.title,
                "description": "This video is private." if is_private else video.note.text,
                "channelTitle": self.account.name,
                "playlistId": f"UU{self.channel[2:]}",
                "resourceId": {"kind": "youtube#video", "videoId": video.id},
            },
            "contentDetails": {"videoId": video.id}
            | ({} if is_private else {"videoPublishedAt": shown}),
            "status": {"privacyStatus": "private" if is_private else "public"},
        }

    def _videos(self, ids: list[str]) -> Reply:
        """Those that are there; of others nothing is said."""
        found = [self._video(video) for video in self._public() if video.id in ids]
        return Reply(200, _answer("video", found))

    def _video(self, video: Video) -> dict[str, Any]:
        is_to_come = video.note.number in self.to_come
        return {
            "id": video.id,
            "snippet": {
                "publishedAt": _moment(video.note.published),
                "channelId": self.channel,
                "title": video.title,
                "description": video.note.text,
                "channelTitle": self.account.name,
                "liveBroadcastContent": "upcoming" if is_to_come else "none",
                "defaultLanguage": video.note.language,
            },
            "contentDetails": {"duration": "P0D" if is_to_come else "PT4M3S", "caption": "true"},
            "status": {"privacyStatus": "public", "embeddable": True},
        }

    def _feed(self, query: Mapping[str, str], host: str) -> Reply:
        asked = {
            "channel_id": self.channel,
            "playlist_id": f"UU{self.channel[2:]}",
            "user": self.account.handle,
        }
        if not any(query.get(name) == value for name, value in asked.items()):
            return self.refusal(404)
        name, value = next(iter(query.items()))
        feed = template("youtube").render(
            account=self.account,
            channel=self.channel,
            videos=self._public()[:_IN_FEED],
            site=f"http://{host}",
            feed=f"http://{host}/feeds/videos.xml?{name}={value}",
        )
        return Reply(200, feed.encode(), {"content-type": "text/xml; charset=UTF-8"})

    def _embedded(self, query: Mapping[str, str]) -> Reply:
        """What others embed a video with (https://oembed.com)."""
        watched = parse_qs(urlsplit(query.get("url", "")).query).get("v", [""])[0]
        shown = {video.id: video for video in self._shown()}
        if watched not in shown:
            return self.refusal(404)
        if shown[watched].note.number in self.private:
            return self.refusal(403)
        said = {"type": "video", "version": "1.0", "title": shown[watched].title}
        return Reply(200, said | {"author_name": self.account.name, "provider_name": "YouTube"})


def _answer(kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": f"youtube#{kind}ListResponse",
        "etag": str(len(items)),
        "items": [{"kind": f"youtube#{kind}", "etag": item["id"], **item} for item in items],
        "pageInfo": {"totalResults": len(items), "resultsPerPage": len(items)},
    }


def _error(status: int, domain: str, reason: str, message: str) -> Reply:
    errors = [{"message": message, "domain": domain, "reason": reason}]
    return Reply(status, {"error": {"code": status, "message": message, "errors": errors}})


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
