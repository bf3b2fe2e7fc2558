"""The WordPress plugin, run by a real PHP against the few functions of WordPress that it calls."""

import base64
import html
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.hostile import HOSTILE
from tests.integrations.service import widget

pytestmark = pytest.mark.program("php")

Step = dict[str, Any]
ADDRESSES = {
    "aggregator_widgets": {
        "url": "http://10.0.0.5:8000",
        "public_url": "https://www.example.org/feeds/",
    }
}
LINK = '<p><a href="https://www.example.org/feeds/w/latest-posts/">Latest posts</a></p>'
WP = Callable[..., list[Any]]


@pytest.fixture
def play(integrations: Path) -> WP:
    """Plays steps in one WordPress; gives what each came to."""

    def play(
        *steps: Step,
        options: dict[str, Any] = ADDRESSES,
        constants: dict[str, str] | None = None,
        may: tuple[str, ...] = (),
    ) -> list[Any]:
        told = {
            "plugin": str(integrations / "wordpress"), "constants": constants or {},
            "options": options, "may": may, "steps": steps,
        }  # fmt: skip
        driver = Path(__file__).with_name("wordpress.php")
        done = subprocess.run(
            ["php", str(driver)],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found: list[Any] = json.loads(done.stdout)
        return found

    return play


def answer(
    body: str | bytes, status: int = 200, kind: str = "text/html; charset=utf-8"
) -> dict[str, Any]:
    raw = body if isinstance(body, bytes) else body.encode()
    return {"status": status, "kind": kind, "body": base64.b64encode(raw).decode()}


def show(at: int, says: "dict[str, Any] | None" = None, **shortcode: str) -> Step:
    """A visit, so many seconds after the beginning; without ``says``, nobody answers."""
    return {
        "do": "show", "at": 1_800_000_000 + at, "answer": says,
        "shortcode": shortcode or {"name": "latest-posts"},
    }  # fmt: skip


ONE, TWO = answer(widget("One.")), answer(widget("Two."))


def shown(steps: list[Any]) -> list[str]:
    """What each visit saw: "One.", "Two." or "link"."""
    words = (re.search(r'fw-text">([^<]*)<', step["html"]) for step in steps)
    return [
        "link" if step["html"] == LINK else word[1] if word else step["html"]
        for step, word in zip(steps, words, strict=True)
    ]


def asked(steps: list[Any]) -> list[int]:
    return [len(step["asked"]) for step in steps]


def test_the_widget_is_printed_as_it_came(play: WP) -> None:
    (visit,) = play(show(0, ONE))
    assert visit["html"] == widget("One.")


def test_the_service_is_asked_quickly_and_for_little(play: WP) -> None:
    (visit,) = play(show(0, ONE))
    (question,) = visit["asked"]
    assert question["url"] == "http://10.0.0.5:8000/w/latest-posts.html"
    assert question["how"]["timeout"] == 2
    assert question["how"]["redirection"] == 0
    assert question["how"]["limit_response_size"] == 65537


def test_a_copy_is_used_for_two_minutes(play: WP) -> None:
    visits = play(show(0, ONE), show(1, TWO), show(119, TWO), show(120, TWO))
    assert shown(visits) == ["One.", "One.", "One.", "Two."]
    assert asked(visits) == [1, 0, 0, 1]


def test_the_last_good_copy_is_used_for_three_then_the_link(play: WP) -> None:
    visits = play(show(0, ONE), show(121), show(179), show(180), show(182))
    assert shown(visits) == ["One.", "One.", "One.", "link", "link"]


def test_after_a_failure_nobody_asks_for_a_minute(play: WP) -> None:
    visits = play(show(0), show(1, ONE), show(59, ONE), show(60, ONE))
    assert shown(visits) == ["link", "link", "link", "One."]
    assert asked(visits) == [1, 0, 0, 1]


def test_a_failure_is_remembered_after_the_copy_too(play: WP) -> None:
    visits = play(show(0, ONE), show(170), show(200, TWO), show(229, TWO), show(230, TWO))
    assert shown(visits) == ["One.", "One.", "link", "link", "Two."]
    assert asked(visits) == [1, 1, 0, 0, 1]


def test_a_copy_does_not_outlive_its_time_by_being_kept_anew(play: WP) -> None:
    """Each failure writes what is known; the copy's age counts from when it was got."""
    visits = play(show(0, ONE), show(121), show(181), show(241), show(301))
    assert shown(visits) == ["One.", "One.", "link", "link", "link"]


def test_a_clock_that_was_set_back_does_no_harm(play: WP) -> None:
    visits = play(show(0, ONE), show(-5000, TWO))
    assert shown(visits) == ["One.", "Two."]


@pytest.mark.parametrize(
    "says",
    [
        answer(widget(), 503), answer(widget(), 404), answer(widget(), 301), answer(widget(), 204),
        answer(widget(), kind="application/json"), answer(widget(), kind="text/htmlx"),
        answer(widget(), kind=""), None,
    ],
    ids=["503", "404", "301", "204", "JSON", "no HTML", "no type", "no answer"],
)  # fmt: skip
def test_what_is_no_widget_counts_as_a_failure(play: WP, says: dict[str, Any] | None) -> None:
    visits = play(show(0, ONE), show(130, says), show(185, says))
    assert shown(visits) == ["One.", "One.", "link"]


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_fragment_never_passes(play: WP, name: str) -> None:
    (visit,) = play(show(0, answer(HOSTILE[name])))
    assert visit["html"] == LINK


def test_a_post_cannot_call_a_shortcode(play: WP) -> None:
    """Themes may look for shortcodes again in what a shortcode printed."""
    (visit,) = play(show(0, answer(widget('[gallery id="1"]'))))
    assert visit["html"] == widget('&#91;gallery id="1"&#93;')


def test_a_type_that_came_twice_is_none(play: WP) -> None:
    (visit,) = play(show(0, {**ONE, "kind": ["text/html", "text/plain"]}))
    assert visit["html"] == LINK


def test_a_shortcode_without_a_name_shows_nothing(play: WP) -> None:
    assert play({"do": "show", "shortcode": ""})[0]["html"] == ""


def test_every_fragment_of_ours_passes(play: WP, goldens: list[Path]) -> None:
    bodies = [path.read_text("utf-8") for path in goldens]
    visits = play(*(show(1000 * at, answer(body)) for at, body in enumerate(bodies)))
    assert [html.unescape(visit["html"]) for visit in visits] == [*map(html.unescape, bodies)]


def test_widgets_do_not_share_a_copy(play: WP) -> None:
    visits = play(show(0, ONE, name="a"), show(1, TWO, name="b"), show(2, TWO, name="a"))
    assert shown(visits) == ["One.", "Two.", "One."]


def test_the_words_of_the_link_can_be_chosen(play: WP) -> None:
    (visit,) = play(show(0, None, name="latest-posts", link="News & <more>"))
    assert visit["html"] == LINK.replace("Latest posts", "News &amp; &lt;more&gt;")


@pytest.mark.parametrize(
    "name", ["", "../wp-config", "Latest", "a/b", "a?b", "-a", "a" * 101, "a\n"]
)
def test_a_name_that_is_none_is_not_asked_for(play: WP, name: str) -> None:
    (visit,) = play(show(0, ONE, name=name))
    assert visit == {"html": "", "asked": []}


def test_who_edits_pages_is_told_what_is_wrong(play: WP) -> None:
    (visit,) = play(show(0, ONE, name="a/b"), may=("edit_posts",))
    assert "needs the name of a widget" in visit["html"]


def test_without_addresses_nobody_is_asked(play: WP) -> None:
    (visit,) = play(show(0, ONE), options={}, may=("edit_posts",))
    assert "addresses of Aggregator are not set" in visit["html"]
    assert visit["asked"] == []


def test_constants_go_before_the_settings(play: WP) -> None:
    constants = {
        "AGGREGATOR_WIDGETS_URL": "http://127.0.0.1:9000",
        "AGGREGATOR_WIDGETS_PUBLIC_URL": "https://feeds.example.org",
    }
    (visit,) = play(show(0), constants=constants)
    assert visit["asked"][0]["url"] == "http://127.0.0.1:9000/w/latest-posts.html"
    assert (
        visit["html"]
        == '<p><a href="https://feeds.example.org/w/latest-posts/">Latest posts</a></p>'
    )


def test_the_style_sheet_is_linked(play: WP) -> None:
    assert play({"do": "style"}) == [["https://www.example.org/feeds/w/widget.css"]]
    assert play({"do": "style"}, options={}) == [[]]


def test_settings_are_saved_and_shown(play: WP) -> None:
    sent = {"url": " http://10.0.0.5:8000 ", "public_url": "https://www.example.org/feeds"}
    saved, page = play(
        {"do": "save", "sent": sent}, {"do": "settings page"}, options={}, may=("manage_options",)
    )
    assert saved == {"kept": {key: value.strip() for key, value in sent.items()}, "errors": []}
    assert page["may"] == "manage_options"
    assert 'value="https://www.example.org/feeds"' in page["html"]


@pytest.mark.parametrize(
    "wrong",
    ["javascript:alert(1)", "www.example.org", 'https://x.example/"><script>', "ftp://x.example"],
)
def test_what_is_no_address_is_not_saved_and_told(play: WP, wrong: str) -> None:
    (saved,) = play({"do": "save", "sent": {"public_url": wrong}}, options={})
    assert saved["kept"]["public_url"] == ""
    assert "Address for visitors: write a whole address" in saved["errors"][0]


def test_a_setting_of_a_constant_cannot_be_changed_on_the_page(play: WP) -> None:
    constants = {"AGGREGATOR_WIDGETS_URL": "http://127.0.0.1:9000"}
    (page,) = play({"do": "settings page"}, constants=constants, may=("manage_options",))
    (field,) = re.findall(r'<input[^>]*id="aggregator_widgets-url"[^>]*>', page["html"])
    assert "disabled" in field
    assert "http://127.0.0.1:9000" in field


def test_every_field_has_a_label_and_an_explanation(play: WP) -> None:
    (page,) = play({"do": "settings page"}, may=("manage_options",))
    fields = re.findall(
        r'<input class[^>]* id="([^"]+)"[^>]* aria-describedby="([^"]+)"', page["html"]
    )
    assert len(fields) == 2
    assert all(
        f'for="{one}"' in page["html"] and f'id="{about}"' in page["html"] for one, about in fields
    )


def test_who_may_not_manage_sees_no_settings(play: WP) -> None:
    (page,) = play({"do": "settings page"})
    assert page["html"] == ""


def test_uninstalling_leaves_nothing(play: WP) -> None:
    assert play({"do": "uninstall"}) == [[]]


def test_the_readme_and_the_plugin_tell_the_same_version(integrations: Path) -> None:
    folder = integrations / "wordpress"
    plugin = re.search(r"Version: +(\S+)", (folder / "aggregator-widgets.php").read_text("utf-8"))
    readme = re.search(r"Stable tag: (\S+)", (folder / "readme.txt").read_text("utf-8"))
    assert plugin
    assert readme
    assert plugin[1] == readme[1]
