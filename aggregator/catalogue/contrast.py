"""How well a colour is told from the ground it stands on, and what would be told well enough.

Colours are ``#rrggbb``. Not here: which colours stand on which ground (``style.py``).
"""

import colorsys
import math

TEXT = 4.5
"""The least contrast of text to its ground (WCAG 2.2, 1.4.3)."""
BORDER = 3.0
"""The least contrast of what shows where the keyboard is (WCAG 2.2, 1.4.11)."""

_STEPS = 255
_LINEAR = 0.04045
"""Up to here sRGB is a straight line (IEC 61966-2-1)."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21, in any order (WCAG 2.2, glossary)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def in_figures(ratio: float) -> str:
    """A ratio for people; cut, not rounded, so that what fails never looks as if it passed."""
    return f"{math.floor(ratio * 10) / 10:.1f}:1"


def nearest_readable(colour: str, ground: str, least: float) -> str:
    """The colour, or the nearest darker or lighter one of its hue, with that contrast at least.

    ``least`` is 4.5 at most: on every ground black or white has more (the square root of 21).
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    for step in range(_STEPS + 1):
        for moved in (lightness - step / _STEPS, lightness + step / _STEPS):
            bounded = min(max(moved, 0.0), 1.0)
            found = _written(colorsys.hls_to_rgb(hue, bounded, saturation)) if step else colour
            if contrast(found, ground) >= least:
                return found
    raise AssertionError(f"neither black nor white is told from {ground}")


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2, glossary)."""
    red, green, blue = (
        part / 12.92 if part <= _LINEAR else ((part + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[float, float, float]:
    """Red, green and blue, 0 to 1."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red / 255, green / 255, blue / 255


def _written(parts: tuple[float, float, float]) -> str:
    return "#" + bytes(round(part * 255) for part in parts).hex()
