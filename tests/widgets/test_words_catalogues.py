"""The translations of our own words: whole, in step with the program, and with their placeholders."""

import re
import shlex
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from aggregator.widgets.words import Words, languages, words_of

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path("aggregator/widgets/locale")
GUIDE = ROOT / "docs/languages.md"
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Marks of direction and width: markup says direction, and nobody sees what is wrong with these."""


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def translation(language: str, root: Path = ROOT) -> Catalog:
    return catalogue(root / FOLDER / language / "LC_MESSAGES/widgets.po")


def template(root: Path = ROOT) -> Catalog:
    return catalogue(root / FOLDER / "messages.pot")


def messages(found: Catalog) -> list[Message]:
    """In order, without the header."""
    return [message for message in found if message.id]


def told(found: Catalog) -> dict[str, list[str]]:
    """Each message, in order, with its comments."""
    return {str(message.id): message.auto_comments for message in messages(found)}


def commands() -> list[list[str]]:
    """Those of pybabel in the guide, in order, with French as the language that is added."""
    return [
        shlex.split(line)[1:]
        for line in GUIDE.read_text("utf-8").replace("\\\n", " ").splitlines()
        if line.strip().startswith(".venv/bin/pybabel ")
    ]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The words and their catalogues, to work on."""
    shutil.copytree(ROOT / "aggregator/widgets", tmp_path / "aggregator/widgets")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(verb: str) -> None:
    (command,) = (words for words in commands() if words[0] == verb)
    pybabel: Any = CommandLineInterface()
    pybabel.run(["pybabel", "-q", *command])


def test_the_template_is_what_the_guides_command_finds(copied: Path) -> None:
    run("extract")
    assert told(template(copied)) == told(template())


def test_the_template_has_all_words_each_with_a_comment() -> None:
    found = told(template())
    assert set(found) == {getattr(Words(), name) for name in Words.__slots__} - {"en"}
    assert all(found.values())


@pytest.mark.parametrize("language", languages())
def test_a_translation_is_what_the_guides_commands_leave(copied: Path, language: str) -> None:
    """Nothing is new, changed, unused or out of order."""
    run("extract")
    run("update")
    updated, stored = translation(language, copied), translation(language)
    assert list(told(stored).items()) == list(told(template()).items())
    assert [m.string for m in messages(updated)] == [m.string for m in messages(stored)]
    assert not stored.obsolete


def test_the_guides_commands_begin_a_translation_that_counts_at_once(copied: Path) -> None:
    run("init")
    begun = translation("fr", copied)
    assert told(begun) == told(template())


@pytest.mark.parametrize("language", languages())
def test_no_message_is_missing_or_uncertain(language: str) -> None:
    found = messages(translation(language))
    assert not [message.id for message in found if message.fuzzy or not message.string]


@pytest.mark.parametrize("language", languages())
def test_placeholders_are_those_of_the_english(language: str) -> None:
    def places(text: object) -> Counter[str]:
        return Counter(re.findall(r"\{\w*\}|[{}]", str(text)))

    wrong = [m.id for m in messages(translation(language)) if places(m.id) != places(m.string)]
    assert not wrong


@pytest.mark.parametrize("language", languages())
def test_no_translation_has_a_space_or_a_mark_that_nobody_sees(language: str) -> None:
    ends = {
        str(m.id): str(m.string)
        for m in messages(translation(language))
        if m.id != ", " and (m.string != str(m.string).strip() or INVISIBLE.search(str(m.string)))
    }
    assert not ends


@pytest.mark.parametrize("language", languages())
def test_a_catalogue_knows_its_language_and_how_it_counts(language: str) -> None:
    found = translation(language)
    assert str(found.locale) == str(Locale.parse(language)) == language
    assert found.num_plurals == get_plural(language).num_plurals


@pytest.mark.parametrize("language", languages())
def test_the_words_are_those_of_the_catalogue(language: str) -> None:
    found = translation(language)
    words, english = words_of(language), Words()
    for name in set(Words.__slots__) - {"language"}:
        message = found.get(getattr(english, name))
        assert message is not None
        assert getattr(words, name) == message.string


def test_the_guide_names_every_language() -> None:
    table = re.findall(r"^\| `(\w+)` \|", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert table == ["en", *languages()]
