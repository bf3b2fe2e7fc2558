"""The blocks of code in ``docs/embedding.md``, so that tests run what people copy."""

import re
from pathlib import Path

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "embedding.md"
_BLOCK = re.compile(r"^```\w*\n((?:[^`].*\n|\n)*?)^```|((?:^    .*\n)+)", re.MULTILINE)
"""Between fences, or moved in by four spaces."""


def blocks() -> list[tuple[str, str]]:
    """Each block of code with the heading it stands under, in the document's order."""
    found: list[tuple[str, str]] = []
    for part in _PAGE.read_text("utf-8").split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        found += (
            (heading, one[1] or re.sub("(?m)^    ", "", one[2])) for one in _BLOCK.finditer(text)
        )
    return found


def block(heading: str, number: int = 0) -> str:
    """One of them: the so-manieth under its heading."""
    return [text for under, text in blocks() if under == heading][number]
