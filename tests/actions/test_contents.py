"""What a person reads of a post before they decide about it."""

from dataclasses import replace

from aggregator.actions.contents import contents
from aggregator.model import Author, Media, Quote
from benchmarks.holds import post_of

POST = post_of("What happened.\nAnd then.")


def test_all_of_its_words_and_its_link() -> None:
    found = contents(POST)
    assert (found.text, found.link) == (POST.text, POST.permalink)
    assert found.beside == ()


def test_a_warning_and_what_is_quoted_are_seen_by_visitors_too() -> None:
    quote = Quote(Author("A guest", None, None), None, "Their words.")
    found = contents(replace(POST, warning="Needles", quote=quote))
    assert found.beside == ("Its author warns: Needles", "It quotes A guest: Their words.")


def test_pictures_are_told_by_their_words() -> None:
    picture = Media("https://family.example/a.jpg", alt="A boat at dusk")
    assert contents(replace(POST, media=(picture,))).beside == (
        "With 1 picture or film: A boat at dusk",
    )


def test_pictures_without_words_must_be_looked_at() -> None:
    picture = Media("https://family.example/a.jpg")
    assert contents(replace(POST, media=(picture, picture))).beside == (
        "With 2 pictures or films; look at the link.",
    )
