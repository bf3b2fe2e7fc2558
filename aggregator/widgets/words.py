"""The few words of our own in a widget, by language, and how dates are written in it.

In: a BCP 47 language tag. Out: ``Words``; English where we have no words of that language.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.units import format_unit


@dataclass(frozen=True, slots=True)
class Words:
    """Interface strings. ``{…}`` is filled in by ``str.format``."""

    view: str
    read_on: str
    """Where the text was cut."""
    watch: str
    captioned: str
    by: str
    reposted_by: str
    repost: str
    reply: str
    edited: str
    quoted_post: str
    quoted_post_by: str
    also_on: str
    warning: str
    sensitive: str
    newest: str
    all_posts: str
    all_blogs: str
    contact_posts: str
    contact_blogs: str
    follow: str
    """Before links to the sources' own pages, where there are no posts."""


_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_WORDS: Mapping[str, Words] = {
    "en": Words(
        view="View on {place}",
        read_on="Read on at {place}",
        watch="Watch on {place}",
        captioned="captioned",
        by="by {author}",
        reposted_by="reposted by {name}",
        repost="repost",
        reply="reply",
        edited="edited",
        quoted_post="Quoted post",
        quoted_post_by="Quoted post by {author}",
        also_on="Also on",
        warning="Content warning: {warning}",
        sensitive="Its author marked this post as sensitive.",
        newest="Newest post",
        all_posts="All posts",
        all_blogs="All blogs",
        contact_posts="Contact us about these posts",
        contact_blogs="Suggest a blog or ask us to remove one",
        follow="Follow us on",
    ),
    "es": Words(
        view="Ver en {place}",
        read_on="Seguir leyendo en {place}",
        watch="Ver el vídeo en {place}",
        captioned="con subtítulos",
        by="por {author}",
        reposted_by="compartido por {name}",
        repost="compartido",
        reply="respuesta",
        edited="editado",
        quoted_post="Publicación citada",
        quoted_post_by="Publicación citada de {author}",
        also_on="También en",
        warning="Advertencia de contenido: {warning}",
        sensitive="Su autor marcó esta publicación como delicada.",
        newest="Última entrada",
        all_posts="Todas las publicaciones",
        all_blogs="Todos los blogs",
        contact_posts="Escríbanos sobre estas publicaciones",
        contact_blogs="Sugiera un blog o pida que retiremos uno",
        follow="Síganos en",
    ),
}


def words_of(language: str) -> Words:
    """The strings for a language; its region and script do not matter."""
    return _WORDS.get(primary(language), _WORDS["en"])


def primary(language: str) -> str:
    """The first subtag, which names the language itself (RFC 5646 2.2.1)."""
    return language.replace("_", "-").partition("-")[0].lower()


def language_tag(said: str | None) -> str | None:
    """A language as markup wants it, or None where it is no well-formed tag (RFC 5646 2.1)."""
    tag = (said or "").replace("_", "-")
    return tag if _TAG.fullmatch(tag) else None


def direction(language: str) -> str:
    """``ltr`` or ``rtl``."""
    return _locale(language).text_direction


def long_date(moment: datetime, zone: tzinfo, language: str) -> str:
    """The day in words, for example ``November 23, 2026``."""
    return _long_date(moment.astimezone(zone).date(), language)


def short_time(moment: datetime, zone: tzinfo, language: str) -> str:
    """The time of day, for example ``3:20 AM``."""
    at = moment.astimezone(zone)
    return _short_time(time(at.hour, at.minute), language)


def play_time(seconds: int, language: str) -> str:
    """How long a film plays, for example ``3 min``."""
    minutes = round(seconds / 60)
    count, unit = (minutes, "minute") if minutes else (seconds, "second")
    return format_unit(count, f"duration-{unit}", "short", locale=_locale(language))


@lru_cache(maxsize=2048)
def _long_date(day: date, language: str) -> str:
    return format_date(day, "long", _locale(language))


@lru_cache(maxsize=2048)
def _short_time(at: time, language: str) -> str:
    return format_time(at, "short", locale=_locale(language))


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    """The locale of a tag, of its primary subtag, or English."""
    for name in (language, primary(language)):
        try:
            return Locale.parse(name.replace("_", "-"), sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    return Locale("en")
