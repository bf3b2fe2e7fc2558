"""A post on X, read.

In: an answer of the interface, in either of the two vocabularies that X speaks: that of tweets, or
that of posts, or any mixture. Out: ``RawPost``.
Specification: https://docs.x.com/x-api/fundamentals/data-dictionary,
https://docs.x.com/x-api/fundamentals/edit-posts and the interface's own description,
https://api.x.com/2/openapi.json.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from aggregator.connectors import _limits
from aggregator.connectors._dates import raw_date
from aggregator.connectors._shape import Part
from aggregator.connectors._x_text import WEB, Rich, is_placeholder, rich
from aggregator.model import POLL, Author, Media, PostKind, RawPost, RawQuote

_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_KINDS = {
    "retweeted": PostKind.REPOST,
    "replied_to": PostKind.REPLY,
    "quoted": PostKind.QUOTE,
}
"""The first of these that applies."""
_NO_LANGUAGE = re.compile(r"q..|und|zxx|mis|mul|art", re.ASCII)
"""What X says where there are only tags, pictures or links, or where it cannot tell."""
_NEWER = {"in": "id", "iw": "he", "ji": "yi"}
"""Codes that ISO 639 has taken back."""
_FILM = "video/mp4"
_LONGEST_SIDE = 99_999
"""Pixels."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, sorted by ids."""

    posts: tuple[Part, ...]
    """Those that were asked for, in the order in which they came."""
    all_posts: dict[str, Part]
    """With those that they refer to."""
    users: dict[str, Part]
    media: dict[str, Part]

    @classmethod
    def of(cls, said: Part) -> "Answer":
        """Sort what was said."""
        posts = tuple(said.some("data"))
        with_it = said.at("includes")
        all_posts = chain(with_it.some("tweets"), with_it.some("posts"), posts)
        return cls(
            posts,
            _by("id", all_posts),
            _by("id", with_it.some("users")),
            _by("media_key", with_it.some("media")),
        )

    @property
    def resources(self) -> set[str]:
        """What X bills of it, by kind and id: posts and accounts, those along with it, too."""
        return {f"post {one}" for one in self.all_posts} | {f"user {one}" for one in self.users}

    def versions(self, post: Part) -> tuple[str, ...]:
        """The ids of a post, which has a new one after every edit; the oldest first."""
        named = chain.from_iterable(
            post.some(name) for name in ("edit_history_post_ids", "edit_history_tweet_ids")
        )
        ids = {one.value for one in named if is_id(one.value)} | {id_of(post)}
        return tuple(sorted(ids, key=int))

    def newest(self, post: Part) -> Part:
        """The post as it is after all edits, as far as it came along."""
        there = [self.all_posts[one] for one in self.versions(post) if one in self.all_posts]
        return there[-1] if there else post


def is_id(value: object) -> bool:
    """Whether it is a number of X, which it writes as a text since it is too long for many."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def id_of(part: Part) -> str:
    """The id of a post or an account. Raises UnexpectedShape where there is none."""
    if not is_id(part.at("id").value):
        raise part.at("id").unexpected("an id of X")
    return part.word("id")


def is_withheld(post: Part) -> bool:
    """Whether X shows a sentence of its own in the place of the post."""
    return is_placeholder(_said(post.at("text")), post.at("entities"))


def is_locked(post: Part) -> bool:
    """Whether that sentence is about the whole account."""
    return is_withheld(post) and "account" in _said(post.at("text"))


def post_of(post: Part, answer: Answer, handle: str) -> RawPost | None:
    """The post; None where X shows something else in its place.

    ``handle``: the account that was asked for. Raises UnexpectedShape where it cannot be read.
    """
    versions = answer.versions(post)
    post = answer.newest(post)
    kind, references = _kind(post), _references(post)
    if is_withheld(post):
        return None
    if kind is PostKind.REPOST:
        original = answer.all_posts.get(references[kind])
        # Its own text is cut, and where the other post may not be seen, neither may that.
        passed_on = _written(answer.newest(original), answer, "", None) if original else None
        return passed_on and replace(
            passed_on,
            guid=versions[0],
            published=raw_date(post.at("created_at").value) or passed_on.published,
            updated=None,
            kind=kind,
        )
    quoted = answer.all_posts.get(references.get(PostKind.QUOTE, ""))
    written = _written(post, answer, handle, quoted)
    if written is None or len(versions) == 1:
        return written and replace(written, kind=kind)
    first = answer.all_posts.get(versions[0], post)
    return replace(
        written,
        guid=versions[0],
        published=raw_date(first.at("created_at").value),
        updated=written.published,
        kind=kind,
    )


def name_of(user: Part) -> str | None:
    """The account's name, or its handle."""
    return user.maybe("name") or user.maybe("username")


def _written(post: Part, answer: Answer, handle: str, quoted: Part | None) -> RawPost | None:
    """A version of a post, with all that its author put there."""
    if is_withheld(post):
        return None
    quote = _quote(quoted, answer) if quoted else None
    beside = {*answer.versions(post), *(answer.versions(quoted) if quoted and quote else ())}
    text = _text(post, beside)
    author = _author(post, answer, handle)
    language = _language(post)
    permalink = _permalink(post, author)
    return RawPost(
        guid=id_of(post),
        permalink=permalink,
        body=_limits.text(text.text, is_html=False, language=language),
        author=author,
        published=raw_date(post.at("created_at").value),
        language=language,
        tags=_limits.tags(text.tags),
        media=_limits.media((*_polls(post, permalink), *_media(post, answer))),
        spans=text.spans,
        sensitive=post.says("possibly_sensitive"),
        quote=quote,
    )


def _quote(quoted: Part, answer: Answer) -> RawQuote | None:
    quoted = answer.newest(quoted)
    if is_withheld(quoted):
        return None
    author = _author(quoted, answer, "")
    text = _text(quoted, frozenset())
    return RawQuote(
        author=author,
        permalink=_permalink(quoted, author),
        body=_limits.text(text.text, is_html=False, language=_language(quoted)),
    )


def _text(post: Part, beside: set[str] | frozenset[str]) -> Rich:
    """The whole of it: that of a long post stands apart, unescaped and with entities of its own."""
    for name in ("note_post", "note_tweet"):
        if said := _said(post.at(name, "text")):
            return rich(said, post.at(name, "entities"), is_escaped=False, beside=beside)
    return rich(_said(post.at("text")), post.at("entities"), is_escaped=True, beside=beside)


def _said(text: Part) -> str:
    return text.value if isinstance(text.value, str) else ""


def _by(name: str, parts: Iterator[Part]) -> dict[str, Part]:
    return {key: part for part in parts if (key := part.maybe(name))}


def _references(post: Part) -> dict[PostKind, str]:
    """The posts that it refers to, by what it does to them."""
    return {
        _KINDS[said]: one.maybe("id") or ""
        for name in ("referenced_tweets", "referenced_posts")
        for one in post.some(name)
        if (said := one.maybe("type")) in _KINDS
    }


def _kind(post: Part) -> PostKind:
    there = _references(post)
    return next((kind for kind in _KINDS.values() if kind in there), PostKind.ORIGINAL)


def _author(post: Part, answer: Answer, handle: str) -> Author | None:
    """As the answer names them; else by the account that was asked for; None: not told."""
    user = answer.users.get(post.maybe("author_id") or "", Part(None))
    username = user.maybe("username") or post.maybe("username") or handle
    if not username:
        return None
    return Author(user.maybe("name") or username, f"@{username}", f"{WEB}/{username}")


def _permalink(post: Part, author: Author | None) -> str:
    page = author.url if author else f"{WEB}/i"
    return f"{page}/status/{id_of(post)}"


def _language(post: Part) -> str | None:
    said = post.maybe("lang") or ""
    return None if _NO_LANGUAGE.fullmatch(said) else _NEWER.get(said, said) or None


def _polls(post: Part, permalink: str) -> Iterator[Media]:
    """The ids say enough. What comes along with them would change by the minute, and be billed."""
    if list(post.some("attachments", "poll_ids")):
        yield Media(permalink, POLL)


def _media(post: Part, answer: Answer) -> Iterator[Media]:
    alts = {one.maybe("media_key"): one.maybe("alt_text") for one in post.some("media_metadata")}
    for attached in post.some("attachments", "media_keys"):
        key = attached.maybe()
        if key and (medium := answer.media.get(key)):
            alt = medium.maybe("alt_text", most=_limits.ALT) or alts.get(key)
            sides = _side(medium, "width"), _side(medium, "height")
            is_photo = medium.maybe("type") == "photo"
            picture = medium.maybe("url" if is_photo else "preview_image_url", most=_limits.URL)
            if picture and _limits.is_http(picture):
                yield Media(picture, "image/*", alt, *sides)
            if not is_photo and (film := _film(medium)):
                yield Media(film, _FILM, alt, *sides)


def _side(medium: Part, name: str) -> int | None:
    side = medium.number(name)
    return side if side and 0 < side <= _LONGEST_SIDE else None


def _film(medium: Part) -> str | None:
    """The best version that every browser plays."""
    films = [
        (one.number("bit_rate") or 0, url)
        for one in medium.some("variants")
        if one.maybe("content_type") == _FILM
        and (url := one.maybe("url", most=_limits.URL))
        and _limits.is_http(url)
    ]
    return max(films)[1] if films else None
