"""The page about feeds.yaml in the documentation, made from the schema."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import Enum

from pydantic.fields import FieldInfo

from aggregator.catalogue.durations import IN_WORDS
from aggregator.catalogue.entry import Entry
from aggregator.catalogue.rules import RuleEntry
from aggregator.catalogue.schema import (
    ConsentEntry,
    OnlyEntry,
    SiteEntry,
    SourceEntry,
    StyleEntry,
    WidgetEntry,
    keys_of,
)
from aggregator.model import Platform, Review, SourceState

EXAMPLE = """\
site:
  name: Example Cancer Institute
  url: https://www.example.org
  language: en
  timezone: America/New_York
  contact: web@example.org

widgets:
  - id: latest-posts
    title: Latest posts
    layout: posts
    show: 3
  - id: family-blogs
    title: Family blogs
    layout: blogs
    intro: Some of our families write about their days.
    notice: The authors speak for themselves. Ask your care team for medical advice.
    show: 8
    require: consent
  - id: latest-posts-home   # the same posts, but more of them and under a smaller heading
    like: latest-posts
    show: 6
    heading: 3

sources:
  - id: news
    feed: https://www.example.org/news/feed/
    in: latest-posts
  - id: two-sisters
    feed: https://sisters.example.org/feed/
    in: family-blogs
    name: Two sisters
    about: Letters from a long winter.
    review: first
    consent: {reference: PF-2026-014, basis: authorization, given: 2026-05-01, expires: 2027-05-01}
"""
"""A complete file, valid where the platform ``feed`` and the layouts posts and blogs exist."""

STATES = {
    SourceState.ACTIVE: "Visited and shown.",
    SourceState.PAUSED: "Not visited for now. What is stored stays and is shown.",
    SourceState.RESTING: "Its author stopped for a while. It stays listed and is still visited, "
    "and nobody is told that it is quiet.",
    SourceState.MEMORIAL: "Its author died. It is kept as the family wishes, is not visited any "
    "more, and nobody is told that it is quiet.",
}
REVIEWS = {
    Review.ALWAYS: "Every post waits until a person approves it.",
    Review.FIRST: "Posts wait until one of them is approved; later ones appear by themselves.",
    Review.NEVER: "Posts appear by themselves.",
}

_OPENING = """\
# feeds.yaml

<!-- Made from the schema in aggregator/catalogue/schema.py. Change it there. -->

`feeds.yaml` says what is followed, where it is shown, and on whose consent. It is yours: Aggregator
reads it and never changes it by itself. A change takes effect within seconds, without a restart.

The file has three parts. `site` is your website, `widgets` are the boxes on it, and `sources` are
the blogs and accounts that fill them. There may be a fourth: `rules` make posts wait for a person.
Order is yours, and so are comments: whatever follows a `#`
after a space is for people only.

If something is wrong with the file, every problem is reported at once, with its line and with what
to write instead. Until it is mended the last good list stays in use. One thing does not wait: a
source that you take out, or mark as withdrawn, disappears even while the file is broken.

## A complete example
"""

_CONSENT_RULES = """\
It goes under `consent` of a source. A widget with `require: consent` shows a source only from
`given` on and until the day before `expires` or `withdrawn`, whichever comes first, by the clock of
`site.timezone`. This file is copied and mailed about, so only the number of your record belongs
here: never a form, a diagnosis or a note about a person. What reads like one is refused.
"""

_RULES = """\
A rule stands under `rules`, as a widget stands under `widgets`:

```yaml
rules:
  - id: lawsuits
    in: latest-posts
    words: [lawsuit, class action]
    links: [court.example]
```

It looks at what comes from the day on which it is written, and a post in which it finds anything
waits until it is approved (`posts --waiting`, `approve`). What was stored before stays as it is
until `rules apply lawsuits` is typed. `rules` lists them all with how many posts each would hold,
and `check` warns of one that would hold nearly everything. Where a rule leaves the file, what it
held goes on waiting; `rules release lawsuits` lets it go. Patterns know `.`, `[…]`, `(…)`, `|`,
`?`, `*`, `+`, `{2,4}`, `^` and `$` (of a line), `\\b`, `\\d`, `\\s`, `\\w`, and looking ahead and
back.

Sources in a widget with `require: consent` are looked at by the shipped holds as well:
[holds.md](holds.md).
"""

_BY_HAND = """\
### By hand

For a platform whose approval takes weeks, and for words that stand nowhere else:

```yaml
sources:
  - id: our-linkedin
    hand: true
    name: Our LinkedIn page
    link: https://www.linkedin.com/company/example
    options: {network: LinkedIn}
    in: latest-posts
```

There is nothing to visit: you write each post yourself, `post our-linkedin --link ADDRESS --text
"…"`, and change it with `--edit`. A picture needs words that say what it shows (`--picture FILE
--alt "…"`). All else is as with any source: consent, review, rules, `hide`, `takedown`. With
`network` readers are told where it stands, and what that network asks of those who show its posts
is kept.
"""

_COLOURS = """\
A colour is `"#rrggbb"` or `"#rgb"`, with quotes, for otherwise YAML takes it for a comment. It may
be a pair, for light pages and for dark ones: `{light: "#0a558c", dark: "#9fcbff"}`, or
`"light-dark(#0a558c, #9fcbff)"`. Each is measured against `bg`, or where there is none against a
white page and a nearly black one: text and links need a contrast of 4.5:1, `focus` needs 3:1 (WCAG
2.2, AA). What has less is refused, with the nearest colour that passes.
"""

_TRAPS = """\
## Traps of YAML

- Indent with spaces, never with tabs. Keys of one entry begin in the same column.
- Write a space after the colon: `id: insight`.
- Put straight quotes around a text that holds a colon and a space, or begins with one of
  `@ # & * ! | > % [ {` or a backquote: `title: "Our year: a diary"`.
- Leave the `@` of an account out, or put quotes around it.
- A `#` after a space begins a comment, even in the middle of a text: `name: "Room #4"` needs its
  quotes.
- Curly quotes from a word processor are no quotes.
- Quote a text that is only a number, or `true` or `false`: `id: "2026"`. `yes` and `no` are texts.
- A key without anything after it is refused: write something, or take the line away.
- Save the file as UTF-8. References (`&`, `*`) and tags (`!`) of YAML are not used here.

## Secrets

No password, token or private address may stand in this file; what looks like one is refused.
"""


def reference_page(platforms: Mapping[str, Platform], layouts: Collection[str]) -> str:
    """The whole page in Markdown, the same text for the same schema, platforms and layouts."""
    looks = ", ".join(f"`{name}`" for name in sorted(layouts))
    parts = [
        f"{_OPENING}\n```yaml\n{EXAMPLE}```",
        f"## site\n\n{_about(SiteEntry)}\n\n{_keys(SiteEntry)}",
        f"## widgets\n\n{_about(WidgetEntry)}\n\n{_keys(WidgetEntry)}\n\nLayouts: {looks}.",
        f"### only\n\n{_about(OnlyEntry)}\n\n{_keys(OnlyEntry)}",
        f"### style\n\n{_about(StyleEntry)}\n\n{_keys(StyleEntry)}\n\n{_COLOURS}",
        f"## sources\n\n{_about(SourceEntry)}\n\n{_keys(SourceEntry)}",
        f"### Addresses\n\n{_addresses(platforms.values())}",
        _BY_HAND if any(platform.by_hand for platform in platforms.values()) else "",
        *(_platform_options(platform) for platform in _by_name(platforms.values())),
        _tokens([platform for platform in _by_name(platforms.values()) if platform.token]),
        f"### state\n\n{_meanings(STATES)}",
        f"### review\n\n{_meanings(REVIEWS)}",
        f"### consent\n\n{_about(ConsentEntry)}\n\n{_CONSENT_RULES}\n{_keys(ConsentEntry)}",
        f"## rules\n\n{_about(RuleEntry)}\n\n{_RULES}\n{_keys(RuleEntry)}",
        f"## Durations\n\nA duration is {IN_WORDS}.",
        _TRAPS,
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _about(section: type[Entry]) -> str:
    return " ".join((section.__doc__ or "").split())


def _keys(section: type[Entry]) -> str:
    rows = [
        (
            f"`{key}`",
            field.description or "",
            _default(field),
            f"`{key}: {field.examples[0]}`" if field.examples else "",
        )
        for key, field in keys_of(section).items()
    ]
    return _table(("Key", "What it means", "If not written", "Example"), rows)


def _default(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    otherwise = extra.get("otherwise") if isinstance(extra, dict) else None
    if otherwise:
        return str(otherwise)
    return "needed" if field.is_required() else _value(field.default)


def _value(value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, timedelta):
        value = f"{int(value.total_seconds() // 60)}m"
    return "none" if value in (None, "", [], (), frozenset()) else f"`{value}`"


def _addresses(platforms: Iterable[Platform]) -> str:
    rows = [
        (f"`{platform.name}`", platform.about, f"`{platform.line}`")
        for platform in _by_name(platforms)
    ]
    table = _table(("Key", "What it follows", "Example"), rows)
    return f"Exactly one of these keys carries the address and names the platform.\n\n{table}"


def _by_name(platforms: Iterable[Platform]) -> list[Platform]:
    return sorted(platforms, key=lambda platform: platform.name)


def _platform_options(platform: Platform) -> str:
    """A table of what ``options`` takes; empty where the platform has none."""
    fields = dataclasses.fields(platform.options)
    if not fields:
        return ""
    rows = [(f"`{field.name}`", _value(_default_of(field))) for field in fields]
    return f"### options of {platform.name}\n\n{_table(('Option', 'If not written'), rows)}"


def _tokens(platforms: Sequence[Platform]) -> str:
    """What platforms want to be shown, and where it is made; empty where none does."""
    rows = [
        (
            f"`{platform.name}`",
            f"`{need.variable}`" + ("; works without, too" if need.optional else ""),
            ", ".join(f"`{need.variable}_{part}`" for part in need.parts) or "nothing more",
            f"{need.how} [{need.page}]({need.page})",
        )
        for platform in platforms
        if (need := platform.token)
    ]
    head = ("Platform", "Variable", "What renewing it by itself needs", "Where it is made")
    return f"### token\n\n{_TOKENS}\n\n{_table(head, rows)}" if rows else ""


_TOKENS = (
    "Some platforms answer only those who show a token. It stands in the environment of the "
    "program and never in this file. A source that needs another than the others of its platform "
    "names its variable, as in `token: X_BEARER_TOKEN_2`; the platform's name must be one of the "
    "words between the underscores, because what the variable holds is sent there. What is "
    "renewed by itself is kept encrypted in the database."
)


def _default_of(field: "dataclasses.Field[object]") -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _meanings(words: Mapping[SourceState, str] | Mapping[Review, str]) -> str:
    return _table(("Word", "What it means"), [(f"`{word}`", said) for word, said in words.items()])


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines
    )
