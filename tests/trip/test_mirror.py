"""What an author takes back disappears from the page, and nothing else ever does."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.actions import curate
from aggregator.actions.explain import Explainer
from aggregator.clock import Clock
from aggregator.demo.bluesky import Bluesky
from aggregator.demo.mastodon import Mastodon
from aggregator.demo.notes import Account
from aggregator.errors import FetchError, StoreError
from aggregator.model import Outcome, Post, RawPost, RawText, VerdictKind, Visit
from aggregator.normalise.post import post_from
from aggregator.store import audit, posts, visits
from tests.trip.accounts import PLACES
from tests.trip.platforms import Posting, posting_on
from tests.trip.stage import Stage, rss

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LOOKS = 4000
"""So many before a test gives up."""


@pytest.fixture(params=["bluesky", "mastodon"])
def posting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Posting]:
    place = PLACES[request.param]
    with posting_on(tmp_path, place.key, place.make) as made:
        made.follow()
        for number, text in enumerate(("The first.", "The second.", "The third."), 1):
            made.write(number, text)
        made.stage.refresh()
        yield made


def stored(posting: Posting) -> int:
    return len(posts.listing(posting.stage.app.database))


def lock(posting: Posting, *, locked: bool) -> None:
    """Close the account, or open it again."""
    platform = posting.platform
    if isinstance(platform, Bluesky):
        platform.is_deactivated = locked
    elif isinstance(platform, Mastodon):
        platform.is_suspended = locked


def test_nobody_is_asked_before_a_day_is_over(posting: Posting) -> None:
    assert posting.stage.look_up(DAY - HOUR) == []


def test_what_the_author_deletes_leaves_the_page_and_then_the_database(posting: Posting) -> None:
    posting.delete(2)
    posting.stage.look_up(DAY)
    assert "The second." not in posting.shown
    assert "The first." in posting.shown
    assert stored(posting) == 3
    (told,) = posting.stage.look_up(6 * HOUR)
    assert told.erased == 1
    assert stored(posting) == 2


def test_staff_are_told_why_it_is_not_shown(posting: Posting) -> None:
    posting.delete(2)
    posting.stage.look_up(DAY)
    app = posting.stage.app
    explainer = Explainer(app.publisher, app.catalogue(), posting.stage.now)
    explained = {one.post.text: explainer.explain(one) for one in posts.listing(app.database)}
    assert explained["The second."].shown == ()
    assert "not there any more" in explained["The second."].why
    assert explained["The first."].shown == ("latest-posts",)


def test_a_page_that_cannot_be_drawn_does_not_keep_it(posting: Posting) -> None:
    """As with every withdrawal, the old files may not go on naming it."""
    stage = posting.stage
    broken = stage.folder / "templates" / "widgets"
    broken.mkdir(parents=True)
    (broken / "posts.html").write_text("{% if %}", "utf-8")
    stage.app.close()
    stage.app = stage.open(templates=stage.folder / "templates")
    posting.delete(2)
    stage.look_up(DAY)
    assert "The second." not in posting.shown


def test_the_audit_tells_that_it_was_erased_by_its_id_alone(posting: Posting) -> None:
    posting.delete(2)
    posting.stage.look_up(DAY)
    posting.stage.look_up(6 * HOUR)
    (entry,) = audit.rows(posting.stage.app.database)
    assert (entry.act, entry.source_id) == ("mirrored", "account")
    assert entry.public_id is not None


def test_what_is_there_again_is_shown_again(posting: Posting) -> None:
    kept = list(posting.notes)
    posting.delete(2)
    posting.stage.look_up(DAY)
    posting.notes = kept
    (told,) = posting.stage.look_up(6 * HOUR)
    assert told.back == 1
    assert "The second." in posting.shown


def test_an_outage_takes_nothing_away(posting: Posting) -> None:
    posting.platform.is_down = True
    (told,) = posting.stage.look_up(DAY)
    assert isinstance(told.error, FetchError)
    assert "The second." in posting.shown


def test_after_an_outage_an_hour_passes(posting: Posting) -> None:
    posting.platform.is_down = True
    posting.stage.look_up(DAY)
    assert posting.stage.look_up(HOUR / 2) == []
    posting.platform.is_down = False
    (told,) = posting.stage.look_up(HOUR / 2)
    assert told.error is None


def test_a_new_process_waits_as_well(posting: Posting) -> None:
    """As where a timer of the system starts one every few minutes."""
    stage = posting.stage
    posting.platform.is_down = True
    stage.look_up(DAY)
    stage.app.close()
    stage.app = stage.open()
    posting.platform.is_down = False
    assert stage.look_up(HOUR / 2) == []
    (told,) = stage.look_up(HOUR / 2)
    assert told.error is None


def test_a_visit_meanwhile_changes_nothing_about_the_wait(posting: Posting) -> None:
    stage = posting.stage
    posting.platform.is_down = True
    stage.look_up(DAY)
    posting.platform.is_down = False
    stage.refresh()
    posting.platform.asked.clear()
    assert stage.look_up(HOUR / 2) == []


def test_a_wait_from_a_clock_that_was_wrong_is_none(posting: Posting) -> None:
    stage = posting.stage
    stage.now += 400 * DAY
    stage.look_up()
    stage.now -= 390 * DAY
    posting.delete(2)
    stage.refresh()
    (told,) = stage.look_up()
    assert told.hidden == 1


def test_a_locked_account_takes_nothing_away(posting: Posting) -> None:
    lock(posting, locked=True)
    for _ in range(4):
        posting.stage.look_up(DAY)
        assert "The second." in posting.shown
    lock(posting, locked=False)
    (told,) = posting.stage.look_up(DAY)
    assert (told.error, told.hidden) == (None, 0)


def test_a_timeline_that_lost_everything_is_not_believed_at_once(posting: Posting) -> None:
    posting.notes = []
    posting.stage.look_up(DAY)
    assert "The second." in posting.shown
    posting.stage.look_up(HOUR)
    assert "The second." not in posting.shown


def test_a_short_answer_that_is_mended_in_time_takes_nothing_away(posting: Posting) -> None:
    kept, posting.notes = posting.notes, []
    posting.stage.look_up(DAY)
    posting.notes = kept
    (told,) = posting.stage.look_up(HOUR)
    assert told.hidden == 0
    assert "The second." in posting.shown


def test_an_edit_is_taken_over_where_no_page_of_the_timeline_shows_it(posting: Posting) -> None:
    posting.edit(1, "The first, as it should read.")
    (told,) = posting.stage.look_up(DAY)
    assert told.edited == 1
    assert "The first, as it should read." in posting.shown
    assert stored(posting) == 3


def test_a_rule_looks_at_an_edit_that_a_look_up_finds(posting: Posting) -> None:
    stage = posting.stage
    rule = "rules:\n  - {id: lawsuits, words: [lawsuit]}\n"
    stage.write(stage.config.read_text("utf-8") + rule)
    posting.edit(1, "The first, and the lawsuit.")
    (told,) = stage.look_up(DAY)
    assert told.edited == 1
    assert posting.stored["The first, and the lawsuit."].holds == ("lawsuits",)
    assert "lawsuit" not in posting.shown


def test_a_source_that_cannot_be_read_is_not_asked(posting: Posting) -> None:
    posting.platform.is_down = True
    posting.stage.refresh(HOUR)
    posting.platform.asked.clear()
    assert posting.stage.look_up(DAY) == []
    assert posting.platform.asked == []


def test_a_source_that_is_being_visited_is_not_asked(posting: Posting) -> None:
    stage = posting.stage
    stage.now += DAY
    stage.app.claims.among(stage.app.catalogue().sources, force=True)
    assert stage.look_up() == []


def test_a_pinned_post_that_its_author_deletes_goes_as_well(posting: Posting) -> None:
    stage = posting.stage
    [second] = [one for one in posts.listing(stage.app.database) if one.post.text == "The second."]
    pin(stage, second.post.public_id)
    posting.delete(2)
    stage.look_up(DAY)
    assert "The second." not in posting.shown


def pin(stage: Stage, key: str) -> None:
    curate.decide(stage.app.publisher, [key], VerdictKind.PINNED, by="Ada", now=stage.now)


class TestPassedOn:
    """What an account passes on leaves the page when either of its two authors takes it back."""

    FRIEND = Account("friend.example", "A friend", 88)

    @pytest.fixture
    def posting(self, posting: Posting) -> Posting:
        posting.write(4, "Said by a friend.", by=self.FRIEND)
        posting.follow("include_reposts: true")
        posting.stage.refresh(DAY)
        assert "Said by a friend." in posting.shown
        return posting

    def test_what_is_passed_on_no_more_goes(self, posting: Posting) -> None:
        posting.delete(4)
        posting.stage.look_up(DAY)
        assert "Said by a friend." not in posting.shown
        assert "The first." in posting.shown

    def test_what_is_still_passed_on_stays(self, posting: Posting) -> None:
        (told,) = posting.stage.look_up(DAY)
        assert (told.error, told.hidden) == (None, 0)
        assert "Said by a friend." in posting.shown

    @pytest.mark.parametrize("posting", ["bluesky"], indirect=True)
    def test_what_its_author_deletes_goes(self, posting: Posting) -> None:
        """On Mastodon, a post takes with it whatever passed it on, which is the case above."""
        assert isinstance(posting.platform, Bluesky)
        posting.platform.taken_back.add(4)
        posting.stage.look_up(DAY)
        assert "Said by a friend." not in posting.shown

    @pytest.mark.parametrize("posting", ["bluesky"], indirect=True)
    def test_what_its_author_leaves_behind_goes(self, posting: Posting) -> None:
        assert isinstance(posting.platform, Bluesky)
        posting.platform.left.add(self.FRIEND.handle)
        posting.stage.look_up(DAY)
        assert "Said by a friend." not in posting.shown

    @pytest.mark.parametrize("posting", ["bluesky"], indirect=True)
    def test_an_author_who_is_switched_off_takes_nothing_away(self, posting: Posting) -> None:
        assert isinstance(posting.platform, Bluesky)
        posting.platform.switched_off.add(self.FRIEND.handle)
        posting.stage.look_up(DAY)
        assert "Said by a friend." in posting.shown


class TestBlog:
    """Posts of a plain feed, looked up at their own pages."""

    @pytest.fixture
    def blog(self, stage: Stage) -> Stage:
        self.offer(stage, 1, 2, 3)
        stage.follow(stage.source("blog"))
        stage.refresh()
        return stage

    def offer(self, stage: Stage, *numbers: int) -> None:
        """A feed of these posts, each with a page of its own; other pages are missing."""
        here = stage.origin.url("")
        feed = rss(*numbers).decode().replace("https://family.example.org", here)
        stage.origin.bodies = {f"/{number}": b"<p>A post.</p>" for number in numbers}
        stage.origin.bodies |= {"/feed": feed.encode(), "/": b"<p>A blog.</p>"}

    def test_a_post_whose_page_is_missing_goes(self, blog: Stage) -> None:
        self.offer(blog, 1, 3)
        blog.look_up(DAY)
        assert "Post 2" not in blog.output("latest-posts.html")
        (told,) = blog.look_up(6 * HOUR)
        assert told.erased == 1

    def test_what_only_rolled_off_the_feed_stays(self, blog: Stage) -> None:
        pages = dict(blog.origin.bodies)
        self.offer(blog, 1, 3)
        blog.origin.bodies["/2"] = pages["/2"]
        blog.look_up(DAY)
        assert "Post 2" in blog.output("latest-posts.html")

    def test_what_the_feed_still_offers_stays_whatever_its_page_says(self, blog: Stage) -> None:
        del blog.origin.bodies["/2"]
        (told,) = blog.look_up(DAY)
        assert told.hidden == 0

    @pytest.mark.parametrize("status", [500, 503, 403, 429])
    def test_a_failing_page_tells_nothing(self, blog: Stage, status: int) -> None:
        self.offer(blog, 1, 3)
        blog.origin.statuses["/2"] = status
        (told,) = blog.look_up(DAY)
        assert told.hidden == 0

    def test_a_site_that_is_not_what_it_was_is_not_believed(self, blog: Stage) -> None:
        """Its name was sold: the front page answers, and the feed is a page for visitors."""
        blog.origin.bodies = dict.fromkeys(("/", "/feed"), b"<p>For sale.</p>")
        for _ in range(3):
            blog.look_up(DAY)
        assert "Post 2" in blog.output("latest-posts.html")


class TestClock:
    """What `serve` does by itself."""

    async def until(self, stage: Stage, holds: Callable[[], bool]) -> None:
        async with Clock(stage.app):
            for _ in range(LOOKS):
                if holds():
                    return
                await asyncio.sleep(0.005)
            pytest.fail("the program stopped looking")

    def quick(self, stage: Stage) -> Stage:
        stage.app.close()
        stage.app = stage.open()
        stage.app.pace = replace(stage.app.pace, tick=0.01)
        return stage

    def test_what_the_author_deletes_leaves_the_page(self, posting: Posting) -> None:
        stage = self.quick(posting.stage)
        posting.delete(2)
        stage.now += DAY
        asyncio.run(self.until(stage, lambda: "The second." not in posting.shown))
        assert "The first." in posting.shown

    def test_a_look_up_leaves_the_source_to_be_visited(self, posting: Posting) -> None:
        stage = self.quick(posting.stage)
        stage.now += DAY
        asyncio.run(self.until(stage, lambda: stage.app.tally.look_ups > 0))
        (state,) = visits.states(stage.app.database).values()
        assert state.lapses == 0
        posting.write(4, "The fourth.")
        stage.refresh(DAY)
        assert "The fourth." in posting.shown

    def test_what_may_not_be_kept_is_erased_though_look_ups_fail(
        self, posting: Posting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage = self.quick(posting.stage)
        app = stage.app
        broken = "The disk is full."

        def due(*_: object) -> list[object]:
            raise StoreError(broken)

        monkeypatch.setattr(app.mirror, "due", due)
        channel = (
            "{id: channel, youtube: UCabcdefghijklmnopqrstuv, in: latest-posts, state: paused}"
        )
        stage.follow(channel)
        app.sync(app.catalogue())
        source = app.catalogue().source("channel")
        assert source is not None
        raw = RawPost(guid="film", title=RawText("A film", is_html=False))
        film = post_from(raw, source, None, stage.now)
        assert isinstance(film, Post)
        state = visits.states(app.database)["channel"]
        visit = Visit("channel", stage.now, Outcome.CHANGED, state, (film,))
        visits.save(app.database, [visit], stage.now)
        stage.publish()
        assert "A film" in posting.shown
        stage.now += 31 * DAY
        asyncio.run(self.until(stage, lambda: "A film" not in posting.shown))
        assert posts.find(app.database, film.public_id) == []
