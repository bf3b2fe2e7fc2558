"""The rule board: which tests hold a rule, by the number in their names, and the page of it."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from textwrap import fill

from aggregator import __version__
from aggregator.actions.timing import CONFIRMED_AFTER
from aggregator.fetch.limits import Limits
from aggregator.model import Pace
from tests.rules.rulebook import CHAPTERS, RULES, Rule

TESTS = Path(__file__).resolve().parents[1]
_NAMED = re.compile(r"test_([a-j][0-9]+)_", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A test that holds a rule."""

    rule: str
    file: str
    name: str
    built: bool
    """Whether nothing in it is expected to fail."""


def found_tests() -> list[Found]:
    """All that carry a number or are named by a rule, as they stand in the files."""
    named: dict[str, list[str]] = defaultdict(list)
    for rule in RULES:
        for place in rule.also:
            named[place].append(rule.number)
    return [one for path in sorted(TESTS.rglob("test_*.py")) for one in _found_in(path, named)]


def _found_in(path: Path, named: Mapping[str, list[str]]) -> Iterator[Found]:
    file = path.relative_to(TESTS).as_posix()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            carried = _NAMED.match(node.name)
            marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
            rules = [carried[1].upper()] if carried else named.get(f"{file}::{node.name}", [])
            for rule in rules:
                yield Found(rule, file, node.name, "xfail" not in marks)


def state(rule: Rule, carried: list[Found]) -> str:
    """What the board says of a rule."""
    if rule.untested:
        return rule.untested
    failing = sum(not test.built for test in carried)
    if not failing:
        return "held"
    return "not built yet" if failing == len(carried) else f"in part; {failing} not built yet"


def fetching_page() -> str:
    """docs/fetching.md."""
    carried: dict[str, list[Found]] = defaultdict(list)
    for test in found_tests():
        carried[test.rule].append(test)
    lines = [_wrapped(_introduction())]
    for letter, title in CHAPTERS.items():
        lines += [f"### {letter}. {title}", "", "| rule | | what it says | state | tests |"]
        lines.append("|---|---|---|---|---|")
        for rule in RULES:
            if rule.number[0] == letter:
                found = carried[rule.number]
                files = dict.fromkeys(test.file for test in found)
                where = ", ".join(f"[{_short(file)}](../tests/{file})" for file in files)
                said = state(rule, found)
                lines.append(
                    f"| {rule.number} | {rule.level} | {rule.sentence} | {said} | {where} |"
                )
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _short(file: str) -> str:
    folder, _, name = file.rpartition("/")
    return f"{folder}/{name.removeprefix('test_').removesuffix('.py')}"


def in_words(span: timedelta) -> str:
    """``7 days``, ``30 minutes``, ``1 hour``."""
    for unit, length in (("day", 24 * 3600), ("hour", 3600), ("minute", 60)):
        count, rest = divmod(int(span.total_seconds()), length)
        if count > (unit == "day") and not rest:  # 24 hours are said as hours
            return f"{count} {unit}{'s' * (count != 1)}"
    return f"{span.total_seconds():g} seconds"


def _megabytes(size: int) -> str:
    return f"{size >> 20} MiB" if size >> 20 else f"{size >> 10} KiB"


def _introduction() -> str:
    pace, limits = Pace(), Limits()
    return f"""\
# How feeds are asked

For owners of sites whose feed is followed, and for those who operate Aggregator.
Made from `aggregator/model/pace.py`, `aggregator/fetch/limits.py` and the names of the tests; a test
keeps this page true.

## For owners of sites

**Who asks.** `User-Agent: Aggregator/{__version__} (+ADDRESS)`, where ADDRESS is a page, or a mail
address, of the institute that runs it. Each institute runs its own copy and asks only for feeds that
its staff chose. It takes no cookies, tells no referrer, runs no scripts, and never says that it is a
browser.

**How often.** {_every(pace.shortest)} where there are several posts a day, {_every(pace.slowest).lower()} where
there are few, up to {in_words(pace.dormant)} apart where nothing was posted for
years; never twice within
{in_words(pace.floor)}, whoever insists, and not on the hour with everybody else. A feed that sends neither
`ETag` nor `Last-Modified` is asked once in {in_words(pace.interval_without_validators)}. One host is asked for
{_things(pace.at_once_per_host)} at a time, with {pace.host_gap:g} s between two beginnings, and all hosts of one domain together for {_things(pace.at_once_per_domain)}. A hub (WebSub) that
pushes new posts makes us ask once in {in_words(pace.while_pushed)}.

**How to make it cheaper.** Send an `ETag`, or a `Last-Modified`, and answer 304 where it comes back:
then an unchanged feed costs one small answer. `Cache-Control: max-age`, `Expires`, `ttl`, `skipHours`
and `skipDays` make us come less often, up to {in_words(pace.longest)}.

**How to make it slower or stop.** Answer 429 or 503 with `Retry-After`: we keep to it, up to
{in_words(pace.longest_wait)}, and so must our own staff. Answer 410, and we ask twice more within {in_words(CONFIRMED_AFTER)},
then no more. Answer 403 or 404, and we come ever less often. Or write to the address in the User-Agent.

**If you use a wall against robots,** please let this User-Agent through to your feed: we do not try
to get past.

## For operators

| what | most |
|---|---|
| connecting | {limits.connect:g} s |
| silence between two reads | {limits.read:g} s |
| one fetch, redirects included | {limits.whole:g} s |
| head of an answer | {_megabytes(limits.head)}, {limits.fields} fields |
| body as it travels, unpacked | {_megabytes(limits.wire)}, {_megabytes(limits.decoded)} |
| redirects | {limits.redirects} |
| fetches at once: all, one domain, one host | {pace.at_once}, {pace.at_once_per_domain}, {pace.at_once_per_host} |
| the clock looks for what is due every | {pace.tick:g} s |

A wait that a server asks for holds for people, too; the floor does not where a source lies in a
network that you allowed yourself. What a source brought, why it failed and when it is asked next:
`status`. A source of your own choice
may be asked more often or more rarely with `every:` in [feeds.yaml](feeds-yaml.md), never more often
than the floor. What the guard lets through is set in [settings](settings.md).

## The rules, and what holds them

M: must hold; S: should. Most tests carry the number of the rule that they would see broken, as in
`test_B5_…`. *Held* means that there are such tests, in the files named, and that none of them is
expected to fail.
"""


def _wrapped(text: str) -> str:
    """Paragraphs refilled: figures that were put in have changed their length."""
    parts = text.strip().split("\n\n")
    return (
        "\n\n".join(
            part
            if part[0] in "#|"
            else fill(part, 100, break_long_words=False, break_on_hyphens=False)
            for part in parts
        )
        + "\n"
    )


def _every(span: timedelta) -> str:
    words = in_words(span)
    return f"Every {words.removeprefix('1 ')}"


def _things(count: int) -> str:
    return "one thing" if count == 1 else f"{count} things"
