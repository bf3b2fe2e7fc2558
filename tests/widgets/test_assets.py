"""Shared files: named by what is in them, small, and the same for everybody."""

import base64
import gzip
import hashlib
from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.widgets.assets import integrity, read_assets


def test_hashed_names_tell_the_content(templates: Path) -> None:
    assets = read_assets([templates])
    for file in (assets.stylesheet, assets.loader, assets.frame):
        digest = hashlib.sha256(file.body).hexdigest()[:12]
        assert file.path.split(".")[1] == digest


def test_plain_names_hold_the_same(templates: Path) -> None:
    assets = read_assets([templates])
    assert (assets.plain_stylesheet.path, assets.plain_loader.path) == (
        "w/widget.css",
        "w/loader.js",
    )
    assert assets.plain_stylesheet.body == assets.stylesheet.body
    assert assets.plain_loader.body == assets.loader.body


def test_the_loader_is_small(templates: Path) -> None:
    assert len(gzip.compress(read_assets([templates]).loader.body, mtime=0)) <= 1500


def test_an_own_loader_wins(templates: Path, tmp_path: Path) -> None:
    (tmp_path / "embed").mkdir()
    (tmp_path / "embed/loader.js").write_text("// ours\nlet  a = 1;\n")
    assert read_assets([tmp_path, templates]).loader.body == b"let a=1;"


def test_integrity_is_what_browsers_compare(templates: Path) -> None:
    loader = read_assets([templates]).loader
    kind, _, value = integrity(loader).partition("-")
    assert kind == "sha384"
    assert base64.b64decode(value) == hashlib.sha384(loader.body).digest()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"widgets/widget\.css"):
        read_assets([tmp_path])
