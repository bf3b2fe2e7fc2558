"""One announcement, posted on several networks, on its way to one card."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.actions import curate, planned, undoable
from aggregator.actions.audit_words import sentence
from aggregator.actions.edits import Editor
from aggregator.actions.explain import Explainer
from aggregator.actions.takedown import take_down
from aggregator.actions.why import WhyShown
from aggregator.connectors import connectors
from aggregator.demo import graph
from aggregator.demo.bluesky import Bluesky
from aggregator.demo.facebook import Facebook
from aggregator.demo.interface import Interface, Reply
from aggregator.demo.mastodon import Mastodon
from aggregator.demo.notes import Account, Note
from aggregator.demo.x import TOKEN, X
from aggregator.model import PlannedAct, StoredPost, VerdictKind
from aggregator.store import audit, posts
from tests.trip.accounts import PLACES
from tests.trip.platforms import Posting, served
from tests.trip.stage import START, Stage

HOUR = timedelta(hours=1)
INSTITUTE = Account("institute", "Example Institute", 77)
FLU = (
    "Flu shots for patients and their families are here. Come to the ground floor of the Alder "
    "building, no appointment needed. https://institute.example/flu"
)


@dataclass
class Networks:
    """The institute's accounts on four networks, and the Aggregator that follows them."""

    stage: Stage
    notes: dict[str, list[Note]] = field(
        default_factory=lambda: {"bluesky": [], "mastodon": [], "x": [], "facebook": []}
    )
    written: int = 0

    def post(self, network: str, text: str, *, hours: int = 0) -> None:
        self.written += 1
        at = START - timedelta(days=2) + hours * HOUR
        self.notes[network].append(Note(self.written, text, at))

    @property
    def page(self) -> str:
        self.stage.refresh(25 * HOUR)
        return self.stage.output("latest-posts.html")


@pytest.fixture
def networks(tmp_path: Path) -> Iterator[Networks]:
    platforms: dict[str, Interface] = {}

    def answer(target: str, fields: dict[str, str]) -> Reply:
        path = target.split("/")[1]
        paths = {"xrpc": "bluesky", "api": "mastodon", "2": "x"}
        return platforms[paths.get(path, "facebook")].answer(target, fields)

    with served(answer) as origin:
        stage = Stage(tmp_path, origin)
        stage.app.close()
        stage.app = stage.open(tokens={"X_BEARER_TOKEN": TOKEN, "FACEBOOK_PAGE_TOKEN": graph.TOKEN})
        made = Networks(stage)

        platforms["bluesky"] = Bluesky(
            Account("institute.example", "Example Institute", 77),
            lambda: made.notes["bluesky"],
            lambda: stage.now,
        )
        platforms["mastodon"] = Mastodon(
            INSTITUTE, "social.example", lambda: made.notes["mastodon"], lambda: stage.now
        )
        platforms["x"] = X(INSTITUTE, lambda: made.notes["x"], lambda: stage.now)
        platforms["facebook"] = Facebook(
            INSTITUTE, lambda: made.notes["facebook"], lambda: stage.now
        )
        options = f"options: {{server: 'http://127.0.0.1:{origin.port}'}}, in: latest-posts"
        stage.follow(
            f"{{id: on-bluesky, bluesky: institute.example, {options}}}",
            f"{{id: on-mastodon, mastodon: institute@social.example, {options}}}",
            f"{{id: on-x, x: institute, {options}}}",
            f"{{id: on-facebook, facebook: institute, {options}}}",
        )
        yield made
        stage.app.close()


def test_an_announcement_on_two_networks_is_one_card_that_names_both(networks: Networks) -> None:
    networks.post("bluesky", FLU)
    networks.post("mastodon", f"{FLU} #FluSeason", hours=2)
    page = networks.page
    assert page.count("no appointment needed") == 1
    assert "Also on" in page


def test_what_x_shows_stands_by_itself(networks: Networks) -> None:
    networks.post("bluesky", FLU)
    networks.post("x", FLU)
    page = networks.page
    assert page.count("no appointment needed") == 2
    assert "Also on" not in page


def test_notices_that_differ_in_a_day_stay_apart(networks: Networks) -> None:
    notice = "The infusion clinic in Alder is closed on {}. Call us if you need another day."
    networks.post("bluesky", notice.format("Monday"))
    networks.post("mastodon", notice.format("Tuesday"))
    page = networks.page
    assert "Monday" in page
    assert "Tuesday" in page
    assert "Also on" not in page


def test_once_one_of_the_copies_is_deleted_the_other_stands_alone(networks: Networks) -> None:
    networks.post("bluesky", FLU)
    networks.post("mastodon", FLU, hours=1)
    assert "Also on" in networks.page
    networks.notes["mastodon"].clear()
    networks.post("mastodon", "Something else, so that the account is not empty.")
    networks.stage.look_up(25 * HOUR)
    page = networks.stage.output("latest-posts.html")
    assert page.count("no appointment needed") == 1
    assert "Also on" not in page


# --- what becomes of one card ----------------------------------------------------------------


@pytest.fixture
def merged(networks: Networks) -> Networks:
    """One card for two posts that are told apart by a hashtag."""
    networks.post("bluesky", FLU)
    networks.post("mastodon", f"{FLU} #FluSeason", hours=2)
    assert "Also on" in networks.page
    return networks


def of(networks: Networks, source_id: str) -> StoredPost:
    (found,) = posts.listing(networks.stage.app.database, [source_id])
    return found


def hide(networks: Networks, source_id: str) -> curate.Decision:
    key = of(networks, source_id).post.public_id
    stage = networks.stage
    kind = VerdictKind.HIDDEN
    [done] = curate.decide(stage.app.publisher, [key], kind, by="Ada", now=stage.now)
    return done


def unhide(networks: Networks, source_id: str) -> curate.Decision:
    key, stage = of(networks, source_id).post.public_id, networks.stage
    kind = VerdictKind.HIDDEN
    [done] = curate.undo(stage.app.publisher, [key], kind, by="Ada", now=stage.now)
    return done


NETWORKS = pytest.mark.parametrize("network", ["on-bluesky", "on-mastodon"])


@NETWORKS
def test_no_copy_stands_in_the_place_of_what_is_hidden(merged: Networks, network: str) -> None:
    decided = hide(merged, network)
    assert decided.copies == 1
    assert "no appointment needed" not in merged.stage.outputs()


@NETWORKS
def test_an_undone_hide_brings_both_back(merged: Networks, network: str) -> None:
    hide(merged, network)
    assert unhide(merged, network).copies == 1
    page = merged.stage.output("latest-posts.html")
    assert page.count("no appointment needed") == 1
    assert "Also on" in page


@NETWORKS
def test_a_takedown_erases_both(merged: Networks, network: str) -> None:
    """Also where both were hidden before, and no widget shows them as one any more."""
    hide(merged, network)
    key, stage = of(merged, network).post.public_id, merged.stage
    done = take_down(stage.app.publisher, key, by="Ada", now=stage.now)
    assert [receipt.posts_removed for receipt in done.receipts] == [2]
    stage.refresh(25 * HOUR, force=True)
    assert posts.listing(stage.app.database) == []


@pytest.mark.parametrize("act", PlannedAct)
def test_a_planned_act_is_done_to_both(merged: Networks, act: PlannedAct) -> None:
    key, stage = of(merged, "on-bluesky").post.public_id, merged.stage
    at = stage.now + HOUR
    planned.plan(stage.app.publisher, [key], act, at, by="Ada", now=stage.now)
    assert planned.carry_out(stage.app.publisher, at) == []
    assert "no appointment needed" not in stage.outputs()


def test_a_notice_that_differs_in_a_day_stays_where_its_like_is_hidden(networks: Networks) -> None:
    notice = "The infusion clinic in Alder is closed on {}. Call us if you need another day."
    networks.post("bluesky", notice.format("Monday"))
    networks.post("mastodon", notice.format("Tuesday"))
    assert "Tuesday" in networks.page
    assert hide(networks, "on-bluesky").copies == 0
    assert "Tuesday" in networks.stage.output("latest-posts.html")


# --- what comes after a hide -----------------------------------------------------------------


@pytest.fixture
def late(merged: Networks) -> Networks:
    """The card was hidden; then the announcement came on Facebook, too, in words of its own."""
    hide(merged, "on-bluesky")
    merged.stage.now += HOUR
    merged.post("facebook", f"{FLU} Bring your card.", hours=3)
    return merged


def test_a_copy_that_comes_after_the_hide_is_never_shown(late: Networks) -> None:
    assert "no appointment needed" not in late.page
    assert "no appointment needed" not in late.stage.outputs()


def test_of_a_copy_that_came_late_it_is_told_whom_it_followed(late: Networks) -> None:
    assert "no appointment needed" not in late.page
    app, now = late.stage.app, late.stage.now
    hidden = [of(late, "on-bluesky"), of(late, "on-mastodon")]
    led = min(hidden, key=lambda one: one.id).post  # of those of one act, that which came first
    stored = of(late, "on-facebook")
    same = f"it says the same as {led.public_id} of {led.source_id}"
    words = f"hidden by Ada since 2026-11-25: {same}"
    assert words in Explainer(app.publisher, app.catalogue(), now).explain(stored).why
    why = WhyShown(app.publisher, app.catalogue(), app.inspector, now)
    (answer,) = why.asked(stored.post.public_id)
    assert words[1:] in " ".join(step.words for step in answer.steps)
    told = [sentence(entry) for entry in audit.rows(app.database, 1)]
    assert told == [
        f"Aggregator hid post {stored.post.public_id} of on-facebook as it came, since it says the "
        f"same as one that was hidden ({led.public_id})."
    ]


def test_a_copy_that_came_late_is_shown_again_alone_and_stays(late: Networks) -> None:
    assert "no appointment needed" not in late.page
    assert unhide(late, "on-facebook").copies == 0
    late.notes["facebook"].append(Note(99, "Something else.", START))  # its source goes on
    page = late.page
    assert "Something else" in page
    assert page.count("no appointment needed") == 1
    assert "Bring your card" in page
    assert "Also on" not in page


def test_a_copy_that_came_late_is_shown_again_by_the_number_of_the_act(late: Networks) -> None:
    assert "no appointment needed" not in late.page
    app, now = late.stage.app, late.stage.now
    (number,) = [
        one.number
        for one in undoable.undoable(app.database, now, None)
        if one.source_id == "on-facebook"
    ]
    editor = Editor(app.publisher, app.current, app.edit, app.sync)
    undoable.undo(editor, app.publisher, number, by="Ada", now=now)
    assert late.stage.output("latest-posts.html").count("no appointment needed") == 1


def test_a_copy_that_came_late_comes_back_with_what_was_hidden(late: Networks) -> None:
    assert "no appointment needed" not in late.page
    assert unhide(late, "on-bluesky").copies == 2
    page = late.stage.output("latest-posts.html")
    assert page.count("no appointment needed") == 1
    assert "Bring your card" in page
    assert "Also on" in page


def test_x_shows_what_comes_after_the_hide(merged: Networks) -> None:
    """Its posts are no copies of others."""
    hide(merged, "on-bluesky")
    merged.post("x", f"{FLU} Bring your card.", hours=3)
    assert merged.page.count("no appointment needed") == 1


# --- on every platform -----------------------------------------------------------------------

SHORT = (
    "Flu shots for patients and their families are here. Come to the Alder building, no "
    "appointment needed."
)
"""Short enough for every platform."""


@dataclass
class Pair:
    """The institute's account on a platform, and its other one: on Bluesky, or else a blog."""

    posting: Posting
    other: list[Note]

    def post(self, text: str, elsewhere: str) -> None:
        """The same announcement, or two."""
        at = START - timedelta(days=2)
        self.posting.notes.append(Note(1, text, at))
        self.other.append(Note(2, elsewhere, at + HOUR))

    @property
    def page(self) -> str:
        stage = self.posting.stage
        reports = stage.refresh()
        assert [report.error for report in reports if report.failed] == []
        return stage.output("latest-posts.html")


def test_no_platform_is_left_out() -> None:
    assert {place.platform for place in PLACES.values()} == connectors().keys() - {"feed"}


@pytest.fixture(params=PLACES)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    place = PLACES[request.param]
    elsewhere = PLACES["mastodon" if place.platform == "bluesky" else "bluesky"]
    path = "/api/" if place.platform == "bluesky" else "/xrpc/"
    asked: list[Interface] = []

    def answer(target: str, fields: dict[str, str], content: bytes | None = None) -> Reply:
        return asked[target.startswith(path)].answer(target, fields, content)

    with served(answer) as origin:
        stage = Stage(tmp_path, origin)
        stage.app.close()
        stage.app = stage.open(tokens=place.tokens)
        other: list[Note] = []
        posting = Posting(
            stage, place.make(lambda: posting.notes, lambda: stage.now), key=place.key
        )
        asked += [posting.platform, elsewhere.make(lambda: other, lambda: stage.now)]
        options = f"options: {{server: 'http://127.0.0.1:{origin.port}'}}, in: latest-posts"
        stage.follow(
            f"{{id: account, {place.key}, {options}}}",
            f"{{id: elsewhere, {elsewhere.key}, {options}}}",
        )
        yield Pair(posting, other)
        stage.app.close()


def test_an_announcement_that_stands_elsewhere_too_is_one_card(pair: Pair) -> None:
    """But for X, whose terms keep its posts apart from all others."""
    pair.post(SHORT, f"{SHORT} #FluSeason")
    page = pair.page
    is_apart = pair.posting.key.startswith("x:")
    assert page.count("<article") == (2 if is_apart else 1)
    assert ("Also on" in page) is not is_apart


def test_two_announcements_that_are_alike_are_two_cards(pair: Pair) -> None:
    pair.post(SHORT, SHORT.replace("Alder", "Birch"))
    page = pair.page
    assert page.count("<article") == 2
    assert "Also on" not in page
