"""How one source is told of: in a few lines, in all that is known, and for machines."""

from aggregator.actions.health import Health
from aggregator.actions.ledger import ConsentStanding, standings
from aggregator.actions.planned import title_of
from aggregator.actions.planned import words as plan_words
from aggregator.app import App
from aggregator.cli.terminal import out, put_json, put_wrapped
from aggregator.cli.times import Times
from aggregator.cli.visits import say_visits, visit_json
from aggregator.model import Catalogue, ConditionKind, Plan, Review, VisitState, public_id_of
from aggregator.store import consents, plans, visit_log

LAST = 5
"""Visits listed with the details of a source."""
_REVIEW = {
    Review.ALWAYS: "always: each of its posts waits until it is approved",
    Review.FIRST: "first: its posts wait until one of them is approved",
    Review.NEVER: "",
}


def say_briefly(one: Health, times: Times) -> None:
    """A few lines: how it is, what to do, when it was read and will be."""
    say_condition(one)
    if one.source.by_hand:
        return
    following = times.next(one)
    will_be = f"next visit {following}" if following else "no next visit"
    put_wrapped(f"Last read {times.at(one.last_ok)}; {will_be}.")
    if one.hub:
        put_wrapped(one.hub)
    if one.asked and one.condition.kind is not ConditionKind.MOVED:
        put_wrapped(f"Asked at {one.asked} instead of its address in feeds.yaml.")
    if one.held and one.condition.kind is not ConditionKind.CHANGED_OWNER:
        put_wrapped("1 post is held." if one.held == 1 else f"{one.held} posts are held.")


def say_condition(one: Health) -> None:
    """How it is, and what to do."""
    name = f" ({one.name})" if one.name else ""
    mark = "!" if one.next_step else " "
    put_wrapped(f"{mark} {one.source.id}{name}: {one.words}", first="")
    if one.next_step:
        put_wrapped(f"→ {one.next_step}", then="      ")


def health_json(one: Health) -> dict[str, object]:
    """The contract of ``status --json``."""
    state = one.state
    return {
        "source": one.source.id,
        "name": one.name,
        "condition": one.condition.kind,
        "since": one.condition.since,
        "words": one.words,
        "next_step": one.next_step or None,
        "last_ok": one.last_ok,
        "next_visit": one.next_visit,
        "why": one.why or None,
        "hub": one.hub or None,
        "asked": one.asked,
        "held": one.held,
        "waiting": one.waiting,
        "error": state.error_kind if state else None,
        "token_ends": one.token_ends,
        "token_ends_at_latest": one.token_ends_at_latest,
        "read": one.budget.read if one.budget else None,
        "reads_per_month": one.budget.allowed if one.budget else None,
    }


def say_all_about(app: App, catalogue: Catalogue, one: Health, times: Times, *, json: bool) -> None:
    """All that is known of a source: what staff wrote down and planned, and how it does."""
    logged = visit_log.of_source(app.database, one.source.id)
    widgets = [spec.id for spec in catalogue.widgets_of(one.source.id)]
    consent = _consent(app, catalogue, one.source.id, times)
    planned = [plan for plan in plans.waiting(app.database) if plan.source_id == one.source.id]
    if json:
        about = {
            "widgets": widgets,
            "review": one.source.review,
            "consent": consent and consent.words,
            "plans": [plan_json(app, plan) for plan in planned],
            "visits": [visit_json(line) for line in logged],
        }
        put_json(health_json(one) | about)
        return
    say_condition(one)
    rows = [
        *(("planned", plan_line(app, plan, times.timezone)) for plan in planned),
        ("widgets", ", ".join(widgets) or "none, so nothing of it is shown"),
        ("consent", _consent_words(consent)),
        ("review", _REVIEW[one.source.review]),
        ("address", one.source.address),
        ("last read", times.at(one.last_ok)),
        ("next visit", times.next(one) or "none"),
        *(_details(one.state, times) if one.state else []),
        ("held", f"{one.held}" if one.held else ""),
        ("hub", one.hub),
        ("token", _token(one, times)),
    ]
    for label, text in rows:
        if text:
            put_wrapped(text, first=f"    {label:<14}", then=" " * 18)
    if logged:
        out.print("\n  Its last visits (`visits` lists more):", markup=False)
        say_visits(logged[:LAST], times, why=False)
    out.print(f"Times are those of {times.timezone}.", markup=False)


def _consent(
    app: App, catalogue: Catalogue, source_id: str, times: Times
) -> ConsentStanding | None:
    """How its consent stands; None: it has none, and needs none."""
    today = catalogue.site.day(times.now)
    found = standings(catalogue, consents.all_newest(app.database), today)
    return next((one for one in found if one.source_id == source_id), None)


def _consent_words(one: ConsentStanding | None) -> str:
    if one is None:
        return ""
    return f"{one.consent.reference}: {one.words}" if one.consent else one.words


def plan_line(app: App, plan: Plan, timezone: str) -> str:
    """What people decided for a later day, about what, and whose that is."""
    words = plan_words(plan, timezone)
    if plan.guid is None:
        return f"{plan.source_id}: {words}"
    public_id = public_id_of(plan.source_id, plan.guid)
    title = title_of(app.publisher, plan)
    named = f'"{title}" ({public_id})' if title else public_id
    return f"{plan.source_id}, {named}: {words}"


def plan_json(app: App, plan: Plan) -> dict[str, object]:
    """The contract of plans in ``status --json``."""
    return {
        "plan": plan.act,
        "source": plan.source_id,
        "id": None if plan.guid is None else public_id_of(plan.source_id, plan.guid),
        "title": title_of(app.publisher, plan),
        "at": plan.at,
        "by": plan.by,
    }


def _token(one: Health, times: Times) -> str:
    """Where it comes from, and until when it holds; never what it is."""
    if one.source.token is None:
        return ""
    if one.token_ends is None:
        return one.source.token
    latest = " at the latest" if one.token_ends_at_latest else ""
    return f"{one.source.token}, until {times.at(one.token_ends)}{latest}"


_CHANGING = "its entries change them at visits; they are told apart by link and title"


def _details(state: VisitState, times: Times) -> list[tuple[str, str]]:
    """What only those want to know who look closely."""
    profile, move = state.profile, state.move
    says = profile.new_address if profile and profile.new_address else ""
    failed = ""
    if state.error_text and state.error_streak:
        often = "once" if state.error_streak == 1 else f"{state.error_streak} times in a row"
        failed = f"{often}: {state.error_text}"
    led = ""
    if move is not None:
        led = f"to {move.address}, since {times.at(move.since)}; believed after two days"
    return [
        ("asked at", state.adopted or ""),
        ("redirected", led),
        ("says it is at", says),
        ("given up", state.given_up or ""),
        ("failed", failed),
        ("doubts", " ".join(state.suspicion.signals) if state.suspicion else ""),
        ("ids", _CHANGING if state.unstable_ids else ""),
        ("last new post", times.at(state.last_new) if state.last_new else ""),
        ("visits so far", f"{state.visits}"),
    ]
