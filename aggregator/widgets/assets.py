"""Style and scripts that all widgets share, named by a hash of what is in them.

In: the template folders. Out: ``Assets``. The same style and the same loader also stand under a
plain name, for pages that nobody wants to touch again.
Not here: how long the hashed ones are kept (``output.py``) and cached (``web/public.py``).
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import rjsmin

from aggregator.errors import SettingsError
from aggregator.model import Look, OutputFile


class Assets(NamedTuple):
    """All shared files."""

    stylesheet: OutputFile
    loader: OutputFile
    """The script that brings a widget into a page that takes nothing but a tag."""
    frame: OutputFile
    """The script of the page for iframes: it tells its host how high it is."""
    plain_stylesheet: OutputFile
    plain_loader: OutputFile

    @property
    def css(self) -> str:
        """The style itself."""
        return self.stylesheet.body.decode()


def read_assets(folders: Sequence[Path]) -> Assets:
    """The assets as they stand now; of each file the first folder that has it wins.

    Raises SettingsError where none has it.
    """
    style = _find(folders, "widgets/widget.css")
    loader = _minified(_find(folders, "embed/loader.js"))
    frame = _minified(_find(folders, "embed/frame.js"))
    return Assets(
        stylesheet=_hashed("widget", ".css", style),
        loader=_hashed("loader", ".js", loader),
        frame=_hashed("widget", ".js", frame),
        plain_stylesheet=OutputFile("w/widget.css", style),
        plain_loader=OutputFile("w/loader.js", loader),
    )


def with_looks(assets: Assets, looks: Sequence[Look]) -> Assets:
    """The same with the looks of single widgets at the end of the style.

    They set custom properties on the box and nothing else, in rules that weigh nothing, so that
    what a site itself says of the box is always stronger.
    """
    if not looks:
        return assets
    style = assets.stylesheet.body + "".join(map(_rule, looks)).encode()
    return assets._replace(
        stylesheet=_hashed("widget", ".css", style),
        plain_stylesheet=OutputFile(assets.plain_stylesheet.path, style),
    )


def _rule(look: Look) -> str:
    said = ";".join(f"{name}:{value}" for name, value in look.declarations)
    return f':where(.fw[aria-labelledby="fw-{look.widget_id}-h"]){{{said}}}\n'


def integrity(file: OutputFile) -> str:
    """What a page may demand of a file that it loads (Subresource Integrity 3.1)."""
    return "sha384-" + base64.b64encode(hashlib.sha384(file.body).digest()).decode()


def _find(folders: Sequence[Path], name: str) -> bytes:
    for folder in folders:
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    raise SettingsError(
        "AGGREGATOR_TEMPLATES",
        f"there is no {name} in {', '.join(map(str, folders))}",
        advice="Install Aggregator again; its templates are missing.",
    )


def _minified(script: bytes) -> bytes:
    return str(rjsmin.jsmin(script.decode())).encode()


def _hashed(stem: str, suffix: str, body: bytes) -> OutputFile:
    return OutputFile(f"w/{stem}.{hashlib.sha256(body).hexdigest()[:12]}{suffix}", body)
