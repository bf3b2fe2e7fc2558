"""WebSub, whole journeys: a real feed, a real hub, a real door (rules E1 to E6)."""

import asyncio
import gzip
import http.client
import shutil
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvicorn
from starlette.applications import Starlette

from aggregator.actions import pushed
from aggregator.actions.refresh import Report
from aggregator.actions.takedown import take_down
from aggregator.app import App
from aggregator.model import Identity, Outcome, Standing, Suspicion, Visit
from aggregator.settings import load_settings
from aggregator.store import posts, subscriptions, visits
from aggregator.store.subscriptions import Status, Subscription
from aggregator.web.hooks import Hooks
from aggregator.web.server import listen
from tests.trip.conftest import on_sqlite
from tests.trip.hub import PATIENCE, PUBLIC, Hub, certify
from tests.trip.stage import PACE, Origin, Stage, rss
from tests.trip.test_serve import Served

pytestmark = on_sqlite

_T = TypeVar("_T")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The hub's certificate and key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl command was found to make a certificate with")
    return certify(tmp_path_factory.mktemp("hub"))


@pytest.fixture
def hub(papers: tuple[Path, Path]) -> Iterator[Hub]:
    made = Hub(*papers)
    made.start()
    yield made
    made.stop()


def hubbed(feed: bytes, stage: Stage, hub: Hub) -> bytes:
    """The feed of the stage, with the hub named in it."""
    atom = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom"'
    links = (
        f'{atom} rel="hub" href="{hub.url}"/>{atom} rel="self" href="{stage.origin.url("/feed")}"/>'
    )
    return feed.replace(b"<channel>", b"<channel>" + links.encode())


class House:
    """An Aggregator whose door for hubs is open; what its clock does is done a step at a time."""

    def __init__(self, stage: Stage, hub: Hub) -> None:
        self.stage, self.hub = stage, hub
        self.app = App(settings(stage, hub), pace=PACE, clock=lambda: stage.now)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self._listening = listen("127.0.0.1", 0)
        hub.door = self._listening.getsockname()[1]
        door = Starlette(routes=list(Hooks(self.app, largest=100_000).routes()))
        config = uvicorn.Config(door, lifespan="off", log_config=None, ws="none")
        self._server = uvicorn.Server(config)
        self._served = asyncio.run_coroutine_threadsafe(
            self._server.serve(sockets=[self._listening]), self.loop
        )

    def close(self) -> None:
        self._server.should_exit = True
        self._served.result(PATIENCE)
        self.do(self.app.close_fetching())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
        self._listening.close()
        self.app.close()

    def do(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def feed(self, *numbers: int) -> bytes:
        """The feed with these posts, and with its hub."""
        return hubbed(rss(*numbers), self.stage, self.hub)

    def publish(self, *numbers: int) -> None:
        """What the feed says from now on."""
        self.stage.origin.bodies["/feed"] = self.feed(*numbers)

    def visit(self, after: timedelta = timedelta(0)) -> list[Report]:
        """Visit what is due, and think of hubs."""
        self.stage.now += after
        catalogue = self.app.catalogue()
        self.app.sync(catalogue)

        async def go() -> list[Report]:
            claim = self.app.claims.among(catalogue.sources)
            sources = {source.id: source for source in catalogue.sources}
            return await self.app.refresher.refresh_all(sources, claim.states)

        reports = self.do(go())
        self.round({report.source.id for report in reports if not report.failed})
        return reports

    def round(self, visited: set[str] | None = None, *, after: timedelta = timedelta(0)) -> None:
        """Ask hubs what is to be asked, and wait until they asked back."""
        self.stage.now += after
        catalogue = self.app.catalogue()
        self.app.sync(catalogue)

        async def go() -> None:
            _ = self.app.refresher
            await self.app.subscriber().round(self.app.followed(catalogue), visited or set())

        self.do(go())
        self.hub.settle()

    def read(self) -> Report | None:
        """Read the next push."""

        async def go() -> Report | None:
            delivery = await self.app.inbox.take()
            followed = self.app.followed(self.app.catalogue())
            return await pushed.receive(self.app.refresher, followed, delivery)

        return self.do(go())

    def stored(self) -> set[str]:
        return {one.post.guid for one in posts.listing(self.app.database)}

    def subscriptions(self) -> list[Subscription]:
        return subscriptions.by_source(self.app.database).get("blog", [])

    def statuses(self) -> list[Status]:
        return [one.status for one in self.subscriptions()]


def settings(stage: Stage, hub: Hub, public_url: str = PUBLIC) -> Any:
    return load_settings(
        sealed=True,
        config=stage.config,
        data=stage.folder / "data",
        allow_networks="127.0.0.0/8",
        allow_ports=f"{stage.origin.port},{hub.port}",
        database_url=stage.database_url,
        public_url=public_url,
        ca_file=hub.cert,
    )


@pytest.fixture
def house(stage: Stage, origin: Origin, hub: Hub) -> Iterator[House]:
    origin.headers["/feed"] = {"ETag": '"1"'}
    stage.follow(stage.source("blog"))
    made = House(stage, hub)
    made.publish(2, 1)
    yield made
    made.close()


# --- subscribing -------------------------------------------------------------------------------


def test_a_hub_is_asked_after_the_first_good_visit_and_confirmed(house: House) -> None:
    house.visit()
    (asked,) = house.hub.asked
    assert asked["hub.mode"] == "subscribe"
    assert asked["hub.topic"] == house.stage.origin.url("/feed")
    assert asked["hub.callback"].startswith(f"{PUBLIC}/hooks/websub/")
    assert len(asked["hub.secret"]) < 200
    assert house.hub.replies == [200]
    assert house.statuses() == [Status.ACTIVE]


def test_a_push_is_stored_without_a_visit(house: House) -> None:
    house.visit()
    asked = len(house.stage.origin.asked)
    assert house.hub.push(house.feed(3, 2, 1)) == [202]
    report = house.read()
    assert report is not None
    assert report.touched
    assert house.stored() == {"id-1", "id-2", "id-3"}
    assert len(house.stage.origin.asked) == asked


def test_the_hub_in_the_link_field_comes_before_the_one_in_the_feed(house: House) -> None:
    topic = house.stage.origin.url("/other")
    house.stage.origin.headers["/feed"] = {
        "Link": f'<{house.hub.url}named>; rel="hub", <{topic}>; rel=self'
    }
    house.visit()
    assert [one.hub for one in house.subscriptions()] == [f"{house.hub.url}named"]
    assert house.hub.asked[0]["hub.topic"] == topic


def test_a_feed_without_a_hub_is_left_to_visits(house: House) -> None:
    house.stage.origin.bodies["/feed"] = rss(1)
    house.visit()
    assert house.subscriptions() == []


def test_an_active_subscription_is_not_asked_for_again(house: House) -> None:
    house.visit()
    house.visit(HOUR)
    house.round(after=DAY)
    assert len(house.hub.asked) == 1


def test_a_hub_that_fails_is_left_alone_for_half_a_day(house: House) -> None:
    house.hub.status = 500
    house.visit()
    assert house.statuses() == [Status.DENIED]
    house.visit(2 * HOUR)
    house.round(after=9 * HOUR)
    assert len(house.hub.asked) == 1
    house.hub.status = 202
    house.visit(2 * HOUR)
    assert house.statuses() == [Status.ACTIVE]


def test_a_hub_that_asks_for_time_gets_it(house: House) -> None:
    house.hub.status, house.hub.answers = 503, {"Retry-After": str(2 * 86_400)}
    house.visit()
    (one,) = house.subscriptions()
    assert one.renew_at == house.stage.now + 2 * DAY


def test_a_hub_that_never_asks_back_is_forgotten(house: House) -> None:
    house.hub.silent = True
    house.visit()
    assert house.statuses() == [Status.ASKED]
    house.visit(HOUR)
    assert len(house.hub.asked) == 1
    house.round(after=12 * HOUR)
    assert house.statuses() == []


def test_a_denied_subscription_leaves_visits_as_they_are(house: House) -> None:
    house.hub.denies = True
    house.visit()
    assert house.statuses() == [Status.DENIED]
    assert due_in(house) <= HOUR
    house.visit(3 * DAY)
    assert len(house.hub.asked) == 1
    house.hub.denies = False
    house.visit(5 * DAY)
    assert house.statuses() == [Status.ACTIVE]


def test_a_hub_that_is_reached_without_https_is_not_asked(house: House) -> None:
    plain = house.feed(1).replace(b"https://hub.", b"http://hub.")
    house.stage.origin.bodies["/feed"] = plain
    house.visit()
    assert house.hub.asked == []


# --- pushes ------------------------------------------------------------------------------------


def due_in(house: House) -> timedelta:
    due = visits.states(house.app.database)["blog"].next_due
    assert due is not None
    return due - house.stage.now


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_each_method_of_signing_is_read(house: House, method: str) -> None:
    house.visit()
    house.hub.push(house.feed(3), method)
    house.read()
    assert "id-3" in house.stored()


@pytest.mark.parametrize(
    "lies", [{"X_Hub_Signature": "sha256=" + "0" * 64}, {"X_Hub_Signature": ""}]
)
def test_an_unsigned_push_is_accepted_and_ignored(house: House, lies: dict[str, str]) -> None:
    house.visit()
    assert house.hub.push(house.feed(3), **lies) == [202]
    assert house.hub.push(house.feed(4)) == [202]
    house.read()  # the first in the inbox is the second that came
    assert house.stored() == {"id-1", "id-2", "id-4"}


def test_a_push_of_what_is_new_only_takes_nothing_away(house: House) -> None:
    house.visit()
    house.hub.push(house.feed(3))
    house.read()
    house.publish(3, 2, 1)
    house.stage.origin.headers["/feed"] = {"ETag": '"2"'}
    (report,) = house.visit(2 * DAY)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (0, 0)
    assert house.stored() == {"id-1", "id-2", "id-3"}


def test_a_push_changes_nothing_that_visits_remember(house: House) -> None:
    house.visit()
    before = visits.states(house.app.database)["blog"]
    house.stage.now += HOUR
    house.hub.push(house.feed(3))
    house.read()
    after = visits.states(house.app.database)["blog"]
    assert after.last_new == house.stage.now
    assert (after.validators, after.cursor) == (before.validators, before.cursor)
    assert (after.next_due, after.last_visit, after.adopted, after.visits) == (
        before.next_due, before.last_visit, before.adopted, before.visits
    )  # fmt: skip


def test_a_push_during_a_visit_leaves_the_claim(house: House) -> None:
    house.visit()
    catalogue = house.app.catalogue()
    house.stage.now += HOUR
    (claimed,) = house.app.claims.among(catalogue.sources).states
    house.hub.push(house.feed(3))
    house.read()
    assert house.app.claims.among(catalogue.sources).states == []
    visits.release(house.app.database, [claimed])


def test_a_packed_push_is_unpacked(house: House) -> None:
    house.visit()
    house.hub.push(gzip.compress(house.feed(3)), Content_Encoding="gzip")
    house.read()
    assert "id-3" in house.stored()


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"<html>moved</html>", ""),
        (gzip.compress(b" " * (11 << 20)), "gzip"),
        (b"no gzip", "gzip"),
        (b"", ""),
        (b"x", "compress"),
    ],
)
def test_a_push_that_cannot_be_read_is_dropped(house: House, body: bytes, coding: str) -> None:
    house.visit()
    assert house.hub.push(body, Content_Encoding=coding) == [202]
    house.read()
    assert house.stored() == {"id-1", "id-2"}
    assert house.subscriptions()[0].last_push is None


def test_a_push_that_is_too_large_is_refused(house: House) -> None:
    house.visit()
    assert house.hub.push(b" " * 100_001) == [413]


def test_what_waits_to_be_read_is_bounded(house: House) -> None:
    house.visit()
    house.app.__dict__["inbox"] = pushed.Inbox(150)
    assert house.hub.push(b" " * 100) == [202]
    assert house.hub.push(b" " * 100) == [503]
    house.read()
    assert house.hub.push(b" " * 100) == [202]


def test_a_push_after_the_consent_was_withdrawn_is_dropped(house: House) -> None:
    house.visit()
    consent = "{reference: A-1, basis: authorization, given: 2026-01-01, withdrawn: 2026-11-23}"
    house.hub.push(house.feed(3))
    house.stage.follow(house.stage.source("blog", more=f"in: patient-blogs, consent: {consent}"))
    assert house.read() is None
    assert house.stored() == {"id-1", "id-2"}


def test_a_push_for_an_address_that_feeds_yaml_no_longer_names_is_refused(house: House) -> None:
    """Whoever has the old address now must not reach the website by it."""
    house.visit()
    house.stage.follow(house.stage.source("blog", "/moved"))
    house.app.sync(house.app.catalogue())
    assert house.hub.push(house.feed(3)) == [410]


def remember(house: House, **changes: Any) -> None:
    """Change what is remembered of the source's visits."""
    before = visits.states(house.app.database)["blog"]
    after = replace(before, **changes)
    visit = Visit("blog", house.stage.now, after.outcome or Outcome.UNCHANGED, after)
    visits.save(house.app.database, [visit], house.stage.now)


def test_a_push_to_a_source_in_doubt_waits_for_a_person(house: House) -> None:
    house.visit()
    remember(house, suspicion=Suspicion(house.stage.now, ("It has another title.",), Identity()))
    house.hub.push(house.feed(3))
    house.read()
    found = {one.post.guid: one.standing for one in posts.listing(house.app.database)}
    assert found["id-3"] is Standing.HELD


def test_a_push_to_a_source_that_is_stopped_is_dropped(house: House) -> None:
    house.visit()
    remember(house, stopped_at=house.stage.now)
    house.hub.push(house.feed(3))
    assert house.read() is None
    assert house.stored() == {"id-1", "id-2"}


def test_a_push_that_raises_doubts_changes_nothing(house: House) -> None:
    """The next visit sees the whole feed, and decides."""
    house.publish(*range(9, 0, -1))
    house.visit()
    foreign = rss(
        *(
            f"<item><title>Casino bonus {n}</title><link>https://casino.example.com/{n}</link>"
            f"<guid>https://casino.example.com/?p={n}</guid><description>Bet and win at our "
            f"casino tonight, bonus number {n}, jackpot</description></item>"
            for n in range(9)
        ),
        title="Best casino bonus",
    )
    house.hub.push(foreign)
    house.read()
    assert house.stored() == {f"id-{number}" for number in range(1, 10)}
    assert visits.states(house.app.database)["blog"].suspicion is None


# --- a slower pace while pushes arrive (rule E6) -----------------------------------------------


def test_visits_are_rare_only_once_pushes_arrive(house: House) -> None:
    house.visit()
    house.visit(HOUR)
    assert due_in(house) <= HOUR
    house.hub.push(house.feed(3, 2, 1))
    house.read()
    house.visit(HOUR)
    assert due_in(house) >= DAY


def test_a_hub_that_forgets_to_push_is_found_out_by_visits(house: House) -> None:
    house.visit()
    house.hub.push(house.feed(3, 2, 1))
    house.read()
    for count in (4, 5, 6):
        house.publish(*range(count, 0, -1))
        house.stage.origin.headers["/feed"] = {"ETag": f'"{count}"'}
        house.visit(2 * DAY)
    assert house.stored() == {f"id-{number}" for number in range(1, 7)}
    assert house.subscriptions()[0].missed == 3
    house.visit(2 * DAY)
    assert due_in(house) <= HOUR
    house.hub.push(house.feed(7))
    house.read()
    house.visit(HOUR)
    assert due_in(house) >= DAY


# --- the end of a lease ------------------------------------------------------------------------


def test_it_is_renewed_in_time_at_a_new_address(house: House) -> None:
    house.visit()
    house.round(after=8 * DAY - HOUR)
    assert len(house.hub.asked) == 1
    house.round(after=HOUR)
    first, second = house.hub.asked
    assert first["hub.callback"] != second["hub.callback"]
    assert first["hub.secret"] != second["hub.secret"]
    assert house.statuses() == [Status.ENDED, Status.ACTIVE]


def test_the_old_address_is_good_until_the_new_one_is_confirmed(house: House) -> None:
    house.visit()
    house.hub.silent = True
    house.round(after=8 * DAY)
    assert house.statuses() == [Status.ACTIVE, Status.ASKED]
    assert house.hub.push(house.feed(3)) == [202]
    house.hub.ask_back(house.hub.asked[1])
    assert house.statuses() == [Status.ENDED, Status.ACTIVE]
    assert house.hub.push(house.feed(4)) == [410, 202]


def test_the_hub_is_told_of_the_old_address_and_forgets_it(house: House) -> None:
    house.visit()
    house.round(after=8 * DAY)
    house.round()
    assert [form["hub.mode"] for form in house.hub.asked] == ["subscribe"] * 2 + ["unsubscribe"]
    assert house.hub.asked[2]["hub.callback"] == house.hub.asked[0]["hub.callback"]
    assert list(house.hub.subscribed) == [house.hub.asked[1]["hub.callback"]]
    house.round(after=3 * DAY)
    assert house.statuses() == [Status.ACTIVE]


def test_a_lease_that_runs_out_leaves_visits_as_they_were(house: House) -> None:
    house.visit()
    house.hub.push(house.feed(3))
    house.read()
    house.hub.status = 500
    house.round(after=8 * DAY)
    house.visit(3 * DAY)
    assert due_in(house) <= HOUR
    assert house.hub.push(house.feed(4)) == [404]


@pytest.mark.parametrize(("lease", "days"), [(None, 10), ("soon", 10), ("99999999", 30)])
def test_a_lease_that_is_odd_has_its_bounds(house: House, lease: str | None, days: int) -> None:
    house.hub.lease = lease
    house.visit()
    assert house.subscriptions()[0].until == house.stage.now + days * DAY


def test_a_hub_with_short_leases_does_not_keep_us_busy(house: House) -> None:
    house.hub.lease = "1"
    house.visit()
    for _ in range(20):
        house.round(after=timedelta(minutes=1))
    assert len(house.hub.asked) == 1


# --- the end of it all -------------------------------------------------------------------------


@pytest.mark.parametrize("more", [None, "in: latest-posts, state: paused"])
def test_a_source_that_leaves_or_rests_is_unsubscribed(house: House, more: str | None) -> None:
    house.visit()
    house.stage.follow(*([house.stage.source("blog", more=more)] if more else []))
    house.round()
    house.round()
    assert [form["hub.mode"] for form in house.hub.asked] == ["subscribe", "unsubscribe"]
    assert house.hub.subscribed == {}
    house.round(after=11 * DAY)
    assert house.statuses() == []


def test_a_takedown_erases_the_subscription(house: House) -> None:
    house.visit()
    take_down(house.app.publisher, "blog", by="staff", now=house.stage.now)
    assert house.subscriptions() == []
    assert house.hub.push(house.feed(3)) == [404]


# --- as one process ----------------------------------------------------------------------------


def test_by_itself_a_push_is_on_the_website_within_moments(stage: Stage, hub: Hub) -> None:
    """The real server: it visits once, subscribes, and shows what is pushed."""
    stage.origin.bodies["/feed"] = hubbed(rss(2, 1), stage, hub)
    stage.follow(stage.source("blog"))
    served = Served(
        stage,
        AGGREGATOR_PUBLIC_URL=PUBLIC,
        AGGREGATOR_CA_FILE=str(hub.cert),
        AGGREGATOR_ALLOW_PORTS=f"{stage.origin.port},{hub.port}",
    )
    try:
        hub.door = served.port
        served.until("/w/latest-posts.html", lambda body: "post 2" in body)
        served.until("/healthz", lambda _: bool(hub.subscribed))
        assert hub.push(hubbed(rss(3, 2, 1), stage, hub)) == [202]
        served.until("/w/latest-posts.html", lambda body: "post 3" in body)
        assert len(stage.origin.asked) == 1
        assert served.stop() == 0
        assert "Traceback" not in served.log.read_text("utf-8")
    finally:
        served.close()


# --- the door ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lies", [{"topic": "https://other.example.org/feed"}, {"mode": "unsubscribe"}, {"mode": "dance"},
             {"challenge": ""}]
)  # fmt: skip
def test_what_we_did_not_ask_for_is_not_confirmed(house: House, lies: dict[str, str]) -> None:
    house.hub.silent = True
    house.visit()
    assert house.hub.ask_back(house.hub.asked[0], **lies) == 404
    assert house.statuses() == [Status.ASKED]


def test_another_topic_is_not_denied(house: House) -> None:
    house.visit()
    callback = house.hub.asked[0]["hub.callback"]
    query = "hub.mode=denied&hub.topic=https://other.example.org/feed"
    assert house.hub.call("GET", f"{callback}?{query}")[0] == 404
    assert house.statuses() == [Status.ACTIVE]


def test_a_hub_may_deny_later(house: House) -> None:
    house.visit()
    house.hub.push(house.feed(3))
    house.read()
    house.hub.denies = True
    house.hub.ask_back(house.hub.asked[0])
    assert house.statuses() == [Status.DENIED]
    assert house.hub.push(house.feed(4)) == [410]
    house.visit(2 * DAY)
    assert due_in(house) <= HOUR


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
@pytest.mark.parametrize("end", ["A" * 43, "short", "", "%00" * 43, "../" * 5])
def test_nobody_else_is_let_in(house: House, method: str, end: str) -> None:
    query = "hub.mode=subscribe&hub.topic=a&hub.challenge=b"
    status, body = house.hub.call(method, f"{PUBLIC}/hooks/websub/{end}?{query}")
    assert status in {404, 405}
    assert b"b" not in body.replace(b"Not Found", b"").replace(b"Method Not Allowed", b"")


def test_a_look_by_HEAD_confirms_nothing(house: House) -> None:
    house.hub.silent = True
    house.visit()
    form = house.hub.asked[0]
    query = f"hub.mode=subscribe&hub.challenge=a&hub.topic={form['hub.topic']}"
    assert house.hub.call("HEAD", f"{form['hub.callback']}?{query}")[0] == 404
    assert house.statuses() == [Status.ASKED]


def test_a_challenge_comes_back_as_text_that_no_browser_runs(house: House) -> None:
    house.hub.silent = True
    house.visit()
    form = house.hub.asked[0]
    path = form["hub.callback"].removeprefix(PUBLIC)
    connection = http.client.HTTPConnection("127.0.0.1", house.hub.door, timeout=PATIENCE)
    evil = "%3Cscript%3Ealert(1)%3C/script%3E%FF"
    topic = form["hub.topic"]
    connection.request("GET", f"{path}?hub.mode=subscribe&hub.topic={topic}&hub.challenge={evil}")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert body == b"<script>alert(1)</script>\xff"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'"


@pytest.mark.parametrize(
    ("public_url", "pushable"),
    [("https://feeds.example.org", True), ("http://127.0.0.1:8000", True), ("", False),
     ("http://feeds.example.org", False)],
)  # fmt: skip
def test_hubs_are_asked_only_where_they_can_reach_us(
    stage: Stage, hub: Hub, public_url: str, pushable: bool
) -> None:
    assert App(settings(stage, hub, public_url)).pushable is pushable
