"""Words for what a schema refuses."""

from dataclasses import dataclass

import pytest
from pydantic import TypeAdapter, ValidationError

from aggregator.catalogue.wording import in_words, unknown_key


@dataclass(frozen=True)
class Options:
    """Of a platform that refuses some servers."""

    server: str = ""

    def __post_init__(self) -> None:
        if self.server:
            raise ValueError("A server is written as https://social.example")


def test_a_platform_says_itself_what_is_wrong_with_its_options() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Options).validate_python({"server": "nonsense"})
    (error,) = caught.value.errors()
    assert in_words(error, ()) == ("A server is written as https://social.example.", "")


@pytest.mark.parametrize(
    ("key", "platform"), [("twitter", "x"), ("Twitter", "x"), ("fb", "facebook")]
)
def test_a_platform_by_another_of_its_names_is_told_by_its_key(key: str, platform: str) -> None:
    what, hint = unknown_key(("sources", 0, key), ["facebook", "feed", "x"])
    assert what == f'"{key}" is not a key of a source.'
    assert hint == f'Write "{platform}".'


def test_a_platform_that_nobody_follows_is_told_what_may_be_written() -> None:
    _, hint = unknown_key(("sources", 0, "twitter"), ["feed"])
    assert hint.startswith("Known here: id,")
