"""What comes after a hide: which post it follows, what is told of it, and how it comes back."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model import Post, Source, Standing, StoredPost, Verdict, VerdictKind, public_id_of
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, candidates, latecomers, posts, verdicts, visits
from aggregator.store.candidates import Look, look
from aggregator.store.database import Database

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]
Store = Callable[..., tuple[int, int, int]]
Bring = Callable[..., None]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def bring(database: Database, now: datetime, secret: bytes) -> Bring:
    """A visit brings posts; words are like where they begin with the same letters."""

    def alike(looking: Look, fresh: Sequence[StoredPost]) -> list[tuple[StoredPost, StoredPost]]:
        moments = [one.sort_at for one in fresh]
        hidden = looking.hidden(min(moments) - DAY, max(moments) + DAY)
        pairs = ((late, led) for late in fresh for led in hidden)
        return [pair for pair in pairs if pair[0].post.text[:5] == pair[1].post.text[:5]]

    def go(*found: Post, at: datetime = now + HOUR) -> None:
        with database.writing() as connection:
            posts.upsert(connection, found, at, secret=secret)
            latecomers.hide(connection, found, at, alike)

    return go


def hide(database: Database, at: datetime, guid: str = "1", source_id: str = "blog") -> None:
    act = Verdict(source_id, guid, VerdictKind.HIDDEN, "Ada", at, "not so")
    verdicts.decide(database, act)


def undo(database: Database, at: datetime, guid: str, source_id: str) -> None:
    seen = verdicts.undoable(database, source_id, guid, at)
    assert seen is not None
    verdicts.undo(database, seen, "Ada", at)


def stored(database: Database, source_id: str) -> StoredPost:
    (found,) = posts.listing(database, [source_id])
    return found


LED = public_id_of("blog", "1")


def test_it_is_hidden_on_the_word_of_who_hid_the_other(
    database: Database, store: Store, bring: Bring, make_post: MakePost, now: datetime
) -> None:
    """Why that one was hidden stays with that one."""
    store(make_post("1", content_key="same"))
    hide(database, now)
    late = make_post("9", "toots", content_key="same")
    bring(late)
    assert stored(database, "toots").verdict == Verdict(
        "toots",
        "9",
        VerdictKind.HIDDEN,
        "Ada",
        now + HOUR,
        f"it says the same as {LED} of blog",
        fingerprint=late.fingerprint,
    )


@pytest.fixture
def followed(
    database: Database, store: Store, bring: Bring, make_post: MakePost, now: datetime
) -> Post:
    """A hidden post of a blog, and one like it that came later."""
    store(make_post("1", text="Words."))
    hide(database, now)
    late = make_post("9", "toots", text="Words and more.")
    bring(late)
    assert stored(database, "toots").standing is Standing.HIDDEN
    return late


def test_the_audit_tells_whom_it_followed(
    database: Database, followed: Post, now: datetime
) -> None:
    assert audit.rows(database, 1) == [
        audit.Entry(
            now + HOUR,
            "Aggregator",
            AuditAct.HIDE_AS_IT_CAME,
            "toots",
            followed.public_id,
            after=LED,
        )
    ]


def test_it_comes_back_alone(database: Database, followed: Post, now: datetime) -> None:
    undo(database, now + DAY, followed.guid, "toots")
    assert stored(database, "toots").standing is Standing.OPEN
    assert stored(database, "blog").standing is Standing.HIDDEN


def test_what_followed_is_found_by_the_first_of_them(
    database: Database, bring: Bring, make_post: MakePost, followed: Post, now: datetime
) -> None:
    with database.writing() as connection:  # so that the next one can follow only the second
        posts.remove(connection, [stored(database, "blog")])
    bring(make_post("3", "blue", text=followed.text), at=now + 2 * HOUR)
    found = latecomers.followers(database, [LED])
    assert sorted(one.source_id for one in found) == ["blue", "toots"]


@pytest.mark.usefixtures("followed")
def test_what_followed_is_found_though_its_source_has_a_new_id(
    database: Database, make_source: MakeSource, now: datetime
) -> None:
    blog = make_source("blog")
    visits.sync(database, [blog], now)
    visits.sync(database, [replace(blog, id="family")], now)
    found = latecomers.followers(database, [public_id_of("family", "1")])
    assert [one.source_id for one in found] == ["toots"]


def test_what_was_shown_again_follows_nobody(
    database: Database, followed: Post, now: datetime
) -> None:
    undo(database, now + DAY, followed.guid, "toots")
    assert latecomers.followers(database, [LED]) == []


def test_what_was_shown_again_stays_when_it_is_fetched_anew(
    database: Database, bring: Bring, followed: Post, now: datetime
) -> None:
    """Also where it had been pruned meanwhile."""
    undo(database, now + DAY, followed.guid, "toots")
    with database.writing() as connection:
        posts.remove(connection, [stored(database, "toots")])
    bring(followed, at=now + 2 * DAY)
    assert stored(database, "toots").standing is Standing.OPEN


def test_what_is_edited_stays_as_it_was(
    database: Database, bring: Bring, make_post: MakePost, followed: Post, now: datetime
) -> None:
    bring(make_post("9", "toots", text="Something else."), at=now + DAY)
    bring(make_post("8", "blue", text="Another one."), at=now + DAY)
    bring(make_post("8", "blue", text=followed.text), at=now + 2 * DAY)
    assert stored(database, "toots").standing is Standing.HIDDEN
    assert stored(database, "blue").standing is Standing.OPEN


def test_without_any_hide_no_words_are_compared(
    database: Database, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    def alike(looking: Look, fresh: Sequence[StoredPost]) -> list[tuple[StoredPost, StoredPost]]:
        raise AssertionError

    with database.writing() as connection:
        posts.upsert(connection, [make_post()], now, secret=secret)
        latecomers.hide(connection, [make_post()], now, alike)
    assert stored(database, "blog").standing is Standing.OPEN


def test_of_several_hidden_ones_it_follows_the_first(
    database: Database, store: Store, bring: Bring, make_post: MakePost, now: datetime
) -> None:
    store(make_post("2", "blue", content_key="same"), make_post("1", content_key="same"))
    hide(database, now)
    hide(database, now + timedelta(minutes=1), "2", "blue")
    bring(make_post("9", "toots", content_key="same"))
    assert audit.rows(database, 1)[0].after == LED


def test_what_is_hidden_is_looked_for_in_its_days(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    days = {"1": 3, "2": 1, "3": 2}
    store(*(make_post(guid, published=now - age * DAY) for guid, age in days.items()))
    hide(database, now, "1")
    hide(database, now, "2")
    with look(database) as looking:
        found = looking.hidden(now - 2 * DAY, now)
    assert [one.post.guid for one in found] == ["2"]


# --- links that tell nothing -----------------------------------------------------------------

SHARED = "https://inst.example.org/podcast"


@pytest.fixture
def episode(make_post: MakePost) -> MakePost:
    """One of several that a source gives one link."""

    def make(number: int, source_id: str = "pod") -> Post:
        return make_post(f"{number}", source_id, text=f"{number}. speaks.", link_key=SHARED)

    return make


def shown(database: Database, source_id: str) -> list[str]:
    found = posts.listing(database, [source_id])
    return sorted(one.post.guid for one in found if one.standing is Standing.OPEN)


def test_a_podcast_goes_on_after_one_of_its_episodes_was_hidden(
    database: Database, bring: Bring, episode: MakePost, now: datetime
) -> None:
    bring(episode(1), at=now)
    hide(database, now, "1", "pod")
    bring(episode(2), episode(1), at=now + DAY)
    bring(episode(3), episode(2), episode(1), at=now + 2 * DAY)
    assert shown(database, "pod") == ["2", "3"]


def test_a_notice_of_each_week_comes_though_the_one_before_was_hidden(
    database: Database, bring: Bring, episode: MakePost, now: datetime
) -> None:
    """One link for all, of which the source has only the last."""
    bring(episode(1), at=now)
    hide(database, now, "1", "pod")
    for week in (2, 3, 4):
        bring(episode(week), at=now + week * 7 * DAY)
    assert shown(database, "pod") == ["2", "3", "4"]


def test_a_podcast_is_shown_though_a_post_that_links_to_its_page_is_hidden(
    database: Database, bring: Bring, episode: MakePost, now: datetime
) -> None:
    bring(episode(0, "news"), at=now)
    hide(database, now, "0", "news")
    bring(episode(1), episode(2), episode(3), at=now + DAY)
    assert shown(database, "pod") == ["1", "2", "3"]


def test_of_episodes_that_come_one_by_one_only_the_first_may_be_a_copy(
    database: Database, bring: Bring, episode: MakePost, now: datetime
) -> None:
    bring(episode(0, "news"), at=now)
    hide(database, now, "0", "news")
    for number in (1, 2, 3):
        bring(episode(number), at=now + number * DAY)
    assert shown(database, "pod") == ["2", "3"]


def test_what_has_the_own_link_of_a_hidden_post_goes_with_it(
    database: Database, bring: Bring, episode: MakePost, now: datetime
) -> None:
    bring(episode(0, "news"), at=now)
    hide(database, now, "0", "news")
    bring(episode(1, "toots"), at=now + DAY)
    assert shown(database, "toots") == []


def test_of_what_is_hidden_the_newest_is_compared(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(*(make_post(f"{n}", published=now - timedelta(hours=n)) for n in range(1, 5)))
    for n in range(1, 5):
        hide(database, now, f"{n}")
    with look(database) as looking, pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "MOST_HIDDEN", 2)
        found = looking.hidden(now - DAY, now)
    assert sorted(one.post.guid for one in found) == ["1", "2"]
