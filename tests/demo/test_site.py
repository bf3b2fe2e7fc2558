import re
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest

from aggregator.demo.site import FILES, WIDGETS, article_page, site_file

TEMPLATES = [Path(__file__).resolve().parents[2] / "templates"]
FRAGMENT = '<section class="fw" aria-labelledby="fw-{0}-h"><h2 id="fw-{0}-h">Box {0}</h2></section>'


class Tags(HTMLParser):
    """Every start tag of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


@pytest.fixture
def public(tmp_path: Path) -> Path:
    (tmp_path / "w").mkdir()
    for name in WIDGETS:
        (tmp_path / "w" / f"{name}.html").write_text(FRAGMENT.format(name), "utf-8")
    return tmp_path


@pytest.fixture
def tags(public: Path) -> Tags:
    return Tags(article_page(TEMPLATES, public, "/w/widget.0123456789ab.css"))


def test_all_widgets_stand_in_the_sidebar_as_published(public: Path) -> None:
    page = article_page(TEMPLATES, public, "/w/widget.css")
    sidebar = page[page.index("<aside") : page.index("</aside>")]
    assert all(FRAGMENT.format(name) in sidebar for name in WIDGETS)


def test_a_missing_widget_is_a_heading_and_a_link(tmp_path: Path) -> None:
    page = article_page(TEMPLATES, tmp_path, "/w/widget.css")
    for name, title in WIDGETS.items():
        assert f"<h2>{title}</h2>" in page
        assert f'href="/w/{name}/"' in page


def test_a_template_of_the_operators_own_wins(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "article.html").write_text("{{ stylesheet }}", "utf-8")
    assert article_page([tmp_path, *TEMPLATES], tmp_path, "/own.css") == "/own.css"


def test_the_stylesheets_are_linked(tags: Tags) -> None:
    hrefs = [link["href"] for link in tags.named("link") if link["rel"] == "stylesheet"]
    assert hrefs == ["/site.css", "/w/widget.0123456789ab.css"]


def test_the_page_passes_a_strict_policy(tags: Tags) -> None:
    """No script, no inline style or handler, nothing from elsewhere: ``default-src 'self'``."""
    names = {name for name, _ in tags.found}
    attributes = {attribute for _, attrs in tags.found for attribute in attrs}
    assert not names & {"script", "style", "iframe", "form", "base"}
    assert not {name for name in attributes if name.startswith("on")} | {"style"} & attributes
    assert not [attrs["src"] for _, attrs in tags.found if "src" in attrs]


@pytest.mark.parametrize("name", FILES)
def test_its_files_ask_no_other_host(name: str) -> None:
    asked = site_file(TEMPLATES, name).replace('"http://www.w3.org/2000/svg"', "")
    assert not re.search(r"url\(|@import|https?:", asked)


def test_the_style_is_small() -> None:
    """Both sheets together, as they are written; compressed it is a third of that."""
    sheets = [site_file(TEMPLATES, name) for name in FILES if name.endswith(".css")]
    assert sum(len(sheet.encode()) for sheet in sheets) <= 12 * 1024


def test_the_icon_is_linked(tags: Tags) -> None:
    """A browser that finds no icon asks for one, and complains."""
    icons = [link["href"] for link in tags.named("link") if link["rel"] == "icon"]
    assert icons == ["/icon.svg"]


def test_landmarks_and_one_first_heading(tags: Tags) -> None:
    names = [name for name, _ in tags.found]
    assert [names.count(name) for name in ("h1", "main", "aside", "nav")] == [1, 1, 1, 1]
    assert tags.named("html")[0]["lang"] == "en"


def test_the_first_link_skips_to_the_article(tags: Tags) -> None:
    first, *_ = tags.named("a")
    assert first["href"] == "#" + str(tags.named("main")[0]["id"])


def test_links_within_the_page_arrive(tags: Tags) -> None:
    ids = {attrs["id"] for _, attrs in tags.found if "id" in attrs}
    inner = [str(link["href"])[1:] for link in tags.named("a") if str(link["href"])[0] == "#"]
    assert set(inner) <= ids


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *product(["ink", "soft", "link", "berry"], ["paper", "mist", "card"]),
        ("bright", "panel"),
        ("gold", "panel"),
    ],
)
def test_colours_have_contrast(ink: str, ground: str, *, dark: bool) -> None:
    """At least 4.5:1 (WCAG 2.2, 1.4.3)."""
    colours = colours_of(site_file(TEMPLATES, "site.css"), dark=dark)
    lighter, darker = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def colours_of(style: str, *, dark: bool) -> dict[str, str]:
    """The custom properties that are colours, in one of the two looks."""
    code = "#[0-9a-f]{6}"
    same = re.findall(rf"--(\w+): ({code});", style)
    pairs = re.findall(rf"--(\w+): light-dark\(({code}), ({code})\);", style)
    return dict(same) | {name: night if dark else day for name, day, night in pairs}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
