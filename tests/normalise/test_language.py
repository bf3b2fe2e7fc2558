import pytest

from aggregator.normalise.language import language_tag


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en-us", "en-US"),
        ("en_US", "en-US"),
        (" pt-br ", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("sl-rozaj", "sl-rozaj"),
        ("de-1996", "de-1996"),
        ("haw", "haw"),
    ],
)
def test_tag(said: str, expected: str) -> None:
    assert language_tag(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "",
        " ",
        "und",
        "UND-Latn",
        "mul",
        "zxx",
        "english",
        "e",
        "en us",
        "en-",
        "x-klingon",
        "<b>",
        "en" * 999,
    ],
)
def test_no_tag(said: str) -> None:
    assert language_tag(said) is None


def test_the_first_usable_tag_wins() -> None:
    assert language_tag(None, "und", "nonsense!", "fr", "en") == "fr"


def test_nobody_says() -> None:
    assert language_tag() is None
