"""The way of a video from TikTok to the page, and how its tokens follow each other."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.actions.refresh import Report
from aggregator.demo.interface import Reply
from aggregator.demo.notes import Account
from aggregator.demo.tiktok import TikTok
from aggregator.errors import PermissionMissing, Refused, TokenExpired, TokenMissing
from aggregator.model import Outcome
from tests.trip.platforms import Posting, served
from tests.trip.stage import Stage

HOUR = timedelta(hours=1)
LONG_AGO = timedelta(hours=3)
"""By now, each token of then has ended."""
ACCOUNT = Account("institute", "Example Institute", 77)
TOKENS = {
    "TIKTOK_TOKEN": "first-access-token",
    "TIKTOK_TOKEN_REFRESH_TOKEN": "first-refresh-token",
    "TIKTOK_TOKEN_CLIENT_KEY": "the-key-of-the-app",
    "TIKTOK_TOKEN_CLIENT_SECRET": "the-secret-of-the-app",
}


class Owner(Posting):
    """The institute's account."""

    @property
    def tiktok(self) -> TikTok:
        assert isinstance(self.platform, TikTok)
        return self.platform

    def restart(self, tokens: dict[str, str]) -> None:
        """With these variables in the environment."""
        self.stage.app.close()
        self.stage.app = self.stage.open(tokens=tokens)

    def visit(self, after: timedelta = timedelta(0)) -> Report:
        (report,) = self.stage.refresh(after)
        return report

    @property
    def database(self) -> str:
        """All that stands in it, as text."""
        with closing(sqlite3.connect(self.stage.folder / "data" / "aggregator.db")) as database:
            return "\n".join(database.iterdump()).casefold()


class Told:
    """Whatever is asked of the platform, and what stood in the database then."""

    def __init__(self) -> None:
        self.owner: Owner | None = None
        self.asked: list[tuple[str, bool]] = []
        """The token that was shown, and whether a renewed one was kept."""

    def answer(self, target: str, fields: dict[str, str], content: bytes | None = None) -> Reply:
        assert self.owner is not None
        shown = fields.get("authorization", "").removeprefix("Bearer ")
        with closing(sqlite3.connect(self.owner.stage.folder / "data" / "aggregator.db")) as data:
            kept = data.execute("SELECT count(*) FROM tokens WHERE sealed IS NOT NULL").fetchone()
        self.asked.append((shown, bool(kept[0])))
        return self.owner.platform.answer(target, fields, content)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def owner(tmp_path: Path, told: Told) -> Iterator[Owner]:
    with served(told.answer) as origin:
        stage = Stage(tmp_path, origin)
        made: list[Owner] = []
        platform = TikTok(
            ACCOUNT,
            lambda: made[0].notes,
            lambda: stage.now,
            token=TOKENS["TIKTOK_TOKEN"],
            refresh=TOKENS["TIKTOK_TOKEN_REFRESH_TOKEN"],
        )
        made.append(Owner(stage, platform, f"tiktok: '@{ACCOUNT.handle}'"))
        told.owner = made[0]
        made[0].follow()
        made[0].restart(TOKENS)
        yield made[0]
        stage.app.close()


def test_a_video_travels_to_the_page_with_its_caption_and_tag(owner: Owner) -> None:
    owner.write(1, "Naïve? Wash your hands 👩‍⚕️ #AskUs")
    owner.visit()
    assert "Naïve? Wash your hands 👩‍⚕️" in owner.shown
    assert "#AskUs" in owner.shown
    assert "https://www.tiktok.com/@institute/video/" in owner.shown


def test_a_new_caption_reaches_the_page(owner: Owner) -> None:
    owner.write(1, "Open on Monday.")
    owner.write(2, "Another one.")
    owner.visit()
    owner.edit(1, "Open on Tuesday.")
    written = owner.visit(HOUR).written
    assert written is not None
    assert (written.new, written.edited) == (0, 1)
    assert "Open on Tuesday." in owner.shown


def test_new_signatures_change_nothing(owner: Owner) -> None:
    owner.write(1, "The only one.")
    owner.visit()
    assert owner.visit(HOUR).visit.outcome is Outcome.UNCHANGED


def test_a_deleted_video_leaves_the_page_once_it_is_looked_up(owner: Owner) -> None:
    owner.write(1, "To be deleted.")
    owner.write(2, "Another one.")
    owner.visit()
    owner.delete(1)
    owner.visit(HOUR)
    assert "To be deleted." in owner.shown
    owner.stage.look_up(timedelta(days=1))
    assert "To be deleted." not in owner.shown
    assert "Another one." in owner.shown


def test_the_token_of_another_account_takes_nothing_away(owner: Owner) -> None:
    owner.write(1, "Still to be seen.")
    owner.visit()
    owner.notes = []
    owner.tiktok.account = Account("another", "Another", 78)
    (told,) = owner.stage.look_up(timedelta(days=1))
    assert isinstance(told.error, Refused)
    assert "Still to be seen." in owner.shown


def test_an_outage_leaves_the_page_as_it_is_and_recovery_brings_what_is_new(owner: Owner) -> None:
    owner.write(1, "Before the outage.")
    owner.visit()
    owner.platform.is_down = True
    owner.write(2, "During the outage.")
    assert owner.visit(HOUR).failed
    assert "Before the outage." in owner.shown
    owner.platform.is_down = False
    owner.visit(24 * HOUR)
    assert "During the outage." in owner.shown


def test_tokens_follow_each_other_for_days(owner: Owner) -> None:
    for number in range(1, 6):
        owner.write(number, f"Video number {number}.")
        assert not owner.visit(LONG_AGO).failed
    assert "Video number 5." in owner.shown
    assert owner.tiktok.token == "institute-token-5"


def test_a_renewed_token_is_kept_before_it_is_used(owner: Owner, told: Told) -> None:
    """Else an end of the program in between would cost a person a new consent."""
    owner.visit(LONG_AGO)
    renewed = [kept for shown, kept in told.asked if shown.startswith("institute-token")]
    assert renewed
    assert all(renewed)


def test_the_rotation_goes_on_after_a_restart(owner: Owner) -> None:
    owner.visit(LONG_AGO)
    owner.restart(TOKENS)
    owner.write(1, "After the restart.")
    assert not owner.visit(LONG_AGO).failed
    assert "After the restart." in owner.shown


def test_no_token_stands_in_the_database(owner: Owner) -> None:
    owner.visit(LONG_AGO)
    secrets = {owner.tiktok.token, owner.tiktok.refresh, *TOKENS.values()}
    written = owner.database
    assert owner.tiktok.token != TOKENS["TIKTOK_TOKEN"]
    assert [one for one in secrets if one in written or one.encode().hex() in written] == []


def test_a_permission_that_was_taken_back_is_told_with_the_page(owner: Owner) -> None:
    owner.write(1, "Before the end.")
    owner.visit()
    owner.tiktok.is_revoked = True
    state = owner.visit(HOUR).visit.state
    assert state.error_kind == TokenExpired.kind
    assert "https://developers.tiktok.com/apps/" in (state.error_advice or "")
    assert "Before the end." in owner.shown


def test_a_token_alone_ends_within_hours(owner: Owner) -> None:
    owner.restart({"TIKTOK_TOKEN": TOKENS["TIKTOK_TOKEN"]})
    assert not owner.visit().failed
    state = owner.visit(LONG_AGO).visit.state
    assert state.error_kind == TokenExpired.kind
    assert "TIKTOK_TOKEN_REFRESH_TOKEN" in (state.error_advice or "")


def test_without_a_token_nothing_is_asked(owner: Owner) -> None:
    owner.restart({})
    assert owner.visit().visit.state.error_kind == TokenMissing.kind
    assert owner.platform.asked == []


def test_a_scope_that_is_missing_is_told(owner: Owner) -> None:
    owner.tiktok.scopes.remove("video.list")
    state = owner.visit().visit.state
    assert state.error_kind == PermissionMissing.kind
    assert "video.list" in (state.error_advice or "")


def test_the_token_of_another_account_shows_nothing(owner: Owner) -> None:
    owner.tiktok.account = Account("another", "Another", 78)
    owner.write(1, "Not the institute's.")
    state = owner.visit().visit.state
    assert state.error_kind == Refused.kind
    assert "@another" in (state.error_text or "")
