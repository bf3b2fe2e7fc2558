"""What only the whole file can say is right: ids, references, addresses, options.

Works on the tree and not on validated entries, so that it finds its problems even in a file in
which other things are wrong.
"""

import dataclasses
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from aggregator.catalogue.findings import Findings
from aggregator.catalogue.leaks import ENVIRONMENT_NAME, looks_secret
from aggregator.catalogue.nearest import did_you_mean, nearest
from aggregator.catalogue.schema import SourceEntry, keys_of
from aggregator.catalogue.tree import Node, Path
from aggregator.catalogue.wording import in_words, platform_called
from aggregator.model import NOTICE, Platform, Terms
from aggregator.model.addresses import read_address


@dataclass(frozen=True, slots=True)
class Followed:
    """What a source follows: the key of its address, the address, and the platform's options."""

    platform: str
    address: str
    options: Any
    terms: Terms


def check_secrets(findings: Findings) -> None:
    """No value and no key of the file may open an account."""
    for path, node in findings.root.walk():
        for key in node.mapping:
            if looks_secret(key):
                findings.add((*path, key), _LEAK, _LEAK_HINT, key=True)
        if not isinstance(node.value, str):
            continue
        named = path[-1:] == ("token",) and not ENVIRONMENT_NAME.fullmatch(node.value.strip())
        if named or looks_secret(node.value):
            findings.add(path, _LEAK, _LEAK_HINT)


_LEAK = "This looks like a secret: a token, a key or a password."
_LEAK_HINT = (
    "Take it out, and have it renewed: it may have been copied. Tokens stand in the environment "
    "and are named here by their variable (token: X_BEARER_TOKEN); addresses must be public ones."
)


def check_empty(findings: Findings) -> None:
    """A key without a value is a slip more often than not, and never clear."""
    for path, node in findings.root.walk():
        if node.value is not None or path in {(), ("widgets",), ("sources",), ("rules",)}:
            continue
        if node.hidden:
            example = f'{path[-1]}: "#…"' if isinstance(path[-1], str) else '- "#…"'
            findings.add(
                path,
                "Nothing is written here: what follows the # is only a comment.",
                f"Put quotes around a text that begins with #, as in {example}",
            )
        elif isinstance(path[-1], str):
            findings.add(
                path,
                f'Nothing is written after "{path[-1]}".',
                "Write something, or take the line away.",
            )
        else:
            findings.add(path, "This item of the list is empty.", "Take its dash away.")


def check_widgets(findings: Findings, layouts: Collection[str]) -> None:
    """Ids are unique, layouts exist, and ``like`` leads to a widget that stands by itself."""
    widgets = _entries(findings, "widgets")
    ids = _check_ids(findings, widgets, "widget")
    for path, node in widgets:
        if "like" not in node.mapping:
            for key in ("title", "layout"):
                if key not in node.mapping:
                    example = "Latest posts" if key == "title" else "posts"
                    findings.add(
                        (*path, key), f'"{key}" is missing here.', f"For example: {key}: {example}"
                    )
        layout = node.text("layout")
        if layout is not None and layout not in layouts:
            hint = did_you_mean(layout, layouts) or f"Known: {', '.join(sorted(layouts))}."
            findings.add((*path, "layout"), f'There is no layout "{layout[:40]}".', hint)
        if layout == NOTICE and not {"text", "like"}.intersection(node.mapping):
            said = 'The layout "notice" shows a text of yours, and "text" is missing here.'
            findings.add((*path, "text"), said, 'For example: text: "Appointments: 212-555-0142"')
        if layout not in {None, NOTICE} and "text" in node.mapping:
            said = 'Only the layout "notice" shows a text.'
            findings.add((*path, "text"), said, "Write intro or notice for words around posts.")
    _check_like(findings, widgets, ids)


def _check_like(
    findings: Findings, widgets: list[tuple[Path, Node]], ids: Mapping[str, Path]
) -> None:
    models = {node.text("id"): node.text("like") for _, node in reversed(widgets)}
    in_circle: set[str] = set()
    for path, node in widgets:
        own, model = node.text("id"), node.text("like")
        if model is None:
            continue
        if model not in ids:
            findings.add((*path, "like"), *_no_widget(model, ids))
            continue
        chain = [own]
        while model is not None and model not in chain:
            chain.append(model)
            model = models.get(model)
        if own is None or model != own or own in in_circle:
            continue
        in_circle.update(word for word in chain if word)
        round_trip = " → ".join([*map(str, chain), own])
        findings.add(
            (*path, "like"),
            f"These widgets are alike in a circle: {round_trip}.",
            "One of them must stand by itself, with a title and a layout and without like.",
        )


def check_sources(findings: Findings, platforms: Mapping[str, Platform]) -> list[Followed | None]:
    """What each source follows, in the file's order; None where that cannot be said."""
    sources = _entries(findings, "sources")
    _check_ids(findings, sources, "source")
    layouts = _layouts(findings)
    for path, node in sources:
        _check_in(findings, path, node, layouts)
    followed = [_followed(findings, path, node, platforms) for path, node in sources]
    first: dict[tuple[str, str], int] = {}
    for (path, _), what in zip(sources, followed, strict=True):
        if what is None:
            continue
        place = (*path, what.platform)
        line = findings.place(place, key=True)[0]
        before = first.setdefault((what.platform, sameness(what.address)), line)
        if before != line:
            findings.add(
                place,
                f"This address stands twice, in lines {before} and {line}.",
                "Keep one of the two entries; in: takes a list, as in [latest-posts, news].",
            )
    return followed


def sameness(address: str) -> str:
    """What two ways to write one address have in common; for comparing only."""
    found = read_address(address)
    if found is None:
        return address
    query = "&".join(one for one in found.query.split("&") if one and not _TRACKING.match(one))
    return found._replace(query=query).form


# How campaigns and Facebook mark a link, so that the site sees where a visitor came from.
_TRACKING = re.compile(r"(?:utm_\w+|fbclid)(?:=|$)", re.IGNORECASE)


def _layouts(findings: Findings) -> dict[str, str | None]:
    """By id of a widget its layout, be it another widget's that it is like."""
    entries = reversed(_entries(findings, "widgets"))
    nodes = {own: node for _, node in entries if (own := node.text("id"))}
    return {own: _layout(own, nodes) for own in nodes}


def _layout(widget_id: str | None, nodes: Mapping[str, Node]) -> str | None:
    seen = set()
    while widget_id is not None and widget_id in nodes and widget_id not in seen:
        seen.add(widget_id)
        node = nodes[widget_id]
        if "layout" in node.mapping:
            return node.text("layout")
        widget_id = node.text("like")
    return None


def _check_in(
    findings: Findings, path: Path, node: Node, layouts: Mapping[str, str | None]
) -> None:
    """Sources name widgets of the file, each once, and none that shows no posts."""
    seen: set[str] = set()
    for place, item in node.one_or_more("in", path):
        if not isinstance(item.value, str):
            continue
        widget_id = item.value.strip()
        if widget_id not in layouts:
            what, hint = _no_widget(widget_id, layouts)
            findings.add(place, what, _several(widget_id, layouts) or hint)
        elif layouts[widget_id] == NOTICE:
            said = f'The widget "{widget_id}" shows a text of yours, and no posts.'
            findings.add(place, said, "Name a widget of another layout, or take this one away.")
        elif widget_id in seen:
            findings.add(place, f'"{widget_id}" is named twice here.', "Once is enough.")
        seen.add(widget_id)


def _followed(
    findings: Findings, path: Path, node: Node, platforms: Mapping[str, Platform]
) -> Followed | None:
    keys = [key for key in node.mapping if key in platforms]
    if not keys:
        if not _misspelt_platform(node, platforms):
            first = next(iter(platforms.values()), None)
            example = f", as in {first.line}" if first else ""
            findings.add(
                (*path, "address"),
                "This source has no address.",
                f"Add a line with one of {', '.join(sorted(platforms))}{example}",
            )
        return None
    if len(keys) > 1:
        findings.add(
            (*path, keys[1]),
            f"This source has several addresses: {' and '.join(keys)}.",
            "Make a source of its own of each, with an id of its own.",
            key=True,
        )
        return None
    platform = platforms[keys[0]]
    options = _options(findings, (*path, "options"), node.mapping.get("options"), platform)
    _check_token(findings, (*path, "token"), node.text("token"), platform)
    if platform.by_hand:
        return _by_hand(findings, path, node, platform, options, platforms)
    address = _address(findings, (*path, keys[0]), node.mapping[keys[0]], platform)
    return None if address is None else Followed(platform.name, address, options, platform.terms)


def _by_hand(
    findings: Findings,
    path: Path,
    node: Node,
    platform: Platform,
    options: Any,
    platforms: Mapping[str, Platform],
) -> Followed | None:
    """A source that staff keep: its id stands for an address, and nothing else tells its name.

    What a network asks of those who show its posts holds for pasted ones, too.
    """
    if node.mapping[platform.name].value is not True:
        said = f'Only "{platform.line}" can be written here.'
        findings.add((*path, platform.name), said, "Take the line away where it is not so.")
    if "name" not in node.mapping:
        said = "What is kept by hand has no title of its own."
        findings.add((*path, "name"), said, "Add how visitors know it, as in name: Our news")
    if "every" in node.mapping:
        said = "What is kept by hand is not visited."
        findings.add((*path, "every"), said, "Take the line away.", key=True)
    own = node.text("id")
    if own is None or options is None:
        return None
    called = {one.terms.network.casefold(): one.terms for one in platforms.values()}
    known = called.get(options.network.casefold(), Terms(options.network))
    return Followed(platform.name, own, options, Terms(known.network, apart=known.apart))


def _misspelt_platform(node: Node, platforms: Mapping[str, Platform]) -> bool:
    """Whether an unknown key was probably meant to carry the address; that is told already."""
    strange = {key: child for key, child in node.mapping.items() if key not in keys_of(SourceEntry)}
    return any(
        platform_called(key, platforms)
        or nearest(key, platforms)
        or ("://" in str(child.value) or "@" in str(child.value))
        for key, child in strange.items()
    )


def _address(findings: Findings, path: Path, node: Node, platform: Platform) -> str | None:
    if node.value is None:
        return None
    if not isinstance(node.value, str):
        findings.add(
            path,
            "An address is wanted here.",
            f"Write {platform.line}, in quotes if it is only a number.",
        )
        return None
    try:
        return platform.read_address(node.value.strip())
    except ValueError as error:
        findings.add(path, _sentence(str(error)), f"For example: {platform.line}")
        return None


def _check_token(findings: Findings, path: Path, variable: str | None, platform: Platform) -> None:
    trouble = token_trouble(variable, platform) if variable else None
    if trouble is not None:
        findings.add(path, *trouble)


def token_trouble(variable: str, platform: Platform) -> tuple[str, str] | None:
    """What is wrong with a variable for a platform's token, and what to do; None: nothing.

    A token is sent to the platform: a slip must not send it another secret of the machine.
    """
    if not ENVIRONMENT_NAME.fullmatch(variable):
        return _LEAK, _LEAK_HINT
    if platform.token is None:
        return f'"{platform.name}" is read without a token.', "Take the line away."
    if platform.name.upper() in variable.split("_") and not variable.startswith("AGGREGATOR_"):
        return None
    return (
        f"The name of this variable does not say that its token is for {platform.name}.",
        f"Name it {platform.token.variable}, or {platform.token.variable}_2: what it holds is "
        "sent there.",
    )


def _options(findings: Findings, path: Path, node: Node | None, platform: Platform) -> Any:
    given = node.mapping if node is not None else {}
    known = [field.name for field in dataclasses.fields(platform.options)]
    for key in given:
        if key not in known:
            hint = did_you_mean(key, known) or (
                f"Known: {', '.join(known)}." if known else "It has none: take the line away."
            )
            what = f'"{key[:40]}" is not an option of {platform.name}.'
            findings.add((*path, key), what, hint, key=True)
    values = {key: plain(child) for key, child in given.items() if key in known}
    try:
        return _reader_of(platform.options).validate_python(values)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            findings.add((*path, *detail["loc"]), *in_words(detail, ()))
        return None


@lru_cache(maxsize=64)
def _reader_of(options: type) -> TypeAdapter[Any]:
    return TypeAdapter(options)


def plain(node: Node) -> Any:
    """The value without its places, as a validator wants it; empty keys are left out."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items() if child.value is not None}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def _entries(findings: Findings, key: str) -> list[tuple[Path, Node]]:
    """The items of a section that have keys, in order; others are told by the schema."""
    section = findings.root.mapping.get(key)
    items = enumerate(section.items) if section else ()
    return [((key, place), item) for place, item in items if isinstance(item.value, dict)]


def _check_ids(findings: Findings, entries: list[tuple[Path, Node]], noun: str) -> dict[str, Path]:
    first: dict[str, Path] = {}
    for path, node in entries:
        own = node.text("id")
        if own is None:
            continue
        before = first.setdefault(own, path)
        if before != path:
            lines = [findings.place((*place, "id"))[0] for place in (before, path)]
            findings.add(
                (*path, "id"),
                f'The id "{own[:40]}" stands twice, in lines {lines[0]} and {lines[1]}.',
                f"Give each {noun} an id of its own.",
            )
    return first


def _no_widget(name: str, widgets: Collection[str]) -> tuple[str, str]:
    hint = did_you_mean(name, widgets)
    if not hint:
        known = f" Known: {', '.join(sorted(widgets))}." if widgets else ""
        hint = f"Write the id of a widget of this file.{known}"
    return f'There is no widget "{name[:40]}".', hint


def _several(text: str, widgets: Collection[str]) -> str:
    """How to write several widgets that stand in one text; empty where one of them is unknown."""
    words = [word for word in _BETWEEN_IDS.split(text) if word]
    meant = [word if word in widgets else nearest(word, widgets) for word in words]
    if len(words) > 1 and all(meant):
        return f"Write in: [{', '.join(filter(None, meant))}]"
    return ""


_BETWEEN_IDS = re.compile(r"\s*[,;+&/]\s*|\s+(?:and\s+)?")


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
