"""A title that only repeats how its text begins is shown once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Card, Post, Site, Source, StoredPost, Widget, WidgetSpec
from aggregator.widgets.feeds import json_feed
from aggregator.widgets.render import Renderer
from aggregator.widgets.repeated import told_once
from aggregator.widgets.view import views_of

Make = Callable[..., StoredPost]
REST = "And this is what the text goes on to tell."
ELLIPSES = ["…", "...", " …", "[…]", " [...]"]
WORDS = st.text(st.sampled_from("ab é.…!:[]\n\u05d0\u4e00"), max_size=30)


@pytest.fixture(scope="module")
def plain(stored: Make) -> Post:
    return stored().post


def told(post: Post, title: str, text: str, excerpt: str | None = None) -> tuple[str | None, str]:
    """What is shown as title and as excerpt."""
    said = " ".join(text.split()) if excerpt is None else excerpt
    shown = told_once(replace(post, title=title, text=text, excerpt=said))
    return shown.title, shown.excerpt


@pytest.mark.parametrize("ellipsis", ELLIPSES)
@pytest.mark.parametrize("text", ["We moved into the new house", "We moved in\nto the new house"])
def test_a_title_that_is_cut_off_from_the_text_is_none(
    plain: Post, ellipsis: str, text: str
) -> None:
    assert told(plain, f"We moved in{ellipsis}", text) == (None, " ".join(text.split()))


def test_a_title_that_ends_as_its_text_does_is_not_cut_off(plain: Post) -> None:
    text = f"Wait… {REST}"
    assert told(plain, "Wait…", text) == ("Wait…", REST)


def test_a_title_of_other_words_with_an_ellipsis_stays(plain: Post) -> None:
    assert told(plain, "Waiting…", REST) == ("Waiting…", REST)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("A day by the sea", f"A day by the sea\n{REST}"),
        ("A day by the sea", f"  A DAY by  the sea.  {REST}"),
        ("A day by the sea!", f"A day by the sea! {REST}"),
        ("A day: by the sea", f"A day: by\nthe sea\n\n{REST}"),
        ("\u4e00\u65e5", f"\u4e00\u65e5\u3002\n{REST}"),
    ],
)
def test_a_title_that_is_the_first_line_or_sentence_is_not_told_again(
    plain: Post, title: str, text: str
) -> None:
    assert told(plain, title, text) == (title, REST)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Hope", "Hope is the thing with feathers."),
        ("Version 1", "Version 1.2 is out."),
        ("Version 1.", "Version 1.2 is out."),
        ("Hop", "Hope is the thing with feathers."),
    ],
)
def test_a_sentence_that_begins_like_the_title_stays_whole(
    plain: Post, title: str, text: str
) -> None:
    assert told(plain, title, text) == (title, text)


def test_a_title_that_says_it_all_stands_alone(plain: Post) -> None:
    assert told(plain, "Closed on Monday", "Closed on Monday.") == ("Closed on Monday", "")


def test_a_summary_that_begins_otherwise_stays(plain: Post) -> None:
    said = told(plain, "A day by the sea", f"A day by the sea\n{REST}", "About a day off.")
    assert said == ("A day by the sea", "About a day off.")


@given(title=WORDS, text=WORDS, excerpt=WORDS)
def test_nothing_is_lost_that_is_not_told_elsewhere(
    plain: Post, title: str, text: str, excerpt: str
) -> None:
    """A title goes only where the text has it, and of an excerpt only what the title says."""
    shown = told_once(post := replace(plain, title=title, text=text, excerpt=excerpt))
    if shown.title is None:
        kept = " ".join(title.split()).rstrip("….[] ")
        assert " ".join(text.split()).startswith(kept)
        assert shown.excerpt == excerpt
        return
    assert shown.title == title
    assert excerpt.rstrip().endswith(shown.excerpt) or shown == post
    gone = excerpt[: len(excerpt.rstrip()) - len(shown.excerpt)] if shown != post else ""
    assert {*gone} <= {*title, *" \n.…!:"}
    assert replace(shown, title=title, excerpt=excerpt) == post


@pytest.fixture
def widget(
    site: Site,
    stored: Make,
    source: Callable[..., Source],
    spec: Callable[..., WidgetSpec],
) -> Callable[..., Widget]:
    """A widget with one post, whose fields are given."""

    def make(**said: Any) -> Widget:
        card = Card(source(name="Blog"), "Blog", "https://blog.example/", stored(**said))
        return Widget(spec(), site, (card,))

    return make


def test_the_page_shows_a_note_once_and_its_link_below(
    renderer: Renderer, widget: Callable[..., Widget]
) -> None:
    text = f"The first words of a note, told in full. {REST}"
    drawn = renderer.render(widget(title="The first words of a note, …", text=text))[0]
    html = drawn.body.decode()
    assert html.count("The first words of a note") == 2, "the text, and what its link is called"
    assert 'class="fw-title"' not in html
    assert REST in html


def test_feeds_say_the_same(widget: Callable[..., Widget]) -> None:
    made = widget(title="The first words, …", text=f"The first words, all. {REST}")
    feed = json_feed(made, views_of(made, "")[0], "")
    assert '"title":"The first' not in feed
    assert '"summary"' not in feed
