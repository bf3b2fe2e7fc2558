"""The way of a post on Facebook, Instagram or Threads to the page, and what becomes of tokens."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from aggregator.connectors import connector
from aggregator.demo.facebook import Facebook
from aggregator.demo.graph import LASTS, TOKEN, Graph, Life
from aggregator.demo.instagram import Instagram
from aggregator.demo.notes import Account
from aggregator.demo.threads import Threads
from aggregator.model import TokenNeed
from aggregator.store import posts
from tests.trip.accounts import PLACES, PLAIN
from tests.trip.platforms import PostingOn, posting_on

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAKE: dict[str, type[Graph]] = {
    "facebook": Facebook,
    "instagram": Instagram,
    "threads": Threads,
}


@pytest.fixture(params=MAKE)
def posting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PostingOn[Graph]]:
    place, make = PLACES[request.param], MAKE[request.param]
    with posting_on(tmp_path, place.key, partial(make, PLAIN), place.tokens) as made:
        made.follow()
        yield made


renewable = pytest.mark.parametrize("posting", ["instagram", "threads"], indirect=True)


def need(posting: PostingOn[Graph]) -> TokenNeed:
    found = connector(posting.key.partition(":")[0]).TOKEN
    assert found is not None
    return found


def use_token(posting: PostingOn[Graph], token: str) -> None:
    posting.restart({need(posting).variable: token})


def status(posting: PostingOn[Graph]) -> str:
    """What ``status`` says of the account."""
    condition = posting.health.condition
    return f"{condition.words} {condition.next_step}"


def test_a_post_travels_to_the_page_with_its_link(posting: PostingOn[Graph]) -> None:
    posting.write(1, "Naïve? Read on 👩‍⚕️ https://institute.example/news #AskUs")
    posting.stage.refresh()
    assert "Naïve? Read on 👩‍⚕️" in posting.shown
    assert 'href="https://institute.example/news"' in posting.shown
    assert "#AskUs" in posting.shown


def test_a_new_post_joins_the_known_ones_at_the_cost_of_one_request(
    posting: PostingOn[Graph],
) -> None:
    posting.write(1, "The first of all.", picture="A boat")
    posting.stage.refresh()
    posting.write(2, "The second one.")
    posting.platform.asked.clear()
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (1, 0)
    assert len(posting.platform.asked) == 1
    assert posting.shown.index("The second one.") < posting.shown.index("The first of all.")


def test_pictures_whose_addresses_are_signed_anew_are_no_edits(posting: PostingOn[Graph]) -> None:
    """Neither when the account is read, nor when its posts are looked up."""
    posting.write(1, "The only one.", picture="A boat")
    posting.stage.refresh()
    (before,) = posts.listing(posting.stage.app.database)
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is None or report.written.edited == 0
    posting.stage.look_up(DAY)
    (after,) = posts.listing(posting.stage.app.database)
    assert after == replace(before, post=replace(before.post, media=after.post.media))


def test_a_look_up_tells_where_pictures_are_by_then(posting: PostingOn[Graph]) -> None:
    posting.write(1, "The only one.", picture="A boat")
    posting.stage.refresh()
    (before,) = posts.listing(posting.stage.app.database)
    posting.stage.look_up(DAY)
    (after,) = posts.listing(posting.stage.app.database)
    (old,), (new,) = before.post.media, after.post.media
    assert new == replace(old, url=new.url)
    assert new.url != old.url


def test_lost_access_takes_nothing_from_the_page(posting: PostingOn[Graph]) -> None:
    posting.write(1, "The first of all.")
    posting.write(2, "The second one.")
    posting.stage.refresh()
    posting.platform.failing = (100, 33)
    posting.stage.look_up(DAY)
    posting.stage.look_up(DAY)
    assert "The first of all." in posting.shown


def test_the_platform_is_left_alone_until_it_gives_more_answers(posting: PostingOn[Graph]) -> None:
    posting.write(1, "One post.")
    posting.platform.allowance = 1
    (report,) = posting.stage.refresh()
    assert report.failed
    until = report.visit.state.wait_until
    assert until is not None
    assert until >= posting.stage.now + timedelta(minutes=5)


def test_a_missing_token_is_told_with_the_page_where_it_is_made(posting: PostingOn[Graph]) -> None:
    posting.restart()
    posting.stage.refresh()
    words = status(posting)
    assert need(posting).variable in words
    assert need(posting).page in words
    assert posting.platform.asked == []


@pytest.mark.parametrize(
    ("ends", "told"),
    [("expired", "has ended"), ("revoked", "taken back"), ("wrong", "not a right one")],
)
def test_the_end_of_a_token_is_told_with_what_to_do(
    posting: PostingOn[Graph], ends: str, told: str
) -> None:
    posting.write(1, "Still to be seen.")
    posting.stage.refresh()
    platform = posting.platform
    if ends == "expired":
        platform.tokens[TOKEN] = Life(platform.tokens[TOKEN].issued, posting.stage.now)
    elif ends == "revoked":
        platform.revoked.add(TOKEN)
    else:
        platform.tokens.clear()
    (report,) = posting.stage.refresh(HOUR)
    assert report.failed
    words = status(posting)
    assert told in words
    assert need(posting).page in words
    assert "Still to be seen." in posting.shown
    fresh = f"{TOKEN}-by-staff"
    platform.tokens[fresh] = Life(posting.stage.now)
    use_token(posting, fresh)
    posting.write(2, "With another token.")
    posting.stage.refresh(DAY)
    assert "With another token." in posting.shown


@renewable
def test_a_token_is_renewed_for_as_long_as_we_run(posting: PostingOn[Graph]) -> None:
    platform = posting.platform
    platform.tokens[TOKEN] = Life(posting.stage.now, posting.stage.now + LASTS)
    posting.write(1, "The first of all.")
    posting.stage.refresh()
    for number in range(2, 18):
        posting.write(number, f"Number {number}.")
        (report,) = posting.stage.refresh(10 * DAY)
        assert not report.failed
    assert len(platform.tokens) > 2
    assert "Number 17." in posting.shown


@renewable
def test_a_renewed_token_outlives_a_restart(posting: PostingOn[Graph]) -> None:
    platform = posting.platform
    posting.write(1, "The first of all.")
    posting.stage.refresh()
    posting.stage.refresh(2 * DAY)
    platform.revoked.add(TOKEN)
    use_token(posting, TOKEN)
    posting.write(2, "After the restart.")
    posting.stage.refresh(DAY)
    assert "After the restart." in posting.shown


@renewable
def test_a_token_of_another_account_shows_none_of_its_posts(posting: PostingOn[Graph]) -> None:
    posting.write(1, "Ours.")
    posting.stage.refresh()
    posting.platform.account = Account("somebody", "Somebody", 99)
    posting.write(2, "Theirs.")
    posting.stage.refresh(HOUR)
    assert "Theirs." not in posting.shown
    assert "@somebody" in status(posting)


@renewable
def test_tokens_stand_in_no_address_that_we_keep(
    posting: PostingOn[Graph], caplog: pytest.LogCaptureFixture
) -> None:
    posting.write(1, "The first of all.")
    posting.stage.refresh()
    posting.stage.refresh(2 * DAY)
    posting.stage.app.close()
    kept = b"".join(path.read_bytes() for path in posting.stage.folder.rglob("*") if path.is_file())
    assert TOKEN.encode() not in kept
    assert TOKEN not in caplog.text
