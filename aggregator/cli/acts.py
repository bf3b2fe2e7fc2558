"""How an act of a person is told: what was decided, which widgets changed, how to take it back."""

from collections.abc import Iterable, Sequence

import typer

from aggregator.actions import planned
from aggregator.actions.aftermath import Aftermath
from aggregator.actions.curate import Decision
from aggregator.actions.planned import Planned
from aggregator.actions.publish import Published
from aggregator.cli.dates import minute_words
from aggregator.cli.posts import label_of
from aggregator.cli.terminal import count, full_stop, out, put_json, warn

TAKE_BACK = " (--undo takes it back)"
"""What ends a sentence about an act that has an undo of its own."""
_LISTED = 10
"""Posts that still wait, listed after a decision about their source."""

# --- what became of the widgets ------------------------------------------------------------------


def failed(published: Iterable[Published]) -> list[str]:
    """Names of what still stands as it was."""
    return [one.name for one in published if one.error]


def outcome(published: Iterable[Published]) -> dict[str, object]:
    """What became of the widgets, as every act tells it to machines."""
    published = tuple(published)
    return {"widgets": _changed(published), "failed": failed(published)}


def widgets_words(published: Iterable[Published], none: str = "") -> str:
    """A sentence on the widgets that changed; ``none`` where none did."""
    changed = _changed(published)
    return f"Widgets changed: {', '.join(changed)}." if changed else none


def say_widgets(published: Iterable[Published]) -> None:
    """The widgets that changed, on a line of their own; no line where none did."""
    if words := widgets_words(published):
        out.print(words, markup=False)


def say_errors(published: Iterable[Published]) -> None:
    """What was decided stands; say which widgets do not show it yet."""
    for one in published:
        if one.error is not None:
            warn(f"Recorded, but {one.name} still stands as it was: {one.error}")
            warn(f"{one.error.advice} Then: publish")


def end(published: Iterable[Published]) -> None:
    """End with 1 where a widget failed."""
    if failed(published):
        raise typer.Exit(1)


def _changed(published: Iterable[Published]) -> list[str]:
    return [one.name for one in published if one.changed]


# --- decisions -----------------------------------------------------------------------------------


def say_decisions(
    decided: Sequence[tuple[Decision, Aftermath]], timezone: str, *, json: bool, undone: bool
) -> None:
    """What holds now of each, and what that leaves as it was; ends with 1 where a widget failed.

    What was decided together changed the widgets together: that is told with the last.
    """
    published = decided[-1][0].published
    hint = "" if undone else TAKE_BACK
    widgets = f" {widgets_words(published, 'No widget changed.')}{hint}"
    for number, (decision, left) in enumerate(decided, 1):
        if json:
            put_json(_decision_json(decision, left))
            continue
        words = _decision_words(decision, timezone, undone=undone)
        out.print(f"{words}{widgets if number == len(decided) else ''}", markup=False)
        if decision.dropped_end is not None:
            ended = minute_words(decision.dropped_end, timezone)
            out.print(f"It has no end now; before, it was until {ended}.", markup=False)
        _say_aftermath(decision.source_id, left)
    if not json:
        say_errors(published)
    end(published)


def _decision_json(decision: Decision, left: Aftermath) -> dict[str, object]:
    """The contract of ``hide --json`` and its like, and of ``undo --json`` of a decision."""
    verdict = decision.verdict
    return {
        "source": decision.source_id,
        "id": decision.public_id,
        "verdict": verdict.kind if verdict else None,
        "until": verdict.until if verdict else None,
        "copies": decision.copies,
        **outcome(decision.published),
        "waiting": [one.stored.post.public_id for one in left.waiting],
        "why": left.why or None,
    }


def _decision_words(decision: Decision, timezone: str, *, undone: bool) -> str:
    """As in: Pinned until 2026-12-24 23:59: My first day."""
    verdict = decision.verdict
    word = verdict.kind.value if verdict else "no decision"
    word = f"Undone; now {word}" if undone else word.capitalize()
    if verdict and verdict.until:
        word += f" until {minute_words(verdict.until, timezone)}"
    copies = ""
    if decision.copies:
        copies = f", and the same in {count(decision.copies, 'other post')}"
    return full_stop(f"{word}: {decision.title}{copies}")


def _say_aftermath(source_id: str, left: Aftermath) -> None:
    """What is still not shown, and what to do about it."""
    if left.why:
        lead = "" if left.shown else "It is not shown. "
        warn(f"{lead}{left.why}")
    if not left.waiting:
        return
    wait = "waits" if len(left.waiting) == 1 else "wait"
    posts = count(len(left.waiting), "post")
    warn(f"{posts} of it still {wait}, and must be approved by id:")
    for one in left.waiting[:_LISTED]:
        out.print(f"  {one.stored.post.public_id}  {label_of(one.stored)}", markup=False)
        out.print(f"    {one.why}", markup=False)
    more = "" if len(left.waiting) <= _LISTED else "They are more than stand here. "
    ids = " ".join(one.stored.post.public_id for one in left.waiting[:_LISTED])
    warn(f"{more}Read them with `posts {source_id} --waiting`; then: `approve {ids}`")


def say_plan(made: Planned, timezone: str, *, json: bool, undone: bool) -> None:
    """What was planned, or is not any more."""
    if json:
        put_json(
            {
                "source": made.source_id,
                "id": made.public_id,
                "plan": made.plan.act if made.plan else None,
                "at": made.plan.at if made.plan else None,
                "changed": made.changed,
                "undone": undone,
            }
        )
        return
    if made.plan is None:
        out.print(f"Nothing of that kind was planned for {made.title}.", markup=False)
        return
    words = planned.words(made.plan, timezone)
    if undone:
        out.print(f"Taken back for {made.title}: {words}", markup=False)
        return
    known = "" if made.changed else " That was planned already."
    out.print(f"{made.title}: {words}{known}{TAKE_BACK}", markup=False)
