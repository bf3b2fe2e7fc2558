"""What a screen reader is given of the widgets, in a real Chromium, against what was approved.

After a wanted change: run with ``AGGREGATOR_REWRITE_GOLDEN=1``, then read the difference.
"""

import os
import re
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.embedding import BLOGS, POSTS, Embedding

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

GOLDEN = Path(__file__).with_name("golden")
REWRITE = os.environ.get("AGGREGATOR_REWRITE_GOLDEN") == "1"


def outline(chromium: Chromium, site: Embedding, body: str) -> list[str]:
    """Of the one region in the page's main part."""
    with chromium.visit(site.page(body)) as visit:
        lines = visit.outline()
    start = next(at for at, line in enumerate(lines) if line.lstrip().startswith("region"))
    depth = len(lines[start]) - len(lines[start].lstrip())
    inside = [line[depth:] for line in lines[start:]]
    end = next((at for at, line in enumerate(inside) if at and line[0] != " "), len(inside))
    return inside[:end]


def names(lines: list[str], role: str) -> list[str]:
    said = (line.strip() for line in lines)
    return [line.removeprefix(f"{role}: ") for line in said if line.startswith(f"{role}: ")]


@pytest.mark.parametrize("name", [POSTS, BLOGS])
def test_it_is_as_approved(chromium: Chromium, site: Embedding, name: str) -> None:
    lines = outline(chromium, site, site.included(name))
    golden = GOLDEN / f"{name}.outline"
    if REWRITE:
        golden.write_text("\n".join(lines) + "\n", "utf-8")
    assert lines == golden.read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", [POSTS, BLOGS])
def test_it_is_the_same_in_a_shadow_root(chromium: Chromium, site: Embedding, name: str) -> None:
    """But for the loader's: it may write times anew."""
    shadow = outline(chromium, site, site.file(f"w/{name}.dsd.html"))
    assert shadow == outline(chromium, site, site.included(name))


def test_a_flexible_line_is_a_paragraph_only_where_it_names_something_in_the_page_itself(
    chromium: Chromium, site: Embedding
) -> None:
    """Why the roles of ``<p>`` differ between the fragment and a shadow root, and are left out above.

    To Chromium a ``<p>`` that is laid out as ``flex`` is a box of no interest, as the footer is. It
    keeps one that ``aria-labelledby`` points at, as the line above a post, but looks for such ids in
    the document only. Words, names and order are the same; nothing is said of either role.
    """
    counts = []
    for body in (site.included(POSTS), site.file(f"w/{POSTS}.dsd.html")):
        with chromium.visit(site.page(body)) as visit:
            counts.append(visit.roles().count("paragraph"))
            root = "(document.querySelector('feed-widget')?.shadowRoot ?? document)"
            flexible = visit.value(
                f"[...{root}.querySelectorAll('p')].filter(p => getComputedStyle(p).display === 'flex').length"
            )
    light, shadow = counts
    assert light - shadow == flexible - len([".fw-foot"])


@pytest.mark.parametrize("name", [POSTS, BLOGS])
def test_everything_has_a_name_of_its_own(chromium: Chromium, site: Embedding, name: str) -> None:
    """The region that of its heading; each article and each link one that no other has."""
    lines = outline(chromium, site, site.included(name))
    assert lines[0] == re.sub(r"^ *heading \d", "region", lines[1])
    articles, links = names(lines, "article"), names(lines, "link")
    assert len(articles) == len(set(articles)) == 5
    assert len(links) == len(set(links)) > 5
