"""The board itself: every rule has its tests or its reason, every number its rule."""

import pytest

from tests.rules.board import found_tests, state
from tests.rules.rulebook import CHAPTERS, RULES, Rule

FOUND = found_tests()


def test_every_number_in_a_tests_name_is_a_rules() -> None:
    known = {rule.number for rule in RULES}
    assert not [f"{test.file}::{test.name}" for test in FOUND if test.rule not in known]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.number)
def test_a_rule_has_tests_or_a_reason(rule: Rule) -> None:
    found = [test for test in FOUND if test.rule == rule.number]
    assert bool(found) is not bool(rule.untested)
    assert state(rule, found)


@pytest.mark.parametrize("place", sorted({place for rule in RULES for place in rule.also}))
def test_a_test_that_a_rule_names_is_there(place: str) -> None:
    assert place in {f"{test.file}::{test.name}" for test in FOUND}


def test_numbers_are_given_once_and_stand_in_order() -> None:
    numbers = [(rule.number[0], int(rule.number[1:])) for rule in RULES]
    assert numbers == sorted(set(numbers))
    assert {letter for letter, _ in numbers} == set(CHAPTERS)
