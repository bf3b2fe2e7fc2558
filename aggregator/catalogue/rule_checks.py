"""What only the whole file can say of its rules: unique ids, known places, something to find."""

from collections import Counter

from aggregator.catalogue.findings import Findings
from aggregator.catalogue.nearest import did_you_mean
from aggregator.catalogue.rules import SHIPPED
from aggregator.catalogue.tree import Node, Path

_FINDING = ("words", "patterns", "languages", "links")


def check_rules(findings: Findings) -> None:
    """Ids are unique, each rule looks for something, and ``in`` names what there is."""
    rules = _entries(findings, "rules")
    known = [
        own
        for section in ("sources", "widgets")
        for _, node in _entries(findings, section)
        if (own := node.text("id"))
    ]
    often = Counter(node.text("id") for _, node in rules)
    for path, node in rules:
        own = node.text("id")
        if own is not None and often[own] > 1:
            said = f'The id "{own[:40]}" stands {often[own]} times among the rules.'
            findings.add((*path, "id"), said, "Give each rule an id of its own.")
        elif own is not None and own.startswith(SHIPPED):
            said = f'Names that begin with "{SHIPPED}" are those of the shipped holds.'
            findings.add((*path, "id"), said, "Choose another beginning.")
        if not any(key in node.mapping for key in _FINDING):
            hint = f"Add at least one of {', '.join(_FINDING)}, as in words: [lawsuit]"
            findings.add((*path, "words"), "This rule looks for nothing.", hint)
        _check_in(findings, path, node, known)


def _check_in(findings: Findings, path: Path, node: Node, known: list[str]) -> None:
    for place, item in node.one_or_more("in", path):
        if isinstance(item.value, str) and item.value.strip() not in known:
            name = item.value.strip()
            hint = did_you_mean(name, known) or "Write ids of this file, or leave in: out for all."
            findings.add(place, f'There is no source and no widget "{name[:40]}".', hint)


def _entries(findings: Findings, key: str) -> list[tuple[Path, Node]]:
    section = findings.root.mapping.get(key)
    items = enumerate(section.items) if section else ()
    return [((key, place), item) for place, item in items if isinstance(item.value, dict)]
