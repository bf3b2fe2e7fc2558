"""One widget in its several shapes: to load, to include, to frame, to read elsewhere."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from aggregator.model import Widget
from aggregator.widgets.render import Renderer

SCENES = ["posts", "ugly", "blogs", "signed", "empty", "follow", "pictures", "cards", "notice"]
PARTS = {
    "widget", "heading", "list", "item", "meta", "source", "time", "image", "title", "text",
    "link", "footer", "group",
}  # fmt: skip
PART = re.compile(r' part="([a-z]+)"')
Outlines = Callable[[str], Any]


def shapes(renderer: Renderer, widget: Widget) -> dict[str, str]:
    """By the path of the file, without the widget's name."""
    start = f"w/{widget.spec.id}"
    return {
        file.path.removeprefix(start): file.body.decode(errors="surrogatepass")
        for file in renderer.render(widget)
    }


@pytest.fixture(params=SCENES)
def drawn(
    request: pytest.FixtureRequest, renderer: Renderer, gallery: dict[str, Widget]
) -> dict[str, str]:
    return shapes(renderer, gallery[request.param])


def test_what_is_loaded_is_the_style_and_the_fragment_with_named_parts(
    renderer: Renderer, drawn: dict[str, str]
) -> None:
    style, _, section = drawn[".shadow.html"].partition("</style>\n")
    assert style == f"<style>{renderer.assets().css}"
    assert PART.sub("", section).rstrip() == drawn[".html"].rstrip()


def test_declarative_shadow_holds_the_same_section(drawn: dict[str, str]) -> None:
    inside = drawn[".dsd.html"].partition("</template>")[0].partition("\n")[2]
    assert inside.rstrip() == drawn[".shadow.html"].partition("</style>\n")[2].rstrip()


def test_declarative_shadow_links_the_style_and_keeps_a_link_outside(
    renderer: Renderer, drawn: dict[str, str]
) -> None:
    html = drawn[".dsd.html"]
    assert html.startswith(
        '<feed-widget><template shadowrootmode="open"><link rel="stylesheet" '
        f'href="https://www.example.org/feeds/{renderer.assets().stylesheet.path}">'
    )
    assert re.search(
        r'</template><a href="[^"]+" lang="en" dir="ltr">[^<]+</a></feed-widget>\s*$', html
    )


def test_the_fragment_has_no_parts_style_or_script(drawn: dict[str, str]) -> None:
    assert not re.search(
        r" part=|<style|<script| style=| on\w+=", re.sub(">[^<]*<", "><", drawn[".html"])
    )


def test_parts_are_those_of_the_contract(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    scenes = ("posts", "pictures", "blogs", "groups")
    found = {
        name
        for one in scenes
        for name in PART.findall(shapes(renderer, gallery[one])[".shadow.html"])
    }
    assert found == PARTS


def test_the_frame_is_a_whole_page_whose_links_open_outside(
    drawn: dict[str, str], renderer: Renderer
) -> None:
    html = drawn[".frame.html"]
    assert html.startswith("<!DOCTYPE html>\n")
    assert html.count("<h1") == 1
    for said in (
        '<base target="_parent">',
        '<meta name="robots" content="noindex">',
        f'<script defer src="https://www.example.org/feeds/{renderer.assets().frame.path}"></script>',
    ):
        assert said in html


def test_the_frame_passes_its_own_policy(drawn: dict[str, str], outline: Outlines) -> None:
    """``default-src 'none'``: no inline style or script, nothing of another host."""
    found = outline(drawn[".frame.html"])
    assert "style" not in found.tags
    assert not [name for _, name, _ in found.attributes if name == "style" or name.startswith("on")]
    assert all(src.startswith("https://www.example.org/feeds/") for src in found.values("src"))


def test_a_picture_comes_before_the_title_in_cards_and_after_it_in_posts(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    order = {
        scene: re.findall("<img|<h3", shapes(renderer, gallery[scene])[".html"])[:2]
        for scene in ("cards", "pictures")
    }
    assert order == {"cards": ["<img", "<h3"], "pictures": ["<h3", "<img"]}


@pytest.mark.parametrize("scene", ["cards", "pictures", "list-blogs"])
def test_a_picture_behind_a_warning_is_covered(
    renderer: Renderer, gallery: dict[str, Widget], scene: str
) -> None:
    html = shapes(renderer, gallery[scene])[".html"]
    article = next(one for one in html.split("<article") if "needles" in one)
    assert "<img" not in re.sub("<details.*</details>", "", article, flags=re.DOTALL)


def test_a_picture_is_ours_and_says_its_size_and_what_it_shows(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    html = shapes(renderer, gallery["pictures"])[".html"]
    assert (
        f'<img class="fw-img" src="https://www.example.org/feeds/media/{"0" * 64}.webp" '
        'alt="A night light &lt;b&gt; &amp; a &#34;pillow&#34;" width="320" height="180" '
        'loading="lazy" decoding="async">'
    ) in html


def test_a_picture_is_in_json_feed_unless_a_warning_covers_it(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    feed = json.loads(shapes(renderer, gallery["pictures"])[".json"])
    ours = f"https://www.example.org/feeds/media/{'0' * 64}.webp"
    assert [item.get("image") for item in feed["items"]] == [ours, ours, None, ours, None]


def test_a_list_shows_no_text_but_that_of_signed_posts(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    articles = shapes(renderer, gallery["list"])[".html"].split("<article")[1:]
    assert ["fw-text" in one for one in articles] == ["fw-signed" in one for one in articles]


def test_a_notice_links_telephone_mail_and_web_and_no_date(
    renderer: Renderer, gallery: dict[str, Widget], outline: Outlines
) -> None:
    html = shapes(renderer, gallery["notice"])[".html"]
    assert outline(html).values("href") == [
        "tel:2125550142",
        "tel:+12125550187",
        "mailto:care@example.org",
        "https://www.example.org/visit",
    ]
    assert "&lt;b&gt;Open" in html


def test_a_notice_has_no_feeds_and_offers_none(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    found = shapes(renderer, gallery["notice"])
    assert {".json", ".rss"}.isdisjoint(found)
    assert "alternate" not in found["/index.html"]
    bare = [file.path for file in renderer.bare(gallery["notice"])]
    assert not [path for path in bare if path.endswith((".json", ".rss"))]


def test_the_blogroll_names_each_feed_and_page(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    root = ET.fromstring(shapes(renderer, gallery["blogs"])[".opml"])
    outlines = [dict(one.attrib) for one in root.iter("outline")]
    assert outlines[0] == {
        "type": "rss",
        "text": "One family's year",
        "xmlUrl": "https://family.example/feed",
        "htmlUrl": "https://family.example/",
        "description": "Told by two sisters.",
    }
    assert len(outlines) == len(gallery["blogs"].cards)


def test_a_blog_without_a_feed_is_a_link_in_the_blogroll(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    widget = gallery["blogs"]
    card = replace(
        widget.cards[0], source=replace(widget.cards[0].source, address="@ana@a.example")
    )
    text = shapes(renderer, replace(widget, cards=(card,)))[".opml"]
    (outline,) = ET.fromstring(text).iter("outline")
    assert (outline.get("type"), outline.get("url")) == ("link", "https://family.example/")


def test_only_blogs_have_a_blogroll(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    assert ".opml" not in shapes(renderer, gallery["posts"])
    assert ".opml" in shapes(renderer, gallery["ugly-blogs"])


@pytest.mark.parametrize("scene", ["posts", "blogs", "ugly"])
def test_bare_files_stand_for_every_shape(
    renderer: Renderer, gallery: dict[str, Widget], scene: str
) -> None:
    """A shape that was forgotten would go on showing what was withdrawn."""
    widget = gallery[scene]
    bare = {file.path: file.body for file in renderer.bare(widget)}
    assert set(bare) == {file.path for file in renderer.render(widget)}
    assert not [
        path for path, body in bare.items() if path.endswith(".html") and b"<article" in body
    ]


def test_a_layout_as_the_docs_tell_it(
    templates: Path, gallery: dict[str, Widget], tmp_path: Path
) -> None:
    """The template in docs/layouts.md, dropped into a folder, is a layout in all shapes."""
    guide = (templates.parent / "docs/layouts.md").read_text("utf-8")
    name, body = re.findall(r"`widgets/(\w+)\.html`:\n\n```jinja\n(.*?)```", guide, re.DOTALL)[0]
    (tmp_path / "widgets").mkdir()
    (tmp_path / f"widgets/{name}.html").write_text(body)
    renderer = Renderer([tmp_path, templates], "")
    widget = gallery["pictures"]
    found = shapes(renderer, replace(widget, spec=replace(widget.spec, layout=name)))
    assert name in renderer.layouts()
    for shape in (".html", ".shadow.html", ".dsd.html", ".frame.html", "/index.html"):
        assert found[shape].count("<article") == len(widget.cards)
