"""Commands for whole widgets: freeze, blank, resume."""

from collections.abc import Callable
from typing import Annotated

import typer

from aggregator.actions import stops
from aggregator.actions.stops import Stopped
from aggregator.cli.acts import end, failed, say_errors
from aggregator.cli.dates import minute_words
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, put_json, who
from aggregator.model import StopKind

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Name = Annotated[str, typer.Argument(metavar="WIDGET", help="A widget's id.")]

_WORDS = {
    StopKind.FROZEN: "Frozen{since}: nothing new enters {widget}; what is withdrawn leaves it all "
    "the same.",
    StopKind.BLANK: "Blank{since}: {widget} shows no posts.",
}


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    for command in (freeze, blank, resume):
        commands.command()(command)


def freeze(context: typer.Context, widget: Name, json: Json = False) -> None:
    """Keep a widget as it is: nothing new enters it, and what is withdrawn still leaves at once.

    Example: `python3 run.py freeze latest-posts`
    """
    _act(context, stops.freeze, widget, json=json)


def blank(context: typer.Context, widget: Name, json: Json = False) -> None:
    """Take all posts out of a widget at once; its heading, intro and links stay.

    Example: `python3 run.py blank latest-posts`
    """
    _act(context, stops.blank, widget, json=json)


def resume(context: typer.Context, widget: Name, json: Json = False) -> None:
    """Let a frozen or blank widget follow its sources again.

    Example: `python3 run.py resume latest-posts`
    """
    _act(context, stops.resume, widget, json=json)


def _act(context: typer.Context, act: Callable[..., Stopped], widget: str, *, json: bool) -> None:
    with opened(context) as app:
        catalogue = catalogue_of(app)
        done = act(app.publisher, widget, by=who(), now=app.clock())
        if json:
            put_json(_stopped_json(done))
        else:
            _say(done, catalogue.site.timezone)
            say_errors(done.published)
        end(done.published)


def _stopped_json(done: Stopped) -> dict[str, object]:
    stop = done.stop
    return {
        "widget": done.widget_id,
        "stopped": stop.kind if stop else None,
        "since": stop.at if stop else None,
        "by": stop.by if stop else None,
        "new": done.is_new,
        "failed": failed(done.published),
    }


def _say(done: Stopped, timezone: str) -> None:
    stop, widget = done.stop, done.widget_id
    if stop is None:
        ran = "follows its sources again." if done.is_new else "ran already; nothing was changed."
        out.print(f"{widget} {ran}", markup=False)
        return
    since = ""
    if not done.is_new:
        since = f" already, by {stop.by} since {minute_words(stop.at, timezone)}"
    words = _WORDS[stop.kind].format(since=since, widget=widget)
    out.print(f"{words} (`resume {widget}` ends it)", markup=False)
