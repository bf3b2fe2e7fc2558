"""Sources that staff keep by hand: a key of feeds.yaml, and no connector, since nothing is asked.

For platforms whose approval takes weeks, and for words that stand nowhere else. Staff write or
paste each post (``actions/by_hand.py``); from there on it is treated as any other.
"""

from dataclasses import dataclass

from aggregator.model import Platform


@dataclass(frozen=True, slots=True)
class Options:
    """What ``options:`` accepts."""

    network: str = ""
    """Where the posts stand, as visitors are told it ("LinkedIn"); empty: the source's own name
    stands for it."""


def read_address(text: str) -> str:
    """``true``: there is no address."""
    if text.strip().lower() != "true":
        raise ValueError("A source that is kept by hand has no address; write: hand: true")
    return "true"


PLATFORM = Platform(
    name="hand",
    options=Options,
    read_address=read_address,
    example="true",
    about="Posts that staff write or paste themselves, with the command `post`.",
    by_hand=True,
)
