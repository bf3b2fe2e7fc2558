"""What the tests of the connectors share."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.model import Document

_CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus/feeds"

MakeDocument = Callable[..., Document]


@pytest.fixture(name="document", scope="session")
def _document() -> MakeDocument:
    """Make a document of bytes or of a text in UTF-8."""

    def make(
        body: bytes | str, content_type: str = "", url: str = "https://feeds.example/blog/feed"
    ) -> Document:
        headers = {"content-type": content_type} if content_type else {}
        return Document(url, body.encode() if isinstance(body, str) else body, headers)

    return make


@pytest.fixture(name="rss", scope="session")
def _rss() -> Callable[..., str]:
    """Make an RSS document around the items that are given."""

    def make(*items: str, root: str = '<rss version="2.0">') -> str:
        whole = "\n".join(f"<item>{item}</item>" for item in items)
        return f"{root}<channel><title>Blog</title>\n{whole}\n</channel></rss>"

    return make


@pytest.fixture(name="corpus", scope="session")
def _corpus() -> dict[str, list[Path]]:
    """Files of the corpus by kind, real ones and fixtures."""
    manifest = _CORPUS / "MANIFEST.tsv"
    if not manifest.is_file():
        pytest.skip("the corpus of real feeds is not beside the project")
    csv.field_size_limit(1 << 30)
    found: dict[str, list[Path]] = {}
    with manifest.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            found.setdefault(row["kind"], []).append(_CORPUS / row["file"])
    return found
