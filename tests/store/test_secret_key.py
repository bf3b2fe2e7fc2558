"""The secret key: made once, told apart by its place, and printed nowhere."""

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.store.secret_key import KeyPlace, open_with_key


@pytest.fixture
def place(tmp_path: Path) -> KeyPlace:
    return KeyPlace(None, tmp_path / "data")


def test_none_is_made_by_asking(place: KeyPlace) -> None:
    with pytest.raises(SettingsError, match="AGGREGATOR_SECRET_KEY") as caught:
        place.key()
    assert "No new key is made" in caught.value.advice
    assert not place.holds_one


def test_one_is_made_once_for_its_owner_only(place: KeyPlace) -> None:
    place.make()
    first = place.key()
    place.make()
    assert place.key() == first
    assert len(first) == 64
    assert place.file.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in place.folder.iterdir()] == ["secret.key"]


def test_the_environment_goes_before_the_file(place: KeyPlace) -> None:
    place.make()
    given = KeyPlace("k" * 40, place.folder)
    assert (given.key(), given.holds_one) == (b"k" * 40, True)
    assert "AGGREGATOR_SECRET_KEY, which is set" in given.words
    assert f"{place.file}; AGGREGATOR_SECRET_KEY is not set" in place.words
    assert "kkk" not in f"{given!r} {given.words}"


def test_an_empty_file_is_no_key(place: KeyPlace) -> None:
    place.folder.mkdir()
    place.file.write_text("\n")
    with pytest.raises(SettingsError, match="is empty"):
        place.key()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be read or made"):
        KeyPlace(None, tmp_path / "file").make()


def url_in(place: KeyPlace) -> str:
    return f"sqlite:///{place.folder / 'aggregator.db'}"


def test_a_new_database_gets_a_key_and_keeps_it(place: KeyPlace) -> None:
    open_with_key(url_in(place), place).close()
    first = place.key()
    open_with_key(url_in(place), place).close()
    assert place.key() == first


def test_a_database_that_has_its_key_gets_no_other(place: KeyPlace) -> None:
    place.folder.mkdir()
    open_with_key(url_in(place), KeyPlace("k" * 40, place.folder)).close()
    with pytest.raises(SettingsError, match="AGGREGATOR_SECRET_KEY"):
        open_with_key(url_in(place), place)
    assert list(place.folder.glob("secret*")) == []


def test_nor_does_a_new_one_beside_tombstones_of_a_lost_one(place: KeyPlace) -> None:
    place.folder.mkdir()
    (place.folder / "tombstones.jsonl").write_text("{}")
    with pytest.raises(SettingsError, match="AGGREGATOR_SECRET_KEY"):
        open_with_key(url_in(place), place)
    assert not place.holds_one
