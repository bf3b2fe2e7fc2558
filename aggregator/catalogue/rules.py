"""Rules of feeds.yaml that make posts wait for a person: their keys, and the typed rules.

Not here: what is wrong in them (``rule_checks.py``), which patterns are safe (``patterns.py``),
what a rule finds in a post (``review/``).
"""

from collections.abc import Iterable

from aggregator.catalogue.entry import Entry, described
from aggregator.catalogue.values import Domain, Id, Ids, Language, Pattern, Text
from aggregator.model import HoldRule

SHIPPED = "health-"
"""How the ids of the holds begin that come with Aggregator."""


class RuleEntry(Entry):
    """What makes a post wait until a person approves it. Rules hold posts; they delete none."""

    id: Id = described(
        "Short name, by which messages and commands call it. It does not begin with `health-`.",
        "lawsuits",
    )
    in_: Ids = described(
        "Ids of the sources and widgets whose posts it looks at.",
        "[latest-posts, two-sisters]",
        [],
        otherwise="all",
        alias="in",
    )
    words: list[Text] = described(
        "Words and phrases, whole; capitals and accents make no difference.",
        "[lawsuit, press release]",
        [],
    )
    patterns: list[Pattern] = described(
        "Regular expressions, in single quotes; `*` and `+` reach no further than 50 signs.",
        r"['ward [0-9]+', '\bline \d{3}\b']",
        [],
    )
    languages: list[Language] = described(
        "Posts in one of these languages. Posts of which nobody says the language are not held.",
        "[de, fr]",
        [],
    )
    links: list[Domain] = described(
        "Domains: posts with a link to one, or to a name below it.", "[shop.example.org]", []
    )


def rules_of(entries: Iterable[RuleEntry]) -> tuple[HoldRule, ...]:
    """The rules, valid, in the file's order."""
    return tuple(
        HoldRule(
            id=entry.id,
            within=tuple(dict.fromkeys(entry.in_)),
            words=tuple(entry.words),
            patterns=tuple(entry.patterns),
            languages=tuple(entry.languages),
            links=tuple(entry.links),
        )
        for entry in entries
    )
