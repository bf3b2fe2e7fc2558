"""Questions to X, paid for one by one.

In: what is to be known. Out: answers; what X bills of them is counted, errors are told in words.
Not here: what an answer says of a post (``_x_post.py``), which errors there are (``_x_errors.py``).
Specification: https://docs.x.com/x-api/users/get-posts, https://docs.x.com/x-api/posts/get-posts-by-ids
and https://docs.x.com/x-api/getting-started/pricing.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from aggregator.connectors._contract import Errand
from aggregator.connectors._shape import Part, read_json
from aggregator.connectors._x_errors import NEED, account_refused, meant, names_of, protected
from aggregator.connectors._x_post import Answer, id_of
from aggregator.errors import CreditSpent, FetchError
from aggregator.model import Document, PostKind, Token

FEWEST = 5
"""Posts that a page of the timeline may be asked for, at least."""
MOST = 100
"""Posts that may be asked for at once."""

_EACH = 10
"""What a post may bring along at most, with itself: its five versions, the post that it answers
and the one that it quotes, and the authors of these; all of it is billed."""
_FIELDS = "id,text,created_at,entities,attachments,media_metadata,lang,possibly_sensitive,withheld"
_PEOPLE = {"user.fields": "id,name,username,protected"}
_MEDIA = "media_key,type,url,preview_image_url,alt_text,width,height,variants"


@dataclass(frozen=True, slots=True)
class Speech:
    """One of the vocabularies in which X is asked for posts."""

    name: str
    asked: Mapping[str, str]
    """Which parts of posts are wanted, and what is to come along with them."""
    peculiar: tuple[str, ...]
    """Words that only this one has."""


_POSTS = Speech(
    "posts",
    {
        "post.fields": f"{_FIELDS},note_post",
        "expansions": "author_id,attachments.media_keys,referenced_posts,edit_history_post_ids",
    },
    ("post.fields", "note_post", "referenced_posts", "edit_history_post_ids"),
)
_TWEETS = Speech(
    "tweets",
    {
        "tweet.fields": f"{_FIELDS},note_tweet,author_id,referenced_tweets,edit_history_tweet_ids",
        "expansions": "author_id,attachments.media_keys,edit_history_tweet_ids,"
        "referenced_tweets.id,referenced_tweets.id.author_id,"
        "referenced_tweets.id.attachments.media_keys",
    },
    ("tweet.fields", "note_tweet", "referenced_tweets", "edit_history_tweet_ids"),
)
_SPEECHES = {"posts": _POSTS, "tweets": _TWEETS}


class Interface:
    """X, as the owner of a token may ask it, for the length of one visit."""

    def __init__(
        self,
        server: str,
        budget: int,
        errand: Errand,
        token: Token,
        known: Mapping[str, str],
    ) -> None:
        """``budget``: posts and accounts that may be read in a month.

        ``known``: what ``remembered`` was after the last good visit.
        """
        self._server = server
        self._budget = budget
        self._web = errand.web
        self._reads = errand.reads
        self._token = token
        self._digest = hashlib.blake2b(token.access.encode(), digest_size=8).hexdigest()
        self._has_worked = known.get("token") == self._digest
        self._speech = _SPEECHES.get(known.get("speech", ""), _POSTS)
        self._billed: set[str] = set()

    @property
    def remembered(self) -> dict[str, str]:
        """The vocabulary that X understands, and a digest of the token that it accepts."""
        return {"speech": self._speech.name, "token": self._digest}

    def most(self) -> int:
        """How many posts the rest of the budget allows to be asked for at once."""
        left = self._budget - self._reads.so_far
        return max(0, min(MOST, (left - 1) // _EACH))

    def spent(self) -> CreditSpent:
        """The error that the budget, our own, allows no further question."""
        return CreditSpent(
            f"Its budget of {self._budget:,} reads for this month is used up: "
            f"{self._reads.so_far:,} were read, and what is left is too little for one more page.",
            advice="It goes on next month. To read more now, raise reads_per_month in the source's "
            f"options in feeds.yaml; X bills each read, see {NEED.page}.",
        )

    async def user_named(self, handle: str) -> Part:
        """The account of that handle. Raises NotFound and Refused where there is none to read."""
        document, answer = await self._user(f"by/username/{handle}")
        user = answer.at("data")
        if not user.is_there:
            raise _at(document, account_refused(answer, handle) or user.unexpected("an account"))
        if user.says("protected"):
            raise _at(document, protected(handle))
        return user

    async def answers_about(self, account: str) -> bool:
        """Whether X says anything of an account, if only that it is no more."""
        _, answer = await self._user(account)
        return answer.at("data").is_there or account_refused(answer, account) is not None

    async def timeline(
        self,
        account: str,
        handle: str,
        *,
        size: int,
        since: str,
        following: str | None,
        kinds: Collection[PostKind],
    ) -> tuple[Document, Part]:
        """A page of an account's posts, those that are newer than ``since``.

        ``following``: what the page before it said. Raises FetchError where X shows us none of the
        account's posts.
        """
        left_out = {PostKind.REPLY: "replies", PostKind.REPOST: "retweets"}
        exclude = ",".join(word for kind, word in left_out.items() if kind not in kinds)
        asked = {
            "max_results": str(size),
            "exclude": exclude,
            "since_id": since,
            "pagination_token": following or "",
        }
        document, answer = await self._posts(f"/2/users/{account}/tweets", asked, size)
        refused = account_refused(answer, handle)
        if refused is not None and not answer.at("data").is_there:
            raise _at(document, refused)
        if not answer.at("data").is_there and not answer.at("meta").is_there:
            raise answer.at("meta").unexpected("a list of posts")
        return document, answer

    async def posts(self, ids: Iterable[str]) -> Part:
        """Posts by their ids, and which of them are not there."""
        asked = list(ids)
        _, answer = await self._posts("/2/tweets", {"ids": ",".join(asked)}, len(asked))
        return answer

    async def _user(self, path: str) -> tuple[Document, Part]:
        found = await self._asked(f"/2/users/{path}", _PEOPLE, 1)
        user = found[1].at("data")
        if user.is_there:
            self._bill({f"user {id_of(user)}"})
        return found

    async def _posts(
        self, path: str, asked: Mapping[str, str], posts: int
    ) -> tuple[Document, Part]:
        """Ask in the vocabulary that X understood last, and in the other where it does not now."""
        try:
            found = await self._asked(path, self._in_words(asked), 1 + posts * _EACH)
        except FetchError as error:
            if not names_of(error, self._speech.peculiar):
                raise
            before = self._speech
            self._speech = _TWEETS if before is _POSTS else _POSTS
            found = await self._asked(path, self._in_words(asked), 1 + posts * _EACH)
        self._bill(Answer.of(found[1]).resources)
        return found

    def _in_words(self, asked: Mapping[str, str]) -> dict[str, str]:
        given = {name: value for name, value in asked.items() if value}
        return given | dict(self._speech.asked) | {"media.fields": _MEDIA} | _PEOPLE

    async def _asked(
        self, path: str, asked: Mapping[str, str], reads: int
    ) -> tuple[Document, Part]:
        """One question, where the budget allows as many reads as its answer may be billed for."""
        if self._reads.so_far + reads > self._budget:
            raise self.spent()
        try:
            document = await self._web.get(
                f"{self._server}{path}?{urlencode(asked, safe=',')}",
                accept="application/json",
                headers={"Authorization": f"Bearer {self._token.access}"},
                unconditional=True,
                telling=True,
            )
        except FetchError as error:
            told = meant(error, self._token, has_worked=self._has_worked)
            if told is error:
                raise
            told.body = error.body
            raise told from error
        return document, read_json(document)

    def _bill(self, resources: set[str]) -> None:
        """Count what is billed: the same thing twice in a day is billed once."""
        fresh = resources - self._billed
        self._billed |= fresh
        self._reads.now += len(fresh)


def _at(document: Document, error: FetchError) -> FetchError:
    error.url = document.url
    return error
