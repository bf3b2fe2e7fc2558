"""Staff write a post themselves, or change one: the way into a source with ``hand: true``.

::

    what staff gave ─► RawPost ─► normalise ─► rules ─► stored with its picture ─► published

In: the words as they were typed, and a picture. Out: the post as it is stored, or an
AggregatorError that says what to do. Said again, an act changes nothing.
Not here: taking a post away (``curate.py``, ``takedown.py``), its picture on the website
(``pictures.py``).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from aggregator.actions.find import find
from aggregator.actions.publish import Published, Publisher
from aggregator.errors import AggregatorError, PictureRefused
from aggregator.media.workroom import Made, make_copy
from aggregator.model import Dropped, Media, Post, RawDate, RawPost, RawText, Source
from aggregator.normalise.post import post_from
from aggregator.store import by_hand, posts
from aggregator.store.database import Database
from aggregator.store.hand_pictures import HandPicture

Mark = Callable[[Source, tuple[Post, ...]], tuple[Post, ...]]
"""Gives posts the ids of the rules that hold them."""
LARGEST_FILE = 25 * 1024 * 1024
"""Bytes of a picture; a camera's are smaller."""
_NOWHERE = "https://hand.invalid"
"""Where pictures are said to be that can be fetched nowhere (RFC 2606: no host has that name)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person gave; None: nothing was said of it."""

    link: str | None = None
    text: str | None = None
    title: str | None = None
    published: datetime | None = None
    language: str | None = None
    picture: Made | None = None
    alt: str | None = None
    """What the picture shows, in words."""
    no_picture: bool = False
    """Take away the picture that the post has."""


class Effect(StrEnum):
    """What an act came to."""

    NEW = "new"
    EDITED = "edited"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Posted:
    """A post by hand, as it is stored now."""

    post: Post
    effect: Effect
    published: tuple[Published, ...]


async def read_picture(path: Path) -> Made:
    """Our own copy of a picture in a file; the file is not kept. Raises AggregatorError."""
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise AggregatorError(
            f"The picture {path} cannot be read ({error.strerror}).",
            advice="Name a file that you may read.",
        ) from error
    if len(body) > LARGEST_FILE:
        raise AggregatorError(
            f"The picture {path} is larger than {LARGEST_FILE // 1024 // 1024} MB.",
            advice="Save it in a smaller size, and name that file.",
        )
    try:
        return await make_copy(body)
    except PictureRefused as error:
        raise AggregatorError(
            f"The picture {path} cannot be used: {error}.",
            advice="Save it as PNG or JPEG, and name that file.",
        ) from error


def write(
    publisher: Publisher,
    source_id: str,
    draft: Draft,
    *,
    edit: str | None = None,
    mark: Mark,
    by: str,
    now: datetime,
) -> Posted:
    """Store a post, or change the one that ``edit`` names by id or link; then publish.

    Of a changed post, what the draft does not mention stays as it is. Raises AggregatorError.
    """
    source = _source(publisher, source_id, now)
    before = None if edit is None else _named(publisher, source, edit)
    post = _post(source, draft, before, now)
    if edit is None and (before := _same(publisher.database, post)) is not None:
        post = _post(source, draft, before, now)
        if post.fingerprint != before.fingerprint:
            raise AggregatorError(
                f"{source_id} has that post, and it says something else: {before.public_id}.",
                advice=f"To change it: `post {source_id} --edit {before.public_id} …`.",
            )
    if before is not None and _is_same(post, before, edit):
        return Posted(before, Effect.UNCHANGED, tuple(publisher.publish_all(now)))
    (post,) = mark(source, (post,))
    _store(publisher.database, post, draft, before, by, now)
    effect = Effect.NEW if before is None else Effect.EDITED
    return Posted(post, effect, tuple(publisher.publish_all(now)))


def _source(publisher: Publisher, source_id: str, now: datetime) -> Source:
    """The source, if it may be written for."""
    catalogue = publisher.catalogue()
    source = catalogue.source(source_id)
    if source is None or not source.by_hand:
        by_hand_ids = [one.id for one in catalogue.sources if one.by_hand]
        known = f" There are: {', '.join(by_hand_ids)}." if by_hand_ids else ""
        raise AggregatorError(
            f"{source_id} is not a source that is kept by hand.",
            advice=f"Add one to feeds.yaml with the line hand: true.{known}",
        )
    if withdrawn := source.withdrawn_by(catalogue.site.day(now)):
        raise AggregatorError(
            f"The consent for {source_id} was withdrawn on {withdrawn}.",
            advice="Nothing of it is stored any more. If they agree again, record that first.",
        )
    return source


def _named(publisher: Publisher, source: Source, key: str) -> Post:
    found = find(publisher.database, publisher.catalogue(), key)
    for stored in found.posts:
        if stored.post.source_id == source.id:
            return stored.post
    raise AggregatorError(
        f"{key} is not a post of {source.id}.",
        advice=f"`posts {source.id}` lists its posts with their ids.",
    )


def _same(database: Database, post: Post) -> Post | None:
    """The post of this source that is stored already under this id or link."""
    for stored in posts.find(database, post.public_id, post.link_key):
        if stored.post.source_id == post.source_id:
            return stored.post
    return None


def _is_same(post: Post, before: Post, edit: str | None) -> bool:
    """Whether nothing is to be changed; an edit may be of that of a link which does not count."""
    if post.fingerprint != before.fingerprint:
        return False
    return edit is None or post.permalink == before.permalink


def _post(source: Source, draft: Draft, before: Post | None, now: datetime) -> Post:
    """The post that the draft makes, through the one door."""
    raw = _raw(draft, before, now)
    post = post_from(raw, source, None, now)
    if isinstance(post, Dropped):
        raise AggregatorError(
            "There is nothing to store.", advice="Give at least a --text or a --title."
        )
    if draft.link is not None and post.permalink is None:
        raise AggregatorError(
            f"{draft.link} is not an address of a page.", advice="It begins with https://."
        )
    if not post.text and not post.title:
        raise AggregatorError("A post needs words.", advice="Give at least a --text or a --title.")
    if draft.language is not None and (post.language or "").casefold() != draft.language.casefold():
        said = f"its entry in feeds.yaml says {source.language}" if source.language else "no code"
        raise AggregatorError(
            f"The language {draft.language} cannot be taken: {said}.",
            advice="Write a code such as en or es; for a source in several languages take "
            "`language` out of its entry.",
        )
    return post


def _raw(draft: Draft, before: Post | None, now: datetime) -> RawPost:
    """What is not given is as it was; the date of a new post is now."""
    link, title, text, language = draft.link, draft.title, draft.text, draft.language
    published = draft.published or (before.published if before else now)
    said = published.astimezone(UTC).replace(microsecond=0).isoformat() if published else None
    media = _media(draft, before.media if before else ())
    if before is not None:
        link = link if link is not None else before.original_link or before.permalink
        title = title if title is not None else before.title
        text = text if text is not None else before.text
        language = language or before.language
    return RawPost(
        guid=before.guid if before else None,
        permalink=link,
        title=_plain(title),
        body=_plain(text),
        published=RawDate(said) if said else None,
        language=language,
        media=media,
    )


def _plain(said: str | None) -> RawText | None:
    return RawText(said, is_html=False) if said else None


def _media(draft: Draft, before: tuple[Media, ...]) -> tuple[Media, ...]:
    """The picture of the post, if any. Without words it would be nothing to many."""
    alt = (draft.alt or "").strip()
    if draft.picture is not None:
        if not alt:
            raise AggregatorError(
                "A picture without words is not shown: those who cannot see it would have nothing.",
                advice='Say what it shows, as in --alt "A nurse and a girl fold paper boats".',
            )
        made = draft.picture
        url = f"{_NOWHERE}/{made.digest}.webp"
        return (Media(url, "image/webp", alt, made.width, made.height, id=f"hand:{made.digest}"),)
    if draft.no_picture:
        return ()
    if draft.alt is None:
        return before
    if not before:
        raise AggregatorError(
            "There is no picture for these words.", advice="Name its file with --picture."
        )
    if not alt:
        raise AggregatorError(
            "A picture without words is not shown.", advice="--no-picture takes it away."
        )
    return tuple(replace(one, alt=alt) for one in before)


def _store(
    database: Database, post: Post, draft: Draft, before: Post | None, by: str, now: datetime
) -> None:
    made = draft.picture
    picture = HandPicture(made.body, made.width, made.height) if made else None
    seen = before.fingerprint if before else None
    written = by_hand.save(database, post, picture, before=seen, by=by, now=now)
    if written is None:
        raise AggregatorError(
            "Somebody else has changed this post just now; nothing was stored.",
            advice="Look at it again, then repeat the command.",
        )
    if written.refused:
        raise AggregatorError(
            "This was taken down before, and is not stored again.",
            advice="A takedown has no undo. If it was meant for another post, write it anew with "
            "a link and words of its own.",
        )
