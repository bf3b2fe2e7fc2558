"""Staff say in words what the picture of a post shows, for a picture without words is never shown.

In: what a person calls a post, and the words as they were typed. Out: whether they were stored,
and the widgets as they were published because of it. Said again, an act changes nothing.
Not here: which picture is shown (``pictures.py``), the words of posts by hand (``by_hand.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aggregator.actions.find import Found, find
from aggregator.actions.pictures import is_outdated, key_of, keys_in, picture_of, pictures_in
from aggregator.actions.publish import Published, Publisher
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, Media, Post, StoredPost
from aggregator.model.audit_acts import AuditAct
from aggregator.normalise.text import LONGEST_LINE, one_line
from aggregator.store import alt_texts, audit, pictures
from aggregator.store.alt_texts import AltText
from aggregator.store.database import Database

TOLD_FOR = timedelta(days=30)
"""How long it is told that words of staff were dropped."""
_ACTS = (AuditAct.DESCRIBE, AuditAct.DESCRIBE_NO_MORE, AuditAct.DESCRIPTION_OUTDATED)


@dataclass(frozen=True, slots=True)
class Described:
    """One picture of a post, and who says what it shows."""

    number: int
    """Counted from 1, in the order of its source."""
    host: str
    """Of its address."""
    came: str | None
    """The words that it came with."""
    staff: str | None
    """What staff wrote."""
    is_chosen: bool
    """Whether it is the one that is shown wherever its post is."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """All pictures of a post."""

    stored: StoredPost
    pictures: tuple[Described, ...]
    has_copy: bool
    """Whether there is a copy of the chosen one on the website."""
    is_outdated: bool
    """Whether words of staff do not count any more: they were about another picture."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an act came to."""

    public_id: str
    changed: bool
    published: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class Undescribed:
    """A post that a widget shows without its picture, or whose words of staff were dropped."""

    stored: StoredPost
    widgets: tuple[str, ...]
    pictures: int
    lacks_words: bool
    is_outdated: bool


def describe(
    publisher: Publisher, key: str, alt: str, *, number: int = 1, by: str, now: datetime
) -> Done:
    """Write what a picture shows, in the place of what was written before; then publish.

    Copies of the post in other sources that have the same picture get the same words. Raises
    AggregatorError.
    """
    found = _found(publisher, key)
    words = _words(alt)
    shown = _numbered(found.posts[0].post, number)
    _refuse_by_hand(publisher.catalogue(), found.posts[0].post, words)
    changed = False
    for post, medium in _same_picture(found, shown):
        said = AltText(key_of(post.source_id, medium), now, words, by)
        changed = _write(publisher.database, post, said) or changed
    return Done(found.posts[0].post.public_id, changed, tuple(publisher.publish_all(now)))


def undescribe(publisher: Publisher, key: str, *, by: str, now: datetime) -> Done:
    """Drop what staff wrote: the words that came along, if any, count again; then publish.

    Raises AggregatorError.
    """
    found = _found(publisher, key)
    changed = False
    for stored in found.posts:
        changed = alt_texts.remove(publisher.database, stored.post, by, now) or changed
    return Done(found.posts[0].post.public_id, changed, tuple(publisher.publish_all(now)))


def pictures_of(publisher: Publisher, key: str, now: datetime) -> Pictures:
    """The pictures of a post. Raises AggregatorError."""
    stored, database = _found(publisher, key).posts[0], publisher.database
    post = stored.post
    tried, every = pictures.known(database, [post.public_id])
    said, attempt = every.get(post.public_id), tried.get(post.public_id)
    chosen = picture_of(post, said)
    chosen_key = key_of(post.source_id, chosen) if chosen else None
    found = []
    for number, one in enumerate(pictures_in(post), start=1):
        key_of_one = key_of(post.source_id, one)
        staff = said.alt if said is not None and said.key == key_of_one else None
        host = urlsplit(one.url).hostname or ""
        found.append(Described(number, host, one.alt, staff, key_of_one == chosen_key))
    has_copy = attempt is not None and attempt.digest is not None and attempt.key == chosen_key
    outdated = is_outdated(post, said) or post.public_id in _dropped(database, now)
    return Pictures(stored, tuple(found), has_copy, outdated)


def undescribed(publisher: Publisher, catalogue: Catalogue, now: datetime) -> list[Undescribed]:
    """Of the posts that widgets show now, in their order: those whose pictures nobody described.

    And those whose words of staff were dropped lately.
    """
    shown: dict[str, StoredPost] = {}
    widgets: dict[str, list[str]] = {}
    for spec in catalogue.widgets:
        for card in publisher.select(catalogue, spec, now).cards:
            if card.stored is not None and pictures_in(card.stored.post):
                shown[card.stored.post.public_id] = card.stored
                widgets.setdefault(card.stored.post.public_id, []).append(spec.id)
    _, said = pictures.known(publisher.database, shown)
    dropped = _dropped(publisher.database, now)
    found = []
    for one, stored in shown.items():
        lacks_words = picture_of(stored.post, said.get(one)) is None
        outdated = one in dropped or is_outdated(stored.post, said.get(one))
        if lacks_words or outdated:
            count = len(pictures_in(stored.post))
            found.append(Undescribed(stored, tuple(widgets[one]), count, lacks_words, outdated))
    return found


def _found(publisher: Publisher, key: str) -> Found:
    found = find(publisher.database, publisher.catalogue(), key)
    if not found.posts:
        raise AggregatorError(
            f"{key} is a source, and pictures belong to posts.",
            advice=f"`posts {found.source_id}` lists its posts with their ids.",
        )
    return found


def _words(alt: str) -> str:
    """What staff typed, through the one door, on one line."""
    if len(alt.strip()) > LONGEST_LINE:
        raise AggregatorError(
            f"These words are too long: {len(alt.strip())} characters, and {LONGEST_LINE} may be.",
            advice="One or two sentences say what a picture shows.",
        )
    words = one_line(alt)
    if not words:
        raise AggregatorError(
            "There are no words.",
            advice='Say what the picture shows, as in --alt "Two nurses at the entrance"; '
            "--remove takes back what staff wrote.",
        )
    return words


def _numbered(post: Post, number: int) -> Media:
    every = pictures_in(post)
    if not every:
        raise AggregatorError(
            f"{post.public_id} has no picture.", advice="There is nothing to be described."
        )
    if not 1 <= number <= len(every):
        count = "1 picture" if len(every) == 1 else f"{len(every)} pictures"
        raise AggregatorError(
            f"{post.public_id} has {count}, and none of number {number}.",
            advice=f"`describe {post.public_id}` lists them.",
        )
    return every[number - 1]


def _refuse_by_hand(catalogue: Catalogue, post: Post, words: str) -> None:
    """Two places for the words of staff would contradict one another."""
    source = catalogue.source(post.source_id)
    if source is not None and source.by_hand:
        raise AggregatorError(
            f"{post.public_id} was written by staff, words for its picture included.",
            advice=f'To change them: `post {source.id} --edit {post.public_id} --alt "{words}"`.',
        )


def _same_picture(found: Found, shown: Media) -> Iterator[tuple[Post, Media]]:
    for stored in found.posts:
        for medium in pictures_in(stored.post):
            if (medium.id or medium.url) == (shown.id or shown.url):
                yield stored.post, medium


def _write(database: Database, post: Post, said: AltText) -> bool:
    """Whether there was anything to be written."""
    _, known = pictures.known(database, [post.public_id])
    before = known.get(post.public_id)
    if before is not None and (before.key, before.alt) == (said.key, said.alt):
        return False
    if not alt_texts.write(database, post, said, keys_in):
        raise AggregatorError(
            "This post was changed or taken away just now; nothing was stored.",
            advice="Look at it again, then repeat the command.",
        )
    return True


def _dropped(database: Database, now: datetime) -> set[str]:
    """The posts whose words of staff were dropped lately, and that have none since."""
    last: dict[str, str] = {}
    for one in audit.everything(database, audit.Wanted(now - TOLD_FOR, acts=_ACTS)):
        if one.public_id is not None:
            last[one.public_id] = one.act
    return {public_id for public_id, act in last.items() if act == AuditAct.DESCRIPTION_OUTDATED}
