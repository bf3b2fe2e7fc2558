"""A blog whose address was bought, from its feed to the page: held, released, rejected."""

from datetime import timedelta

import pytest

from aggregator.actions import trust
from aggregator.actions.explain import Explainer
from aggregator.actions.health import healths
from aggregator.errors import AggregatorError
from aggregator.model import Outcome, Standing, StoredPost
from aggregator.store import posts, visits
from tests.actions.changing_blogs import HIJACKED, Blog
from tests.trip.stage import Stage, item, rss

LATER = timedelta(days=8)
"""A blog that was silent for a year is not asked every day."""
PAIR = HIJACKED["a sold blog that keeps its title and its old posts"]
OLD = "The garden in the rain"
NEW = "How to win at slots"


@pytest.fixture
def bought(stage: Stage) -> Stage:
    """A family's blog that was in the widget before a casino bought it."""
    serve(stage, PAIR.before, '"1"')
    stage.follow(stage.source("anna"))
    stage.refresh()
    serve(stage, PAIR.after, '"2"')
    stage.refresh(LATER)
    return stage


def serve(stage: Stage, blog: Blog, tag: str) -> None:
    stage.origin.bodies["/feed"] = blog.body
    stage.origin.headers["/feed"] = {"ETag": tag}


def release(stage: Stage) -> trust.Decided:
    return trust.release(stage.app.publisher, "anna", by="ann", now=stage.now)


def reject(stage: Stage) -> trust.Decided:
    return trust.reject(stage.app.publisher, "anna", by="ann", now=stage.now)


def held(stage: Stage) -> int:
    listed = posts.listing(stage.app.database)
    return sum(stored.standing is Standing.HELD for stored in listed)


def test_the_page_keeps_the_old_and_gets_nothing_new(bought: Stage) -> None:
    page = bought.outputs()
    assert OLD in page
    assert NEW not in page
    assert held(bought) == 3


def test_an_old_post_under_a_known_id_keeps_its_text(stage: Stage) -> None:
    pair = HIJACKED["known ids with other texts"]
    serve(stage, pair.before, '"1"')
    stage.follow(stage.source("anna"))
    stage.refresh()
    before = stage.outputs()
    serve(stage, pair.after, '"2"')
    (report,) = stage.refresh(LATER)
    assert report.visit.outcome is Outcome.HELD
    assert stage.outputs() == before


def test_later_visits_stay_held(bought: Stage) -> None:
    serve(bought, PAIR.after, '"3"')
    bought.origin.bodies["/feed"] += b"<!-- again -->"
    bought.refresh(LATER)
    assert NEW not in bought.outputs()


def test_people_are_told_why(bought: Stage) -> None:
    explainer = Explainer(bought.app.publisher, bought.app.catalogue(), bought.now)
    why = [explainer.explain(one).why for one in trust_held(bought)]
    assert all("may have changed hands" in one and "release anna" in one for one in why)
    assert "by others, who never wrote here before" in why[0]


def trust_held(stage: Stage) -> tuple[StoredPost, ...]:
    return trust.doubt_about(stage.app.publisher, "anna").held


def test_a_release_shows_what_was_held(bought: Stage) -> None:
    decided = release(bought)
    assert decided.posts == 3
    assert NEW in bought.outputs()


def test_after_a_release_the_next_visit_is_an_ordinary_one(bought: Stage) -> None:
    release(bought)
    (report,) = bought.refresh(LATER)
    assert report.visit.outcome is Outcome.CHANGED
    assert visits.states(bought.app.database)["anna"].suspicion is None


def test_an_undone_release_takes_it_off_the_page(bought: Stage) -> None:
    release(bought)
    bought.refresh(LATER)
    trust.undo_release(bought.app.publisher, "anna", by="ann", now=bought.now)
    page = bought.outputs()
    assert NEW not in page
    assert OLD in page


def test_a_rejection_erases_what_was_held_and_asks_no_more(bought: Stage) -> None:
    reject(bought)
    asked = len(bought.origin.asked)
    bought.refresh(2 * LATER)
    assert held(bought) == 0
    assert OLD in bought.outputs()
    assert len(bought.origin.asked) == asked


def test_an_undone_rejection_holds_what_comes(bought: Stage) -> None:
    reject(bought)
    trust.undo_reject(bought.app.publisher, "anna", by="ann", now=bought.now)
    bought.refresh(LATER)
    assert held(bought) == 3
    assert NEW not in bought.outputs()


def test_a_mended_address_begins_anew(bought: Stage) -> None:
    reject(bought)
    bought.origin.bodies["/moved"] = PAIR.before.body
    bought.follow(bought.source("anna", "/moved"))
    (report,) = bought.refresh(LATER)
    assert report.visit.state.suspicion is None
    assert report.visit.state.stopped_at is None


def test_what_was_not_decided_cannot_be_undone(bought: Stage) -> None:
    with pytest.raises(AggregatorError, match="no such decision"):
        trust.undo_reject(bought.app.publisher, "anna", by="ann", now=bought.now)


def test_a_post_is_no_source(bought: Stage) -> None:
    post = trust_held(bought)[0].post.public_id
    with pytest.raises(AggregatorError, match="is a post"):
        trust.doubt_about(bought.app.publisher, post)


def test_an_id_that_is_given_to_another_family_shows_only_theirs(stage: Stage) -> None:
    """What came on the consent of the first one waits, and staff are told."""
    entry = "in: [latest-posts, patient-blogs], consent: {{reference: {}, basis: form, given: 2026-01-01}}"
    stage.origin.bodies |= {"/feed": rss(1), "/second": rss(item(7, text="Of another life."))}
    stage.follow(stage.source("family", more=entry.format("A-1")))
    stage.refresh()
    stage.follow(stage.source("family", "/second", entry.format("B-2")))
    stage.refresh(timedelta(days=1))
    page = stage.outputs()
    assert "Of another life." in page
    assert "What happened in post 1" not in page
    app = stage.app
    (told,) = healths(app.publisher, app.catalogue(), stage.now, token_ends={})
    assert "others than before; what came before waits: 1 post is held." in told.condition.words
    assert "`release family` shows what is held, `reject family` erases it" in told.next_step
    (held,) = trust.doubt_about(app.publisher, "family").held
    assert (
        "release family" in Explainer(app.publisher, app.catalogue(), stage.now).explain(held).why
    )
    trust.reject(app.publisher, "family", by="ann", now=stage.now)
    assert "Of another life." in stage.outputs()
