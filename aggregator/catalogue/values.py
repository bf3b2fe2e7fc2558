"""What the values of feeds.yaml may be: ids, texts, addresses, dates, languages, looks, numbers.

Each type tidies what people write and refuses the rest with a sentence and what to write instead.
"""

import contextlib
import re
import zoneinfo
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainValidator
from pydantic_core import PydanticCustomError

from aggregator.catalogue.durations import read_duration
from aggregator.catalogue.nearest import did_you_mean
from aggregator.catalogue.patterns import read_pattern
from aggregator.catalogue.personal import looks_personal

RESERVED = frozenset({"loader", "widget"})
"""Names that files of our own bear in the folder of the outputs."""

MAX_ID = 64
_ID = re.compile(r"[a-z0-9-]+")
# RFC 5646 2.1, without the forms that nobody registered or that are only for private use.
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{3})?(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-[a-z0-9]{5,8})*",
    re.IGNORECASE,
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OTHER_DAY = re.compile(
    r"(?P<year>[0-9]{4})(?P<sign>[-./])(?P<month>[0-9]{1,2})(?P=sign)(?P<day>[0-9]{1,2})"
    r"|(?P<first>[0-9]{1,2})(?P<mark>[-./])(?P<second>[0-9]{1,2})(?P=mark)(?P<last>[0-9]{4})"
)
_MAIL = re.compile(r"[^@\s:/?#]+@[^@\s:/?#]+\.[^@\s:/?#.]+")
_TRACKER = re.compile(r"[a-z0-9_.~\[\]%-]{1,64}|[a-z0-9_.~\[\]%-]{3,63}\*")
_CARRYING = frozenset({"a", "article", "id", "lang", "p", "page", "post", "q", "story", "v"})
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")
_COLOUR = re.compile(r"#?(?P<digits>[0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_LIGHT_DARK = re.compile(r"light-dark\(\s*(?P<light>[^\s,]+)\s*,\s*(?P<dark>[^\s,]+)\s*\)")
_SIZE = re.compile(r"(?P<number>[0-9]{1,3}(?:\.[0-9]{1,3})?)(?P<unit>em|rem|px)?")
_PIXELS = 16
"""In an em, where nobody changed the size of the text."""
_FONT = re.compile(r"[^\W_][\w -]{0,59}")
_GENERIC = frozenset({"serif", "sans-serif", "monospace", "cursive", "system-ui", "ui-rounded"})
"""Names of fonts that stand for whatever the reader's machine has (CSS Fonts 4, 2.1.3)."""
_TAKEN_OVER = frozenset({"inherit", "initial", "unset", "revert", "revert-layer", "default"})
_MOST_FONTS = 8


def refusal(what: str, hint: str) -> PydanticCustomError:
    """An error of ours in pydantic's clothes: what is wrong, and what to write instead."""
    return PydanticCustomError("catalogue", "{what}", {"what": what, "hint": hint})


def _plain_text(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise refusal("There is no text here.", "Write one, or take the line away.")
    return text


def _paragraphs(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line) or _plain_text("")


def _id(text: str) -> str:
    if _ID.fullmatch(text) and len(text) <= MAX_ID:
        return text
    tidy = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:MAX_ID]
    raise refusal(
        f'"{text[:MAX_ID]}" cannot be an id: small letters a to z, digits and hyphens make one, '
        f"{MAX_ID} at most.",
        f"Write {tidy} instead." if tidy else "Write something like latest-posts.",
    )


def _tracker(text: str) -> str:
    """The name of a parameter, in small letters, for they are compared without regard to case."""
    name = text.lower()
    if not _TRACKER.fullmatch(name):
        raise refusal(
            f'"{text[:MAX_ID]}" is no name of a parameter.',
            "Write what stands between ? or & and = in the link, such as utm_source. A star at "
            "its end, after three letters or more, stands for whatever follows.",
        )
    if name in _CARRYING:
        raise refusal(
            f"Many links lead nowhere without {name}: it says which page is meant.",
            "Take it out of the list.",
        )
    return name


def _widget_id(text: str) -> str:
    if text in RESERVED:
        raise refusal(
            f'The name "{text}" is taken by a file of Aggregator itself.',
            f"Choose another, for example {text}-1.",
        )
    return text


def _language(text: str) -> str:
    """The tag in its usual capitals (RFC 5646 2.1.1)."""
    if not _LANGUAGE.fullmatch(text):
        raise refusal(
            f'"{text[:40]}" is no code of a language.',
            "Write a code such as en, es, pt-BR or zh-Hans.",
        )
    first, *rest = text.lower().split("-")
    return "-".join([first, *map(_capitals, rest)])


def _capitals(part: str) -> str:
    return {2: part.upper(), 4: part.title()}.get(len(part), part)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _timezone(text: str) -> str:
    if text in _zones():
        return text
    raise refusal(
        f'"{text[:40]}" is no name of a time zone.',
        did_you_mean(text, _zones()) or "Write one such as America/New_York or Europe/Berlin.",
    )


def _web(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or re.search(r"\s", text):
        bare = re.fullmatch(r"[\w-]+(\.[\w-]+)+(/\S*)?", text) and len(text) <= MAX_ID
        raise refusal(
            "This is no address of a web page.",
            f"Write https://{text}" if bare else "Copy it from the browser, from https:// on.",
        )
    return text


def _contact(text: str) -> str:
    mail = text.removeprefix("mailto:")
    if _MAIL.fullmatch(mail.partition("?")[0] if mail != text else mail):
        return f"mailto:{mail}"
    if text.startswith("https://"):
        return _web(text)
    raise refusal(
        "This is neither a mail address nor the address of a web page.",
        "Write web@example.org or https://www.example.org/contact.",
    )


def _day(value: object) -> object:
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise refusal(
                f"There is no day {value.strip()} in the calendar.",
                "Write year-month-day, as in 2026-05-31.",
            ) from None
    # What stands here is not repeated: it may be a note about a person.
    meant = " or ".join(days_meant(value)) if isinstance(value, str) else ""
    hint = "Write year-month-day, as in 2026-05-31."
    raise refusal("This is no date.", f"Write {meant} (year-month-day)." if meant else hint)


def days_meant(text: str) -> list[str]:
    """The days that a date in another order may mean: with dots the day comes first.

    With slashes or hyphens both orders are in use.
    """
    found = _OTHER_DAY.fullmatch(text.strip())
    if found is None:
        return []
    if found["year"]:
        orders = [(found["year"], found["month"], found["day"])]
    else:
        first, second, year = found["first"], found["second"], found["last"]
        orders = [(year, second, first)]
        if found["mark"] != ".":
            orders.insert(0, (year, first, second))
    days = []
    for year, month, day in orders:
        with contextlib.suppress(ValueError):
            days.append(date(int(year), int(month), int(day)).isoformat())
    return list(dict.fromkeys(days))


def _duration(value: object) -> timedelta:
    try:
        return read_duration(value)
    except ValueError as error:
        what, hint = error.args
        raise refusal(what, hint) from None


def _half_hour(value: timedelta) -> timedelta:
    if value < timedelta(minutes=30):
        raise refusal(
            "No server is asked more often than every 30 minutes.",
            "Write 30m or more, or take the line away: Aggregator finds a good pace by itself.",
        )
    return value


def _reference(text: str) -> str:
    """A file number, and nothing about a person: what stands here is copied and logged."""
    if (like := looks_personal(text)) is not None:
        raise refusal(
            f"This reads like {like}. Notes about people, diagnoses and forms may not stand in "
            "this file.",
            "Write only the number or short name under which your records keep it.",
        )
    return text


def _pattern(text: str) -> str:
    try:
        return read_pattern(text)
    except ValueError as error:
        what, hint = error.args
        raise refusal(what, hint) from None


def _domain(text: str) -> str:
    """A domain in small letters, as links have it."""
    name = text.lower().removeprefix("www.")
    if _DOMAIN.fullmatch(name):
        return name
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        host = ""
    host = host.removeprefix("*.").removeprefix("www.")
    raise refusal(
        f'"{text[:MAX_ID]}" is no domain.',
        f"Write {host}" if _DOMAIN.fullmatch(host) else "Write one such as shop.example.org.",
    )


class Shades(NamedTuple):
    """A colour as ``#rrggbb``: on a light page, and on a dark one."""

    light: str
    dark: str


def _shades(value: object) -> Shades:
    """One colour for both, or two."""
    if isinstance(value, dict):
        if set(value) != {"light", "dark"}:
            raise refusal(
                "A colour for light pages and one for dark pages are wanted here.",
                'For example: link: {light: "#0a558c", dark: "#9fcbff"}',
            )
        return Shades(_colour(value["light"]), _colour(value["dark"]))
    pair = _LIGHT_DARK.fullmatch(value.strip()) if isinstance(value, str) else None
    if pair:
        return Shades(_colour(pair["light"]), _colour(pair["dark"]))
    return Shades(_colour(value), _colour(value))


def _colour(value: object) -> str:
    found = _COLOUR.fullmatch(str(value).strip()) if isinstance(value, (str, int)) else None
    if found is None or not found[0].startswith("#"):
        hint = 'Write # and six digits in quotes, as in "#0a558c".'
        if found:
            hint = f'Write "#{found[0]}", with the quotes.'
        elif str(value).startswith("light-dark("):  # most likely cut off by YAML at its second #
            hint = 'Write both in quotes, as in "light-dark(#0a558c, #9fcbff)".'
        raise refusal(f"{_said(value)} is no colour that is understood here.", hint)
    digits = found["digits"].lower()
    twice = 6 // len(digits)  # of three, each stands for two (CSS Color 4, 5.2)
    return "#" + "".join(digit * twice for digit in digits)


def _said(value: object) -> str:
    return f'"{str(value)[:40]}"' if isinstance(value, (str, int, float)) else "This"


def _sized(least: float, most: float, units: tuple[str, ...]) -> PlainValidator:
    """A size between those two, both in em; without a unit only nothing at all."""
    either = " or ".join(units)

    def size(value: object) -> str:
        found = (
            _SIZE.fullmatch(str(value).strip()) if isinstance(value, (str, int, float)) else None
        )
        number = float(found["number"]) if found else 0.0
        unit = found["unit"] if found else None
        if found is None or (unit not in units and number):
            raise refusal(
                f"{_said(value)} is no size that is understood here.",
                f"Write {number:g}{units[0]}."
                if found and unit is None
                else f"Write a number and {either}, as in 1.3em.",
            )
        if not least <= (number / _PIXELS if unit == "px" else number) <= most:
            bounds = f"{least:g}em to {most:g}em"
            raise refusal(f"{_said(value)} is not among {bounds}.", f"Write {bounds}.")
        return f"{number:g}{unit or ''}"

    return PlainValidator(size)


def _fonts(text: str) -> str:
    """Names of fonts as CSS wants them."""
    names = [" ".join(name.split()).strip("'\"") for name in text.split(",")]
    wrong = [name for name in names if not _FONT.fullmatch(name) or name.lower() in _TAKEN_OVER]
    if wrong or len(names) > _MOST_FONTS:
        raise refusal(
            f'"{wrong[0][:40]}" is no name of a font.' if wrong else "These are too many fonts.",
            f"Write at most {_MOST_FONTS} names with commas between them, as in Georgia, serif. "
            "For the font of the page, take the line away.",
        )
    return ", ".join(name.lower() if name.lower() in _GENERIC else f'"{name}"' for name in names)


def _listed(value: object) -> object:
    return value if isinstance(value, (list, dict)) else [value]


Text = Annotated[str, AfterValidator(_plain_text)]
Paragraphs = Annotated[str, AfterValidator(_paragraphs)]
Id = Annotated[str, AfterValidator(_id)]
WidgetId = Annotated[Id, AfterValidator(_widget_id)]
Web = Annotated[str, AfterValidator(_web)]
Contact = Annotated[str, AfterValidator(_contact)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
Language = Annotated[str, AfterValidator(_language)]
Day = Annotated[date, BeforeValidator(_day)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Pause = Annotated[Duration, AfterValidator(_half_hour)]
Reference = Annotated[Text, AfterValidator(_reference)]
Tracker = Annotated[Text, AfterValidator(_tracker)]
Ids = Annotated[list[str], BeforeValidator(_listed)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Domain = Annotated[Text, AfterValidator(_domain)]
Colour = Annotated[Shades, PlainValidator(_shades)]
Fonts = Annotated[Text, AfterValidator(_fonts)]
HeadingSize = Annotated[str, _sized(0.8, 3, ("em", "rem"))]
Space = Annotated[str, _sized(0, 4, ("px", "em", "rem"))]
