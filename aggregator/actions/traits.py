"""What a source is like, in short digests: learnt from a visit, and known again in the next.

Digests stand for ids, texts, names and words, because only their sameness is ever asked. They are
keyed: whoever has the database alone cannot try names or words against them. The usual words are
stems of long words, so that neither endings nor the small words of a language count; where a
script has no spaces, they are pairs of characters.

Pure. Not here: what differences mean (``identity.py``), whose domain it is (``domains.py``).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import pairwise
from urllib.parse import urlsplit

from aggregator.actions.domains import domain_of
from aggregator.model import Identity, Post, Profile, SpanKind
from aggregator.normalise.folding import fold

Digest = Callable[[str], str]
"""Short, and keyed with the secret of the database."""
READ_POSTS = 20
READ_TEXT = 1_500
"""Code points of each post whose words count."""
WORD = re.compile(r"[^\W\d_]+")
_MOST_IDS = 50
_MOST_WORDS = 200
_MOST_DOMAINS = 50
_MOST_NAMES = 20
_SHORTEST_TITLE = 8
"""Code points; shorter titles tell no posts apart."""
_LONG_WORD = 5
_STEM = 6
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese, which put no spaces between words."""


@dataclass(frozen=True)
class Seen:
    """What a changed visit showed."""

    profile: Profile | None
    posts: tuple[Post, ...]
    """New and edited ones, the newest first."""
    known: int | None
    """Entries left out because they were known; None: nobody counted them."""
    address: str | None
    """Where it came from, after redirects."""
    digest: Digest
    issuer: str | None = None
    """Who issued the certificate of that server; None: not known."""

    @property
    def length(self) -> int:
        """How many entries the document had."""
        return len(self.posts) + (self.known or 0)

    @cached_property
    def title(self) -> str | None:
        """What it calls itself."""
        return self.profile.title if self.profile else None

    @cached_property
    def language(self) -> str | None:
        """As the feed declares it, else as most of its posts do."""
        declared = self.profile.language if self.profile else None
        return declared or usual(post.language for post in self.posts)

    @cached_property
    def link_domain(self) -> str | None:
        """Whose pages most of its posts link to."""
        return usual(domain_of(post.permalink) for post in self.posts)

    @cached_property
    def id_style(self) -> str | None:
        """The shape of most of its ids."""
        return usual(_style(post.guid) for post in self.posts)


def learn(before: Identity | None, seen: Seen, now: datetime) -> Identity:
    """What is known, with what was just seen: new facts replace old ones, digests are added."""
    known = before or Identity()
    posts, digest = seen.posts, seen.digest
    dates = [min(post.published, now) for post in posts if post.published]
    own = {domain_of(seen.address), seen.link_domain}
    outbound = domains_linked(posts[:READ_POSTS], own)
    return Identity(
        title=seen.title or known.title,
        language=seen.language or known.language,
        domain=domain_of(seen.address) or known.domain,
        link_domain=link_mark(seen) or known.link_domain,
        id_style=seen.id_style or known.id_style,
        issuer=seen.issuer or known.issuer,
        authors=_added(known.authors, names_of(posts, digest), _MOST_NAMES),
        ids=_added(known.ids, (digest(post.guid) for post in posts[:_MOST_IDS]), _MOST_IDS),
        texts=_added(
            known.texts,
            (mark for post in posts[:_MOST_IDS] for mark in _text_marks(post, digest)),
            2 * _MOST_IDS,
        ),
        words=_added(known.words, map(digest, usual_words(posts, _MOST_WORDS)), _MOST_WORDS),
        outbound=_added(known.outbound, map(digest, outbound), _MOST_DOMAINS),
        length=seen.length,
        newest=max([*dates, *([known.newest] if known.newest else [])], default=None),
    )


def _added(old: tuple[str, ...], new: Iterable[str], most: int) -> tuple[str, ...]:
    """The new ones first; the oldest are forgotten."""
    return tuple(dict.fromkeys((*new, *old)))[:most]


def link_mark(seen: Seen) -> str | None:
    """What tells whether most of its posts are pages of the same domain as before."""
    return seen.digest(seen.link_domain) if seen.link_domain else None


def _text_marks(post: Post, digest: Digest) -> Iterator[str]:
    """By its title and by its text: a move between hosts may cut one of them short."""
    if post.title and len(post.title) >= _SHORTEST_TITLE:
        yield digest(fold(post.title))
    if post.content_key:
        yield digest(post.content_key)


def usual(values: Iterable[str | None]) -> str | None:
    """The most frequent one; of equals the first."""
    counted = Counter(value for value in values if value)
    return counted.most_common(1)[0][0] if counted else None


def _style(guid: str) -> str:
    """How ids are made, without what differs from one to the next."""
    parts = urlsplit(guid) if ":" in guid[:20] else None
    if parts is not None and parts.scheme in {"http", "https"}:
        query = "&".join(sorted(pair.partition("=")[0] for pair in parts.query.split("&")))
        return f"web:?{query}" if query else "web:"
    if parts is not None and parts.scheme:
        return f"{parts.scheme}:"
    return "number" if guid.isdecimal() else "text"


def names_of(posts: Iterable[Post], digest: Digest) -> Iterator[str]:
    """Digests of the words in authors' names, so that half a name is known again."""
    for name in dict.fromkeys(_author_of(post) for post in posts):
        yield from (digest(word) for word in WORD.findall(fold(name)) if len(word) > 1)


def _author_of(post: Post) -> str:
    """How its author is called; empty where nobody is named."""
    author = post.author
    return (author.name or author.handle or "") if author else ""


def usual_words(posts: Sequence[Post], most: int) -> list[str]:
    """Their most frequent words, as ``words_of`` gives them, the most frequent first."""
    counted: Counter[str] = Counter()
    for post in posts[:READ_POSTS]:
        # A title that was kept must not speak for a text that was not.
        counted.update(words_of(post.text[:READ_TEXT] or post.title or ""))
    return [word for word, _ in counted.most_common(most)]


def words_of(text: str, shortest: int = _LONG_WORD) -> Iterator[str]:
    """Stems of words of some length; pairs of characters where a script has no spaces."""
    for word in split(text):
        if not word.isascii() and _UNSPACED.match(word):
            yield from map("".join, pairwise(word))
        elif len(word) >= shortest:
            yield word[:_STEM]


@lru_cache(maxsize=2 * READ_POSTS)
def split(text: str) -> tuple[str, ...]:
    """Its words, folded. Every signal of a visit asks for those of the same few texts."""
    return tuple(WORD.findall(fold(text)))


def domains_linked(posts: Iterable[Post], own: set[str | None]) -> list[str]:
    """Where posts link to, apart from their own pages."""
    targets = (span.target for post in posts for span in post.spans if span.kind is SpanKind.LINK)
    found = dict.fromkeys(domain_of(target) for target in targets)
    return [domain for domain in found if domain and domain not in own]


def fresh_posts(before: Identity, seen: Seen) -> tuple[Post, ...]:
    """Posts whose text is new; their ids and titles may be known."""
    known = {*before.texts, *before.ids}
    return tuple(
        post for post in seen.posts if seen.digest(post.content_key or post.guid) not in known
    )


def kept(before: Identity, seen: Seen) -> tuple[int, int]:
    """Of the entries that should be known, how many are, and how many there are.

    What is newer than all that we know need not be known.
    """
    known = {*before.texts, *before.ids}
    found = sum(
        not known.isdisjoint((seen.digest(post.guid), *_text_marks(post, seen.digest)))
        for post in seen.posts
    )
    later = sum(
        post.published is not None and before.newest is not None and post.published > before.newest
        for post in seen.posts
    )
    return found + (seen.known or 0), min(seen.length - later, len(before.ids))


def came_along(before: Identity, seen: Seen) -> bool:
    """Whether most of the posts that should be there are there."""
    known, expected = kept(before, seen)
    return known > 0 and 2 * known >= expected
