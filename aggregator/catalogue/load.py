"""feeds.yaml as a ``Catalogue``, or everything that is wrong with it at once.

In: the file and what the connectors and templates are called. Out: ``Catalogue`` or
``CatalogueError``, never another error, whatever the bytes are.

Not here: what a key means (``schema.py``), how the last good list is kept (``keep.py``).
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aggregator.catalogue.checks import (
    Followed,
    check_empty,
    check_secrets,
    check_sources,
    check_widgets,
    plain,
)
from aggregator.catalogue.findings import Findings
from aggregator.catalogue.rule_checks import check_rules
from aggregator.catalogue.rules import rules_of
from aggregator.catalogue.schema import KEYS, ConsentEntry, FeedsFile, SourceEntry, WidgetEntry
from aggregator.catalogue.style import check_styles, looks_of
from aggregator.catalogue.tree import read_tree
from aggregator.catalogue.wording import in_words
from aggregator.errors import CatalogueError, Problem
from aggregator.model import Catalogue, Consent, Only, Platform, Site, Source, WidgetSpec

MAX_BYTES = 2 * 1024 * 1024
"""Far more than ten thousand sources need; what is larger is another file."""


def read_bytes(path: Path) -> bytes:
    """The file's bytes, at most ``MAX_BYTES`` and one.

    Raises CatalogueError where there is no file, or none that can be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise _one(path, "This is not a file.", "Name the file itself with --config.")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _one(
            path,
            "There is no such file.",
            "Name the right one with --config, or copy the feeds.yaml that came with Aggregator.",
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or "the name is not possible"
        raise _one(
            path,
            f"The file cannot be read ({reason}).",
            "Let the user that runs Aggregator read it.",
        ) from error


def parse(
    text: str | bytes, path: Path, platforms: Mapping[str, Platform], layouts: Collection[str]
) -> Catalogue:
    """Read the text; ``path`` is for the messages only.

    Raises CatalogueError with every problem, in the file's order.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        raise _one(
            path,
            "The file is larger than 2 megabytes.",
            "Is this the right file? A list of a thousand sources has about 250 kilobytes.",
        )
    root, problems = read_tree(_decoded(raw, path), KEYS | platforms.keys())
    if root is None or root.value is None:
        raise (
            CatalogueError(str(path), tuple(problems))
            if problems
            else _one(
                path,
                "The file holds nothing but comments." if b"#" in raw else "The file is empty.",
                "Begin it with site:, then widgets:, then sources:.",
            )
        )
    findings = Findings(root, problems)
    check_secrets(findings)
    check_empty(findings)
    check_widgets(findings, layouts)
    check_styles(findings)
    check_rules(findings)
    followed = check_sources(findings, platforms)
    file = _validated(findings, platforms)
    if findings.problems or file is None:
        raise CatalogueError(str(path), findings.problems)
    return _catalogue(file, followed, platforms, hashlib.sha256(raw).hexdigest())


def _one(path: Path, what: str, hint: str) -> CatalogueError:
    return CatalogueError(str(path), (Problem(0, 0, "", what, hint),))


def _decoded(raw: bytes, path: Path) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace").replace("\r\n", "\n")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        problem = Problem(
            line,
            column,
            "",
            "This file is not saved as UTF-8, so letters beyond a to z cannot be read.",
            "Open it in your editor and save it with the encoding UTF-8.",
        )
        raise CatalogueError(str(path), (problem,)) from None


def _validated(findings: Findings, platforms: Mapping[str, Platform]) -> FeedsFile | None:
    """The file against the schema; the keys with addresses were looked at before."""
    data: Any = plain(findings.root)
    sources = data.get("sources") if isinstance(data, dict) else None
    for source in sources if isinstance(sources, list) else []:
        if isinstance(source, dict):
            for platform in platforms:
                source.pop(platform, None)
    try:
        return FeedsFile.model_validate(data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            key = detail["type"] == "extra_forbidden"
            findings.add(detail["loc"], *in_words(detail, platforms), key=key)
        return None


def _catalogue(
    file: FeedsFile,
    followed: list[Followed | None],
    platforms: Mapping[str, Platform],
    digest: str,
) -> Catalogue:
    entries = {widget.id: widget for widget in file.widgets}
    chains = [_chain(widget, entries) for widget in file.widgets]
    looks = looks_of(_whole(chain) for chain in chains)
    site = Site(**file.site.model_dump(), looks=looks)
    return Catalogue(
        site=site,
        widgets=tuple(_widget(chain, site) for chain in chains),
        sources=tuple(
            _source(source, what, platforms[what.platform], site)
            for source, what in zip(file.sources, followed, strict=True)
            if what is not None  # a source without an address was told as a problem
        ),
        digest=digest,
        rules=rules_of(file.rules),
    )


def _chain(entry: WidgetEntry, entries: Mapping[str, WidgetEntry]) -> list[WidgetEntry]:
    """The widget, what it is like, and so on."""
    chain = [entry]
    while chain[-1].like is not None:
        chain.append(entries[chain[-1].like])
    return chain


def _whole(chain: Sequence[WidgetEntry]) -> WidgetEntry:
    """The widget with what it takes over from its models."""
    given: dict[str, Any] = {}
    for model in reversed(chain):
        given |= {key: getattr(model, key) for key in model.model_fields_set}
    return WidgetEntry.model_construct(**given)


def _widget(chain: Sequence[WidgetEntry], site: Site) -> WidgetSpec:
    full = _whole(chain)
    return WidgetSpec(
        id=full.id,
        title=full.title or "",
        layout=full.layout or "",
        show=full.show,
        feeds_from=chain[-1].id,
        intro=full.intro,
        notice=full.notice,
        text=full.text,
        per_source=full.per_source,
        max_age=full.max_age,
        only=Only(tags=tuple(full.only.tags), words=tuple(full.only.words)),
        require_consent=full.require == "consent",
        heading=full.heading,
        language=full.language or site.language,
    )


def _source(entry: SourceEntry, what: Followed, platform: Platform, site: Site) -> Source:
    return Source(
        id=entry.id,
        platform=what.platform,
        address=what.address,
        widgets=tuple(entry.in_),
        name=entry.name,
        about=entry.about,
        link=entry.link,
        language=entry.language,
        tags=tuple(entry.tags),
        state=entry.state,
        review=entry.review,
        consent=_consent(entry.consent),
        every=entry.every,
        options=what.options,
        token=entry.token or (platform.token.variable if platform.token else None),
        home=platform.home_of(what.address),
        account=platform.account_of(what.address),
        terms=what.terms,
        trackers=site.trackers,
        group=entry.group,
        by_hand=platform.by_hand,
    )


def _consent(entry: ConsentEntry | None) -> Consent | None:
    return Consent(**entry.model_dump()) if entry is not None else None
