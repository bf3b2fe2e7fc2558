"""Feeds that change hands are doubted; blogs that only change are not (rule I9)."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from aggregator.actions.identity import ENOUGH, judge, signals
from aggregator.actions.record import Brought, normalise, visit_of
from aggregator.actions.traits import Seen, learn
from aggregator.connectors import feed
from aggregator.connectors._contract import Errand, ReadFeed
from aggregator.connectors._syndication import read_syndication
from aggregator.model import Document, Identity, Outcome, Pace, Source, Visit, VisitState
from aggregator.normalise.post import profile_from
from aggregator.store import digests
from aggregator.store.rows import without_digests
from tests.actions.changing_blogs import (
    DAY,
    HIJACKED,
    HONEST,
    LATER,
    LIVELY,
    NOW,
    SILENT,
    Blog,
    Pair,
    added,
    posts,
)

SECRET = b"k" * 32
SOURCE = Source("blog", "feed", LIVELY.url)
FRESH = VisitState("blog", f"feed:{LIVELY.url}")


class Web:
    """A web that knows one blog."""

    def __init__(self, blog: Blog) -> None:
        self._blog = blog

    async def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        unconditional: bool = False,
        **_: Any,
    ) -> Document:
        return Document(self._blog.url, self._blog.body, {"content-type": "application/xml"})

    async def post(self, url: str, content: bytes, **_: Any) -> Document:
        """Nobody asks by POST."""
        raise AssertionError(url)


class Reader:
    """The parser itself, without a process around it."""

    async def read(self, document: Document, known: frozenset[bytes]) -> ReadFeed:
        return read_syndication(document, known)


def visit(state: VisitState, blog: Blog, at: datetime) -> Visit:
    """A visit from the answer to what is stored, by the product's own reader and door."""
    result = asyncio.run(feed.fetch(SOURCE, Errand(Web(blog), Reader(), state.cursor)))
    came = Brought(SOURCE, state, at, at, result, None, None, None, issuer=blog.issuer)
    done, error = visit_of(came, Pace(), SECRET)
    assert error is None
    return done


def visits(pair: Pair) -> tuple[Visit, Visit]:
    first = visit(FRESH, pair.before, pair.before.entries[0].day + DAY)
    return first, visit(first.state, pair.after, pair.at)


@pytest.mark.parametrize("pair", HIJACKED.values(), ids=HIJACKED)
def test_I9_a_feed_that_is_somebody_elses_is_held(pair: Pair) -> None:
    first, second = visits(pair)
    assert first.state.suspicion is None
    assert second.outcome is Outcome.HELD
    assert second.state.suspicion is not None


@pytest.mark.parametrize("pair", HONEST.values(), ids=HONEST)
def test_I9_an_honest_change_is_not_doubted(pair: Pair) -> None:
    _, second = visits(pair)
    assert second.state.suspicion is None
    assert second.outcome is not Outcome.HELD


@pytest.mark.parametrize("pair", HONEST.values(), ids=HONEST)
def test_I9_an_honest_change_with_another_certificate_is_not_doubted(pair: Pair) -> None:
    """Hosts renew certificates, with whichever issuer they like, and so do blogs that move."""
    _, second = visits(with_certificate(pair, "Sectigo Limited"))
    assert second.state.suspicion is None


ALMOST = Pair(
    SILENT,
    Blog(
        tuple(
            replace(one, slug=f"now-{one.slug}", title=f"Now: {one.title}", text=f"Now: {one.text}")
            for one in posts("family", NOW - DAY, DAY / 5)[:2]
        ),
        title="Wellness portal",
    ),
)
"""Another title and none of the known posts: two signals, which are not enough."""


def test_I9_two_signals_and_the_same_issuer_are_no_suspicion() -> None:
    assert len(fired(ALMOST)) == ENOUGH - 1
    assert visits(ALMOST)[1].state.suspicion is None


def test_I9_with_two_other_signals_another_issuer_of_the_certificate_makes_a_suspicion() -> None:
    _, second = visits(with_certificate(ALMOST, "Sectigo Limited"))
    assert second.state.suspicion is not None
    told = "Its certificate was by Let's Encrypt and is by Sectigo Limited now."
    assert told in second.state.suspicion.signals


@pytest.mark.parametrize("issuer", ["LET'S ENCRYPT", "Let’s Encrypt, Inc.", ""])
def test_I9_the_same_issuer_by_another_spelling_or_none_is_no_signal(issuer: str) -> None:
    assert len(fired(with_certificate(ALMOST, issuer))) == ENOUGH - 1


def test_I9_on_another_domain_another_issuer_is_no_signal_of_its_own() -> None:
    """There, it is another certificate as a matter of course."""
    moved = replace(ALMOST, after=replace(ALMOST.after, host="elsewhere.example"))
    assert fired(with_certificate(moved, "Sectigo Limited")) == fired(moved)


def test_the_pairs_are_told_apart_with_room_to_spare() -> None:
    """A table for who tunes the rule: what a failure shows."""
    table = {
        kind: {name: len(fired(pair)) for name, pair in pairs.items()}
        for kind, pairs in (("hijacked", HIJACKED), ("honest", HONEST))
    }
    assert min(table["hijacked"].values()) > max(table["honest"].values()), table


def with_certificate(pair: Pair, issuer: str) -> Pair:
    """The same pair, where a certificate by that issuer came with the change."""
    return replace(pair, after=replace(pair.after, issuer=issuer))


def fired(pair: Pair) -> tuple[str, ...]:
    first = visit(FRESH, pair.before, pair.before.entries[0].day + DAY).state
    return signals(first.identity or Identity(), shown(first, pair.after), pair.at)


def shown(state: VisitState, blog: Blog) -> Seen:
    result = asyncio.run(feed.fetch(SOURCE, Errand(Web(blog), Reader(), state.cursor)))
    profile = result.profile and profile_from(result.profile)
    posts, _ = normalise(result.posts, SOURCE, profile, NOW)
    digest = partial(digests.trait, SECRET)
    return Seen(profile, posts, result.known, result.address, digest, blog.issuer)


class TestWhatFollows:
    PAIR = HIJACKED["a lapsed domain, bought for a casino"]

    def test_each_signal_is_a_sentence_for_staff(self) -> None:
        _, second = visits(self.PAIR)
        assert second.state.suspicion is not None
        assert second.state.suspicion.signals[:2] == (
            "Its title was “Anna's year on the ward” and is “Best Online Casino Bonus” now.",
            "None of the posts that we know is in it any more.",
        )

    def test_what_was_trusted_stays_and_what_is_seen_is_kept_apart(self) -> None:
        first, second = visits(self.PAIR)
        assert second.state.identity == first.state.identity
        assert second.state.suspicion is not None
        assert second.state.suspicion.seen.title == "Best Online Casino Bonus"

    def test_the_name_and_address_that_readers_see_stay(self) -> None:
        first, second = visits(self.PAIR)
        assert second.state.profile == first.state.profile

    def test_a_doubted_source_is_doubted_until_a_person_decides(self) -> None:
        _, second = visits(self.PAIR)
        back = added(self.PAIR.before, LATER)
        third = visit(second.state, back, NOW + DAY)
        assert third.outcome is Outcome.HELD
        assert second.state.suspicion is not None
        assert third.state.suspicion is not None
        assert third.state.suspicion.signals == second.state.suspicion.signals
        assert third.state.suspicion.since == second.state.suspicion.since

    def test_what_a_person_released_is_not_doubted_again(self) -> None:
        """The same posts, read once more, and the next one of their kind."""
        _, second = visits(self.PAIR)
        assert second.state.suspicion is not None
        released = replace(
            second.state, identity=second.state.suspicion.seen, suspicion=None, cursor=None
        )
        assert visit(released, self.PAIR.after, NOW + DAY).outcome is Outcome.CHANGED

    def test_a_rejected_source_stays_stopped_while_it_is_doubted(self) -> None:
        """A person may look again; that alone does not bring it back."""
        _, second = visits(self.PAIR)
        rejected = replace(second.state, stopped_at=NOW, cursor=None)
        again = visit(rejected, self.PAIR.after, NOW + DAY)
        assert (again.state.stopped_at, again.outcome) == (NOW, Outcome.HELD)


class TestLearning:
    def test_an_identity_is_renewed_by_what_nobody_doubts(self) -> None:
        first = visit(FRESH, LIVELY, NOW)
        second = visit(first.state, added(LIVELY, LATER), NOW + DAY)
        one, two = first.state.identity, second.state.identity
        assert one is not None
        assert two is not None
        assert len(set(two.ids) - set(one.ids)) == len(LATER)
        assert two.newest == LATER[0].day

    def test_what_is_remembered_is_bounded(self) -> None:
        state = FRESH
        for number in range(30):
            new = [replace(one, slug=f"{one.slug}-{number}") for one in LIVELY.entries]
            text = " ".join(f"{number}word{letter}" * 2 for letter in "abcdefgh")
            blog = replace(LIVELY, entries=tuple(replace(one, text=text) for one in new))
            state = replace(visit(state, blog, NOW).state, suspicion=None)
        known = state.identity
        assert known is not None
        assert len(known.ids) <= 50
        assert len(known.words) <= 200
        assert len(known.texts) <= 100

    def test_a_304_learns_nothing(self) -> None:
        state = visit(FRESH, LIVELY, NOW).state
        done, _ = visit_of(Brought(SOURCE, state, NOW, NOW, None, None, None, None), Pace(), SECRET)
        assert done.state.identity is state.identity

    def test_the_first_visit_doubts_nothing(self) -> None:
        assert judge(None, shown(FRESH, LIVELY), NOW) == ()

    def test_a_source_that_counts_nothing_known_is_not_said_to_have_lost_its_posts(self) -> None:
        known = visit(FRESH, LIVELY, NOW).state.identity or Identity()
        seen = shown(FRESH, Blog(tuple(LATER)))
        assert "None of the posts" not in " ".join(signals(known, replace(seen, known=None), NOW))


STAYING = {name: pair for name, pair in HONEST.items() if pair.before.host == pair.after.host}


class TestWhatIsForgotten:
    """By a takedown of a post, and where what was kept had no key."""

    def test_what_is_remembered_tells_nothing_without_the_key(self) -> None:
        """Whoever has the database alone cannot try names and words against it."""
        seen = shown(FRESH, HIJACKED["a lapsed domain, bought for a casino"].after)
        other = replace(seen, digest=partial(digests.trait, b"o" * 32))
        one, two = learn(None, seen, NOW), learn(None, other, NOW)
        for name in ("authors", "ids", "texts", "words", "outbound"):
            assert getattr(one, name)
            assert set(getattr(one, name)).isdisjoint(getattr(two, name))
        assert one.link_domain != two.link_domain

    def test_signals_name_no_author_and_no_page_of_a_post(self) -> None:
        """They outlive the posts, which may be taken down."""
        said = " ".join(sentence for pair in HIJACKED.values() for sentence in fired(pair))
        assert "who never wrote here before" in said
        assert "where it never linked before" in said
        assert "admin" not in said
        assert "spin.example" not in said

    @pytest.mark.parametrize("pair", STAYING.values(), ids=STAYING)
    def test_an_honest_change_is_not_doubted_for_what_was_forgotten(self, pair: Pair) -> None:
        """One that moves just then is: nobody can tell whether its posts came along."""
        assert forgotten(pair).state.suspicion is None

    def test_what_no_post_tells_is_a_guard_still(self) -> None:
        assert forgotten(HIJACKED["a lapsed domain, bought for a casino"]).state.suspicion


def forgotten(pair: Pair) -> Visit:
    """The second visit, where the digests of the first are lost."""
    first, _ = visits(pair)
    assert first.state.identity is not None
    left = replace(first.state, identity=without_digests(first.state.identity))
    return visit(left, pair.after, pair.at)
