"""What stops a reader of YAML, in words for people who do not write YAML for a living.

In: the parser's error and the text. Out: one ``Problem`` that says where, what and what to write.
"""

import re
from collections.abc import Collection

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from aggregator.catalogue.slips import ODD_SPACE, odd_space, odd_space_hint, slip_before
from aggregator.errors import Problem

CURLY = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb"
"""Double, single and angle quotation marks that are not those of a keyboard."""

_CURLY_VALUE = re.compile(rf"(?:^|[:,\[{{-])\s*[{CURLY}]")
_TWO_COLONS = re.compile(r":\s.*:(\s|$)")
_NO_KEY = re.compile(
    r"mapping values are not allowed|could not find expected ':'|scanning a simple key"
    r"|block (?:mapping|collection|end)|document start"
)
_FENCED = "Put quotes around the whole text, for example"


class Stop(Exception):  # noqa: N818 - it ends the reading; the Problem says what is wrong
    """Going on would only mislead; ``problem`` says why."""

    def __init__(self, line: int, column: int, what: str, hint: str) -> None:
        super().__init__(what)
        self.problem = Problem(line, column, "", what, hint)


def lines_of(text: str) -> list[str]:
    """The lines as an editor counts them."""
    return re.split(r"\r\n|\r|\n", text)


def explain(
    error: Exception,
    text: str,
    last: tuple[int, int],
    bracket: tuple[int, int] | None,
    keys: Collection[str],
) -> Problem:
    """The parser's error as one clear problem.

    ``last`` is where the last thing that could be read begins; ``bracket`` the innermost bracket
    that is open there, if any; ``keys`` are those that feeds.yaml knows. Lines and columns count
    from 1.
    """
    if isinstance(error, ReaderError):
        before = lines_of(text[: int(error.position)])
        return Problem(
            len(before),
            len(before[-1]) + 1,
            "",
            "There is a character here that a text file should not hold.",
            "Delete it. If nothing is to be seen, delete the whole line and type it again.",
        )
    if not isinstance(error, MarkedYAMLError):
        return Problem(
            *last,
            "",
            "A text in straight double quotes holds a backslash code that is no character.",
            "Write the character itself, or use single quotes: a backslash is then just that.",
        )
    lines = lines_of(text)
    return _slipped(error, lines, keys) or _marked(error, lines, bracket)


def _slipped(error: MarkedYAMLError, lines: list[str], keys: Collection[str]) -> Problem | None:
    """A space or a colon is missing in this line or above it; YAML sees that only later."""
    mark = error.problem_mark or error.context_mark
    said = f"{error.context or ''}; {error.problem or ''}"
    if mark is None or not _NO_KEY.search(said):
        return None
    for number, text in enumerate(lines[: mark.line + 1], start=1):
        column = odd_space(text)
        if column:
            return Problem(number, column, "", ODD_SPACE, odd_space_hint(lines))
    found = slip_before(lines, mark.line + 1, keys)
    if found is None:
        return None
    number, slip = found
    return Problem(number, slip.column, "", slip.what, slip.hint)


def _marked(error: MarkedYAMLError, lines: list[str], bracket: tuple[int, int] | None) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem, context = error.problem or "", error.context or ""
    here = lines[line - 1] if line <= len(lines) else ""

    curly = _CURLY_VALUE.search(here)
    if curly:
        return Problem(
            line,
            curly.end(),
            "",
            "Curly quotation marks, as word processors make them, are no quotes in YAML.",
            'Type straight ones: "…"',
        )
    if "mapping values are not allowed" in problem:
        return _stray_colon(line, column, here)
    # What was opened and not closed is shown, and not the place where the reader gave up.
    if "flow" in context and bracket:
        line, column = bracket
    elif "end of stream" in problem and error.context_mark:
        line, column = error.context_mark.line + 1, error.context_mark.column + 1
    for pattern, what, hint in _KNOWN:
        if re.search(pattern, f"{context}; {problem}"):
            return Problem(line, column, "", what, hint)
    return Problem(
        line,
        column,
        "",
        "This cannot be read as YAML.",
        "Compare the line and the one above it with their neighbours: indentation, colons, quotes.",
    )


def _stray_colon(line: int, column: int, here: str) -> Problem:
    """A colon where none may stand: quotes are missing, or a line slipped."""
    if _TWO_COLONS.search(here):
        return Problem(
            line,
            column,
            "",
            "There is a second colon in this line, so YAML takes the text before it for a key.",
            f'{_FENCED} title: "Our year: a diary".',
        )
    return Problem(
        line,
        len(here) - len(here.lstrip()) + 1,
        "",
        "This line does not line up with the one above it.",
        "Keys of one entry begin in the same column: put spaces in front, or take some away.",
    )


_KNOWN = (
    (
        r"character '@'",
        "A value may not begin with @.",
        "Leave the @ out, or put quotes around it: an account without @ is understood as well.",
    ),
    (
        r"character '\\t'",
        "There is a tab here; YAML wants spaces.",
        "Replace the tab by spaces.",
    ),
    (
        r"character '[`%]'",
        "A value may not begin with this character.",
        f'{_FENCED} "…".',
    ),
    (
        r"scanning an (alias|anchor)",
        "YAML gives * and & at the start of a value a meaning of their own.",
        f'{_FENCED} "* …".',
    ),
    (
        r"scanning a quoted scalar|double-quoted scalar.*end of stream",
        "A quotation mark opens here and is never closed.",
        "Close the text with the same mark that opened it.",
    ),
    (
        r"double-quoted scalar",
        "A backslash in straight double quotes has a meaning of its own, and this one is unknown.",
        "Use single quotes: a backslash is then just that.",
    ),
    (
        r"expected <block end>, but found '<scalar>'",
        "Something follows after the closing quotation mark.",
        "Put one pair of quotes around the whole text. Inside single quotes, write '' for '.",
    ),
    (
        r"sequence entries are not allowed",
        "A list begins in the same line as its key.",
        "Write the list in square brackets, as in [news, events], or begin it on the next line.",
    ),
    (
        r"flow (sequence|mapping|node)",
        "A bracket opens here and is not closed properly, or a comma is missing.",
        "Close it in the same line, with a comma between two items; a # hides the rest of a line.",
    ),
    (
        r"expected <block end>|block collection|block mapping|could not find expected ':'",
        "This line does not fit the lines above it.",
        "Items of a list begin with a dash in one column; keys of one entry begin in one column "
        "and end with a colon and a space.",
    ),
    (
        r"document start|directive|incompatible YAML",
        "This line means something to YAML that feeds.yaml does not use.",
        "Take it away, or put quotes around the text.",
    ),
    (
        r"block scalar",
        "YAML gives | and > at the start of a value a meaning of their own.",
        f'{_FENCED} "> …".',
    ),
    (
        r"scanning a (tag|simple key)",
        "This line cannot be read: a colon and a space are missing after a key, or quotes are.",
        'Write `key: text`, and quotes around a text that begins with ! or ?: "! …".',
    ),
)
