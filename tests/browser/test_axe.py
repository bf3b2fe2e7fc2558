"""The sample world under axe: the rules of WCAG 2.2 AA that a program can judge, and best practice.

The other ways to embed a widget are judged in ``test_shapes.py``.
What only people can judge (order, sense, a screen reader's voice) is not here.
"""

from typing import Any

import pytest

from tests.browser.axe import faults, load_axe
from tests.browser.chromium import Chromium, Visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LOOKS = [("light", 1280), ("dark", 1280), ("forced", 1280), ("light", 390), ("light", 320)]


def in_look(visit: Visit, look: str, width: int) -> list[str]:
    """What is wrong with a page in that look.

    Contrast is judged on the widest page only: colours do not hang on the width. Forced ones are
    measured in ``test_colours.py``.
    """
    visit.resize(width)
    visit.wear(look)
    return faults(visit, contrast=look in {"light", "dark"} and width == 1280)


def in_all_looks(visit: Visit) -> dict[tuple[str, int], list[str]]:
    """The faults by look and width; where there are none, no entry."""
    found = {(look, width): in_look(visit, look, width) for look, width in LOOKS}
    return {where: said for where, said in found.items() if said}


@pytest.mark.parametrize("path", ["/", "/w/latest-posts/", "/w/patient-blogs/"])
def test_pages_of_the_sample_world(chromium: Chromium, demo: str, path: str) -> None:
    with chromium.visit(f"{demo}{path}") as visit:
        assert in_all_looks(visit) == {}


@pytest.mark.parametrize(("look", "width"), LOOKS)
def test_the_gallery(chromium: Chromium, demo: str, look: str, width: int) -> None:
    """Every layout with every post that makes trouble."""
    with chromium.visit(f"{demo}/gallery/") as visit:
        assert in_look(visit, look, width) == []


@pytest.mark.parametrize("path", ["/", "/gallery/", "/w/latest-posts/"])
def test_colours_that_a_reader_forces_are_obeyed(chromium: Chromium, demo: str, path: str) -> None:
    """Nothing asks to keep colours of its own, which nobody could answer for."""
    with chromium.visit(f"{demo}{path}", look="forced") as visit:
        kept = "[...document.querySelectorAll('body *')].filter(one => getComputedStyle(one).forcedColorAdjust === 'none')"
        assert visit.value(f"{kept}.map(one => one.outerHTML.slice(0, 80))") == []


def test_a_pale_text_is_found(chromium: Chromium, demo: str) -> None:
    with chromium.visit(f"{demo}/") as visit:
        visit.value("document.querySelector('.fw-text').style.color = '#aaa'")
        assert {said.partition(":")[0] for said in faults(visit)} == {"color-contrast"}


def test_what_is_judged(chromium: Chromium, demo: str) -> None:
    """The rules of all levels up to WCAG 2.2 AA are known to the script."""
    with chromium.visit(f"{demo}/") as visit:
        load_axe(visit)
        rules: list[dict[str, Any]] = visit.value("axe.getRules(['wcag22aa'])")
        assert "target-size" in {rule["ruleId"] for rule in rules}
