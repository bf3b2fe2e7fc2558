"""Is a source still who it was? A guard against feeds that change hands (rule I9).

Blogs by patients lapse, and their domains are bought. What a source is like is learnt at its first
good visits and renewed by each later one that nobody doubts. A visit is doubted where three
signals come together, or where the feed comes from another domain without the posts that we know
and one more signal does. What it brought then waits for a person (``trust.py``).

Signals about the feed: another title, another language, another domain, posts that link
elsewhere, ids of another kind, none of the posts that we know, a certificate by another issuer
though the domain is the same. Where most of the posts that should be there are there, by id, title
or text, the last four say nothing: it moved house.
Signals about what is new: its authors never wrote here, its words are not those of this blog, it
links to other domains only, a burst after half a year of silence, old posts with another text,
and the wares of those who buy lapsed addresses.

The name servers of a domain are not looked at: they would be one more question at each visit, asked
with a library of its own, and blogs change them with their host as they change certificates.

Pure. Not here: what a source is like (``traits.py``), what a doubt does to the visit
(``decide.py``) and to its posts (``store/posts.py``).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.actions.domains import domain_of
from aggregator.actions.traits import (
    READ_POSTS,
    READ_TEXT,
    Digest,
    Seen,
    came_along,
    domains_linked,
    fresh_posts,
    kept,
    learn,
    link_mark,
    names_of,
    split,
    usual_words,
    words_of,
)
from aggregator.model import Identity, Post, Suspicion, VisitState
from aggregator.normalise.folding import fold

ENOUGH = 3
"""Signals that make a suspicion."""
SILENCE = timedelta(days=183)
"""After which several posts at once are a signal."""
_BURST = 3
"""Posts."""
_FEW_NAMES = 8
"""Words in the names of all authors. Where many people write, a new one is no signal."""
_TESTED = 100
"""Of what is new, so many of its most usual words are looked up."""
_LEAST_TESTED = 25
_LEAST_WORDS = 60
"""With fewer words than these two, nothing can be said of them."""
_STRANGE = 0.15
"""Share of known words below which a text is taken for somebody else's. Of 187 real feeds, one in
ten had its own newest posts below, and seven in ten another feed's of the same language."""
_SAME_TITLE = 1 / 4
"""Share of the words of both that two titles have in common."""
_TRADES = frozenset(
    {
        "apuestas", "bahis", "betting", "bookmaker", "bookmakers", "bonus", "casino", "casinos",
        "cassino", "cialis", "crypto", "escort", "escorts", "forex", "gacor", "gambling",
        "glücksspiel", "jackpot", "judi", "kasino", "kasyno", "kumarhane", "loans", "payday",
        "poker", "roulette", "ruleta", "slot", "slots", "sportsbook", "sportwetten", "tadalafil",
        "togel", "tragamonedas", "viagra", "букмекер", "казино", "ставки", "カジノ", "赌场",
        "娱乐城", "카지노", "토토",
    }
)  # fmt: skip
"""What those who buy lapsed addresses mostly write of."""
_FOREIGN_TRADES = frozenset(word for word in _TRADES if not word.isascii())
_LEAST_TRADES = 2
"""Different ones: a post about an evening at a casino is no signal."""


def look(state: VisitState, seen: Seen, now: datetime) -> VisitState:
    """What is remembered, with what a changed visit showed.

    A suspicion stays until a person ends it; what is seen meanwhile is learnt apart. Its sentences
    name no author and no page of a post, since they outlive the posts.
    """
    if state.suspicion is not None:
        doubted = replace(state.suspicion, seen=learn(state.suspicion.seen, seen, now))
        return replace(state, suspicion=doubted)
    if fired := judge(state.identity, seen, now):
        return replace(
            state, suspicion=Suspicion(now, fired, learn(None, seen, now)), released=None
        )
    return replace(state, identity=learn(state.identity, seen, now))


def judge(before: Identity | None, seen: Seen, now: datetime) -> tuple[str, ...]:
    """The signals, where they are enough for a suspicion; else none."""
    if before is None or not seen.posts:
        return ()
    elsewhere = _other_domain(before, seen) and not came_along(before, seen)
    wanted = 2 if elsewhere else ENOUGH
    fired = []
    for left, sentence in zip(reversed(range(_CHECKS)), _checked(before, seen, now), strict=True):
        if sentence:
            fired.append(sentence)
        if len(fired) + left < wanted:  # of most visits all is said before words are counted
            return ()
    return tuple(fired)


def signals(before: Identity, seen: Seen, now: datetime) -> tuple[str, ...]:
    """Everything that speaks for another owner, a sentence each."""
    return tuple(sentence for sentence in _checked(before, seen, now) if sentence)


_MOVES = 4
_CHECKS = 9 + _MOVES


def _checked(before: Identity, seen: Seen, now: datetime) -> Iterator[str]:
    """One sentence for each check, empty where it found nothing; the costly ones last."""
    fresh = fresh_posts(before, seen)
    yield _other_domain(before, seen)
    yield _other_title(before, seen)
    yield _other_language(before, seen)
    moves = () if came_along(before, seen) else tuple(_moved_out(before, seen))
    yield from moves
    yield from [""] * (_MOVES - len(moves))
    yield _other_authors(before, fresh, seen.digest)
    yield _burst_after_silence(before, fresh, now)
    yield _other_links(before, seen, fresh)
    yield _rewritten(before, fresh, seen.digest)
    yield _other_words(before, fresh, seen.digest)
    yield _bought(before, fresh, seen.digest)


def _other_domain(before: Identity, seen: Seen) -> str:
    domain = domain_of(seen.address)
    if None in {domain, before.domain} or domain == before.domain:
        return ""
    return f"It came from {before.domain} and comes from {domain} now."


def _other_title(before: Identity, seen: Seen) -> str:
    if not before.title or not seen.title or _alike(before.title, seen.title):
        return ""
    return f"Its title was “{before.title}” and is “{seen.title}” now."


def _alike(one: str, other: str) -> bool:
    """Whether two titles share enough words, or one is a part of the other."""
    first, second = (set(words_of(title, shortest=1)) for title in (one, other))
    shared = first & second
    part = min(len(first), len(second))
    return fold(one) == fold(other) or (
        bool(shared)
        and (len(shared) == part > 1 or len(shared) >= _SAME_TITLE * len(first | second))
    )


def _other_language(before: Identity, seen: Seen) -> str:
    """By the first part only: ``en-GB`` and ``en`` are one language."""
    old, new = ((tag or "").partition("-")[0].lower() for tag in (before.language, seen.language))
    if not old or not new or old == new:
        return ""
    return f"Its language was “{old}” and is “{new}” now."


def _moved_out(before: Identity, seen: Seen) -> Iterator[str]:
    """What a move brings with it, too; asked only where the old posts did not come along."""
    known, expected = kept(before, seen)
    shrunk = 2 * seen.length < before.length
    if seen.known is not None and known == 0 and (expected > 0 or shrunk):
        yield "None of the posts that we know is in it any more."
    old, new = before.link_domain, link_mark(seen)
    if old and new and old != new:
        yield "Its posts are pages of another domain than before."
    if before.id_style and seen.id_style and before.id_style != seen.id_style:
        yield "Its posts are numbered in another way than before."
    if not _other_domain(before, seen) and _other_issuer(before, seen):
        yield f"Its certificate was by {before.issuer} and is by {seen.issuer} now."


def _other_issuer(before: Identity, seen: Seen) -> bool:
    """By the first word only: “DigiCert Inc” and “DigiCert, Inc.” are one.

    Servers change issuers by themselves. That of another domain is another one as a matter of
    course, and says nothing.
    """
    old, new = (next(words_of(name or "", shortest=1), "") for name in (before.issuer, seen.issuer))
    return bool(old) and bool(new) and old != new


def _other_authors(before: Identity, fresh: Sequence[Post], digest: Digest) -> str:
    names = set(names_of(fresh, digest))
    if not names or not names.isdisjoint(before.authors):
        return ""
    if not 0 < len(before.authors) <= _FEW_NAMES:
        return ""
    return "Its new posts are by others, who never wrote here before."


def _other_words(before: Identity, fresh: Sequence[Post], digest: Digest) -> str:
    tested = usual_words(fresh, _TESTED)
    if len(tested) < _LEAST_TESTED or len(before.words) < _LEAST_WORDS:
        return ""
    strange = _share(before, tested, digest) < _STRANGE
    return "Its new posts use other words than before." if strange else ""


def _share(before: Identity, words: Sequence[str], digest: Digest) -> float:
    known = set(before.words)
    return sum(digest(word) in known for word in words) / len(words)


def _other_links(before: Identity, seen: Seen, fresh: Sequence[Post]) -> str:
    """Of posts that were forgotten, nobody knows where they linked to."""
    own = {before.domain, domain_of(seen.address), seen.link_domain}
    elsewhere = [
        {*map(seen.digest, domains_linked([post], own))} - {before.link_domain} for post in fresh
    ]
    found = set().union(*elsewhere)
    if not before.ids or not found or not found.isdisjoint(before.outbound):
        return ""
    if 2 * sum(map(bool, elsewhere)) < len(fresh):
        return ""
    return "Its new posts link to domains where it never linked before."


def _burst_after_silence(before: Identity, fresh: Sequence[Post], now: datetime) -> str:
    if before.newest is None:
        return ""
    dates = sorted(post.published or now for post in fresh)
    later = [date for date in dates if date > before.newest]
    if len(later) < _BURST or later[0] - before.newest < SILENCE:
        return ""
    months = (later[0] - before.newest) // timedelta(days=30)
    return f"After {months} months of silence it brought {len(later)} posts at once."


def _rewritten(before: Identity, fresh: Sequence[Post], digest: Digest) -> str:
    """An owner mends a text; who takes a feed over puts others in their place."""
    ids = set(before.ids)
    old = [post for post in fresh if digest(post.guid) in ids]
    tested = usual_words(old, _TESTED)
    if len(tested) < _LEAST_TESTED or len(before.words) < _LEAST_WORDS:
        return ""
    if _share(before, tested, digest) >= _STRANGE:
        return ""
    return "Posts that we know have another text now."


def _bought(before: Identity, fresh: Sequence[Post], digest: Digest) -> str:
    """A blog that wrote of such things all along goes on doing so."""
    said: Counter[str] = Counter()
    for post in fresh[:READ_POSTS]:
        said.update(_TRADES.intersection(_trade_words(post)))
    known = set(before.words)
    new = [word for word, _ in said.most_common() if known.isdisjoint(map(digest, words_of(word)))]
    if len(new) < _LEAST_TRADES:
        return ""
    return f"Its new posts speak of {' and '.join(new[:2])}, as bought addresses do."


def _trade_words(post: Post) -> set[str]:
    said = [*split(post.title or ""), *split(post.text[:READ_TEXT])]
    unspaced = " ".join(word for word in said if not word.isascii())
    return {*said, *(word for word in _FOREIGN_TRADES if word in unspaced)}
