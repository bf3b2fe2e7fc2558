"""Commands along the stream: refresh, publish, check."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Annotated

import typer

from aggregator.actions.check import Checked, check_online, remarks
from aggregator.actions.claims import Claim
from aggregator.actions.find import source_named
from aggregator.actions.heartbeat import tell_pass
from aggregator.actions.ledger import standings
from aggregator.actions.mirror import Told
from aggregator.actions.planned import carry_out
from aggregator.actions.publish import Published
from aggregator.actions.refresh import Report
from aggregator.actions.token_words import unset_words
from aggregator.app import App
from aggregator.catalogue.lines import first_lines
from aggregator.catalogue.load import read_bytes
from aggregator.cli.add import look_at, say_found
from aggregator.cli.opening import opened, right_catalogue
from aggregator.cli.running import run
from aggregator.cli.terminal import (
    catalogue_of,
    count,
    out,
    progress,
    put_json,
    warn,
)
from aggregator.errors import AggregatorError, CatalogueError
from aggregator.model import Catalogue, Outcome, Source
from aggregator.store import visits

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    for command in (refresh, publish, check):
        commands.command()(command)


def refresh(
    context: typer.Context,
    source: Annotated[
        list[str] | None, typer.Argument(help="Ids of sources; none: all that are due.")
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Also what is not due. Waits that servers asked for and the 30-minute floor "
            "still hold.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Visit what is due, store what is new, drop what authors took back, publish every widget.

    Example: `python3 run.py refresh insight --force`
    """
    with opened(context) as app:
        started = app.clock()
        catalogue = catalogue_of(app)
        undone = carry_out(app.publisher, started)
        chosen = _chosen(app, catalogue, source)
        claim = app.claims.among(chosen, force=force, named=bool(source))
        for source_id, why in claim.held_off.items():
            warn(f"{source_id}: not visited, {why}.")
        reports = run(visit_claimed(app, catalogue, claim, say=None if json else say))
        told = run(look_up_shown(app, catalogue, chosen))
        if not json:
            _say_told(told)
        published = app.publisher.publish_all(app.clock())
        published += run(copy_pictures(app, published))
        _give_sign(app, started, published)
        if json:
            for report in reports:
                put_json(_report_json(report))
        else:
            _sum_up(app, reports, published)
        _say_undone(undone)
        troubles = any(report.failed for report in reports) or any(one.error for one in published)
        if undone or troubles:
            raise typer.Exit(1)


def _give_sign(app: App, started: datetime, published: list[Published]) -> None:
    """For `status`: where nothing but cron runs, this is the sign of life."""
    now = app.clock()
    tell_pass(app.database, started, now, None if any(one.error for one in published) else now)


def _chosen(app: App, catalogue: Catalogue, names: list[str] | None) -> list[Source]:
    if not names:
        return list(catalogue.sources)
    chosen = {source_named(app.database, catalogue, name).id for name in names}
    return [source for source in catalogue.sources if source.id in chosen]


async def visit_claimed(
    app: App, catalogue: Catalogue, claim: Claim, *, say: Callable[[Report], None] | None
) -> list[Report]:
    """Visit all that was claimed, with a bar on a terminal and a line per source."""
    sources = {source.id: source for source in catalogue.sources}
    with progress("Visiting", len(claim.states)) as bar:

        def on_written(report: Report) -> None:
            bar.step()
            if say is not None:
                say(report)

        try:
            return await app.refresher.refresh_all(sources, claim.states, on_written=on_written)
        finally:
            await app.close_fetching()
            # What was interrupted is due again at once; what was stored is no claim any more.
            visits.release(app.database, claim.states)


async def look_up_shown(app: App, catalogue: Catalogue, sources: Collection[Source]) -> list[Told]:
    """Ask whether posts that widgets show are still there, as far as that is due."""
    chosen = {source.id for source in sources}
    followed = app.followed(catalogue)
    due = app.mirror.due(catalogue, {one: followed[one] for one in followed.keys() & chosen})
    if not due:
        return []
    with progress("Looking up", len(due)) as bar:
        try:
            return await app.mirror.look_up(app.refresher, due, lambda _: bar.step())
        finally:
            await app.close_fetching()


async def copy_pictures(app: App, published: Collection[Published]) -> list[Published]:
    """Fetch the pictures that publishing left to be fetched, and publish the widgets again."""
    wanted = [picture for one in published for picture in one.wanted]
    if not wanted:
        return []
    with progress("Pictures", len({one.public_id for one in wanted})) as bar:
        try:
            copied = await app.copier().copy(wanted, lambda _: bar.step())
        finally:
            await app.close_fetching()
    catalogue = app.catalogue()
    touched = {spec.id for one in copied for spec in catalogue.widgets_of(one.source_id)}
    return app.publisher.publish(touched, app.clock())


def _say_told(told: list[Told]) -> None:
    """A line for each source whose posts are not what they were."""
    for one in told:
        if one.hidden or one.erased:
            words = f"{one.hidden} hidden, {one.erased} erased, gone at the source"
            out.print(f"✗ {one.source.id}: {words}", markup=False)
        if one.back:
            out.print(f"✓ {one.source.id}: {one.back} there again", markup=False)


def say(report: Report) -> None:
    """One line about a visit."""
    visit, written = report.visit, report.written
    if written is None:
        out.print(f"✗ {visit.source_id}: not stored: {report.error}", markup=False)
    elif visit.outcome is Outcome.FAILED:
        out.print(f"✗ {visit.source_id}: {visit.state.error_text}", markup=False)
    elif visit.outcome is Outcome.UNCHANGED:
        out.print(f"· {visit.source_id}: unchanged", markup=False)
    else:
        parts = [f"{written.new} new", f"{written.edited} edited"]
        if visit.dropped:
            parts.append(f"{len(visit.dropped)} unreadable")
        if written.refused:
            parts.append(f"{written.refused} taken down before")
        out.print(f"✓ {visit.source_id}: {', '.join(parts)}", markup=False)


def _sum_up(app: App, reports: list[Report], published: list[Published]) -> None:
    if not reports:
        due = visits.next_due(app.database)
        when = f"; the next is due at {due:%Y-%m-%d %H:%M} UTC" if due else ""
        out.print(f"Nothing is due{when}.")
        return
    failed = sum(report.failed for report in reports)
    new = sum(report.written.new for report in reports if report.written)
    changed = list(dict.fromkeys(one.name for one in published if one.changed))
    widgets = f"; widgets changed: {', '.join(changed)}" if changed else ""
    out.print(f"{len(reports)} visited, {failed} failed, {new} new posts{widgets}.")
    unwritten = (report.error.advice for report in reports if report.error and not report.written)
    for advice in dict.fromkeys(unwritten):
        warn(advice)
    _say_unpublished(published)


def _say_unpublished(published: list[Published]) -> None:
    """Each trouble once: a full disk stops all widgets, and is one thing to mend."""
    troubles = {str(one.error): one.error.advice for one in published if one.error is not None}
    for words, advice in troubles.items():
        warn(f"{words}\n{advice}")


def _say_undone(undone: list[AggregatorError]) -> None:
    """What people planned for by now, and could not be done."""
    for error in undone:
        warn(f"{error}\n{error.advice}")


def _report_json(report: Report) -> dict[str, object]:
    state = report.visit.state
    return {
        "source": report.visit.source_id,
        "outcome": report.visit.outcome if report.written else "unwritten",
        "new": report.written.new if report.written else 0,
        "edited": report.written.edited if report.written else 0,
        "dropped": [{"guid": one.guid, "reason": one.reason} for one in report.visit.dropped],
        "error": state.error_kind,
        "words": str(report.error) if report.error else None,
        "advice": report.error.advice if report.error else None,
        "next_due": state.next_due,
    }


def publish(context: typer.Context, json: Json = False) -> None:
    """Render every widget again from the database; no network.

    Example: `python3 run.py publish`
    """
    with opened(context) as app:
        catalogue_of(app)
        undone = carry_out(app.publisher, app.clock())
        published = app.publisher.publish_all(app.clock())
        for one in published:
            shown = len(one.selection.cards) if one.selection else 0
            if json:
                put_json(
                    {
                        "widget": one.name,
                        "changed": one.changed,
                        "posts": shown,
                        "valid_until": one.selection.valid_until if one.selection else None,
                        "error": str(one.error) if one.error else None,
                    }
                )
            elif one.error is None:
                word = "changed" if one.changed else "unchanged"
                out.print(f"{one.name}: {word}, {shown} shown", markup=False)
        if not json:
            _say_unpublished(published)
        _say_undone(undone)
        if undone or any(one.error for one in published):
            raise typer.Exit(1)


def check(
    context: typer.Context,
    address: Annotated[
        str | None,
        typer.Argument(help="Look at this one only: an address, or the id of a source."),
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Also visit each source; nothing is stored.")
    ] = False,
    json: Json = False,
) -> None:
    """Say whether feeds.yaml is right, with --online whether each source works; or look at one.

    Example: `python3 run.py check --online` or `python3 run.py check www.example.org/blog`
    """
    with opened(context) as app:
        if address is not None:
            _check_one(app, address, json=json)
            return
        try:
            catalogue = right_catalogue(app)
        except CatalogueError as error:
            if json:
                put_json({"ok": False, "problems": error.problems})
            raise
        if not json:
            out.print(
                f"{app.settings.config} is right: {count(len(catalogue.sources), 'source')}, "
                f"{count(len(catalogue.widgets), 'widget')}.",
                markup=False,
            )
            _remark(app, catalogue, online=online)
        if not online:
            if json:
                sources, said = len(catalogue.sources), remarks(catalogue)
                put_json({"ok": True, "sources": sources, "remarks": said})
            return
        _visit_and_say(app, list(catalogue.sources), json=json)


def _remark(app: App, catalogue: Catalogue, *, online: bool) -> None:
    """A list may be right and still show less than staff expect."""
    _warn_of_consent(app, catalogue)
    if not online:  # else each source says itself which token it lacks
        for words, step in unset_words(catalogue.sources, app.settings.token):
            warn(f"{words} {step}")
    for words in remarks(catalogue):
        out.print(f"  {words}", markup=False)
    for words in app.overwhelming(catalogue):
        warn(words)


def _check_one(app: App, address: str, *, json: bool) -> None:
    source = app.catalogue().source(address)
    if source is not None:
        _visit_and_say(app, [source], json=json)
        return
    discovery = look_at(app, address)
    say_found(discovery, json=json)
    if discovery.found is None:
        raise typer.Exit(1)


def _visit_and_say(app: App, sources: list[Source], *, json: bool) -> None:
    checked = run(_check_online(app, sources))
    for one in checked:
        _say_checked(one, json=json)
    if not all(one.ok for one in checked):
        raise typer.Exit(1)


def _warn_of_consent(app: App, catalogue: Catalogue) -> None:
    """A line for each source that is not shown for want of one."""
    today = catalogue.site.day(app.clock())
    lines = first_lines(read_bytes(app.settings.config).decode("utf-8"), "sources")
    for one in standings(catalogue, {}, today):
        if one.holds:
            continue
        line = f"line {lines[one.source_id]}: " if one.source_id in lines else ""
        named = f'{line}"{one.source_id}" has no consent that holds today'
        warn(f"{named} ({one.words}).")
        ended = one.ends_in is not None and one.ends_in <= 0
        if one.consent is None or (ended and one.consent.withdrawn is None):
            warn(f"  `consent record {one.source_id}` writes one down; --help has an example.")


async def _check_online(app: App, sources: list[Source]) -> list[Checked]:
    with progress("Looking", len(sources)) as bar:
        try:
            return await check_online(app.refresher, sources, on_checked=lambda _: bar.step())
        finally:
            await app.close_fetching()


def _say_checked(one: Checked, *, json: bool) -> None:
    if json:
        put_json(one)
        return
    title = f" ({one.title})" if one.title else ""
    out.print(f"{'✓' if one.ok else '✗'} {one.source_id}{title}: {one.words}", markup=False)
    if one.next_step:
        out.print(f"    {one.next_step}", markup=False)
