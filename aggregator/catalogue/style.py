"""The look that staff give a widget in feeds.yaml: judged by its contrast, and written as CSS.

A box with a ground of its own (``bg``) has all of its colours from here: those that staff left out
are ours, moved until they can be read on that ground. A box without one stands on the page's, which
nobody here knows: it is judged on those of its own full page, one light and one dark.
Not here: which values are colours at all (``values.py``), the arithmetic (``contrast.py``).
"""

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from aggregator.catalogue.checks import plain
from aggregator.catalogue.contrast import BORDER, TEXT, contrast, in_figures, nearest_readable
from aggregator.catalogue.findings import Findings
from aggregator.catalogue.schema import StyleEntry, WidgetEntry, keys_of
from aggregator.catalogue.values import Shades
from aggregator.model import Look

GROUND = Shades("#ffffff", "#16191e")
"""Of the full page and the page for iframes, as ``widgets/widget.css`` has it."""
USUAL = {
    "color": Shades("#1c2128", "#e8ebf0"),
    "muted": Shades("#565d68", "#b6bdc8"),
    "link": Shades("#0a558c", "#9fcbff"),
    "line": Shades("#d5dae1", "#49505b"),
    "focus": Shades("#0a558c", "#9fcbff"),
}
"""What a widget has where nothing is said, as ``widgets/widget.css`` has it."""
LEAST = {"color": TEXT, "muted": TEXT, "link": TEXT, "focus": BORDER}
"""The contrast that is needed; lines between items are ornament and may be as pale as one likes."""
_WHAT = {
    "color": "The text",
    "muted": "The smaller text",
    "link": "Links",
    "focus": "The ring around the link that the keyboard is at",
}
_INSET = "1.4em 1.5em"
"""Between a ground and the text on it, also on the full page, where there is no border."""
_BLACK, _WHITE = "#000000", "#ffffff"


def check_styles(findings: Findings) -> None:
    """Every colour can be told from its ground, on a light page and on a dark one."""
    section = findings.root.mapping.get("widgets")
    for place, node in enumerate(section.items if section else ()):
        written = node.mapping.get("style")
        if written is None:
            continue
        try:
            style = StyleEntry.model_validate(plain(written))
        except ValidationError:  # the schema tells what is wrong
            continue
        for key, what, hint in _pale(style):
            findings.add(("widgets", place, "style", key), what, hint)


def looks_of(widgets: Iterable[WidgetEntry]) -> tuple[Look, ...]:
    """The looks of those widgets that have one of their own."""
    looks = (Look(widget.id, _declarations(widget.style)) for widget in widgets)
    return tuple(look for look in looks if look.declarations)


def _declarations(style: StyleEntry) -> tuple[tuple[str, str], ...]:
    """The custom properties that a style sets, with their values."""
    said: dict[str, Shades | str] = dict(_ours_on(style.bg)) if style.bg else {}
    for key in keys_of(StyleEntry):
        value = getattr(style, key.replace("-", "_"))
        if value is not None:
            said[key] = value
    inset = (("--fw-page-inset", _INSET),) if style.bg else ()
    return tuple((f"--fw-{key}", _in_css(value)) for key, value in said.items()) + inset


def _ours_on(ground: Shades) -> dict[str, Shades]:
    """Our own colours, moved as far as that ground wants it."""
    found = {}
    for key, usual in USUAL.items():
        ours = usual
        if ground.light == ground.dark:  # whatever the page
            ours = Shades(*(2 * [usual.dark if _is_dark(ground.light) else usual.light]))
        found[key] = _readable(ours, ground, LEAST.get(key, 1.0))
    return found


def _is_dark(colour: str) -> bool:
    return contrast(colour, _WHITE) > contrast(colour, _BLACK)


def _readable(colour: Shades, ground: Shades, least: float) -> Shades:
    return Shades(
        nearest_readable(colour.light, ground.light, least),
        nearest_readable(colour.dark, ground.dark, least),
    )


def _pale(style: StyleEntry) -> Iterator[tuple[str, str, str]]:
    """The colours that are too near to their ground: key, what is wrong, what to write instead."""
    ground = style.bg or GROUND
    for key, least in LEAST.items():
        colour: Shades | None = getattr(style, key)
        if colour is None:
            continue
        by_page = {
            "light": (colour.light, ground.light),
            "dark": (colour.dark, ground.dark),
        }
        page = min(by_page, key=lambda page: contrast(*by_page[page]))
        one, under = by_page[page]
        if contrast(one, under) < least:
            where = under if style.bg else f"a {page} page ({under})"
            what = (
                f"{_WHAT[key]} cannot be told well enough from what is behind: {one} on {where} "
                f"has a contrast of {in_figures(contrast(one, under))}, and {least:g}:1 is needed."
            )
            yield key, what, _instead(key, _readable(colour, ground, least), style.bg)


def _instead(key: str, better: Shades, ground: Shades | None) -> str:
    if better.light == better.dark:
        return f'Write {key}: "{better.light}"'
    pair = f'Write {key}: {{light: "{better.light}", dark: "{better.dark}"}}'
    return pair if ground else f"{pair}, or give the box a ground of its own with bg."


def _in_css(value: Shades | str) -> str:
    if isinstance(value, str):
        return value
    if value.light == value.dark:
        return value.light
    return f"light-dark({value.light}, {value.dark})"
