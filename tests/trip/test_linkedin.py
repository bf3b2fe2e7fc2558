"""The way of an organization's post from LinkedIn to the page, and what its token has to do."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from aggregator.demo.linkedin import LinkedIn
from aggregator.demo.notes import Account
from aggregator.errors import RateLimited, TokenMissing, TokenRevoked, TokenWrong
from tests.trip.platforms import PostingOn, posting_on

HOUR = timedelta(hours=1)
PAGE = Account("example-institute", "Example Institute", 77)
TOKENS = {
    "LINKEDIN_TOKEN": "first-access-token",
    "LINKEDIN_TOKEN_REFRESH_TOKEN": "the-refresh-token",
    "LINKEDIN_TOKEN_CLIENT_ID": "an-app",
    "LINKEDIN_TOKEN_CLIENT_SECRET": "the-secret-of-the-app",
}


Page = PostingOn[LinkedIn]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """The institute's page."""
    token, refresh, *_ = TOKENS.values()
    make = partial(LinkedIn, PAGE, token=token, refresh=refresh)
    with posting_on(tmp_path, f"linkedin: {PAGE.handle}", make, TOKENS) as made:
        made.follow()
        yield made


def test_a_post_travels_to_the_page_with_its_link_and_tag(page: Page) -> None:
    address = "https://institute.example/news/a_rather_long_address"
    page.write(1, f"Naïve? (Yes.) Read on 👩‍⚕️ {address} #AskUs")
    page.visit()
    assert "Naïve? (Yes.) Read on 👩‍⚕️" in page.shown
    assert f'href="{address}"' in page.shown
    assert "#AskUs" in page.shown


@pytest.mark.parametrize("may_batch", [True, False])
def test_a_deleted_post_leaves_the_page_once_it_is_looked_up(
    page: Page, *, may_batch: bool
) -> None:
    page.platform.may_batch = may_batch
    page.write(1, "To be deleted.")
    page.write(2, "Another one.")
    page.visit()
    page.delete(1)
    page.visit(HOUR)
    assert "To be deleted." in page.shown
    page.stage.look_up(timedelta(days=1))
    assert "To be deleted." not in page.shown
    assert "Another one." in page.shown


def test_a_token_that_was_taken_back_takes_nothing_away(page: Page) -> None:
    page.write(1, "Still to be seen.")
    page.visit()
    page.delete(1)
    page.platform.is_revoked = True
    (told,) = page.stage.look_up(timedelta(days=1))
    assert isinstance(told.error, TokenRevoked)
    assert "Still to be seen." in page.shown


def test_after_sixty_days_the_token_is_renewed_by_itself(page: Page) -> None:
    page.write(1, "Before the renewal.")
    page.visit()
    page.write(2, "After the renewal.")
    assert not page.visit(timedelta(days=61)).failed
    assert "After the renewal." in page.shown


def test_a_renewed_token_outlives_a_restart(page: Page) -> None:
    page.visit()
    page.visit(timedelta(days=61))
    page.restart(TOKENS)
    page.platform.asked.clear()
    assert not page.visit(HOUR).failed
    assert not [target for target in page.platform.asked if "oauth" in target]


def test_no_token_stands_in_the_database(page: Page) -> None:
    page.visit()
    page.visit(timedelta(days=61))
    with sqlite3.connect(page.stage.folder / "data" / "aggregator.db") as database:
        written = "\n".join(database.iterdump())
    database.close()
    secrets = {page.platform.token, *TOKENS.values()}
    assert page.platform.token != TOKENS["LINKEDIN_TOKEN"]
    assert [
        secret for secret in secrets if secret in written or secret.encode().hex() in written
    ] == []


def test_where_it_cannot_be_renewed_staff_are_told_where_to_make_one(page: Page) -> None:
    page.restart({"LINKEDIN_TOKEN": TOKENS["LINKEDIN_TOKEN"]})
    page.write(1, "Before the end.")
    page.visit()
    report = page.visit(timedelta(days=61))
    assert report.visit.state.error_kind == TokenWrong.kind
    assert "https://www.linkedin.com/developers/" in (report.visit.state.error_advice or "")
    assert "Before the end." in page.shown


def status(page: Page) -> str:
    """All that ``status`` says of the page."""
    condition = page.health.condition
    return f"{condition.words} {condition.next_step}"


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (29, None),
        (30, "ends in 30 days, on 22 January 2027"),
        (53, "ends in 7 days, on 22 January"),
        (59, "ends tomorrow, on 22 January"),
    ],
)
@pytest.mark.parametrize("app_is_set", [True, False], ids=["told", "counted"])
def test_without_a_refresh_token_the_days_are_counted_down(
    page: Page, passed: int, told: str | None, *, app_is_set: bool
) -> None:
    """LinkedIn tells the end to the app; else it is no later than 60 days after the first use."""
    tokens = {name: held for name, held in TOKENS.items() if "REFRESH" not in name}
    page.restart(tokens if app_is_set else {"LINKEDIN_TOKEN": TOKENS["LINKEDIN_TOKEN"]})
    page.visit()
    page.visit(timedelta(days=passed))
    words = status(page)
    latest = "" if app_is_set else " at the latest"
    assert (f"{told}{latest}." if told else "no posts") in words
    assert ("https://www.linkedin.com/developers/" in words) == (told is not None)


def test_a_new_token_ends_the_countdown(page: Page) -> None:
    page.restart({"LINKEDIN_TOKEN": TOKENS["LINKEDIN_TOKEN"]})
    page.visit()
    page.visit(timedelta(days=59))
    page.platform.token = "made-by-staff"
    page.restart({"LINKEDIN_TOKEN": "made-by-staff"})
    page.visit(HOUR)
    assert "ends" not in status(page)


def test_a_token_that_was_taken_back_is_told_as_such(page: Page) -> None:
    page.visit()
    page.platform.is_revoked = True
    assert page.visit(HOUR).visit.state.error_kind == TokenRevoked.kind


def test_without_a_token_nothing_is_asked(page: Page) -> None:
    page.restart()
    report = page.visit()
    assert report.visit.state.error_kind == TokenMissing.kind
    assert page.platform.asked == []


def test_a_retired_version_is_told_and_another_one_may_be_written(page: Page) -> None:
    page.write(1, "Under the new version.")
    page.platform.version = 202611
    assert "options: {version:" in (page.visit().visit.state.error_advice or "")
    page.follow("version: 202611")
    page.visit(24 * HOUR)
    assert "Under the new version." in page.shown


def test_the_daily_limit_is_waited_for(page: Page) -> None:
    page.platform.allowance = 0
    report = page.visit()
    assert report.visit.state.error_kind == RateLimited.kind
    assert report.visit.state.wait_until is not None
