"""Samples of each format beside what is to be read in them.

A new case is two files in ``feed/``. ``GOLDEN=rewrite pytest tests/connectors/test_golden.py``
writes the expectations anew: read the difference as code.
"""

import json
import os
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.connectors._syndication import read_syndication
from aggregator.model import Document

SAMPLES = sorted(
    path
    for path in (Path(__file__).parent / "feed").iterdir()
    if not path.name.endswith(".expected.json")
)


def named(value: Any) -> Any:
    """What was read as JSON has it: parts by their names, those that are None left out."""
    if is_dataclass(value):
        parts = {part.name: named(getattr(value, part.name)) for part in fields(value)}
        return {name: part for name, part in parts.items() if part is not None}
    if isinstance(value, tuple):
        return [named(part) for part in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, timedelta):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_sample_is_read_as_expected(sample: Path) -> None:
    document = Document("https://feeds.example/blog/feed", sample.read_bytes())
    read = named(read_syndication(document, frozenset()))
    del read["pieces"]
    golden = sample.with_name(f"{sample.name}.expected.json")
    if os.environ.get("GOLDEN") == "rewrite":
        golden.write_text(json.dumps(read, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read == json.loads(golden.read_text(encoding="utf-8"))
