"""The command ``describe``, as a person calls it."""

from collections.abc import Callable

import pytest

from aggregator.model import public_id_of
from tests.cli.conftest import Run
from tests.trip.stage import Origin, item, rss
from tests.trip.test_pictures import photograph

ONE = public_id_of("blog", "id-1")
WORDS = "Two nurses at the entrance"


@pytest.fixture(autouse=True)
def blog(run: Run, origin: Origin, follow: Callable[..., None]) -> None:
    """A post with two pictures, the second with words of a kind."""
    media = "".join(
        f'<media:content url="{origin.url(path)}" type="image/jpeg" medium="image">{said}'
        "</media:content>"
        for path, said in (
            ("/1.jpg", ""),
            ("/2.jpg", "<media:description>IMG_2034.jpg</media:description>"),
        )
    )
    mute = media.partition("</media:content>")[0] + "</media:content>"
    feed = rss(
        item(1).replace("</item>", f"{media}</item>"), item(2).replace("</item>", f"{mute}</item>")
    )
    named = b'<rss xmlns:media="http://search.yahoo.com/mrss/"'
    origin.bodies |= {"/1.jpg": photograph(), "/2.jpg": photograph("blue")}
    origin.bodies["/feed"] = feed.replace(b"<rss", named)
    follow()
    assert run("refresh").code == 0


def test_without_a_post_it_lists_where_words_are_missing(run: Run) -> None:
    said = run("describe")
    assert said.code == 0
    assert said.out.splitlines() == [
        f"{public_id_of('blog', 'id-2')}  blog: Post 2",
        "    In latest-posts; 1 picture, and no words: none is shown.",
        "    https://family.example.org/2",
        '`describe POST --alt "…"` says what a picture shows.',
    ]


def test_once_all_is_described_it_says_so(run: Run) -> None:
    run("describe", public_id_of("blog", "id-2"), "--alt", WORDS)
    assert "Every post on the website that has pictures shows one" in run("describe").out


def test_of_a_post_it_lists_the_pictures(run: Run) -> None:
    assert run("describe", ONE).out.splitlines() == [
        f"{ONE}  blog: Post 1",
        "    Shown in latest-posts.",
        "    Picture 1, from 127.0.0.1: came without words.",
        "    Picture 2, from 127.0.0.1: came with “IMG_2034.jpg”.",
        "    Picture 2 is shown.",
    ]


def test_words_are_stored_and_the_picture_is_there_at_once(run: Run) -> None:
    said = run("describe", ONE, "--alt", WORDS)
    assert said.code == 0
    assert said.out.splitlines()[0] == "Stored."
    assert f"Picture 1, from 127.0.0.1: came without words; staff wrote “{WORDS}”." in said.out
    assert said.out.endswith("Picture 1 is shown.\n")
    again = run("describe", "https://family.example.org/1", "--alt", WORDS)
    assert again.out.startswith("Stored already; nothing was changed.")


def test_another_than_the_first(run: Run) -> None:
    said = run("describe", ONE, "--picture", "2", "--alt", WORDS)
    assert f"came with “IMG_2034.jpg”; staff wrote “{WORDS}”." in said.out
    assert said.out.endswith("Picture 2 is shown.\n")


def test_words_are_taken_back(run: Run) -> None:
    run("describe", ONE, "--alt", WORDS)
    said = run("describe", ONE, "--remove")
    assert said.out.splitlines()[0] == "Taken back."
    assert said.out.endswith("Picture 2 is shown.\n")
    assert "nothing was changed" in run("describe", ONE, "--remove").out


def test_a_picture_that_cannot_be_had_is_told(run: Run, origin: Origin) -> None:
    origin.statuses["/1.jpg"] = 404
    said = run("describe", public_id_of("blog", "id-2"), "--alt", WORDS)
    assert said.code == 0
    assert "could not be fetched so far" in said.out


def test_words_about_another_picture_are_told(run: Run, origin: Origin) -> None:
    two = public_id_of("blog", "id-2")
    run("describe", two, "--alt", WORDS)
    origin.bodies["/feed"] = origin.bodies["/feed"].replace(b"/1.jpg", b"/2.jpg")
    run("refresh", "--force")
    assert "about another picture" in run("describe", two).out
    assert "about another picture" in run("describe").out


def test_as_json(run: Run) -> None:
    (lacking,) = run("describe", "--json").lines
    assert (lacking["id"], lacking["widgets"]) == (public_id_of("blog", "id-2"), ["latest-posts"])
    (before,) = run("describe", ONE, "--json").lines
    assert [one["chosen"] for one in before["pictures"]] == [False, True]
    (done,) = run("describe", ONE, "--alt", WORDS, "--json").lines
    assert (done["changed"], done["fetched"], done["shown"]) == (True, True, ["latest-posts"])
    assert done["pictures"][0]["staff"] == WORDS


def test_the_audit_tells_who_and_not_what(run: Run) -> None:
    run("describe", ONE, "--alt", WORDS)
    said = run("audit").out
    assert f"described the picture of post {ONE} of blog" in said
    assert WORDS not in said


@pytest.mark.parametrize(
    "words",
    [
        ("--alt", WORDS),
        ("--remove",),
        (ONE, "--alt", WORDS, "--remove"),
        (ONE, "--picture", "1"),
        (ONE, "--picture", "0", "--alt", WORDS),
    ],
)
def test_contradictions_are_wrong_use(run: Run, words: tuple[str, ...]) -> None:
    assert run("describe", *words).code == 2
