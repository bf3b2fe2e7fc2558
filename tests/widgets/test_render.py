import copy
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import RenderError
from aggregator.model import POLL, Card, Media, Site, Source, StoredPost, Widget, WidgetSpec
from aggregator.widgets.render import Renderer

SCENES = [
    "posts", "ugly", "blogs", "ugly-blogs", "networks", "signed", "empty", "follow", "spanish",
    "pictures", "cards", "list", "list-blogs", "notice", "groups",
]  # fmt: skip
SHAPES = {"html": ".html", "page": "/index.html", "json": ".json", "rss": ".rss"}
GOLDENS = [
    (scene, shape)
    for scene in SCENES
    for shape in SHAPES
    if scene != "notice" or shape not in {"json", "rss"}
]
GOLDEN = Path(__file__).with_name("golden")
REWRITE = os.environ.get("AGGREGATOR_REWRITE_GOLDEN") == "1"
"""Read here: tests themselves run without any AGGREGATOR_ variable."""
FRAGMENT_TAGS = {
    "section", "h2", "h3", "h4", "h5", "h6", "ul", "li", "article", "p", "span", "a", "time",
    "blockquote", "details", "summary", "img",
}  # fmt: skip
FRAGMENT_ATTRIBUTES = {
    "class", "id", "lang", "dir", "role", "href", "rel", "datetime", "aria-label",
    "aria-labelledby", "src", "alt", "width", "height", "loading", "decoding",
}  # fmt: skip


def drawn(renderer: Renderer, widget: Widget) -> dict[str, str]:
    files = {file.path: file.body.decode() for file in renderer.render(widget)}
    paths = {shape: f"w/{widget.spec.id}{end}" for shape, end in SHAPES.items()}
    return {shape: files[path] for shape, path in paths.items() if path in files}


@pytest.mark.parametrize(("scene", "shape"), GOLDENS)
def test_looks_like_its_golden_file(
    renderer: Renderer, gallery: dict[str, Widget], scene: str, shape: str
) -> None:
    """Rewritten only where AGGREGATOR_REWRITE_GOLDEN=1 is set; look at the difference then."""
    found = drawn(renderer, gallery[scene])[shape]
    golden = GOLDEN / f"{scene}.{shape}"
    if REWRITE:
        golden.write_text(found, "utf-8", newline="")
    with golden.open(encoding="utf-8", newline="") as stored:
        assert found == stored.read()


@pytest.mark.parametrize("scene", SCENES)
def test_fragment_has_only_allowed_tags(
    renderer: Renderer, gallery: dict[str, Widget], outline: Callable[[str], Any], scene: str
) -> None:
    found = outline(drawn(renderer, gallery[scene])["html"])
    assert set(found.tags) <= FRAGMENT_TAGS


@pytest.mark.parametrize("scene", SCENES)
def test_fragment_has_only_allowed_attributes(
    renderer: Renderer, gallery: dict[str, Widget], outline: Callable[[str], Any], scene: str
) -> None:
    found = outline(drawn(renderer, gallery[scene])["html"])
    assert {name for _, name, _ in found.attributes} <= FRAGMENT_ATTRIBUTES


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("shape", ["html", "page"])
def test_ids_are_unique(
    renderer: Renderer,
    gallery: dict[str, Widget],
    outline: Callable[[str], Any],
    scene: str,
    shape: str,
) -> None:
    ids = outline(drawn(renderer, gallery[scene])[shape]).values("id")
    assert not [found for found, times in Counter(ids).items() if times > 1]


@pytest.mark.parametrize("scene", SCENES)
def test_every_label_points_at_an_id(
    renderer: Renderer, gallery: dict[str, Widget], outline: Callable[[str], Any], scene: str
) -> None:
    found = outline(drawn(renderer, gallery[scene])["html"])
    labels = {one for value in found.values("aria-labelledby") for one in value.split()}
    assert labels <= set(found.values("id"))


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("shape", ["html", "page"])
def test_no_two_links_have_one_name(
    renderer: Renderer,
    gallery: dict[str, Widget],
    outline: Callable[[str], Any],
    scene: str,
    shape: str,
) -> None:
    links = outline(drawn(renderer, gallery[scene])[shape]).links
    names = Counter(name.casefold() for name, _ in links)
    assert not [name for name, times in names.items() if times > 1 or not name]


@pytest.mark.parametrize("scene", SCENES)
def test_links_go_to_the_web_only(
    renderer: Renderer, gallery: dict[str, Widget], outline: Callable[[str], Any], scene: str
) -> None:
    addresses = outline(drawn(renderer, gallery[scene])["html"]).values("href")
    assert all(re.match(r"https?://|mailto:|tel:", address) for address in addresses)


@pytest.mark.parametrize("scene", SCENES)
def test_classes_are_all_ours(
    renderer: Renderer, gallery: dict[str, Widget], outline: Callable[[str], Any], scene: str
) -> None:
    classes = outline(drawn(renderer, gallery[scene])["page"]).values("class")
    assert all(name.startswith("fw") for value in classes for name in value.split())


@pytest.mark.parametrize("scene", SCENES)
def test_page_asks_no_other_host(
    renderer: Renderer, gallery: dict[str, Widget], outline: Callable[[str], Any], scene: str
) -> None:
    """Nothing but our own style and pictures is loaded: no script, picture or font of anyone."""
    found = outline(drawn(renderer, gallery[scene])["page"])
    assert not {"script", "iframe", "style", "object"} & set(found.tags)
    assert all(
        src.startswith("https://www.example.org/feeds/media/") for src in found.values("src")
    )


@pytest.mark.parametrize("scene", SCENES)
def test_no_control_characters(renderer: Renderer, gallery: dict[str, Widget], scene: str) -> None:
    everything = "".join(drawn(renderer, gallery[scene]).values())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ufffe\ufeff]", everything)


def test_equal_widgets_give_equal_bytes(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    assert renderer.render(gallery["posts"]) == renderer.render(gallery["posts"])


def test_widget_without_posts_shows_heading_intro_and_link(
    renderer: Renderer, gallery: dict[str, Widget], outline: Callable[[str], Any]
) -> None:
    found = outline(drawn(renderer, gallery["empty"])["html"])
    assert {"h2", "p", "a"} <= set(found.tags)
    assert "ul" not in found.tags


def test_headings_are_as_deep_as_asked(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    html = drawn(renderer, gallery["blogs"])["html"]
    assert set(re.findall(r"<h(\d)", html)) == {"4", "5"}


def test_page_has_one_first_heading(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    assert drawn(renderer, gallery["blogs"])["page"].count("<h1") == 1


def test_page_shows_what_follows(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    widget = gallery["posts"]
    following = [card.stored.post.public_id for card in widget.more if card.stored]
    page = drawn(renderer, widget)["page"]
    assert following
    assert all(public_id in page for public_id in following)


def test_page_links_the_stylesheet_of_its_content(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    stylesheet = renderer.assets().stylesheet
    assert (
        f'href="https://www.example.org/feeds/{stylesheet.path}"'
        in drawn(renderer, gallery["posts"])["page"]
    )


def test_foreign_text_bears_its_language(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    page = drawn(renderer, gallery["posts"])["page"]
    assert '<p class="fw-text" lang="es" dir="auto">Hola a todas y todos.</p>' in page


def test_own_language_is_not_repeated(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    assert "Hola" in (html := drawn(renderer, gallery["spanish"])["html"])
    assert 'lang="es" dir="auto"' not in html


@pytest.mark.parametrize("layout", ["posts", "blogs"])
@pytest.mark.parametrize(
    ("of_source", "of_post", "title", "widget", "found"),
    [
        ("he", None, "Week nine", "en", ["rtl"]),
        (None, "ckb", "Week nine", "en", ["rtl"]),
        ("en", "he", "Week nine", "en", []),
        (None, None, "שבוע תשע", "en", ["rtl"]),
        (None, None, "9. שבוע", "en", ["rtl"]),
        (None, None, "Week nine", "en", []),
        ("en", None, "Week nine", "he", ["ltr"]),
        ("he", None, "Week nine", "ar", []),
        (None, None, "9", "ar", []),
    ],
)
def test_a_card_is_read_in_one_direction(
    renderer: Renderer,
    site: Site,
    stored: Callable[..., StoredPost],
    source: Callable[..., Source],
    spec: Callable[..., WidgetSpec],
    outline: Callable[[str], Any],
    layout: str,
    of_source: str | None,
    of_post: str | None,
    title: str,
    widget: str,
    found: list[str],
) -> None:
    """By its source's language, its post's, or its first letter; said where the widget's differs."""
    post = stored(title=title, text="", language=of_post)
    card = Card(source(language=of_source), "123", None, post)
    html = drawn(renderer, Widget(spec(layout=layout, language=widget), site, (card,)))["html"]
    attributes = outline(html).attributes
    assert [said for tag, name, said in attributes if (tag, name) == ("article", "dir")] == found


def test_dates_are_in_the_widgets_language_and_the_sites_zone(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    """Midnight in UTC is the evening before in New York."""
    html = drawn(renderer, gallery["spanish"])["html"]
    assert 'datetime="2026-11-23T00:00:00Z" dir="auto">22 de noviembre de 2026</time>' in html


def test_warned_text_is_covered(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    """Until a reader asks for it; feeds do not have it at all."""
    shapes = drawn(renderer, gallery["spanish"])
    uncovered = re.sub(r"<details.*?</details>", "", shapes["html"], flags=re.DOTALL)
    assert "needles</summary>" in shapes["html"]
    assert "Details" in shapes["html"]
    assert not [text for text in (uncovered, shapes["json"], shapes["rss"]) if "Details" in text]


def test_hashtag_stays_as_written(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    html = drawn(renderer, gallery["posts"])["html"]
    assert "#SleepWell" in html
    assert "tags/SleepWell" not in html


def test_without_public_address_links_begin_with_a_slash(
    templates: Path, gallery: dict[str, Widget]
) -> None:
    html = drawn(Renderer([templates], ""), gallery["empty"])["html"]
    assert 'href="/w/latest/"' in html


def test_layouts_are_the_templates_without_underscore(renderer: Renderer) -> None:
    assert renderer.layouts() == {"posts", "cards", "list", "blogs", "notice"}


def test_one_template_may_be_replaced(
    templates: Path, gallery: dict[str, Widget], tmp_path: Path
) -> None:
    (tmp_path / "widgets").mkdir()
    (tmp_path / "widgets/posts.html").write_text("<p>{{ view.title }} of ours</p>")
    shapes = drawn(Renderer([tmp_path, templates], ""), gallery["posts"])
    assert "<p>Latest posts of ours</p>" in shapes["page"]


def test_added_layout_is_offered(templates: Path, tmp_path: Path) -> None:
    (tmp_path / "widgets").mkdir()
    (tmp_path / "widgets/ticker.html").write_text("<p></p>")
    assert "ticker" in Renderer([tmp_path, templates], "").layouts()


def test_changed_template_counts_at_once(
    templates: Path, gallery: dict[str, Widget], tmp_path: Path
) -> None:
    mine = tmp_path / "widgets" / "posts.html"
    mine.parent.mkdir()
    renderer = Renderer([tmp_path, templates], "")
    drawn(renderer, gallery["posts"])
    mine.write_text("<p>changed</p>")
    assert drawn(renderer, gallery["posts"])["html"] == "<p>changed</p>"


@pytest.mark.parametrize(
    ("body", "line"),
    [("<p>\n{% if %}", 2), ("<p>\n\n{{ view.nothing }}", 3), ("{{ 1 / 0 }}", 1)],
    ids=["syntax", "unknown name", "arithmetic"],
)
def test_broken_template_is_named_with_its_line(
    templates: Path, gallery: dict[str, Widget], tmp_path: Path, body: str, line: int
) -> None:
    (tmp_path / "widgets").mkdir()
    (tmp_path / "widgets/posts.html").write_text(body)
    with pytest.raises(RenderError, match=rf"widgets/posts\.html, line {line},"):
        Renderer([tmp_path, templates], "").render(gallery["posts"])


def test_missing_layout_is_named(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    widget = gallery["posts"]
    with pytest.raises(RenderError, match=r"widgets/absent\.html"):
        renderer.render(replace(widget, spec=replace(widget.spec, layout="absent")))


def test_autoescape_holds_for_templates_of_others(
    templates: Path, gallery: dict[str, Widget], tmp_path: Path
) -> None:
    (tmp_path / "widgets").mkdir()
    (tmp_path / "widgets/posts.html").write_text("{{ view.title }}")
    shapes = drawn(Renderer([tmp_path, templates], ""), gallery["ugly"])
    assert "<script" not in shapes["html"]


def test_bare_files_need_no_template_and_show_no_post(
    templates: Path, gallery: dict[str, Widget], tmp_path: Path
) -> None:
    room = shutil.copytree(templates / "widgets", tmp_path / "widgets")
    for path in room.glob("*.html"):
        path.write_text("{% broken")
    renderer = Renderer([tmp_path], "https://www.example.org/feeds")
    files = {file.path: file.body.decode() for file in renderer.bare(gallery["posts"])}
    assert "Latest posts" in files["w/latest.html"]
    assert "<article" not in files["w/latest.html"] + files["w/latest/index.html"]


def test_bare_files_escape(renderer: Renderer, gallery: dict[str, Widget]) -> None:
    bodies = b"".join(file.body for file in renderer.bare(gallery["ugly"])[:2])
    assert b"<script" not in bodies


def test_stylesheet_keeps_to_its_own(templates: Path) -> None:
    """Selectors are single classes of ours, or our own element, and nothing is forced on the host."""
    css = re.sub(r"/\*.*?\*/", "", (templates / "widgets/widget.css").read_text(), flags=re.DOTALL)
    selectors = [
        one.strip()
        for group in re.findall(r"([^{};@]+)\{", re.sub(r"@[^{]+\{", "", css))
        for one in group.split(",")
    ]
    rule = r":host|(:where\(\.fw\) \+ )?\.fw[\w-]*(::?[\w-]+)?"
    assert "!important" not in css
    assert not [one for one in selectors if not re.fullmatch(rule, one)]


def test_x_posts_are_shown_whole(
    renderer: Renderer,
    site: Site,
    gallery: dict[str, Widget],
    stored: Callable[..., StoredPost],
    source: Callable[..., Source],
    spec: Callable[..., WidgetSpec],
) -> None:
    """X's terms: its posts unchanged or not at all, however long."""
    text = "word " * 800 + "end"
    card = replace(
        gallery["posts"].cards[0],
        source=source("x", "x"),
        stored=stored("x", title=None, text=text),
    )
    assert text in drawn(renderer, Widget(spec(), site, (card,)))["html"]


def test_json_and_rss_are_there_for_every_widget(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    shapes = drawn(renderer, gallery["empty"])
    assert json.loads(shapes["json"])["items"] == []


# --- what networks ask for -----------------------------------------------------------------------


def test_a_signed_card_links_its_author_its_date_and_all_in_its_text(
    renderer: Renderer, gallery: dict[str, Widget], outline: Callable[[str], Any]
) -> None:
    """As X's display requirements have it."""
    html = drawn(renderer, gallery["signed"])["html"]
    first = outline(html[: html.index("</article>")])
    assert [address for _, address in first.links] == [
        "https://x.com/institute", "https://x.example/1", "https://x.example/1"
    ]  # fmt: skip
    names = [name for name, _ in first.links]
    assert names[0] == "Example Institute @institute"
    assert names[1].startswith("November 23, 2026")
    assert names[2].startswith("View on X")
    assert {"https://x.com/nurse", "https://x.com/hashtag/SleepWell", "https://t.co/abc"} <= set(
        first.values("href")
    )


def test_a_signed_card_bears_no_other_networks_name(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    html = drawn(renderer, gallery["signed"])["html"]
    assert not re.search("Mastodon|Bluesky|Also on", html)


def test_a_quoted_post_that_was_cut_is_a_link_on_a_signed_card(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    text = drawn(renderer, gallery["signed"])["html"]
    assert "Sleep matters.</p>" in text
    assert "more than…</p>" not in text


def test_who_passed_a_post_on_is_named_beside_its_author(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    html = drawn(renderer, gallery["networks"])["html"]
    first = re.sub("<[^>]*>", "", html[: html.index("</article>")])
    assert "Ana Nurse reposted by Example Institute" in first


@pytest.mark.parametrize(
    ("network", "title", "media", "words"),
    [
        ("youtube", "A film", Media("https://a.example/1", "video/*", seconds=184), "Watch on YouTube (3 min)"),
        ("bluesky", None, Media("https://a.example/1", "application/vnd.apple.mpegurl"), "Watch on Bluesky"),
        ("feed", "A film", Media("https://a.example/1", "video/mp4", captions=True), "Watch on blog.example (captioned)"),
        ("bluesky", None, Media("https://a.example/1.png", "image/png"), "View on Bluesky"),
        ("mastodon", None, Media("https://a.example/1", POLL), "See the poll on Mastodon"),
        ("x", None, Media("https://a.example/1", POLL), "See the poll on X"),
        ("feed", "A question", Media("https://a.example/1", POLL), "See the poll on blog.example"),
    ],
)  # fmt: skip
def test_films_and_polls_are_found_where_they_stand(
    renderer: Renderer,
    site: Site,
    stored: Callable[..., StoredPost],
    source: Callable[..., Source],
    spec: Callable[..., WidgetSpec],
    network: str,
    title: str | None,
    media: Media,
    words: str,
) -> None:
    card = Card(
        source("blog", network), "Blog", None, stored(title=title, media=(media,), text="Look.")
    )
    html = drawn(renderer, Widget(spec(), site, (card,)))["html"]
    assert f">{words}<span" in html


@pytest.mark.parametrize(("seconds", "marked"), [(60, False), (61, True)])
def test_an_edit_is_marked(
    renderer: Renderer,
    site: Site,
    stored: Callable[..., StoredPost],
    source: Callable[..., Source],
    spec: Callable[..., WidgetSpec],
    now: datetime,
    seconds: int,
    marked: bool,
) -> None:
    post = stored(title=None, published=now, updated=now + timedelta(seconds=seconds))
    card = Card(source("blog", "mastodon"), "Blog", None, post)
    html = drawn(renderer, Widget(spec(), site, (card,)))["html"]
    assert (">edited</span>" in html) is marked


def test_without_posts_the_sources_pages_are_named(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    widget = gallery["follow"]
    several = replace(widget, follow=(*widget.follow, *widget.follow[1:2]))
    html = drawn(renderer, widget)["html"]
    assert "Follow us on Insight, Mastodon, Bluesky" in re.sub("<[^>]*>", "", html)
    assert "Mastodon (Example Institute)" in drawn(renderer, several)["html"]


# --- the stamp ---------------------------------------------------------------------------------


def test_equal_widgets_have_equal_stamps(
    templates: Path, renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    """In another run of the program as well."""
    again = Renderer([templates], "https://www.example.org/feeds")
    for widget in gallery.values():
        assert again.stamp(copy.deepcopy(widget)) == renderer.stamp(widget)


def test_all_that_a_widget_shows_is_in_its_stamp(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    shown = gallery["posts"]
    first, second = shown.cards
    assert first.stored is not None
    edited = replace(first.stored, post=replace(first.stored.post, fingerprint=b"another"))
    moved = replace(first.stored, post=replace(first.stored.post, permalink="https://new.example/"))
    other = replace(second, also_on=())
    stamps = {
        renderer.stamp(one)
        for one in (
            shown,
            gallery["blogs"],
            replace(shown, cards=shown.cards[:1]),
            replace(shown, cards=shown.cards[::-1]),
            replace(shown, cards=(replace(first, stored=edited), second)),
            replace(shown, cards=(replace(first, stored=moved), second)),
            replace(shown, cards=(replace(first, name="Another name"), second)),
            replace(shown, cards=(replace(first, link=None), second)),
            replace(shown, cards=(replace(first, stored=None), second)),
            replace(
                shown, cards=(replace(first, source=replace(first.source, about="New")), second)
            ),
            replace(shown, cards=(first, other)),
            replace(shown, more=()),
            replace(shown, cards=shown.cards + shown.more, more=()),
            replace(shown, follow=shown.cards),
            replace(shown, spec=replace(shown.spec, title="Another")),
            replace(shown, site=replace(shown.site, timezone="UTC")),
        )
    }
    assert len(stamps) == 16


def test_the_stamp_hangs_on_templates_and_address(
    templates: Path, tmp_path: Path, renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    widget = gallery["posts"]
    own = tmp_path / "widgets"
    own.mkdir()
    (own / "posts.html").write_text("one")
    mine = Renderer([tmp_path, templates], "https://www.example.org/feeds")
    first = mine.stamp(widget)
    (own / "posts.html").write_text("another")
    stamps = {renderer.stamp(widget), first, mine.stamp(widget)}
    stamps.add(Renderer([templates], "").stamp(widget))
    assert len(stamps) == 4
