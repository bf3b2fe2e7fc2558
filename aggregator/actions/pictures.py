"""Pictures of posts: which one a post has, when it is fetched, and when its copy is deleted.

::

    published ─► wanted ─► fetched ─► copied (in a process) ─► kept ─► published again
                              └─ no picture, for whatever reason ─► tried again a day later,
                                 or as soon as its post has another address for it

The picture of a post is the one that staff described; else the first that came with words.
Pictures that staff gave with a post of their own are not fetched: our copy of them is stored, and
put on the website again wherever it is missing. A copy there lives as long as a widget names its
post. What is hidden, taken down, gone, without consent or just not shown any more has no copy of
its picture on the website; none is anywhere else, but for those that staff gave.
Not here: how a copy is made (``media/``), the rows (``store/pictures.py``).
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from aggregator.errors import AggregatorError, FetchError, PictureRefused
from aggregator.media.workroom import Made, make_copy
from aggregator.model import Card, Media, OutputFile, Picture, Post, Selection, picture_path
from aggregator.store import alt_texts, hand_pictures, pictures
from aggregator.store.alt_texts import AltText
from aggregator.store.database import Database
from aggregator.store.pictures import Attempt
from aggregator.widgets.output import OutputFolder

log = logging.getLogger(__name__)

ACCEPT = "image/webp,image/png,image/jpeg,image/gif;q=0.5"
"""What a server is told that we can read."""
AGAIN = timedelta(days=1)
"""After a failure."""
UNKEPT_AGAIN = timedelta(hours=1)
"""After we could not keep a good copy."""
MOST_FAILURES = 3
"""In a row; then only another picture is tried, or another address."""
_AT_ONCE = 3
"""Each may hold ten megabytes until it is copied."""
_NEVER = {"image/svg+xml"}
"""A program more than a picture; known types of this kind are not even asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture to be fetched."""

    source_id: str
    public_id: str
    key: bytes
    url: str

    @property
    def address(self) -> bytes:
        """What a picture that could not be had is remembered by: elsewhere it may be had."""
        return _digest(self.url)

    def is_met_by(self, attempt: Attempt) -> bool:
        """Whether an attempt was made at this picture, or failed at where it is."""
        failed_there = attempt.digest is None and attempt.key == self.address
        return attempt.key == self.key or failed_there


def picture_of(post: Post, said: AltText | None = None) -> Media | None:
    """The picture that staff described, in their words, else the first that came with words.

    None: there is none. Without words it would be nothing to those who cannot see it.
    """
    every = pictures_in(post)
    if said is not None:
        for one in every:
            if key_of(post.source_id, one) == said.key:
                return replace(one, alt=said.alt)
    return next(filter(_says, every), None)


def pictures_in(post: Post) -> list[Media]:
    """Those that could be shown, in the order of its source."""
    return [one for one in post.media if _may_be_picture(one)]


def keys_in(post: Post) -> set[bytes]:
    """What names the originals of its pictures."""
    return {key_of(post.source_id, one) for one in pictures_in(post)}


def _may_be_picture(medium: Media) -> bool:
    kind = (medium.type or "image/").partition(";")[0].strip().lower()
    return kind.startswith("image/") and kind not in _NEVER


def _says(medium: Media) -> bool:
    return medium.alt is not None and bool(medium.alt.strip())


def key_of(source_id: str, medium: Media) -> bytes:
    """What names the original: the platform's id where there is one, for its URL is signed anew."""
    return _digest(f"{source_id}\0{medium.id}" if medium.id else medium.url)


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


@dataclass(frozen=True, slots=True)
class Hung:
    """A selection with its pictures."""

    selection: Selection
    wanted: tuple[Wanted, ...]
    """Of the cards of the widget itself, and due."""
    given: tuple[Wanted, ...]
    """Of posts by hand: pictures that staff gave, and that are not on the website."""


def hang(database: Database, selection: Selection, now: datetime) -> Hung:
    """Give cards the pictures that there are copies of, and tell which are to be fetched.

    What is known of a picture that its post has no more is dropped, as are the words of staff
    about it. Raises StoreError.
    """
    every = (*selection.cards, *selection.more)
    shown = [card.stored.post for card in every if card.stored]
    known, said = pictures.known(database, {post.public_id for post in shown})
    if outdated := {one.public_id for one in shown if is_outdated(one, said.get(one.public_id))}:
        alt_texts.drop_outdated(database, outdated, keys_in, now)
    meant = {one.public_id: found for one in shown if (found := _meant(one, said)) is not None}
    stale = {
        one
        for one, tried in known.items()
        if one not in meant or not meant[one].wanted.is_met_by(tried)
    }
    if stale:
        pictures.forget(database, stale)
        known = {one: tried for one, tried in known.items() if one not in stale}
    own = {card.stored.post.public_id for card in selection.cards if card.stored}
    by_hand = (card.stored.post for card in every if card.stored and card.source.by_hand)
    given = meant.keys() & {post.public_id for post in by_hand}
    wanted = (one for one in meant if one in own - given and _is_due(known.get(one), now))
    hung = {
        one: Picture(tried.digest, tried.width, tried.height, meant[one].alt)
        for one, tried in known.items()
        if tried.digest is not None
    }
    cards, more = (
        tuple(_with_picture(card, hung) for card in cards)
        for cards in (selection.cards, selection.more)
    )
    return Hung(
        replace(selection, cards=cards, more=more),
        tuple(meant[one].wanted for one in wanted),
        tuple(meant[one].wanted for one in given - hung.keys()),
    )


def put_up(
    database: Database, output: OutputFolder, given: Sequence[Wanted], now: datetime
) -> bool:
    """Put pictures that staff gave on the website; whether there was any to be put there.

    Raises StoreError and SettingsError.
    """
    if not given:
        return False
    kept = hand_pictures.read(database, [one.public_id for one in given])
    done = False
    for one in given:
        if (copy := kept.get(one.public_id)) is not None:
            made = Made(copy.digest, copy.body, copy.width, copy.height)
            done = _keep(database, output, one, made, now) or done
    return done


def _keep(
    database: Database, output: OutputFolder, wanted: Wanted, made: Made, now: datetime
) -> bool:
    """Put a copy on the website; False: its post was taken away meanwhile."""
    attempt = Attempt(wanted.key, now, made.digest, made.width, made.height)
    with output.picture_lock():
        stood = output.pictures()
        output.write([OutputFile(picture_path(made.digest), made.body)])
        is_kept = pictures.record(database, wanted.public_id, attempt)
        if not is_kept:
            output.keep_pictures(stood)
    return is_kept


def _with_picture(card: Card, hung: Mapping[str, Picture]) -> Card:
    picture = hung.get(card.stored.post.public_id) if card.stored else None
    return card if picture is None else replace(card, picture=picture)


class _Meant(NamedTuple):
    """The picture of a post."""

    wanted: Wanted
    alt: str


def is_outdated(post: Post, said: AltText | None) -> bool:
    """Whether words of staff are about a picture that the post has no more."""
    return said is not None and said.key not in keys_in(post)


def _meant(post: Post, said: Mapping[str, AltText]) -> _Meant | None:
    medium = picture_of(post, said.get(post.public_id))
    if medium is None or medium.alt is None:
        return None
    key = key_of(post.source_id, medium)
    return _Meant(Wanted(post.source_id, post.public_id, key, medium.url), medium.alt.strip())


def _is_due(attempt: Attempt | None, now: datetime) -> bool:
    if attempt is None:
        return True
    failed = attempt.digest is None and attempt.failures < MOST_FAILURES
    return failed and abs(now - attempt.tried) >= AGAIN


def tidy(database: Database, output: OutputFolder, public_ids: Collection[str]) -> None:
    """Delete the copies of pictures of all posts but these; a lost copy is wanted again.

    Raises StoreError and SettingsError.
    """
    with output.picture_lock():
        output.keep_pictures(pictures.keep_only(database, public_ids, output.pictures()))


@dataclass
class Copier:
    """Fetches and copies, for the life of the process."""

    database: Database
    output: OutputFolder
    get: Callable[[str], Awaitable[bytes]]
    """What is at an address, whole; raises FetchError."""
    clock: Callable[[], datetime]
    _put_off: dict[bytes, datetime] = field(default_factory=dict)
    """By key, when a copy could not be kept or a failure not be remembered, through no fault of
    the picture: its server is not asked over and over."""

    async def copy(
        self, wanted: Iterable[Wanted], on_done: Callable[[Wanted], None] | None = None
    ) -> list[Wanted]:
        """Copy what is still wanted. Returns what there is a copy of now; publish it then.

        What goes wrong with a picture is remembered and logged. Raises StoreError where it cannot
        be told what is still wanted.
        """
        one_each = {one.public_id: one for one in wanted}
        known = await asyncio.to_thread(pictures.attempts, self.database, list(one_each))
        now = self.clock()
        put_off = self._put_off.items()
        self._put_off = {key: at for key, at in put_off if abs(now - at) < UNKEPT_AGAIN}
        due = [one for one in one_each.values() if self._is_due(one, known, now)]
        places, decoding = asyncio.Semaphore(_AT_ONCE), asyncio.Lock()

        async def in_turn(one: Wanted) -> bool:
            async with places:
                done = await self._copy(one, known.get(one.public_id), decoding)
            if on_done is not None:
                on_done(one)
            return done

        done = await asyncio.gather(*map(in_turn, due))
        return [one for one, is_done in zip(due, done, strict=True) if is_done]

    def _is_due(self, wanted: Wanted, known: Mapping[str, Attempt], now: datetime) -> bool:
        if wanted.key in self._put_off:
            return False
        tried = known.get(wanted.public_id)
        return tried is None or not wanted.is_met_by(tried) or _is_due(tried, now)

    async def _copy(self, wanted: Wanted, before: Attempt | None, decoding: asyncio.Lock) -> bool:
        try:
            if await asyncio.to_thread(self._reuse, wanted):
                _log(wanted, "reused")
                return True
            body = await self.get(wanted.url)
            async with decoding:  # one at a time: it takes a processor, and much memory
                made = await make_copy(body)
            place = (self.database, self.output)
            is_kept = await asyncio.to_thread(_keep, *place, wanted, made, self.clock())
            _log(wanted, "copied" if is_kept else "unwanted")
        except PictureRefused as error:
            _log(wanted, "failed", str(error))
            await self._remember(wanted, wanted.key, before)
            return False
        except FetchError as error:
            _log(wanted, "failed", error.kind)
            await self._remember(wanted, wanted.address, before)
            return False
        except AggregatorError as error:
            self._stumble(wanted, error)
            return False
        except Exception:
            log.exception("picture source=%s outcome=bug", wanted.source_id)
            await self._remember(wanted, wanted.key, before)
            return False
        return is_kept

    def _reuse(self, wanted: Wanted) -> bool:
        """Take a copy that was made of the same original for another post."""
        with self.output.picture_lock():
            found = pictures.copy_of(self.database, wanted.key)
            if found is None or found.digest not in self.output.pictures():
                return False
            return pictures.record(self.database, wanted.public_id, found)

    async def _remember(self, wanted: Wanted, key: bytes, before: Attempt | None) -> None:
        """Remember a failure with what it is the fault of; with the same, it is one more."""
        is_same = before is not None and before.key == key
        failures = (before.failures if before is not None and is_same else 0) + 1
        attempt = Attempt(key, self.clock(), failures=failures)
        try:
            await asyncio.to_thread(pictures.record, self.database, wanted.public_id, attempt)
        except AggregatorError as error:
            self._stumble(wanted, error)

    def _stumble(self, wanted: Wanted, error: AggregatorError) -> None:
        """A full disk, or a database that refuses: an operator has to mend it."""
        log.error("picture source=%s outcome=unkept error=%s", wanted.source_id, error)
        self._put_off[wanted.key] = self.clock()


def _log(wanted: Wanted, outcome: str, why: str = "") -> None:
    """One line a picture, ids only."""
    words = (wanted.source_id, wanted.public_id, outcome, f" why={why!r}" if why else "")
    log.info("picture source=%s post=%s outcome=%s%s", *words)
