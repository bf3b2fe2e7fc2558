"""The one schema of feeds.yaml: every key, what it means, and what it takes.

From it come validation, "did you mean", the reference page, and later the forms of the desk. The
keys that carry addresses are not here: they are the names of the connectors and are handed in.

Not here: what needs the rest of the file to be judged (``checks.py``).
"""

from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from aggregator.catalogue.entry import Entry
from aggregator.catalogue.entry import described as _key
from aggregator.catalogue.rules import RuleEntry
from aggregator.catalogue.values import (
    Colour,
    Contact,
    Day,
    Duration,
    Fonts,
    HeadingSize,
    Id,
    Ids,
    Language,
    Paragraphs,
    Pause,
    Reference,
    Space,
    Text,
    TimeZone,
    Tracker,
    Web,
    WidgetId,
    refusal,
)
from aggregator.model import Review, SourceState


class SiteEntry(Entry):
    """Your website, once for the whole file."""

    name: Text = _key("Name of the institute, as visitors know it.", "Example Cancer Institute")
    url: Web = _key("Its home page.", "https://www.example.org")
    language: Language = _key(
        "Language of the website and of its widgets, as a code (BCP 47).", "en", "en"
    )
    timezone: TimeZone = _key(
        "Where the day of the website begins and ends, as Area/City. Consent ends by it.",
        "America/New_York",
        "UTC",
    )
    contact: Contact | None = _key(
        "Mail address or page where a family asks for removal, or suggests a blog. Each widget "
        "links to it.",
        "web@example.org",
        None,
        otherwise="no such link",
    )
    trackers: tuple[Tracker, ...] = _key(
        "Parameters in the links of posts that only tell who clicked, besides the usual ones such "
        "as `utm_source`: they are taken out of what is stored from then on. A star at the end "
        "stands for whatever follows.",
        "[ref_campaign, cmp_*]",
        (),
        otherwise="the usual ones only",
    )


class OnlyEntry(Entry):
    """A filter: only some posts of a widget's sources."""

    tags: list[Text] = _key(
        "Posts that bear one of these tags, or whose source does.", "[research]", []
    )
    words: list[Text] = _key("Posts in which one of these words occurs.", "[trial, study]", [])


class StyleEntry(Entry):
    """The look of a widget, where nobody can change the website's own style."""

    link: Colour | None = _key(
        "Links, and so titles. A colour.",
        '{light: "#0a558c", dark: "#9fcbff"}',
        None,
        otherwise="blue",
    )
    color: Colour | None = _key(
        "Text and headings. A colour.",
        '"light-dark(#222222, #eeeeee)"',
        None,
        otherwise="as the page has it",
    )
    muted: Colour | None = _key(
        "Dates, names and notices. A colour.",
        '{light: "#565d68", dark: "#b6bdc8"}',
        None,
        otherwise="grey",
    )
    bg: Colour | None = _key(
        "What is behind. A colour. With it, the colours that are not written are chosen so that "
        "they can be read on it.",
        '{light: "#ffffff", dark: "#16191e"}',
        None,
        otherwise="the page's own",
    )
    line: Colour | None = _key(
        "Border, and lines between items. A colour.", '"#8a93a0"', None, otherwise="pale grey"
    )
    focus: Colour | None = _key(
        "The ring around the link that the keyboard is at. A colour.",
        '{light: "#0a558c", dark: "#9fcbff"}',
        None,
        otherwise="blue",
    )
    font: Fonts | None = _key(
        "Names of fonts that readers may have; none is loaded.",
        "Georgia, serif",
        None,
        otherwise="that of the page",
    )
    heading_font: Fonts | None = _key(
        "The same for headings.",
        "Georgia, serif",
        None,
        otherwise="as `font`",
        alias="heading-font",
    )
    h_size: HeadingSize | None = _key(
        "Size of the heading, 0.8em to 3em, where 1em is that of the text.",
        "1.3em",
        None,
        otherwise="1.3em",
        alias="h-size",
    )
    gap: Space | None = _key(
        "Space above and below each item, 0 to 4em.", "1.1em", None, otherwise="1.1em"
    )
    radius: Space | None = _key(
        "How round the corners are, 0 to 4em.", "8px", None, otherwise="0.75em"
    )


class WidgetEntry(Entry):
    """One box on your website."""

    id: WidgetId = _key(
        "Short name. It becomes part of the address under which the website fetches the widget, so "
        "change it only together with the page. Not `loader` or `widget`.",
        "latest-posts",
    )
    title: Text | None = _key(
        "Heading of the box.", "Latest posts", None, otherwise="needed, unless `like` is written"
    )
    layout: Text | None = _key(
        "How it looks.", "posts", None, otherwise="needed, unless `like` is written"
    )
    like: str | None = _key(
        "Id of another widget: this one is the same, with the same sources, but for the keys "
        "written here.",
        "latest-posts",
        None,
        otherwise="a widget of its own",
    )
    show: int = _key("How many posts or blogs it shows, 1 to 50.", "3", 5, strict=True, ge=1, le=50)
    intro: Text | None = _key(
        "A sentence or two under the heading.",
        "From the blogs of our patients.",
        None,
        otherwise="none",
    )
    notice: Text | None = _key(
        "A sentence at the end, such as a disclaimer.",
        "Views are the authors' own.",
        None,
        otherwise="none",
    )
    text: Paragraphs | None = _key(
        "Your own words, for the layout `notice`, which shows no posts. A line break begins a "
        "paragraph; web and mail addresses and telephone numbers become links.",
        '"Appointments: 212-555-0142"',
        None,
        otherwise="needed with the layout `notice`, and only there",
    )
    require: Literal["consent"] | None = _key(
        "With `consent`, only sources with a valid consent are shown.",
        "consent",
        None,
        otherwise="nothing is required",
    )
    per_source: int | None = _key(
        "At most so many posts of the same source, 1 to 50.",
        "2",
        None,
        otherwise="half of the places, unless some would stay empty",
        strict=True,
        ge=1,
        le=50,
    )
    max_age: Duration | None = _key(
        "Posts older than this are not shown. A duration.", "90d", None, otherwise="any age"
    )
    only: OnlyEntry = _key(
        "Only some posts; see the table below.",
        "{tags: [research]}",
        OnlyEntry(),
        otherwise="all posts",
    )
    heading: int = _key(
        "Level of the heading in the page, 2 to 5; titles inside are one deeper.",
        "3",
        2,
        strict=True,
        ge=2,
        le=5,
    )
    language: Language | None = _key(
        "Language of the widget's own words, as a code (BCP 47).",
        "es",
        None,
        otherwise="that of the site",
    )
    style: StyleEntry = _key(
        "Colours, fonts and sizes; see the table below.",
        '{bg: "#ffffff", link: "#0a558c"}',
        StyleEntry(),
        otherwise="as the page has it, or as ours",
    )


class ConsentEntry(Entry):
    """The record that a family agreed: where it lies, and from when to when it holds."""

    reference: Reference = _key(
        "Number under which your records keep the form. Never a name, a diagnosis or a note.",
        "PF-2026-014",
    )
    basis: Reference = _key("What it rests on, in a word or two.", "authorization")
    given: Day = _key("The first day on which it holds.", "2026-05-01")
    expires: Day | None = _key(
        "The first day on which it no longer holds.",
        "2027-05-01",
        None,
        otherwise="until withdrawn",
    )
    withdrawn: Day | None = _key(
        "The day on which the family withdrew it; from that day on it no longer holds.",
        "2026-11-20",
        None,
        otherwise="not withdrawn",
    )

    @field_validator("expires", "withdrawn")
    @classmethod
    def _not_before_given(cls, value: date | None, info: ValidationInfo) -> date | None:
        given = info.data.get("given")
        if value is not None and given is not None and value < given:
            raise refusal(
                f"This day, {value}, lies before the day on which consent was given, {given}.",
                "One of the two dates is wrong: compare them with the form.",
            )
        return value


class SourceEntry(Entry):
    """One thing that is followed. Besides these keys it has one that carries its address."""

    id: Id = _key(
        "Short name. Keep it: what is stored of the source hangs on it, and follows it to a new "
        "one only where the address stays.",
        "family-example",
    )
    in_: Ids = _key(
        "The widget it appears in, or a list of them. `[]` follows it without showing it.",
        "latest-posts",
        alias="in",
    )
    name: Text | None = _key(
        "What it is called on the website.", "One family's year", None, otherwise="its own title"
    )
    about: Text | None = _key(
        "One line under the name.", "A year of treatment.", None, otherwise="none"
    )
    group: Text | None = _key(
        "The heading under which widgets with the layout `blogs` list it, the same words for all "
        "that belong together. Groups stand in the order in which they first occur in this file; "
        "what has none comes before them.",
        "Young adults",
        None,
        otherwise="under none",
    )
    link: Web | None = _key(
        "The page that visitors should open, where the feed itself names a wrong one.",
        "https://family.example.org/",
        None,
        otherwise="as the feed says",
    )
    language: Language | None = _key(
        "Language of its posts, as a code (BCP 47).", "en", None, otherwise="as the feed says"
    )
    tags: list[Text] = _key(
        "Your own tags for all of its posts; `only` of a widget looks at them.", "[research]", []
    )
    state: SourceState = _key(
        "What you decided about it; see below.", "resting", SourceState.ACTIVE
    )
    review: Review = _key(
        "When a person looks before the public does; see below.", "first", Review.NEVER
    )
    consent: ConsentEntry | None = _key(
        "The record that a family agreed; see the table below.",
        "{reference: PF-2026-014, basis: authorization, given: 2026-05-01}",
        None,
        otherwise="none",
    )
    every: Pause | None = _key(
        "How often it is visited. A duration, at least `30m`.",
        "2h",
        None,
        otherwise="hourly to daily, by how often it posts; daily where a feed cannot say whether "
        "it changed",
    )
    token: Text | None = _key(
        "The environment variable that holds its token, never the token itself. The platform's "
        "name stands in it.",
        "X_BEARER_TOKEN",
        None,
        otherwise="the platform's own variable, where it wants a token",
    )
    options: dict[str, Any] = _key(
        "What this kind of source can be told besides; see its platform below.",
        "{include_reposts: true}",
        {},
        otherwise="as the platform's table says",
    )


class FeedsFile(Entry):
    """The whole file."""

    site: SiteEntry
    widgets: list[WidgetEntry] = Field([])
    sources: list[SourceEntry] = Field([])
    rules: list[RuleEntry] = Field([])


SECTIONS: dict[str, type[Entry]] = {
    "site": SiteEntry,
    "widgets": WidgetEntry,
    "only": OnlyEntry,
    "style": StyleEntry,
    "sources": SourceEntry,
    "consent": ConsentEntry,
    "rules": RuleEntry,
}
"""The key under which each part stands; no key stands for two parts."""


def section_of(path: tuple[str | int, ...]) -> type[Entry]:
    """The part of the schema to which the last key of ``path`` belongs."""
    section: type[Entry] = FeedsFile
    for part in path[:-1]:
        section = SECTIONS.get(str(part), section)
    return section


def keys_of(section: type[Entry]) -> dict[str, FieldInfo]:
    """The keys of a part as they are written in the file."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


KEYS = frozenset(keys_of(FeedsFile)).union(*map(keys_of, SECTIONS.values()))
"""Every key but those that carry addresses."""
