"""The few words of our own in a widget, by language, and how dates are written in it.

In: a BCP 47 language tag. Out: ``Words``; English where we have no words of that language.
Translations: ``locale/LANGUAGE/LC_MESSAGES/widgets.po``, read as they are when first needed.
How to add one: docs/languages.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, tzinfo
from functools import cache, lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.units import format_unit

_CATALOGUES = Path(__file__).with_name("locale")
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def _(english: str) -> str:
    """Mark a string for translation; ``pybabel extract`` looks for this name."""
    return english


@dataclass(frozen=True, slots=True)
class Words:
    """Interface strings, in English unless said otherwise. ``{…}`` is filled in by ``str.format``.

    The comments are for those who translate, and stand in their files.
    """

    language: str = "en"

    # Translators: Link below a short post, to the post itself. {place}: "Mastodon", "LinkedIn".
    view: str = _("View on {place}")
    # Translators: Link below a text that was cut, to the whole of it. {place}: "Mastodon".
    read_on: str = _("Read on at {place}")
    # Translators: Link to a film. {place}: "YouTube". In parentheses may follow how long it is.
    watch: str = _("Watch on {place}")
    # Translators: Of a film, after how long it is: "Watch on YouTube (3 min, captioned)".
    captioned: str = _("captioned")
    # Translators: Link to a poll (a question to readers, with a few answers to choose from), where
    # it may be open or closed: there people vote, or see what was voted. {place}: "Mastodon".
    poll: str = _("See the poll on {place}")
    # Translators: Beside the source's name: who wrote the post. {author}: a name or a handle.
    by: str = _("by {author}")
    # Translators: Mark of a post that somebody passed on. {name}: a person or an institute.
    reposted_by: str = _("reposted by {name}")
    # Translators: The same mark where nobody is named. A thing (a repost), no call to do it.
    repost: str = _("repost")
    # Translators: Mark of a post that answers another one. A thing (a reply), no call to do it.
    reply: str = _("reply")
    # Translators: Mark of a post that was changed later; the date of the change may follow.
    edited: str = _("edited")
    # Translators: Link above the words of another post that a post quotes.
    quoted_post: str = _("Quoted post")
    # Translators: The same where the author of the quoted words is known. {author}: a name.
    quoted_post_by: str = _("Quoted post by {author}")
    # Translators: Before links to copies of the post: "Also on Mastodon, Bluesky". The names may be
    # in another script, so end with a colon where a word would have to be joined to them.
    also_on: str = _("Also on")
    # Translators: Between the parts of a list, with the space after it where there is one.
    comma: str = _(", ")
    # Translators: Covers a post until a reader opens it. {warning}: the author's own words.
    warning: str = _("Content warning: {warning}")
    # Translators: The same where the author gave no words.
    sensitive: str = _("Its author marked this post as sensitive.")
    # Translators: Link to the newest post of a blog, where that post has no title.
    newest: str = _("Newest post")
    # Translators: Link below a few posts, to a page with more of them.
    all_posts: str = _("All posts")
    # Translators: Link below a few blogs, to a page with more of them.
    all_blogs: str = _("All blogs")
    # Translators: Link below posts, to a form or a mail address of the institute.
    contact_posts: str = _("Contact us about these posts")
    # Translators: Link below blogs of patients and families, to a form or a mail address. Some who
    # read it want their own blog taken down.
    contact_blogs: str = _("Suggest a blog or ask us to remove one")
    # Translators: Before links to accounts of the institute: "Follow us on Mastodon, Bluesky". As
    # with "Also on", end with a colon where a word would have to be joined to the names.
    follow: str = _("Follow us on")


def languages() -> tuple[str, ...]:
    """Those that there are words of besides English, as Babel names them."""
    return tuple(sorted(path.parts[-3] for path in _CATALOGUES.glob("*/LC_MESSAGES/widgets.po")))


@lru_cache(maxsize=64)
def words_of(language: str) -> Words:
    """The strings for a language: of its script and region, of itself, or English.

    Lookup by ever shorter names (RFC 4647 3.4): ``pt_BR`` before ``pt``.
    """
    known = languages()
    name = str(_locale(language))
    while name:
        if name in known:
            return _translated(name)
        name = name.rpartition("_")[0]
    return Words()


@cache
def _translated(name: str) -> Words:
    """What its file does not have stays English."""
    with (_CATALOGUES / name / "LC_MESSAGES" / "widgets.po").open("rb") as file:
        catalogue = read_po(file, locale=name)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    say = GNUTranslations(compiled).gettext
    said: Mapping[str, str] = {
        field.name: say(str(field.default)) for field in fields(Words) if field.name != "language"
    }
    return Words(language=name.replace("_", "-"), **said)


def primary(language: str) -> str:
    """The first subtag, which names the language itself (RFC 5646 2.2.1)."""
    return language.replace("_", "-").partition("-")[0].lower()


def language_tag(said: str | None) -> str | None:
    """A language as markup wants it, or None where it is no well-formed tag (RFC 5646 2.1)."""
    tag = (said or "").replace("_", "-")
    return tag if _TAG.fullmatch(tag) else None


def other_language(found: str, language: str) -> str | None:
    """``found``, where it is not the same language; its region and script do not matter."""
    return None if primary(found) == primary(language) else found


def language_of_dates(language: str) -> str:
    """That of the widget, or English where Babel does not know it."""
    return _locale(language).language


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
