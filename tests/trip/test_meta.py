"""The way of a post on Facebook, Instagram or Threads to the page, and what becomes of tokens."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.actions.health import healths
from aggregator.connectors import connector
from aggregator.demo.facebook import Facebook
from aggregator.demo.graph import LASTS, TOKEN, Graph, Life
from aggregator.demo.instagram import Instagram
from aggregator.demo.interface import Reply
from aggregator.demo.notes import Account
from aggregator.demo.threads import Threads
from aggregator.model import ConditionKind, Outcome, TokenNeed
from aggregator.store import posts
from tests.trip.platforms import Posting, served
from tests.trip.stage import Stage

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ACCOUNT = Account("institute", "Example Institute", 77)
LONG = "A long post that must be shown whole. " * 12 + "The very end."
MAKE: dict[str, type[Graph]] = {
    "facebook": Facebook,
    "instagram": Instagram,
    "threads": Threads,
}


def use_token(posting: Posting, token: str | None) -> None:
    posting.stage.app.close()
    variable = need(posting).variable
    posting.stage.app = posting.stage.open(tokens={} if token is None else {variable: token})


def need(posting: Posting) -> TokenNeed:
    found = connector(posting.key.partition(":")[0]).TOKEN
    assert found is not None
    return found


@pytest.fixture(params=MAKE)
def posting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Posting]:
    answering: list[Posting] = []

    def answer(target: str, fields: dict[str, str]) -> Reply:
        return answering[0].platform.answer(target, fields)

    with served(answer) as origin:
        stage = Stage(tmp_path, origin)
        make = MAKE[request.param]
        platform = make(ACCOUNT, lambda: answering[0].notes, lambda: stage.now)
        made = Posting(stage, platform, f"{request.param}: institute")
        answering.append(made)
        use_token(made, TOKEN)
        made.follow()
        yield made
        stage.app.close()


renewable = pytest.mark.parametrize("posting", ["instagram", "threads"], indirect=True)


def platform_of(posting: Posting) -> Graph:
    assert isinstance(posting.platform, Graph)
    return posting.platform


def status(posting: Posting) -> tuple[ConditionKind, str]:
    """What ``status`` says of the account: the kind, and all of its words."""
    app = posting.stage.app
    (found,) = healths(
        app.publisher, app.catalogue(), posting.stage.now, token_ends=app.token_ends()
    )
    return found.condition.kind, f"{found.condition.words} {found.condition.next_step}"


def test_a_post_travels_to_the_page_with_its_link(posting: Posting) -> None:
    posting.write(1, "Naïve? Read on 👩‍⚕️ https://institute.example/news #AskUs")
    posting.stage.refresh()
    assert "Naïve? Read on 👩‍⚕️" in posting.shown
    assert 'href="https://institute.example/news"' in posting.shown
    assert "#AskUs" in posting.shown


def test_a_long_post_is_shown_whole(posting: Posting) -> None:
    posting.write(1, LONG)
    posting.stage.refresh()
    assert LONG in posting.shown


def test_a_new_post_joins_the_known_ones_at_the_cost_of_one_request(posting: Posting) -> None:
    posting.write(1, "The first of all.", picture="A boat")
    posting.stage.refresh()
    posting.write(2, "The second one.")
    posting.platform.asked.clear()
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (1, 0)
    assert len(posting.platform.asked) == 1
    assert posting.shown.index("The second one.") < posting.shown.index("The first of all.")


def test_an_edit_reaches_the_page(posting: Posting) -> None:
    posting.write(1, "Open on Monday.", picture="A boat")
    posting.write(2, "Another one.", picture="A boat")
    posting.stage.refresh()
    posting.edit(1, "Open on Tuesday.")
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (0, 1)
    assert "Open on Tuesday." in posting.shown
    assert "Open on Monday." not in posting.shown


def test_pictures_whose_addresses_are_signed_anew_are_no_edits(posting: Posting) -> None:
    """Neither when the account is read, nor when its posts are looked up."""
    posting.write(1, "The only one.", picture="A boat")
    posting.stage.refresh()
    (before,) = posts.listing(posting.stage.app.database)
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is None or report.written.edited == 0
    posting.stage.look_up(DAY)
    (after,) = posts.listing(posting.stage.app.database)
    assert after == replace(before, post=replace(before.post, media=after.post.media))


def test_a_look_up_tells_where_pictures_are_by_then(posting: Posting) -> None:
    posting.write(1, "The only one.", picture="A boat")
    posting.stage.refresh()
    (before,) = posts.listing(posting.stage.app.database)
    posting.stage.look_up(DAY)
    (after,) = posts.listing(posting.stage.app.database)
    (old,), (new,) = before.post.media, after.post.media
    assert new == replace(old, url=new.url)
    assert new.url != old.url


def test_what_is_deleted_leaves_the_page_within_a_day_and_then_the_database(
    posting: Posting,
) -> None:
    posting.write(1, "Taken back.")
    posting.write(2, "Still there.")
    posting.stage.refresh()
    posting.delete(1)
    posting.stage.refresh(HOUR)
    assert "Taken back." in posting.shown, "what is missing from a timeline may have rolled off it"
    posting.stage.look_up(DAY)
    assert "Taken back." not in posting.shown
    assert "Still there." in posting.shown
    posting.stage.look_up(DAY)
    assert len(posts.listing(posting.stage.app.database)) == 1


def test_lost_access_takes_nothing_from_the_page(posting: Posting) -> None:
    posting.write(1, "The first of all.")
    posting.write(2, "The second one.")
    posting.stage.refresh()
    platform_of(posting).failing = (100, 33)
    posting.stage.look_up(DAY)
    posting.stage.look_up(DAY)
    assert "The first of all." in posting.shown


def test_an_outage_leaves_the_page_as_it_is_and_recovery_brings_what_is_new(
    posting: Posting,
) -> None:
    posting.write(1, "Before the outage.")
    posting.stage.refresh()
    posting.platform.is_down = True
    posting.write(2, "During the outage.")
    (report,) = posting.stage.refresh(HOUR)
    assert report.visit.outcome is Outcome.FAILED
    assert "Before the outage." in posting.shown
    posting.platform.is_down = False
    posting.stage.refresh(DAY)
    assert "During the outage." in posting.shown


def test_the_platform_is_left_alone_until_it_gives_more_answers(posting: Posting) -> None:
    posting.write(1, "One post.")
    posting.platform.allowance = 1
    (report,) = posting.stage.refresh()
    assert report.failed
    until = report.visit.state.wait_until
    assert until is not None
    assert until >= posting.stage.now + timedelta(minutes=5)


def test_a_missing_token_is_told_with_the_page_where_it_is_made(posting: Posting) -> None:
    use_token(posting, None)
    posting.stage.refresh()
    _, words = status(posting)
    assert need(posting).variable in words
    assert need(posting).page in words
    assert posting.platform.asked == []


@pytest.mark.parametrize(
    ("ends", "told"),
    [("expired", "has ended"), ("revoked", "taken back"), ("wrong", "not a right one")],
)
def test_the_end_of_a_token_is_told_with_what_to_do(posting: Posting, ends: str, told: str) -> None:
    posting.write(1, "Still to be seen.")
    posting.stage.refresh()
    platform = platform_of(posting)
    if ends == "expired":
        platform.tokens[TOKEN] = Life(platform.tokens[TOKEN].issued, posting.stage.now)
    elif ends == "revoked":
        platform.revoked.add(TOKEN)
    else:
        platform.tokens.clear()
    (report,) = posting.stage.refresh(HOUR)
    assert report.failed
    _, words = status(posting)
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
def test_a_token_is_renewed_for_as_long_as_we_run(posting: Posting) -> None:
    platform = platform_of(posting)
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
def test_a_renewed_token_outlives_a_restart(posting: Posting) -> None:
    platform = platform_of(posting)
    posting.write(1, "The first of all.")
    posting.stage.refresh()
    posting.stage.refresh(2 * DAY)
    platform.revoked.add(TOKEN)
    use_token(posting, TOKEN)
    posting.write(2, "After the restart.")
    posting.stage.refresh(DAY)
    assert "After the restart." in posting.shown


@renewable
def test_a_token_of_another_account_shows_none_of_its_posts(posting: Posting) -> None:
    posting.write(1, "Ours.")
    posting.stage.refresh()
    platform_of(posting).account = Account("somebody", "Somebody", 99)
    posting.write(2, "Theirs.")
    posting.stage.refresh(HOUR)
    assert "Theirs." not in posting.shown
    assert "@somebody" in status(posting)[1]


@renewable
def test_tokens_stand_in_no_address_that_we_keep(
    posting: Posting, caplog: pytest.LogCaptureFixture
) -> None:
    posting.write(1, "The first of all.")
    posting.stage.refresh()
    posting.stage.refresh(2 * DAY)
    posting.stage.app.close()
    kept = b"".join(path.read_bytes() for path in posting.stage.folder.rglob("*") if path.is_file())
    assert TOKEN.encode() not in kept
    assert TOKEN not in caplog.text
