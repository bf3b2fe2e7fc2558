"""Addresses as takedowns compare them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.store.places import MOST_LEVELS, bare, is_too_deep, levels, lies_below

ALIKE = [
    "https://family.example.org/a",
    "http://family.example.org/a/",
    "https://www.family.example.org/a#end",
    "https://Family.Example.org:443/a",
    "https://family.example.org./a",
    " https://family.example.org//a ",
    "https://family.example.org/%61",
]


@pytest.mark.parametrize("address", ALIKE)
def test_what_changes_without_anything_else_changing_does_not_count(address: str) -> None:
    assert bare(address) == "family.example.org/a"


@pytest.mark.parametrize(
    "address",
    [
        "https://family.example.org/A",
        "https://family.example.org/a?p=1",
        "https://blog.family.example.org/a",
        "https://family.example.org:8443/a",
        "https://family.example.org/ab",
    ],
)
def test_what_may_be_another_page_counts(address: str) -> None:
    assert bare(address) != bare(ALIKE[0])


@pytest.mark.parametrize(
    "address", ["", "family.example.org", "mailto:a@example.org", "https://", "https://[", "//a/b"]
)
def test_no_address_of_the_web_has_no_form(address: str) -> None:
    assert bare(address) is None


@pytest.mark.parametrize(
    ("written", "ascii_name"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("Straße.example", "xn--strae-oqa.example"),
        ("σίσυφος.example", "xn--kxa6ajbbmh.example"),
        ("ｗｗｗ.bücher。example", "xn--bcher-kva.example"),
        ("💙.example", "xn--4r8h.example"),
    ],
)
def test_a_name_in_another_script_is_the_same_in_ascii(written: str, ascii_name: str) -> None:
    assert bare(f"https://{written}/") == bare(f"https://{ascii_name}") == ascii_name


def test_names_that_only_look_alike_when_folded_are_two() -> None:
    """ß and ss were one in the rules of 2003; today they are two hosts, of two people."""
    assert bare("https://straße.example/x") != bare("https://strasse.example/x")


def test_a_page_lies_below_its_folders_and_itself() -> None:
    assert levels("https://example.org/a/b/?p=1") == [
        "example.org",
        "example.org/a",
        "example.org/a/b",
        "example.org/a/b?p=1",
    ]


@pytest.mark.parametrize(
    ("page", "below"),
    [("a", True), ("a/b?x=1", True), ("a?p=1", True), ("ab", False), ("", False)],
)
def test_below_means_whole_names_of_folders(page: str, below: bool) -> None:
    assert lies_below(f"https://example.org/{page}", "example.org/a") is below


@given(st.text(max_size=60), st.lists(st.sampled_from(["a", "..", "%2F", "é", "?", "#"])))
def test_wild_addresses_have_a_bounded_number_of_levels(host: str, parts: list[str]) -> None:
    found = levels(f"https://{host}/{'/'.join(parts)}")
    assert len(found) <= MOST_LEVELS
    assert len(set(found)) == len(found)


def test_a_deep_page_is_known_by_itself_but_not_as_a_folder() -> None:
    deep = "https://example.org/" + "/".join("abcdefghijklmn")
    assert bare(deep) in levels(deep)
    assert is_too_deep(deep)
    assert bare(deep) not in levels(f"{deep}/o")
