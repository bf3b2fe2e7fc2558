"""Timelines: what is asked for, what is left out, what is remembered; on both platforms alike."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator.connectors import bluesky, mastodon
from aggregator.connectors._contract import Connector
from aggregator.connectors._timeline import PAGES
from aggregator.demo.bluesky import Bluesky
from aggregator.demo.interface import Interface
from aggregator.demo.mastodon import Mastodon
from aggregator.demo.notes import Account, Note
from aggregator.errors import NotFound, NotModified, RateLimited, Refused, ServerFault
from aggregator.model import FetchResult, PostKind
from tests.connectors.social import ACCOUNT, NOW, OTHER, Sample, note, visit


@dataclass
class Desk:
    """An account on a sample platform, and the connector that follows it."""

    connector: Connector
    address: str
    make: Callable[[Callable[[], list[Note]], Callable[[], datetime]], Interface]
    notes: list[Note] = field(default_factory=list)
    now: datetime = NOW
    cursor: bytes | None = None

    def __post_init__(self) -> None:
        self.platform = self.make(lambda: self.notes, lambda: self.now)
        self.web = Sample(self.platform)

    def write(self, *numbers: int, **more: Any) -> None:
        self.notes += [note(number, **more) for number in numbers]

    def visit(self, **options: Any) -> FetchResult:
        self.platform.asked.clear()
        result = visit(self.connector, self.web, self.address, cursor=self.cursor, options=options)
        self.cursor = result.cursor
        return result

    def texts(self, **options: Any) -> list[str]:
        return [post.body.value for post in self.visit(**options).posts if post.body]

    @property
    def asked(self) -> int:
        return len(self.platform.asked)


def _bluesky() -> Desk:
    return Desk(bluesky, ACCOUNT.handle, lambda notes, clock: Bluesky(ACCOUNT, notes, clock))


def _mastodon() -> Desk:
    account = Account("institute", ACCOUNT.name, ACCOUNT.number)
    return Desk(
        mastodon,
        "institute@social.example",
        lambda notes, clock: Mastodon(account, "social.example", notes, clock),
    )


@pytest.fixture(params=[_bluesky, _mastodon], ids=["bluesky", "mastodon"])
def desk(request: pytest.FixtureRequest) -> Desk:
    made: Desk = request.param()
    return made


def numbers(found: list[str]) -> list[int]:
    return [int(text.split("Note ")[1].split()[0]) for text in found]


def test_newest_first(desk: Desk) -> None:
    desk.write(1, 3, 2)
    assert numbers(desk.texts()) == [3, 2, 1]


def test_the_account_is_looked_up_once(desk: Desk) -> None:
    desk.write(1)
    desk.visit()
    assert desk.asked == 2
    desk.write(2)
    assert numbers(desk.texts()) == [2]
    assert desk.asked == 1


def test_an_unchanged_page_costs_one_request_and_no_answer(desk: Desk) -> None:
    desk.write(1)
    desk.visit()
    with pytest.raises(NotModified):
        desk.visit()
    assert desk.asked == 1


def test_where_tags_are_ignored_an_unchanged_page_is_not_read(desk: Desk) -> None:
    desk.write(1)
    desk.visit()
    desk.web.tag = None
    before = desk.cursor
    result = desk.visit()
    assert (result.unchanged, result.posts, result.cursor) == (True, (), before)


def test_it_may_be_asked_often_whether_anything_changed_or_not(desk: Desk) -> None:
    """Rule B9 is for feeds: of an interface, an answer costs little."""
    desk.write(1)
    first = desk.visit()
    desk.web.tag = None
    assert (first.light, desk.visit().light) == (True, True)


def test_an_edit_is_noticed_and_nothing_else(desk: Desk) -> None:
    desk.write(1, 2, 3)
    desk.visit()
    desk.notes[1] = replace(desk.notes[1], text="Note 2 said better.", edited=NOW)
    result = desk.visit()
    assert [post.body and "said better" in post.body.value for post in result.posts] == [True]
    assert result.known == 2


def test_what_is_not_there_any_more_is_no_news(desk: Desk) -> None:
    desk.write(1, 2, 3)
    desk.visit()
    del desk.notes[1]
    result = desk.visit()
    assert (result.posts, result.known, result.unchanged) == ((), 2, False)


def test_a_first_visit_reads_enough_and_not_all(desk: Desk) -> None:
    desk.write(*range(1, 200))
    found = numbers(desk.texts())
    assert found[0] == 199
    assert 20 <= len(found) <= 40


def test_a_first_visit_goes_on_until_there_is_enough_to_show(desk: Desk) -> None:
    desk.write(*range(1, 31))
    desk.write(*range(31, 80), is_reply=True)
    assert numbers(desk.texts())[:20] == list(range(30, 10, -1))


def test_after_a_long_pause_older_pages_follow_until_what_is_known(desk: Desk) -> None:
    desk.write(*range(1, 41))
    desk.visit()
    desk.write(*range(41, 111))
    found = numbers(desk.texts())
    assert found[: 110 - 40] == list(range(110, 40, -1))
    assert desk.asked <= PAGES


def test_pages_are_followed_to_a_bound(desk: Desk) -> None:
    desk.write(*range(1, 41))
    desk.visit()
    desk.write(*range(1001, 2001))
    assert numbers(desk.texts())[0] == 2000
    assert desk.asked == PAGES


def test_an_account_without_posts(desk: Desk) -> None:
    assert desk.texts() == []
    desk.write(1)
    assert numbers(desk.texts()) == [1]


@pytest.mark.parametrize(
    ("option", "kind", "made"),
    [
        ("include_replies", PostKind.REPLY, {"is_reply": True}),
        ("include_reposts", PostKind.REPOST, {"by": OTHER}),
    ],
)
def test_other_kinds_are_read_where_they_are_wanted(
    desk: Desk, option: str, kind: PostKind, made: dict[str, Any]
) -> None:
    desk.write(1)
    desk.write(4, **made)
    assert numbers(desk.texts()) == [1]
    found = desk.visit(**{option: True})
    assert [post.kind for post in found.posts] == [kind, PostKind.ORIGINAL]


def test_what_is_passed_on_names_its_author_and_has_an_id_of_its_own(desk: Desk) -> None:
    desk.write(1)
    desk.write(4, by=OTHER)
    passed_on, own = desk.visit(include_reposts=True).posts
    assert passed_on.author is not None
    assert passed_on.author.name == OTHER.name
    assert len({passed_on.guid, own.guid}) == 2


def test_an_outage_forgets_nothing(desk: Desk) -> None:
    desk.write(1)
    desk.visit()
    before = desk.cursor
    desk.platform.is_down = True
    with pytest.raises(ServerFault):
        desk.visit()
    desk.platform.is_down = False
    desk.write(2)
    assert desk.cursor == before
    assert numbers(desk.texts()) == [2]


def test_the_platform_may_ask_not_to_come_before(desk: Desk) -> None:
    desk.write(1)
    desk.platform.allowance = 2
    assert desk.visit().wait == timedelta(minutes=5)


def test_where_there_is_room_nothing_is_waited_for(desk: Desk) -> None:
    desk.write(1)
    assert desk.visit().wait is None


def test_a_visit_that_may_not_end_is_made_again(desk: Desk) -> None:
    """Otherwise what stands on the page that was not read would never be."""
    desk.write(*range(1, 41))
    desk.visit()
    desk.write(*range(41, 111))
    desk.platform.allowance = desk.platform._used + 1
    with pytest.raises(RateLimited) as caught:
        desk.visit()
    assert caught.value.retry_after == timedelta(minutes=5)


def test_no_such_account_is_said_plainly(desk: Desk) -> None:
    address = desk.address.replace("institute", "nobody")
    with pytest.raises(NotFound, match="shows us no account nobody") as caught:
        visit(desk.connector, desk.web, address)
    assert "in a browser" in caught.value.advice


def test_another_version_of_the_connector_reads_all_again(desk: Desk) -> None:
    desk.write(1, 2)
    desk.visit()
    assert desk.cursor is not None
    desk.cursor = b"\x00" + desk.cursor[1:]
    assert numbers(desk.texts()) == [2, 1]


def test_a_name_that_is_given_to_another_account_is_refused(desk: Desk) -> None:
    desk.write(1)
    desk.visit()
    platform = desk.platform
    assert isinstance(platform, Bluesky | Mastodon)
    platform.account = replace(platform.account, number=99)
    with pytest.raises((Refused, NotFound)) as caught:
        desk.visit()
    assert caught.value.advice


def test_the_name_of_the_account_is_told(desk: Desk) -> None:
    desk.write(1)
    profile = desk.visit().profile
    assert profile is not None
    assert profile.title == ACCOUNT.name
