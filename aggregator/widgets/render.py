"""A widget in all its shapes: fragments to include, to load and to frame, full page, and feeds.

In: a ``Widget``; templates in ``widgets/`` and ``embed/`` of the template folders. Out:
``OutputFile``s with paths relative to the output folder; equal widgets give equal bytes, whatever
the hour. The layout's own template is drawn for every shape: into the shapes for shadow DOM with
the names of its parts, into pages with a heading of the first level.
Not here: what is shown (``select.py``), texts and links (``view.py``), feeds (``feeds.py``), shared
style and scripts (``assets.py``), files (``output.py``).
"""

import contextlib
import hashlib
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import babel
import rjsmin
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateSyntaxError
from markupsafe import Markup

from aggregator.errors import RenderError, SettingsError
from aggregator.model import BLOGS, NOTICE, Card, Look, OutputFile, Widget
from aggregator.widgets.assets import Assets, read_assets, with_looks
from aggregator.widgets.feeds import json_feed, opml, rss
from aggregator.widgets.names import Link
from aggregator.widgets.text import legal
from aggregator.widgets.view import View, views_of

_ROOM = "widgets"
"""The folder of the layouts inside each template folder."""
_AROUND = "embed"
"""The folder of what stands around them."""
_BARE = Markup(
    '<section class="fw" aria-labelledby="fw-{id}-h" lang="{lang}" dir="{dir}">\n'
    '<h{heading} class="fw-h" id="fw-{id}-h">{title}</h{heading}>\n'
    '<p class="fw-foot"><a class="fw-link" href="{href}">{name}</a></p>\n'
    "</section>\n"
)
_BARE_PAGE = Markup(
    '<!DOCTYPE html>\n<html lang="{lang}" dir="{dir}">\n<head>\n<meta charset="utf-8">\n'
    '<title>{title}</title>\n<meta name="robots" content="noindex">\n</head>\n'
    '<body class="fw-page">\n{section}</body>\n</html>\n'
)

_TO_PARENT = Markup('<head>\n<base target="_parent">')

_Times = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Templates:
    """The template files as they were at one moment."""

    times: _Times
    """Of each its path, when it changed, and its size."""
    digest: str
    environment: Environment
    assets: Assets | None
    """None: one of them is missing."""


class Renderer:
    """Draws widgets. Safe to use from several threads.

    ``template_folders``: the first that has a file wins, file by file. ``public_url``: where
    visitors reach the outputs, without a slash at its end; empty: links begin with ``/w/``.
    Changed templates count from the next widget on, never in the middle of one.
    """

    def __init__(self, template_folders: Sequence[Path], public_url: str) -> None:
        self._folders = tuple(template_folders)
        self._public_url = public_url.rstrip("/")
        self._current: _Templates | None = None
        room = Path(__file__).parent
        ours = _digest(sorted((*room.glob("*.py"), *room.rglob("*.po"))))
        self._drawn_by = (ours, babel.__version__, rjsmin.__version__)

    def layouts(self) -> frozenset[str]:
        """What ``layout:`` may name: the templates that do not begin with an underscore."""
        return frozenset(
            path.stem
            for folder in self._folders
            for path in (folder / _ROOM).glob("*.html")
            if not path.name.startswith("_")
        )

    def assets(self, looks: Sequence[Look] = ()) -> Assets:
        """Files that all widgets share. ``looks``: of the widgets of the website.

        Raises SettingsError where one of them is missing.
        """
        return self._assets(self._templates(), looks)

    def stamp(self, widget: Widget) -> bytes:
        """Of all that the files of a widget are made from: equal stamps, equal files.

        That is its cards and rules, the templates, and the program. A post is told by its
        permalink and fingerprint, which cover all that a card shows of it.
        """
        shown = (widget.cards, widget.more, widget.follow)
        made_from = (
            self._drawn_by,
            self._templates().digest,
            self._public_url,
            widget.spec,
            widget.site,
            widget.groups,
            {card.source.id: card.source for cards in shown for card in cards},
            [[_told(card) for card in cards] for cards in shown],
        )
        return hashlib.sha256(repr(made_from).encode(errors="surrogatepass")).digest()

    def render(self, widget: Widget) -> tuple[OutputFile, ...]:
        """All shapes of a widget. Raises RenderError that names the template and the line."""
        templates = self._templates()
        view, whole = views_of(widget, self._public_url)
        layout = f"{_ROOM}/{view.layout}.html"
        light = self._draw(templates, view, layout)
        parts = self._draw(templates, replace(view, has_parts=True), layout)
        first = self._draw(templates, replace(view, heading=1), layout)
        return (
            _file(f"w/{view.id}.html", light),
            _file(
                f"w/{view.id}.shadow.html",
                self._draw(templates, view, f"{_AROUND}/shadow.html", section=parts),
            ),
            _file(
                f"w/{view.id}.dsd.html",
                self._draw(templates, view, f"{_AROUND}/dsd.html", section=parts),
            ),
            _file(
                f"w/{view.id}.frame.html",
                self._draw(templates, view, f"{_AROUND}/frame.html", section=first),
            ),
            _file(f"w/{view.id}/index.html", self._draw(templates, whole, f"{_ROOM}/_page.html")),
            *self._feeds(widget, view),
        )

    def bare(self, widget: Widget) -> tuple[OutputFile, ...]:
        """The same files made without any template: heading and link, the feeds complete.

        For the case that templates are broken and something must be off the website.
        """
        view, _ = views_of(widget, self._public_url)
        common = {"id": view.id, "lang": view.lang, "dir": view.dir, "title": view.title}
        link = {"href": view.all.href, "name": _marked(view.all) + view.all.tail}
        home = {"href": view.site_url or "/", "name": view.site_name}
        section = _BARE.format(heading=view.heading, **common, **link)
        frame = _BARE_PAGE.format(section=_BARE.format(heading=1, **common, **link), **common)
        page = _BARE_PAGE.format(section=_BARE.format(heading=1, **common, **home), **common)
        return (
            _file(f"w/{view.id}.html", section),
            _file(f"w/{view.id}.shadow.html", section),
            _file(f"w/{view.id}.dsd.html", section),
            _file(f"w/{view.id}.frame.html", frame.replace("<head>", _TO_PARENT, 1)),
            _file(f"w/{view.id}/index.html", page),
            *self._feeds(widget, view),
        )

    def _feeds(self, widget: Widget, view: View) -> Iterator[OutputFile]:
        if view.layout == NOTICE:
            return  # without posts there is nothing to follow
        yield _file(f"w/{view.id}.json", json_feed(widget, view, self._public_url))
        yield _file(f"w/{view.id}.rss", rss(widget, view, self._public_url))
        if view.layout == BLOGS:
            yield _file(f"w/{view.id}.opml", opml(widget, view))

    def _draw(
        self, templates: _Templates, view: View, name: str, section: str | None = None
    ) -> str:
        """One template. ``section``: the layout, drawn already, for what stands around it."""
        try:
            return templates.environment.get_template(name).render(
                view=view,
                base=self._public_url,
                assets=self._assets(templates, view.looks),
                section=section,
            )
        except Exception as error:
            raise RenderError(
                view.id,
                f"{self._place(error, name)} cannot be used: {error}",
                advice="Mend the template, or remove it from the folder that AGGREGATOR_TEMPLATES "
                "names, so that the shipped one is used. Until then the last good page stays.",
            ) from error

    def _place(self, error: Exception, name: str) -> str:
        """The template and the line where it went wrong, for people."""
        if isinstance(error, TemplateSyntaxError):
            return f"the template {error.name or name}, line {error.lineno},"
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            for folder in self._folders:
                if Path(frame.filename).is_relative_to(folder):
                    where = Path(frame.filename).relative_to(folder)
                    return f"the template {where}, line {frame.lineno},"
        return f"the template {name}"

    def _templates(self) -> _Templates:
        """The templates as they stand now, compiled anew only where a file changed."""
        times = self._times()
        current = self._current
        if current is None or current.times != times:
            every = (path for folder in self._folders for path in sorted(folder.rglob("*")))
            digest = _digest(every)  # templates may include files from other rooms
            current = _Templates(times, digest, self._environment(), self._read_assets())
            self._current = current
        return current

    def _times(self) -> _Times:
        times = []
        for folder in self._folders:
            for path in sorted((*folder.glob(f"{_ROOM}/*"), *folder.glob(f"{_AROUND}/*"))):
                with contextlib.suppress(FileNotFoundError):  # an editor replaces files
                    found = path.stat()
                    times.append((str(path), found.st_mtime_ns, found.st_size))
        return tuple(times)

    def _environment(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(self._folders),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def _read_assets(self) -> Assets | None:
        with contextlib.suppress(SettingsError):  # widgets can be made bare without them
            return read_assets(self._folders)
        return None

    def _assets(self, templates: _Templates, looks: Sequence[Look]) -> Assets:
        return with_looks(templates.assets or read_assets(self._folders), looks)


def _marked(link: Link) -> str:
    """Its words, with their language where it is not the widget's."""
    if link.lang is None:
        return link.words
    return Markup('<span lang="{}" dir="auto">{}</span>').format(link.lang, link.words)


def _told(card: Card) -> tuple[object, ...]:
    """All that a card shows besides its source."""
    post = card.stored.post if card.stored else None
    told = post and (post.guid, post.permalink, post.fingerprint)
    return (card.source.id, card.name, card.link, told, card.also_on, card.picture)


def _digest(paths: Iterable[Path]) -> str:
    """Of the names and bytes of files, in this order; those that cannot be read do not count."""
    found = hashlib.sha256()
    for path in paths:
        with contextlib.suppress(OSError):
            body = path.read_bytes()
            found.update(f"{path}\0{len(body)}\0".encode())
            found.update(body)
    return found.hexdigest()


def _file(path: str, text: str) -> OutputFile:
    return OutputFile(path, legal(text).encode())
