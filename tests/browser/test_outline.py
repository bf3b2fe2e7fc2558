"""What a screen reader is given of the widgets, in a real Chromium, against what was approved.

After a wanted change: run with ``AGGREGATOR_REWRITE_GOLDEN=1``, then read the difference.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.embedding import BLOGS, POSTS, Embedding, embedding

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

GOLDEN = Path(__file__).with_name("golden")
REWRITE = os.environ.get("AGGREGATOR_REWRITE_GOLDEN") == "1"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedding]:
    with embedding(tmp_path_factory.mktemp("public")) as site:
        yield site


def outline(chromium: Chromium, site: Embedding, body: str) -> list[str]:
    """Of the one region in the page's main part."""
    with chromium.visit(site.page(body)) as visit:
        lines = visit.outline()
    start = next(at for at, line in enumerate(lines) if line.lstrip().startswith("region"))
    depth = len(lines[start]) - len(lines[start].lstrip())
    inside = [line[depth:] for line in lines[start:]]
    end = next((at for at, line in enumerate(inside) if at and line[0] != " "), len(inside))
    return inside[:end]


def included(site: Embedding, name: str) -> str:
    """A fragment, and the style that it wants."""
    style = f'<link rel="stylesheet" href="/{site.renderer.assets().stylesheet.path}">'
    return style + site.file(f"w/{name}.html")


def names(lines: list[str], role: str) -> list[str]:
    said = (line.strip() for line in lines)
    return [line.removeprefix(f"{role}: ") for line in said if line.startswith(f"{role}: ")]


@pytest.mark.parametrize("name", [POSTS, BLOGS])
def test_it_is_as_approved(chromium: Chromium, site: Embedding, name: str) -> None:
    lines = outline(chromium, site, included(site, name))
    golden = GOLDEN / f"{name}.outline"
    if REWRITE:
        golden.write_text("\n".join(lines) + "\n", "utf-8")
    assert lines == golden.read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", [POSTS, BLOGS])
def test_it_is_the_same_in_a_shadow_root(chromium: Chromium, site: Embedding, name: str) -> None:
    """But for the loader's: it may write times anew."""
    shadow = outline(chromium, site, site.file(f"w/{name}.dsd.html"))
    assert shadow == outline(chromium, site, included(site, name))


@pytest.mark.parametrize("name", [POSTS, BLOGS])
def test_everything_has_a_name_of_its_own(chromium: Chromium, site: Embedding, name: str) -> None:
    """The region that of its heading; each article and each link one that no other has."""
    lines = outline(chromium, site, included(site, name))
    assert lines[0] == re.sub(r"^ *heading \d", "region", lines[1])
    articles, links = names(lines, "article"), names(lines, "link")
    assert len(articles) == len(set(articles)) == 5
    assert len(links) == len(set(links)) > 5
