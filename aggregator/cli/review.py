"""Commands of review: rules, why."""

from typing import Annotated

import typer

from aggregator.actions.rules import Done, HoldRules, InForce
from aggregator.actions.why import Answer, WhyShown
from aggregator.cli.acts import TAKE_BACK, end, outcome, say_errors, widgets_words
from aggregator.cli.asking import ask
from aggregator.cli.opening import opened
from aggregator.cli.posts import say_contents
from aggregator.cli.terminal import catalogue_of, count, out, put_json, warn, who
from aggregator.model.audit_acts import AuditAct

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Undo = Annotated[bool, typer.Option("--undo", help="Take the newest such act back.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_TO_READ = 3_000
"""Characters of a post: so much is read on a screen, and more at its own place."""

rules = typer.Typer(help="What makes posts wait for a person, and how many posts each holds.")


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.add_typer(rules, name="rules")
    commands.command()(why)


@rules.callback(invoke_without_command=True)
def listed(context: typer.Context, json: Json = False) -> None:
    """List the rules of feeds.yaml and the health-specific holds, with what each would hold.

    Example: `python3 run.py rules`
    """
    if context.invoked_subcommand is not None:
        return
    with opened(context) as app:
        catalogue = catalogue_of(app)
        asked = HoldRules(app.publisher, app.inspector)
        found = asked.in_force()
        for one in found:
            if json:
                put_json(one)
            else:
                _say_rule(one)
        if not found and not json:
            out.print("There are no rules, and no widget requires consent: nothing is held.")
        if not json:
            for words in app.overwhelming(catalogue):
                warn(words)


@rules.command()
def apply(
    context: typer.Context,
    rule: Annotated[
        list[str] | None, typer.Argument(metavar="[RULE…]", help="Ids of rules.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All rules.")] = False,
    approved_too: Annotated[
        bool,
        typer.Option("--approved-too", help="Also what a person approved; that approval ends."),
    ] = False,
    yes: Yes = False,
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Let rules hold what was stored before they were written; says first how much that is.

    Example: `python3 run.py rules apply lawsuits`
    """
    if bool(rule) == every:
        raise typer.BadParameter("Name the rules, or say --all.")
    if undo and every:
        raise typer.BadParameter("Name the rules of which the newest act is to be taken back.")
    with opened(context) as app:
        catalogue_of(app)
        asked = HoldRules(app.publisher, app.inspector)
        if undo:
            for rule_id in rule or ():
                done = asked.undo(rule_id, AuditAct.HOLD_BY_RULE, by=who(), now=app.clock())
                _say_done(done, "Undone: {} not held by it any more.", json=json)
            return

        def may(counts: dict[str, int]) -> bool:
            for rule_id, waiting in counts.items():
                warn(f"{rule_id} will hold {count(waiting, 'post')} until approved.")
            ask("Hold them?", "Nothing was held.", yes=yes)
            return True

        done = asked.apply(
            asked.named(rule or ()), by=who(), now=app.clock(), approved_too=approved_too, may=may
        )
        _say_done(done, f"{{}} held from now on.{TAKE_BACK}", json=json)


@rules.command()
def release(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule's id, in the file or not.")],
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Let go of all posts that wait by a rule; those that another one holds go on waiting.

    Example: `python3 run.py rules release lawsuits`
    """
    with opened(context) as app:
        catalogue_of(app)
        asked = HoldRules(app.publisher, app.inspector)
        if undo:
            done = asked.undo(rule, AuditAct.LET_GO_OF_RULE, by=who(), now=app.clock())
            _say_done(done, "Undone: {} held by it again.", json=json)
            return
        done = asked.release(rule, by=who(), now=app.clock())
        _say_done(done, f"{{}} let go.{TAKE_BACK}", json=json)


def why(
    context: typer.Context,
    key: Annotated[
        str, typer.Argument(metavar="POST", help="A post's id or link; also of one taken down.")
    ],
    json: Json = False,
) -> None:
    """What a post says, and why it is shown or not: every step that decides, in order.

    Example: `python3 run.py why 3f9c2a71d0be`
    """
    with opened(context) as app:
        catalogue = catalogue_of(app)
        answers = WhyShown(app.publisher, catalogue, app.inspector, app.clock()).asked(key)
        for answer in answers:
            if json:
                put_json(answer)
            else:
                _say_answer(answer)


def _say_rule(one: InForce) -> None:
    where = f"in {', '.join(one.within)}" if one.within else "everywhere"
    if one.left:
        where = "not in feeds.yaml any more"
    out.print(f"{one.id} ({where}): {count(one.waiting, 'post')} waiting.", markup=False)
    if one.left:
        out.print(f"    → `rules release {one.id}` lets them go, or approve them.", markup=False)
    if one.would_hold or one.approved:
        more = f", and {one.approved} approved" if one.approved else ""
        words = f"It would hold {count(one.would_hold, 'post')} of those stored before{more}"
        out.print(f"    {words}: `rules apply {one.id}`.", markup=False)
    if one.without_language:
        posts = count(one.without_language, "post")
        out.print(f"    {posts} of unknown language: it does not hold these.", markup=False)


def _say_answer(answer: Answer) -> None:
    head = f"{answer.id}  {answer.source}: {answer.title}" if answer.title else answer.key
    out.print(head, markup=False)
    if answer.contents is not None:
        where = "at its link" if answer.contents.link else "in `posts --json`"
        say_contents(answer.contents, _TO_READ, f"they stand {where}.")
    for step in answer.steps:
        mark = {True: "✓", False: "✗", None: "·"}[step.passes]
        out.print(f"  {mark} {step.name}: {step.words}", markup=False)


def _say_done(done: Done, words: str, *, json: bool) -> None:
    if json:
        put_json({"rules": done.rules, "posts": done.posts, **outcome(done.published)})
    elif not done.posts:
        out.print("Nothing was changed.")
    else:
        said = words.format(count(len(done.posts), "post"))
        out.print(f"{said} {widgets_words(done.published)}".rstrip(), markup=False)
        say_errors(done.published)
    end(done.published)
