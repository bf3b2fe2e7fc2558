"""What the values of feeds.yaml may be: ids, texts, addresses, dates, languages, file numbers.

Each type tidies what people write and refuses the rest with a sentence and what to write instead.
"""

import contextlib
import re
import zoneinfo
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from aggregator.catalogue.durations import read_duration
from aggregator.catalogue.nearest import did_you_mean

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
_MEDICAL = re.compile(
    r"\b(?:diagnos|prognos|cancer|tumou?r|leuk|lymphom|myelom|melanom|sarcom|carcinom|blastom"
    r"|metasta|chemo|radiation|remission|relaps|terminal|stage\b|symptom|medication|surgery)",
    re.IGNORECASE,
)
_MAX_REFERENCE = 60
_MAX_REFERENCE_WORDS = 4


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
    meant = " or ".join(_days_meant(value)) if isinstance(value, str) else ""
    hint = "Write year-month-day, as in 2026-05-31."
    raise refusal("This is no date.", f"Write {meant} (year-month-day)." if meant else hint)


def _days_meant(text: str) -> list[str]:
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
    long = len(text) > _MAX_REFERENCE or len(text.split()) > _MAX_REFERENCE_WORDS
    if long or _MEDICAL.search(text):
        raise refusal(
            "This reads like a note about a person. Notes and diagnoses may not stand in this "
            "file.",
            "Write only the number or short name under which your records keep it.",
        )
    return text


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
Ids = Annotated[list[str], BeforeValidator(_listed)]
