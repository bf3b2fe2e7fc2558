"""The way of a video from TikTok to the page, and how its tokens follow each other."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path

import pytest

from aggregator.demo.interface import Reply
from aggregator.demo.notes import Account
from aggregator.demo.tiktok import TikTok
from aggregator.errors import PermissionMissing, Refused, TokenExpired, TokenMissing
from aggregator.model import Outcome
from tests.trip.platforms import PostingOn, posting_on

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


class Watched(TikTok):
    """It sees what of us stands in the database at each question."""

    database: Path

    def answer(self, target: str, fields: Mapping[str, str], content: bytes | None = None) -> Reply:
        shown = fields.get("authorization", "").removeprefix("Bearer ")
        if shown.startswith("institute-token"):
            with closing(sqlite3.connect(self.database)) as database:
                held = "SELECT count(*) FROM tokens WHERE sealed IS NOT NULL"
                self.kept.append(bool(database.execute(held).fetchone()[0]))
        return super().answer(target, fields, content)

    @cached_property
    def kept(self) -> list[bool]:
        """Whether a renewed token was kept, for each question that showed one."""
        return []


Owner = PostingOn[Watched]


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    """The institute's account."""
    token, refresh, *_ = TOKENS.values()
    make = partial(Watched, ACCOUNT, token=token, refresh=refresh)
    with posting_on(tmp_path, f"tiktok: '@{ACCOUNT.handle}'", make, TOKENS) as made:
        made.platform.database = made.stage.folder / "data" / "aggregator.db"
        made.follow()
        yield made


def test_a_video_travels_to_the_page_with_its_caption_and_tag(owner: Owner) -> None:
    owner.write(1, "Naïve? Wash your hands 👩‍⚕️ #AskUs")
    owner.visit()
    assert "Naïve? Wash your hands 👩‍⚕️" in owner.shown
    assert "#AskUs" in owner.shown
    assert "https://www.tiktok.com/@institute/video/" in owner.shown


def test_new_signatures_change_nothing(owner: Owner) -> None:
    owner.write(1, "The only one.")
    owner.visit()
    assert owner.visit(HOUR).visit.outcome is Outcome.UNCHANGED


def test_the_token_of_another_account_takes_nothing_away(owner: Owner) -> None:
    owner.write(1, "Still to be seen.")
    owner.visit()
    owner.notes = []
    owner.platform.account = Account("another", "Another", 78)
    (told,) = owner.stage.look_up(timedelta(days=1))
    assert isinstance(told.error, Refused)
    assert "Still to be seen." in owner.shown


def test_tokens_follow_each_other_for_days(owner: Owner) -> None:
    for number in range(1, 6):
        owner.write(number, f"Video number {number}.")
        assert not owner.visit(LONG_AGO).failed
    assert "Video number 5." in owner.shown
    assert owner.platform.token == "institute-token-5"


def test_a_renewed_token_is_kept_before_it_is_used(owner: Owner) -> None:
    """Else an end of the program in between would cost a person a new consent."""
    owner.visit(LONG_AGO)
    assert owner.platform.kept
    assert all(owner.platform.kept)


def test_the_rotation_goes_on_after_a_restart(owner: Owner) -> None:
    owner.visit(LONG_AGO)
    owner.restart(TOKENS)
    owner.write(1, "After the restart.")
    assert not owner.visit(LONG_AGO).failed
    assert "After the restart." in owner.shown


def test_no_token_stands_in_the_database(owner: Owner) -> None:
    owner.visit(LONG_AGO)
    secrets = {owner.platform.token, owner.platform.refresh, *TOKENS.values()}
    with closing(sqlite3.connect(owner.platform.database)) as database:
        written = "\n".join(database.iterdump()).casefold()
    assert owner.platform.token != TOKENS["TIKTOK_TOKEN"]
    assert [one for one in secrets if one in written or one.encode().hex() in written] == []


def test_a_permission_that_was_taken_back_is_told_with_the_page(owner: Owner) -> None:
    owner.write(1, "Before the end.")
    owner.visit()
    owner.platform.is_revoked = True
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
    owner.restart()
    assert owner.visit().visit.state.error_kind == TokenMissing.kind
    assert owner.platform.asked == []


def test_a_scope_that_is_missing_is_told(owner: Owner) -> None:
    owner.platform.scopes.remove("video.list")
    state = owner.visit().visit.state
    assert state.error_kind == PermissionMissing.kind
    assert "video.list" in (state.error_advice or "")


def test_the_token_of_another_account_shows_nothing(owner: Owner) -> None:
    owner.platform.account = Account("another", "Another", 78)
    owner.write(1, "Not the institute's.")
    state = owner.visit().visit.state
    assert state.error_kind == Refused.kind
    assert "@another" in (state.error_text or "")
