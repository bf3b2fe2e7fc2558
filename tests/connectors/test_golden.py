"""Samples of each format beside what is to be read in them.

A new case is two files in ``feed/``. ``GOLDEN=rewrite pytest tests/connectors/test_golden.py``
writes the expectations anew: read the difference as code.
"""

import json
import os
from pathlib import Path

import pytest

from aggregator.connectors._syndication import read_syndication
from aggregator.connectors._wire import to_json
from aggregator.model import Document

SAMPLES = sorted(
    path
    for path in (Path(__file__).parent / "feed").iterdir()
    if not path.name.endswith(".expected.json")
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_sample_is_read_as_expected(sample: Path) -> None:
    document = Document("https://feeds.example/blog/feed", sample.read_bytes())
    read = json.loads(to_json(read_syndication(document, frozenset())))
    del read["pieces"]
    golden = sample.with_name(f"{sample.name}.expected.json")
    if os.environ.get("GOLDEN") == "rewrite":
        golden.write_text(json.dumps(read, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read == json.loads(golden.read_text(encoding="utf-8"))
