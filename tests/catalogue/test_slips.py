import re
from collections.abc import Callable

import pytest

from aggregator.catalogue.slips import odd_space, slip_in
from aggregator.errors import Problem

Problems = Callable[[str | bytes], tuple[Problem, ...]]

GOOD = """\
site:
  name: Example
  url: https://www.example.org
widgets:
  - id: news
    title: News
    show: 3
    layout: posts
sources:
  - id: one
    in: news
    feed: https://one.example.org/feed/
  - id: two
    in: [news]
    feed: https://two.example.org/feed/
    consent:
      reference: PF-1
      basis: form
      given: 2026-05-01
"""
SLIPS: dict[str, Callable[[str], str]] = {
    "no space": lambda line: re.sub(r": ", ":", line),
    "no colon": lambda line: re.sub(r":( |$)", r"\1", line),
    "equals": lambda line: re.sub(r": ", " = ", line),
    "odd space": lambda line: re.sub(r": ", ":\u00a0", line),
    "odd indentation": lambda line: re.sub(r"^ +", lambda blanks: "\u00a0" * len(blanks[0]), line),
}
CASES = [
    pytest.param(number, slip(line), id=f"{name} in line {number}")
    for number, line in enumerate(GOOD.splitlines(), start=1)
    for name, slip in SLIPS.items()
    if slip(line) != line
]


@pytest.mark.parametrize(("number", "slipped"), CASES)
def test_slip_is_one_problem_in_its_own_line(problems: Problems, number: int, slipped: str) -> None:
    lines = GOOD.splitlines()
    lines[number - 1] = slipped
    assert [problem.line for problem in problems("\n".join(lines))] == [number]


def test_list_without_slips_is_good(problems: Problems) -> None:
    assert problems(GOOD) == ()


@pytest.mark.parametrize(
    "line",
    [
        "title: News",
        "  - id: news",
        "https://www.example.org/",
        "show : 3",
        "only:",
        "in",
        "",
        "- ",
    ],
)
def test_what_is_right_or_no_key_is_no_slip(line: str) -> None:
    assert slip_in(line, {"title", "id", "show", "only", "in"}) is None


def test_secret_is_not_written_out() -> None:
    slip = slip_in("title:ghp_" + "a1B2" * 8, {"title"})
    assert slip is not None
    assert "a1B2" not in slip.hint


def test_comment_is_not_written_out() -> None:
    """A note about a person may stand there, and messages are logged."""
    slip = slip_in("show 3 # for Ann", {"show"})
    assert slip is not None
    assert slip.hint == "Write `show: 3`."


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u202f", "\u3000", "\u200b"])
def test_odd_space_has_its_column(space: str) -> None:
    assert odd_space(f"  - id:{space}news") == 8


def test_odd_space_inside_a_text_is_welcome() -> None:
    assert odd_space("title: Bilan\u00a0: suite,\u00a0fin") is None
