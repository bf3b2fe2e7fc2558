"""What the pictures of Facebook's posts show, in the words of those who put them there.

Answers about posts hold no such words; the photo itself does, in two fields. Where nobody wrote
any, a program of Facebook's guesses (“May be an image of outdoors”), and its guess stands in
``alt_text``. To a patient who cannot see the picture that says nothing to rely on. So
``alt_text_custom`` alone is asked for, which only a person fills.
In: posts. Out: the same, with words.
Specification: https://developers.facebook.com/docs/graph-api/reference/photo.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from aggregator.connectors import _limits
from aggregator.connectors._graph import Graph
from aggregator.errors import FetchError, NotFound, PermissionMissing, UnexpectedShape
from aggregator.model import Media, RawPost

_FIELDS = "alt_text_custom"
_NUMBER = re.compile(r"[0-9]{1,40}", re.ASCII)
_MOST_QUESTIONS = 13
"""One names up to 50 pictures. Of 50, one that cannot be had is told from the others in so many."""


@dataclass(frozen=True, slots=True)
class Words:
    """What was told of pictures."""

    by_id: Mapping[str, str | None]
    """None: nobody wrote any."""
    refusal: FetchError | None = None
    """Why some pictures may be missing."""

    @property
    def are_withheld(self) -> bool:
        """Whether the token does not allow to ask."""
        return isinstance(self.refusal, PermissionMissing)


async def ask_words(posts: Iterable[RawPost], graph: Graph) -> Words:
    """Ask for the words of all pictures of these posts, in as few questions as can be.

    They are worth less than the posts: whatever goes wrong is told, and never raised.
    """
    pictures = (one for post in posts for one in post.media if _is_photo(one))
    ids = list(dict.fromkeys(one.id for one in pictures if one.id))
    told: dict[str, str | None] = {}
    # What has no words of this kind, such as a sticker, spoils an answer like what is not there.
    asked = graph.several(ids, _FIELDS, most=_MOST_QUESTIONS, spoilt_by=(NotFound, UnexpectedShape))
    try:
        async for number, said in asked:
            if said is not None:
                told[number] = said.maybe(_FIELDS, most=_limits.ALT)
    except FetchError as refusal:
        return Words(told, refusal)
    return Words(told)


def with_words(posts: Iterable[RawPost], words: Mapping[str, str | None]) -> tuple[RawPost, ...]:
    """The posts, their pictures described by these words, by the pictures' ids."""
    return tuple(
        replace(post, media=tuple(_described(one, words) for one in post.media)) for post in posts
    )


def _described(medium: Media, words: Mapping[str, str | None]) -> Media:
    return replace(medium, alt=words.get(medium.id)) if medium.id else medium


def _is_photo(medium: Media) -> bool:
    """Whether it has a number of Facebook's, by which it can be asked for."""
    return medium.id is not None and _NUMBER.fullmatch(medium.id) is not None
