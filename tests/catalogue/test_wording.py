"""Words for what a schema refuses."""

from dataclasses import dataclass

import pytest
from pydantic import TypeAdapter, ValidationError

from aggregator.catalogue.wording import in_words


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
