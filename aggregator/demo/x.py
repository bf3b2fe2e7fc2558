"""A sample of X: its interface to one account, by the published descriptions, for who has a token.

It speaks one of the two vocabularies that the real one has had, counts what it sends, and refuses
when the credit for that is used up.
Not here: what the account says (``notes.py``), counting of requests (``interface.py``).
Specification: ``/2/users/by/username/{username}``, ``/2/users/{id}``, ``/2/users/{id}/tweets`` and
``/2/tweets`` of https://api.x.com/2/openapi.json, in its versions 2.166 (tweets) and 2.167 (posts).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import LINKS, Account, Note, Written

TOKEN = "a-token-of-the-sample-platform"  # noqa: S105 - known to all, and good for nothing else

_BEGAN = datetime(2010, 11, 4, 1, 42, 54, tzinfo=UTC)
"""Moments in ids are counted from here, in milliseconds."""
_SHORT = 280
"""Characters of a text; what is longer is cut there, and told whole elsewhere."""
_SHORTEST_PASSED_ON = 140
_LONGEST_LINK = 26
_FEWEST, _USUAL, _MOST = 5, 10, 100
_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_PLACEHOLDER = "@{handle}'s account is temporarily unavailable. Learn more."
_ELSEWHERE = "https://help.x.com/rules"


@dataclass(frozen=True, slots=True)
class Words:
    """What things are called."""

    fields: str
    note: str
    references: str
    referenced: str
    """The expansion for those."""
    versions: str
    posts: str
    reposts: str
    problems: str
    """Where the types of problems stand."""


POSTS = Words(
    *("post.fields", "note_post", "referenced_posts", "referenced_posts"),
    *("edit_history_post_ids", "posts", "repost_count", "https://api.x.com/2/problems/"),
)
TWEETS = Words(
    *("tweet.fields", "note_tweet", "referenced_tweets", "referenced_tweets.id"),
    *("edit_history_tweet_ids", "tweets", "retweet_count", "https://api.twitter.com/2/problems/"),
)


class X(Interface):
    """One account as ``api.x.com`` shows it."""

    def __init__(
        self,
        account: Account,
        written: Written,
        clock: Callable[[], datetime],
        *,
        words: Words = POSTS,
        allowance: int = 900,
    ) -> None:
        super().__init__(clock, allowance=allowance)
        self.account = account
        self.written = written
        self.words = words
        self.tokens = {TOKEN}
        """Those that it accepts."""
        self.credit: int | None = None
        """Posts and accounts that are paid for; None: as many as anybody likes."""
        self.sent = 0
        """Posts and accounts so far."""
        self.standing: Literal["open", "protected", "suspended", "locked"] = "open"

    def denied(self, path: str, fields: Mapping[str, str]) -> Reply | None:
        """What is told who shows no good token, or has no credit."""
        del path
        if fields.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return self.refusal(401)
        if self.credit is None or self.sent < self.credit:
            return None
        said = {
            "account_id": 10**18,
            "title": "CreditsDepleted",
            "detail": "Your enrolled account does not have any credits to fulfill this request.",
            "type": f"{TWEETS.problems}credits",
        }
        return Reply(402, said)

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """The questions about the account and its posts."""
        number = str(self.account.number)
        match path.removeprefix("/2/").split("/"):
            case ["users", "by", "username", handle]:
                return self._user("username", handle, handle.lower() == self.account.handle.lower())
            case ["users", asked]:
                return self._user("id", asked, asked == number)
            case ["users", asked, "tweets"]:
                wrong = self._wrong(query)
                if wrong or asked != number or self.standing in {"protected", "suspended"}:
                    return wrong or self._user("id", asked, asked == number, with_posts=True)
                return self._timeline(query, host)
            case ["tweets"]:
                return self._wrong(query) or self._look_up(query["ids"].split(","), host)
        return self.refusal(404)

    def refusal(self, status: int) -> Reply:
        """As X writes problems."""
        titles = {401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
        title = titles.get(status, "Service Unavailable")
        return Reply(
            status, {"title": title, "detail": title, "type": "about:blank", "status": status}
        )

    def counted(self, left: int, reset: datetime) -> dict[str, str]:
        """The reset in seconds since 1970."""
        return {
            "x-rate-limit-limit": str(self.allowance),
            "x-rate-limit-remaining": str(left),
            "x-rate-limit-reset": str(int(reset.timestamp())),
        }

    def _user(self, name: str, asked: str, is_it: bool, *, with_posts: bool = False) -> Reply:
        shown = is_it and self.standing != "suspended"
        if shown and not (with_posts and self.standing == "protected"):
            self.sent += 1
            return Reply(200, {"data": self._profile(self.account)})
        title, kind = "Not Found Error", "resource-not-found"
        if self.standing == "suspended":
            title = "Forbidden"
        elif is_it:
            title, kind = "Authorization Error", "not-authorized-for-resource"
        problem = self._problem(title, kind, "user", name, asked)
        return Reply(200, {"errors": [problem]})

    def _wrong(self, query: Mapping[str, str]) -> Reply | None:
        """The refusal of a question that X does not understand."""
        known = {"max_results", "since_id", "pagination_token", "exclude", "ids", "expansions"}
        known |= {self.words.fields, "user.fields", "media.fields"}
        wrong = next((name for name in query if name not in known), None)
        if wrong is None and not _FEWEST <= int(query.get("max_results", _USUAL)) <= _MOST:
            wrong = "max_results"
        if wrong is None:
            return None
        message = f"The query parameter [{wrong}] is not one of [{','.join(sorted(known))}]"
        said = {
            "errors": [{"parameters": {wrong: [query[wrong]]}, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": f"{self.words.problems}invalid-request",
        }
        return Reply(400, said)

    def _timeline(self, query: Mapping[str, str], host: str) -> Reply:
        size = int(query.get("max_results", _USUAL))
        since, token = int(query.get("since_id", 0)), query.get("pagination_token", "")
        until = int(token.removeprefix("page") or 2**63)
        notes = sorted(self.written(), key=lambda note: int(newest_id(note)), reverse=True)
        notes = [note for note in notes if since < int(newest_id(note)) < until]
        page = notes[:size]
        left_out = query.get("exclude", "").split(",")
        # The filter is applied to what was cut out already, so that pages may be short.
        shown = [
            note
            for note in page
            if not (note.is_reply and "replies" in left_out)
            and not (note.by and "retweets" in left_out)
        ]
        meta: dict[str, Any] = {"result_count": len(shown)}
        if shown:
            meta |= {"newest_id": newest_id(shown[0]), "oldest_id": newest_id(shown[-1])}
        if len(notes) > size:
            meta["next_token"] = f"page{newest_id(page[-1])}"
        return Reply(200, self._sent(shown, host) | {"meta": meta})

    def _look_up(self, ids: Sequence[str], host: str) -> Reply:
        notes = {one: note for note in self.written() for one in _versions(note)}
        is_shown = self.standing in {"open", "locked"}
        there = [notes[one] for one in ids if one in notes and is_shown]
        said = self._sent(there, host)
        title, kind = "Not Found Error", "resource-not-found"
        if not is_shown:
            title, kind = "Authorization Error", "not-authorized-for-resource"
        missing = [one for one in ids if one not in notes or not is_shown]
        if missing:
            said["errors"] = [self._problem(title, kind, "tweet", "ids", one) for one in missing]
        if there:
            # An old version is still there under its own id.
            asked = [one for one in ids if one in notes]
            said["data"] = [
                self._post(note, one, host) for note, one in zip(there, asked, strict=True)
            ]
        return Reply(200, said)

    def _problem(self, title: str, kind: str, of: str, name: str, asked: str) -> dict[str, Any]:
        return {
            "value": asked,
            "detail": f"Could not find {of} with {name}: [{asked}].",
            "title": title,
            "resource_type": of,
            "parameter": name,
            "resource_id": asked,
            "type": f"{self.words.problems}{kind}",
        }

    def _sent(self, notes: Sequence[Note], host: str) -> dict[str, Any]:
        """Posts with all that comes along, which is counted."""
        if not notes:
            return {}
        users = {
            author.handle: author for note in notes for author in (self.account, note.by) if author
        }
        along = [
            self._post(note, version, host)
            for note in notes
            if len(_versions(note)) > 1
            for version in _versions(note)
        ]
        along += [self._original(note, host) for note in notes if note.by]
        media = [_picture(note, host) for note in notes if note.picture is not None]
        includes: dict[str, Any] = {"users": [self._profile(author) for author in users.values()]}
        if along:
            includes[self.words.posts] = along
        if media:
            includes["media"] = media
        data = [self._post(note, newest_id(note), host) for note in notes]
        self.sent += len({one["id"] for one in (*data, *along)}) + len(users)
        return {"data": data, "includes": includes}

    def _post(self, note: Note, version: str, host: str) -> dict[str, Any]:
        if note.by is not None:
            text = f"RT @{note.by.handle}: {note.text}"
            said = self._said(note, version, text[: _SHORTEST_PASSED_ON - 1] + "…", host)
            if not note.poll:  # whose id stands here as well
                said.pop("attachments", None)
            said[self.words.references] = [{"type": "retweeted", "id": _original_id(note)}]
            return said
        said = self._said(note, version, note.text, host)
        if note.is_reply:
            said[self.words.references] = [{"type": "replied_to", "id": _id(note.published, 1)}]
        if self.standing == "locked":
            said |= _locked(self.account)
        return said

    def _original(self, note: Note, host: str) -> dict[str, Any]:
        """What was passed on, as its author wrote it."""
        said = self._said(note, _original_id(note), note.text, host)
        author = note.by or self.account
        return said | {"author_id": str(author.number), self.words.versions: [said["id"]]}

    def _said(self, note: Note, version: str, text: str, host: str) -> dict[str, Any]:
        edited = note.edited and version == newest_id(note)
        said: dict[str, Any] = {
            "id": version,
            "author_id": str(self.account.number),
            "conversation_id": _versions(note)[0],
            "created_at": _moment(note.edited if edited and note.edited else note.published),
            "lang": note.language,
            "possibly_sensitive": note.warning is not None,
            self.words.versions: list(_versions(note)),
            **_texts(note, text, self.words.note),
        }
        if note.picture is not None:
            said["attachments"] = {"media_keys": [_picture(note, host)["media_key"]]}
        if note.poll:
            said["attachments"] = {"poll_ids": [_versions(note)[0]]}
        return said

    def _profile(self, account: Account) -> dict[str, Any]:
        is_protected = account is self.account and self.standing == "protected"
        return {
            "id": str(account.number),
            "name": account.name,
            "username": account.handle,
            "protected": is_protected,
        }


def newest_id(note: Note) -> str:
    """The id of a post as it is now: an edit gives it a new one."""
    return _versions(note)[-1]


def _versions(note: Note) -> tuple[str, ...]:
    first = _id(note.published, note.number)
    return (first, _id(note.edited, note.number)) if note.edited else (first,)


def _id(moment: datetime, number: int) -> str:
    """Ids hold the moment at which they were given."""
    return str((int((moment - _BEGAN).total_seconds() * 1000) << 22) + number)


def _original_id(note: Note) -> str:
    return str(int(newest_id(note)) - (1 << 30))


def _texts(note: Note, text: str, name: str) -> dict[str, Any]:
    """The text and its entities; of a long one, the beginning, and the whole elsewhere."""
    whole, entities = _rich(text, is_escaped=False)
    short, of_short = whole, entities
    said: dict[str, Any] = {}
    if len(whole) > _SHORT:
        said[name] = {"text": whole, **({"entities": entities} if entities else {})}
        short, of_short = _rich(text[:_SHORT].rpartition(" ")[0], is_escaped=True)
    else:
        short, of_short = _rich(text, is_escaped=True)
    if note.picture is not None:
        link = _short_link(f"{note.number} picture")
        start = len(short) + 1
        short = f"{short} {link}"
        key = f"3_{newest_id(note)}"
        place = {"start": start, "end": start + len(link), "url": link, "media_key": key}
        shown = {"display_url": f"pic.x.com/{link[-10:]}", "expanded_url": f"https://x.com/{key}"}
        of_short = of_short | {"urls": [*of_short.get("urls", []), place | shown]}
    return said | {"text": short} | ({"entities": of_short} if of_short else {})


def _rich(text: str, *, is_escaped: bool) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """The text with short links, and what is where in it, in code points."""
    shown, at = "", 0
    urls, tags = [], []
    for found in LINKS.finditer(text):
        shown += _escaped(text[at : found.start()], is_escaped=is_escaped)
        start = len(shown)
        if link := found["link"]:
            shown += _short_link(link)
            bare = link.partition("://")[2]
            cut = bare if len(bare) <= _LONGEST_LINK else bare[:_LONGEST_LINK] + "…"
            told = {"url": _short_link(link), "expanded_url": link, "display_url": cut}
            urls.append({"start": start, "end": len(shown), **told})
        else:
            shown += found[0]
            tags.append({"start": start, "end": len(shown), "tag": found["tag"]})
        at = found.end()
    entities = {"urls": urls, "hashtags": tags}
    rest = _escaped(text[at:], is_escaped=is_escaped)
    return shown + rest, {name: some for name, some in entities.items() if some}


def _escaped(text: str, *, is_escaped: bool) -> str:
    if is_escaped:
        for char, written in _ESCAPES:
            text = text.replace(char, written)
    return text


def _locked(account: Account) -> dict[str, Any]:
    text = _PLACEHOLDER.format(handle=account.handle)
    start = text.index("Learn")
    link = {"url": _ELSEWHERE, "expanded_url": _ELSEWHERE, "display_url": "Learn more"}
    return {"text": text, "entities": {"urls": [{"start": start, "end": len(text) - 1, **link}]}}


def _short_link(link: str) -> str:
    return f"https://t.co/{hashlib.sha256(link.encode()).hexdigest()[:10]}"


def _picture(note: Note, host: str) -> dict[str, Any]:
    return {
        "media_key": f"3_{newest_id(note)}",
        "type": "photo",
        "url": f"http://{host}/images/boat.svg",
        "alt_text": note.picture,
        "width": 600,
        "height": 400,
    }


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
