"""Our own words in a widget of another language: ears and eyes must know whose they are."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from aggregator.model import Card, Media, Site, Source, StoredPost, Widget, WidgetSpec
from aggregator.widgets import render
from aggregator.widgets.render import Renderer
from aggregator.widgets.words import Words

SHAPES = [".html", ".shadow.html", ".dsd.html", ".frame.html", "/index.html"]
LAYOUTS = ["posts", "cards", "list", "blogs"]
SCENES = ["posts", "networks", "signed", "pictures", "follow"]
_BETWEEN = re.compile(r"\{\w+\}")
OURS = re.compile(
    "|".join(
        _BETWEEN.sub(
            ".+", re.escape(getattr(Words(), name)).replace(r"\{", "{").replace(r"\}", "}")
        )
        for name in Words.__slots__
        if name not in {"language", "comma"}
    )
)
"""Any of our words in English."""
_VOID = {"img", "link", "meta", "base"}


class _Spoken(HTMLParser):
    """Each text with the language and direction that markup gives it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None, str | None]] = []
        self.texts: list[tuple[str, str | None, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        lang, dir_ = self.open[-1][1:] if self.open else (None, None)
        if tag not in _VOID:
            self.open.append((tag, given.get("lang") or lang, given.get("dir") or dir_))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open and self.open[-1][0] not in {"style", "title"}:
            self.texts.append((data.strip(), *self.open[-1][1:]))


def spoken(html: str) -> list[tuple[str, str | None, str | None]]:
    reader = _Spoken()
    reader.feed(html.replace("<!DOCTYPE html>", ""))
    reader.close()
    return reader.texts


def shapes(renderer: Renderer, widget: Widget) -> dict[str, str]:
    start = f"w/{widget.spec.id}"
    return {
        file.path.removeprefix(start): file.body.decode(errors="surrogatepass")
        for file in renderer.render(widget)
    }


def within(widget: Widget, language: str, layout: str = "posts") -> Widget:
    title = "Nachrichten"
    return replace(widget, spec=replace(widget.spec, language=language, layout=layout, title=title))


@pytest.mark.parametrize("language", ["fa", "de"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("scene", SCENES)
def test_english_in_a_widget_of_another_language_is_marked(
    renderer: Renderer, gallery: dict[str, Widget], scene: str, layout: str, language: str
) -> None:
    """In every shape, each on its own: as English, and in a direction of its own."""
    for shape, html in shapes(renderer, within(gallery[scene], language, layout)).items():
        if shape in SHAPES:
            ours = [one for one in spoken(html) if OURS.fullmatch(one[0])]
            assert ours
            assert not [one for one in ours if one[1:] != ("en", "auto")]


@pytest.mark.parametrize("scene", SCENES)
def test_what_stands_beside_our_words_is_not_taken_for_english(
    renderer: Renderer, gallery: dict[str, Widget], scene: str
) -> None:
    """The heading, dates and the names of links that only screen readers are given."""
    html = shapes(renderer, within(gallery[scene], "fa"))[".html"]
    texts = [one for one in spoken(html) if not OURS.match(one[0])]
    assert texts
    assert not [one for one in texts if one[1] == "en"]


@pytest.mark.parametrize("language", ["en", "en-GB", "es", "es-MX", "he", "ar-EG"])
@pytest.mark.parametrize("scene", SCENES)
def test_words_in_the_widgets_language_bear_no_mark(
    renderer: Renderer, gallery: dict[str, Widget], scene: str, language: str
) -> None:
    html = shapes(renderer, within(gallery[scene], language))[".html"]
    assert not {lang for _, lang, _ in spoken(html)} - {language, "es", "he", "ja"}
    assert f'<span lang="{language[:2]}"' not in html


@pytest.mark.parametrize("language", ["fa", "de"])
def test_bare_files_mark_english_as_well(
    renderer: Renderer, gallery: dict[str, Widget], language: str
) -> None:
    bare = {
        file.path: file.body.decode() for file in renderer.bare(within(gallery["posts"], language))
    }
    assert ("All posts", "en", "auto") in spoken(bare["w/latest.html"])


def test_the_link_outside_a_declarative_shadow_is_marked_as_well(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    html = shapes(renderer, within(gallery["posts"], "fa"))[".dsd.html"]
    outside = html.strip().partition("</template>")[2].removesuffix("</feed-widget>")
    assert spoken(outside) == [("All posts", "en", "auto"), (": Nachrichten", "fa", "rtl")]


def test_a_title_that_names_the_full_page_is_not_taken_for_our_words(
    renderer: Renderer, gallery: dict[str, Widget]
) -> None:
    """The layout ``notice`` has no words of ours."""
    html = shapes(renderer, within(gallery["notice"], "fa", "notice"))[".dsd.html"]
    assert ("Nachrichten", "fa", "rtl") in spoken(html)
    assert 'lang="en"' not in html


@pytest.mark.parametrize(
    ("language", "marked"), [("hmn", 'lang="en" dir="auto"'), ("fa", 'dir="auto"')]
)
def test_dates_in_another_language_are_marked(
    renderer: Renderer, gallery: dict[str, Widget], language: str, marked: str
) -> None:
    """There is no calendar of Hmong: its dates are in English, and say so."""
    html = shapes(renderer, within(gallery["posts"], language))[".html"]
    attributes = re.findall(r'<time class="fw-time" datetime="[^"]+" ([^>]+)>', html)
    assert set(attributes) == {marked}


@pytest.fixture
def film(
    site: Site,
    stored: Callable[..., StoredPost],
    source: Callable[..., Source],
    spec: Callable[..., WidgetSpec],
) -> Callable[[str], Widget]:
    """A widget with a film of three minutes, and a copy of its post elsewhere."""

    def made(language: str) -> Widget:
        media = (Media("https://v.example/1.mp4", "video/mp4", seconds=180, captions=True),)
        post = stored("film", title=None, text="A film.", media=media)
        card = Card(source("film", "youtube"), "Institute", None, post)
        return Widget(spec(language=language), site, (card,))

    return made


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("en", "Watch on YouTube (3 min, captioned)"),
        ("es", "Ver el vídeo en YouTube (3 min, con subtítulos)"),
        ("he", "לצפייה ב־YouTube (3 דק׳, עם כתוביות)"),
        ("ar", "مشاهدة الفيديو على YouTube (3 د، مع ترجمة نصية)"),
        ("fa", "Watch on YouTube (3 min, captioned)"),
    ],
)
def test_a_link_is_in_one_language_from_end_to_end(
    renderer: Renderer, film: Callable[[str], Widget], language: str, label: str
) -> None:
    """Its numbers, units and commas as well."""
    html = shapes(renderer, film(language))[".html"]
    assert label in [text for text, *_ in spoken(html)]


def test_a_changed_translation_is_drawn_anew(
    renderer: Renderer, gallery: dict[str, Widget], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The stamp covers the catalogues: a new release with other words renders every widget."""
    room = tmp_path / "widgets"
    shutil.copytree(Path(render.__file__).parent, room)
    stamps = []
    for words in ("Todos los blogs", "Cada blog"):
        path = room / "locale/es/LC_MESSAGES/widgets.po"
        path.write_text(path.read_text("utf-8").replace("Todos los blogs", words), "utf-8")
        monkeypatch.setattr(render, "__file__", str(room / "render.py"))
        stamps.append(Renderer([], "").stamp(gallery["spanish"]))
    assert stamps[0] != stamps[1]
