import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aggregator.demo.cases import read_cases
from aggregator.demo.gallery import PREFIX, Gallery
from aggregator.widgets.render import Renderer

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
LAYOUTS = Renderer([TEMPLATES], "").layouts()


class Tags(HTMLParser):
    """Every start tag of a page, and the text of its headings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def values(self, name: str) -> list[str]:
        """Of an attribute, wherever it stands."""
        return [value for _, attrs in self.found if (value := attrs.get(name))]


def gallery_of(*folders: Path) -> Gallery:
    return Gallery(
        folders,
        Environment(loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined),
    )


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    return gallery_of(TEMPLATES)


@pytest.fixture(scope="module")
def page(gallery: Gallery) -> str:
    return gallery.page()


@pytest.fixture(scope="module")
def tags(page: str) -> Tags:
    return Tags(page)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder for templates of one's own."""
    (tmp_path / "widgets").mkdir()
    return tmp_path


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_case_stands_in_every_layout(page: str, layout: str) -> None:
    wanted = {f'id="fw-{layout}-{case.id}-h"' for case in read_cases()}
    assert {one for one in wanted if one in page} == wanted


def test_a_new_layout_is_found(own: Path) -> None:
    """Without a line of code: its template is enough."""
    calm = '{% extends "widgets/_widget.html" %}{% block item %}Calm {{ item.name }}{% endblock %}'
    (own / "widgets" / "calm.html").write_text(calm, "utf-8")
    page = gallery_of(own, TEMPLATES).page()
    assert 'id="layout-calm"' in page
    assert "Calm The Long View" in page


def test_a_broken_template_is_told_in_its_place(own: Path) -> None:
    (own / "widgets" / "calm.html").write_text("one line\n{{ view.nothing }}", "utf-8")
    page = gallery_of(own, TEMPLATES).page()
    troubles = re.findall(r'<p class="trouble">(.*?)</p>', page)
    assert len(troubles) == len(read_cases())
    assert "calm.html, line 2" in troubles[0]


def test_ids_are_unique(tags: Tags) -> None:
    ids = Counter(tags.values("id"))
    assert [id_ for id_, times in ids.items() if times > 1] == []


def test_names_refer_to_what_is_there(tags: Tags) -> None:
    named = {id_ for value in tags.values("aria-labelledby") for id_ in value.split()}
    assert named <= set(tags.values("id"))


def test_no_level_of_heading_is_left_out(tags: Tags) -> None:
    levels = [int(name[1]) for name, _ in tags.found if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == []


def test_links_within_the_page_arrive(tags: Tags) -> None:
    inner = {href[1:] for href in tags.values("href") if href.startswith("#")}
    assert inner <= set(tags.values("id"))


def test_each_file_that_it_links_to_is_there(gallery: Gallery, tags: Tags) -> None:
    """The bare fragments, the full pages, the style and the pictures."""
    linked = {
        urljoin(f"{PREFIX}/", address) for address in (*tags.values("href"), *tags.values("src"))
    }
    files = {link for link in linked if link.startswith((f"{PREFIX}/w/", f"{PREFIX}/media/"))}
    assert len(files) >= 2 * len(LAYOUTS) * len(read_cases())
    assert [link for link in files if gallery.output(link.removeprefix(f"{PREFIX}/")) is None] == []


@pytest.mark.parametrize(
    "path", ["", "w/", "w/posts-usual", "w/posts-nothing-of-it.html", "w/usual.html", "../site.css"]
)
def test_nothing_else_is_there(gallery: Gallery, path: str) -> None:
    assert gallery.output(path) is None
