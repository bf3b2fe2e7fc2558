"""The list of feeds as a whole: opml import, opml export."""

import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from aggregator.actions.find import TakenDownBefore, taken_down
from aggregator.actions.takedown import down_at
from aggregator.app import App
from aggregator.catalogue.edit import NewSource, add_sources
from aggregator.catalogue.opml import MAX_BYTES, OpmlList, read_opml, write_opml
from aggregator.catalogue.proposals import Fate, Proposal, propose
from aggregator.cli.asking import agreed
from aggregator.cli.opening import editor, named_widgets, opened, right_catalogue
from aggregator.cli.terminal import count, err, out, put_json, warn, who
from aggregator.connectors import platforms
from aggregator.connectors._known_feeds import one_account
from aggregator.errors import AggregatorError, OpmlError
from aggregator.model import SourceState

opml = typer.Typer(
    no_args_is_help=True, help="Lists of feeds, as other readers write and read them (OPML)."
)

_TITLES = {
    Fate.NEW: "New",
    Fate.SIMILAR: "Perhaps the same as another one",
    Fate.FOLLOWED: "Followed already",
    Fate.REPEATED: "Twice in the list",
    Fate.TAKEN_DOWN: "Taken down for good, and left out",
    Fate.UNUSABLE: "Cannot be followed",
}


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.add_typer(opml, name="opml")


@opml.command(name="import")
def take_in(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The list, as another reader exported it.")],
    widgets: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="WIDGET", help="Show the new ones there; may be repeated."),
    ] = None,
    similar: Annotated[
        bool, typer.Option("--similar", help="Also those that may be the same as another one.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", "--yes", "-y", help="Write without asking.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show what a list of feeds would bring, and write it into feeds.yaml.

    Nothing is visited and nothing is written before you say yes. In a pipe, `--write` says it.

    Example: `python3 run.py opml import subscriptions.opml --in latest-posts`
    """
    with opened(context) as app:
        catalogue = right_catalogue(app)
        named = named_widgets(catalogue, widgets or [])
        listed = _read(file)
        proposals = propose(
            listed.feeds,
            catalogue,
            platforms()["feed"],
            named,
            account=one_account,
            gone=partial(_gone, app),
            is_gone=lambda made: taken_down(app.database, made) is not None,
        )
        fates = {Fate.NEW, Fate.SIMILAR} if similar else {Fate.NEW}
        chosen = [one.new for one in proposals if one.new is not None and one.fate in fates]
        if not json:
            strict = [spec.id for spec in catalogue.widgets if spec.require_consent]
            _show(listed, proposals, named, chosen, [one for one in named if one in strict])
        written = bool(chosen) and (write or (not json and _agreed(chosen)))
        if written:
            editor(app).change(
                lambda text: add_sources(text, chosen),
                by=who(),
                now=app.clock(),
                expected=catalogue.digest,
            )
        if json:
            for one in proposals:
                put_json(_json(one, written=written and one.new in chosen))
        elif written:
            out.print(f"Written: {count(len(chosen), 'source')}.")
        elif chosen:
            warn("Nothing was written. Add --write to write it.")
        elif proposals:
            out.print("Nothing of it is new.")


def _gone(app: App, platform: str, address: str) -> str | None:
    past = down_at(app.publisher, platform, address)
    return None if past is None else str(TakenDownBefore(address, past, app.catalogue()))


def _read(file: Path) -> OpmlList:
    try:
        with file.open("rb") as stream:
            return read_opml(stream.read(MAX_BYTES + 1))
    except OSError as error:
        raise OpmlError(
            f"{file} cannot be read ({error.strerror}).", advice="Look at its name and its place."
        ) from error


def _show(
    listed: OpmlList,
    proposals: Sequence[Proposal],
    widgets: Sequence[str],
    chosen: Sequence[NewSource],
    strict: Sequence[str],
) -> None:
    """What would be done, before anything is done. ``strict``: widgets that require consent."""
    if not proposals:
        warn("There are no feeds in this list.")
    for fate, title in _TITLES.items():
        some = [one for one in proposals if one.fate is fate]
        if some:
            out.print(f"{title} ({len(some)}):", style="bold", markup=False)
        for one in some:
            _show_one(one)
    if listed.lists:
        others = "1 entry leads" if listed.lists == 1 else f"{listed.lists} entries lead"
        warn(f"{others} to other lists; these are not read. Import them one by one.")
    left = Counter(one.fate for one in proposals)[Fate.SIMILAR]
    if left and not any(one.fate is Fate.SIMILAR and one.new in chosen for one in proposals):
        warn("Those that may be the same as another one are left out; --similar takes them in.")
    if chosen and not widgets:
        warn("The new ones are followed but shown nowhere yet: --in WIDGET says where.")
    if any(new.state is SourceState.PAUSED for new in chosen):
        word = "requires" if len(strict) == 1 else "require"
        warn(
            f"They are paused, because {' and '.join(strict)} {word} consent. For each: "
            "`consent record ID …` writes it down, then `state ID active` begins to visit it."
        )


def _show_one(one: Proposal) -> None:
    name = one.feed.title or one.feed.address
    out.print(f"  {one.new.id if one.new else '-'}: {name}", markup=False)
    if name != one.feed.address:
        out.print(f"      {one.feed.address}", markup=False)
    if one.why:
        out.print(f"      {one.why}", markup=False)


def _agreed(chosen: Sequence[NewSource]) -> bool:
    return agreed(f"Write {count(len(chosen), 'source')} into feeds.yaml?")


def _json(one: Proposal, *, written: bool) -> dict[str, object]:
    """The contract of ``opml import --json``."""
    return {
        "address": one.feed.address,
        "title": one.feed.title,
        "folders": one.feed.folders,
        "line": one.feed.line,
        "fate": one.fate,
        "why": one.why,
        "id": one.new.id if one.new else None,
        "widgets": one.new.widgets if one.new else None,
        "state": one.new.state if one.new else None,
        "written": written,
    }


@opml.command(name="export")
def give_out(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="Where to write it; the screen if not said.")
    ] = None,
) -> None:
    """Write the feeds of feeds.yaml as a list that other readers can import.

    Consent never goes out, and neither do blogs that need a consent and have no valid one.

    Example: `python3 run.py opml export our-feeds.opml`
    """
    with opened(context) as app:
        catalogue = right_catalogue(app)
        today = catalogue.site.day(app.clock())
        exported = write_opml(catalogue, today)
        if file is None:
            sys.stdout.write(exported.text)
        else:
            _write(file, exported.text)
            err.print(f"Written to {file}: {exported.feeds} feeds.", markup=False)
        if exported.other:
            warn(f"Left out, for they have no feed: {', '.join(exported.other)}.")
        if exported.withheld:
            warn(f"Left out, for their consent does not hold: {', '.join(exported.withheld)}.")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise AggregatorError(
            f"{file} cannot be written ({error.strerror}).", advice="Name another place."
        ) from error
