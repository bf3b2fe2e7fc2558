from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import (
    Card,
    Consent,
    Media,
    Only,
    PostKind,
    Profile,
    Review,
    Selection,
    Source,
    SourceFacts,
    SourceState,
    Standing,
    StopKind,
    StoredPost,
    Verdict,
    VerdictKind,
    Why,
    WidgetSpec,
    WidgetStop,
)
from aggregator.widgets.select import select

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NEW_YORK = "America/New_York"


def verdict(kind: VerdictKind, *, until: datetime | None = None, hours_ago: int = 1) -> Verdict:
    return Verdict("blog", "guid", kind, "Ana", NOW - timedelta(hours=hours_ago), None, until)


def chosen(
    spec: WidgetSpec,
    sources: list[Source],
    posts: list[StoredPost],
    facts: dict[str, SourceFacts] | None = None,
    now: datetime = NOW,
) -> Selection:
    return select(spec, sources, posts, facts or {}, now, NEW_YORK)


def numbers(cards: tuple[Card, ...]) -> list[int]:
    return [card.stored.id for card in cards if card.stored is not None]


def whys(selection: Selection) -> dict[int, Why]:
    return {left.stored.id: left.why for left in selection.left_out if left.stored}


# --- what stands against a post ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (SourceFacts(taken_down=True), Why.TAKEN_DOWN),
        (SourceFacts(verdict=verdict(VerdictKind.HIDDEN)), Why.SOURCE_HIDDEN),
    ],
)
@pytest.mark.parametrize("layout", ["posts", "blogs"])
def test_withdrawn_source_shows_nothing(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    facts: SourceFacts,
    why: Why,
    layout: str,
) -> None:
    found = chosen(spec(layout=layout), [source()], [stored()], {"blog": facts})
    assert (found.cards, found.more, whys(found)) == ((), (), {1: why})


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("asked by phone", "This post is hidden by Ana since 2026-11-23: asked by phone"),
        (None, "This post is hidden by Ana since 2026-11-23."),
    ],
)
def test_hidden_post_tells_by_whom_since_when_and_why(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    reason: str | None,
    words: str,
) -> None:
    hidden = replace(verdict(VerdictKind.HIDDEN), reason=reason)
    post = stored(standing=Standing.HIDDEN, verdict=hidden)
    assert [left.words for left in chosen(spec(), [source()], [post]).left_out] == [words]


@pytest.mark.parametrize(
    "consent",
    [
        Consent("PF-1", "authorization", date(2026, 11, 24)),
        Consent("PF-1", "authorization", date(2026, 1, 1), expires=date(2026, 11, 23)),
        Consent("PF-1", "authorization", date(2026, 1, 1), withdrawn=date(2026, 11, 1)),
    ],
    ids=["not yet", "expired today", "withdrawn"],
)
@pytest.mark.parametrize("required", [True, False])
def test_recorded_consent_must_hold_everywhere(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    consent: Consent,
    required: bool,
) -> None:
    found = chosen(spec(require_consent=required), [source(consent=consent)], [stored()])
    assert (found.cards, whys(found)) == ((), {1: Why.NO_CONSENT})


@pytest.mark.parametrize(("required", "shown"), [(True, []), (False, [1])])
def test_no_recorded_consent_matters_where_it_is_required(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    required: bool,
    shown: list[int],
) -> None:
    found = chosen(spec(require_consent=required), [source()], [stored()])
    assert numbers(found.cards) == shown


def test_day_of_consent_is_the_sites_own(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    """Four in the morning in UTC is still the day before in New York."""
    consent = Consent("PF-1", "authorization", date(2026, 1, 1), expires=date(2026, 11, 24))
    early = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    found = chosen(spec(), [source(consent=consent)], [stored()], now=early)
    assert numbers(found.cards) == [1]
    assert found.valid_until == datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"verdict": verdict(VerdictKind.HIDDEN)}, Why.HIDDEN),
        ({"standing": Standing.HIDDEN}, Why.HIDDEN),
        ({"standing": Standing.HELD}, Why.HELD),
        ({"kind": PostKind.REPOST}, Why.KIND),
        ({"kind": PostKind.REPLY}, Why.KIND),
        ({"kind": PostKind.QUOTE}, Why.KIND),
        ({"hours_ago": 48}, Why.TOO_OLD),
        ({"tags": ("sleep",), "text": "Nothing else."}, Why.FILTERED),
        ({"tags": (), "text": "A word on hope."}, Why.FILTERED),
    ],
)
def test_post_is_left_out_with_its_reason(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    said: dict[str, Any],
    why: Why,
) -> None:
    rules = spec(max_age=timedelta(hours=48), only=Only(("#Sleep",), ("hope",)))
    post = stored(**{"tags": ("SLEEP",), "text": "A word on HOPE.", **said})
    found = chosen(rules, [source()], [post])
    assert whys(found) == {1: why}


def test_every_reason_is_a_sentence(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    posts = [
        stored(number=1, standing=Standing.HIDDEN),
        stored(number=2, kind=PostKind.REPLY),
        stored(number=3, verdict=verdict(VerdictKind.HIDDEN)),
    ]
    words = [left.words for left in chosen(spec(), [source()], posts).left_out]
    assert len(words) == 3
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in words)


@dataclass(frozen=True)
class FakeOptions:
    include_reposts: bool = True


def test_reposts_are_shown_where_the_source_asks_for_them(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    found = chosen(
        spec(), [source(options=FakeOptions())], [stored(kind=PostKind.REPOST)]
    )  # fmt: skip
    assert numbers(found.cards) == [1]


@pytest.mark.parametrize(
    ("words", "text", "shown"),
    [
        (("care",), "Careful.", []),
        (("care",), "We CARE!", [1]),
        (("clinical trial",), "A clinical\ntrial.", [1]),
        (("straße",), "Die STRASSE", [1]),
        (("c++", "café"), "Le cafe\u0301.", [1]),
    ],
)
def test_words_are_whole_and_case_does_not_matter(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    words: tuple[str, ...],
    text: str,
    shown: list[int],
) -> None:
    found = chosen(spec(only=Only(words=words)), [source()], [stored(text=text)])
    assert numbers(found.cards) == shown


def test_tags_of_the_source_count(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    found = chosen(spec(only=Only(tags=("kids",))), [source(tags=("Kids",))], [stored()])
    assert numbers(found.cards) == [1]


@pytest.mark.parametrize(
    ("review", "approved_before", "standing", "shown"),
    [
        (Review.ALWAYS, True, Standing.OPEN, []),
        (Review.ALWAYS, False, Standing.APPROVED, [1]),
        (Review.FIRST, False, Standing.OPEN, []),
        (Review.FIRST, True, Standing.OPEN, [1]),
        (Review.FIRST, False, Standing.APPROVED, [1]),
        (Review.NEVER, False, Standing.OPEN, [1]),
    ],
)
def test_review(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    review: Review,
    approved_before: bool,
    standing: Standing,
    shown: list[int],
) -> None:
    facts = {"blog": SourceFacts(has_approved=approved_before)}
    found = chosen(spec(), [source(review=review)], [stored(standing=standing)], facts)
    assert numbers(found.cards) == shown


def test_pin_that_ended_was_an_approval(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    ended = verdict(VerdictKind.PINNED, until=NOW)
    found = chosen(spec(), [source(review=Review.ALWAYS)], [stored(verdict=ended)])
    assert numbers(found.cards) == [1]


@pytest.mark.parametrize("state", list(SourceState))
def test_posts_of_sources_at_rest_stay(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    state: SourceState,
) -> None:
    assert numbers(chosen(spec(), [source(state=state)], [stored()]).cards) == [1]


# --- order, shares, room -----------------------------------------------------------------------


def test_pins_come_first_the_newest_decision_foremost(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    posts = [
        stored(number=1, hours_ago=1),
        stored(number=2, hours_ago=50, verdict=verdict(VerdictKind.PINNED, hours_ago=9)),
        stored(number=3, hours_ago=60, verdict=verdict(VerdictKind.PINNED, hours_ago=3)),
        stored(number=4, hours_ago=2, verdict=verdict(VerdictKind.PINNED, until=NOW)),
    ]
    assert numbers(chosen(spec(show=4), [source()], posts).cards) == [3, 2, 1, 4]


def test_pinned_post_is_shown_whatever_its_age_and_kind(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    pin = verdict(VerdictKind.PINNED)
    post = stored(hours_ago=900, kind=PostKind.REPOST, verdict=pin)
    found = chosen(spec(max_age=timedelta(days=1)), [source()], [post])
    assert numbers(found.cards) == [1]


def test_source_has_half_of_the_places_while_others_want_them(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    busy = [stored("busy", number, hours_ago=number) for number in range(1, 9)]
    calm = stored("calm", 9, hours_ago=100)
    found = chosen(spec(show=3), [source("busy"), source("calm")], [*busy, calm])
    assert numbers(found.cards) == [1, 2, 9]
    assert numbers(found.more) == [3, 4, 5, 6, 7, 8]


def test_no_place_stays_empty_for_the_sake_of_shares(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    busy = [stored("busy", number, hours_ago=number) for number in range(1, 5)]
    found = chosen(spec(show=3), [source("busy"), source("calm")], busy)
    assert numbers(found.cards) == [1, 2, 3]


def test_bound_that_staff_set_is_firm(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    posts = [stored(number=number, hours_ago=number) for number in range(1, 4)]
    found = chosen(spec(show=3, per_source=1), [source()], posts)
    assert (numbers(found.cards), whys(found)) == (
        [1],
        {2: Why.SOURCE_CAP, 3: Why.SOURCE_CAP},
    )


def test_fifty_follow_on_the_full_page(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    posts = [stored(number=number, hours_ago=number) for number in range(1, 60)]
    found = chosen(spec(show=3), [source()], posts)
    assert (len(found.cards), len(found.more)) == (3, 50)
    assert set(whys(found).values()) == {Why.NO_ROOM}


def test_posts_of_other_sources_are_ignored(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    found = chosen(spec(), [source()], [stored("stranger")])
    assert (found.cards, found.left_out) == ((), ())


# --- copies ------------------------------------------------------------------------------------


def test_cross_posts_become_one_card(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    posts = [
        stored("blog", 1, link_key="same", text="The longer text of the two."),
        stored("social", 2, link_key="same", text="Short."),
    ]
    found = chosen(spec(), [source("blog"), source("social", "mastodon")], posts)
    (card,) = found.cards
    assert numbers(found.cards) == [1]
    assert [place.source.id for place in card.also_on] == ["social"]
    assert whys(found) == {2: Why.DUPLICATE}


def test_copy_with_described_pictures_wins(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    picture = Media("https://cdn.example/a.png", alt="A garden")
    posts = [
        stored("blog", 1, content_key="same", text="The longer text of the two."),
        stored("social", 2, content_key="same", text="Short.", media=(picture,)),
    ]
    found = chosen(spec(), [source("blog"), source("social")], posts)
    assert numbers(found.cards) == [2]


@pytest.mark.parametrize(("hours", "cards"), [(72, 1), (73, 2)])
def test_same_text_is_the_same_post_for_three_days(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    hours: int,
    cards: int,
) -> None:
    posts = [
        stored("blog", 1, hours_ago=1, content_key="same"),
        stored("social", 2, hours_ago=1 + hours, content_key="same"),
    ]
    assert len(chosen(spec(), [source("blog"), source("social")], posts).cards) == cards


def test_copy_that_may_not_be_shown_does_not_count(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    posts = [
        stored("blog", 1, link_key="same"),
        stored("social", 2, link_key="same", text="A much longer text.", standing=Standing.HIDDEN),
    ]
    (card,) = chosen(spec(), [source("blog"), source("social")], posts).cards
    assert (card.source.id, card.also_on) == ("blog", ())


def test_link_that_a_source_gives_to_all_its_posts_merges_nothing(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    """Some feeds link every entry to the home page."""
    posts = [stored(number=number, link_key="home") for number in range(1, 4)]
    assert len(chosen(spec(), [source()], posts).cards) == 3


def test_x_posts_are_never_one_with_copies_from_elsewhere(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    posts = [stored("blog", 1, content_key="same"), stored("x", 2, content_key="same")]
    found = chosen(spec(), [source("blog"), source("x", "x")], posts)
    assert [card.also_on for card in found.cards] == [(), ()]


# --- what must not be cut, and what shows nothing ------------------------------------------------


@pytest.mark.parametrize(("length", "shown"), [(1500, [1]), (1501, [])])
def test_what_must_not_be_cut_is_shown_whole_or_not_at_all(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    length: int,
    shown: list[int],
) -> None:
    post = stored("x", 1, title=None, text="w" * length, verdict=verdict(VerdictKind.PINNED))
    found = chosen(spec(), [source("x", "x")], [post])
    assert numbers(found.cards) == shown
    assert [left.words for left in found.left_out] == (
        []
        if shown
        else [
            "It is longer than the 1,500 characters that a widget shows, and X does not allow to "
            "show a part of it."
        ]
    )


def test_without_any_post_the_sources_pages_are_given(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    """Theirs that may be shown, and that have one."""
    sources = [
        source("one", "mastodon", home="https://social.example/@one"),
        source("two", home="https://two.example/", review=Review.FIRST),
        source("three", home="https://three.example/"),
        source("four"),
        source("five", link="https://five.example/", home="https://other.example/"),
    ]
    facts = {"three": SourceFacts(taken_down=True)}
    found = chosen(spec(), sources, [], facts)
    assert [card.link for card in found.follow] == [
        "https://social.example/@one",
        "https://five.example/",
    ]
    assert chosen(spec(), sources, [stored("one")]).follow == ()


# --- blogs -------------------------------------------------------------------------------------


def test_each_blog_once_with_its_newest_post(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    posts = [
        stored("one", 1, hours_ago=9),
        stored("one", 2, hours_ago=8),
        stored("two", 3, hours_ago=1),
    ]
    sources = [source("empty"), source("one"), source("two")]
    found = chosen(spec(layout="blogs", show=5), sources, posts)
    shown = [(card.source.id, card.stored.id if card.stored else None) for card in found.cards]
    assert shown == [("two", 3), ("one", 2), ("empty", None)]
    assert whys(found) == {1: Why.SOURCE_CAP}


@pytest.mark.parametrize("review", [Review.FIRST, Review.ALWAYS])
def test_blog_under_review_is_not_even_a_link(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    review: Review,
) -> None:
    found = chosen(spec(layout="blogs"), [source(review=review)], [stored()])
    assert found.cards == ()
    assert {left.why for left in found.left_out} == {Why.WAITING}


def test_approved_blog_is_a_link_while_its_posts_wait(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    facts = {"blog": SourceFacts(has_approved=True)}
    found = chosen(spec(layout="blogs"), [source(review=Review.ALWAYS)], [stored()], facts)
    assert [card.stored for card in found.cards] == [None]


def test_blogs_take_turns(spec: Callable[..., WidgetSpec], source: Callable[..., Source]) -> None:
    """Five blogs on two places: after five days each was there twice."""
    sources = [source(f"blog-{number}") for number in range(5)]
    seen: Counter[str] = Counter()
    for day in range(5):
        at = NOW + timedelta(days=day)
        found = chosen(spec(layout="blogs", show=2), sources, [], now=at)
        seen.update(card.source.id for card in found.cards)
    assert set(seen.values()) == {2}
    assert len(seen) == 5


def test_blogs_change_places_at_the_sites_midnight(
    spec: Callable[..., WidgetSpec], source: Callable[..., Source]
) -> None:
    sources = [source(f"blog-{number}") for number in range(5)]
    found = chosen(spec(layout="blogs", show=2), sources, [])
    assert found.valid_until == datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def test_without_rotation_nothing_happens_at_midnight(
    spec: Callable[..., WidgetSpec], source: Callable[..., Source]
) -> None:
    assert chosen(spec(layout="blogs", show=2), [source()], []).valid_until is None


@pytest.mark.parametrize("whole", [True, False], ids=["blog", "post"])
def test_pinned_blog_always_has_a_place(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    whole: bool,
) -> None:
    sources = [source(f"blog-{number}") for number in range(5)]
    pin = verdict(VerdictKind.PINNED)
    facts = {"blog-3": SourceFacts(verdict=pin)} if whole else {}
    posts = [stored("blog-3", 1, verdict=None if whole else pin)]
    for day in range(5):
        found = chosen(spec(layout="blogs", show=2), sources, posts, facts, NOW + timedelta(day))
        assert found.cards[0].source.id == "blog-3"


@pytest.mark.parametrize(
    ("said", "profile", "posts", "name", "link"),
    [
        ({"name": "Ours", "link": "https://own.example/"}, Profile("Theirs"), 0, "Ours", "https://own.example/"),
        ({}, Profile("Theirs", "https://theirs.example/"), 1, "Theirs", "https://theirs.example/"),
        ({}, Profile(None, "https://www.theirs.example/"), 0, "theirs.example", "https://www.theirs.example/"),
        ({}, None, 1, "blog.example", "https://blog.example/"),
        ({}, None, 0, "blog.example", None),
        ({"address": "institute@social.example"}, None, 0, "institute@social.example", None),
    ],
)  # fmt: skip
def test_card_names_and_links_its_source(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    said: dict[str, Any],
    profile: Profile | None,
    posts: int,
    name: str,
    link: str | None,
) -> None:
    facts = {"blog": SourceFacts(profile=profile)}
    mine = replace(source(), **said)
    (card,) = chosen(spec(layout="blogs"), [mine], [stored()][:posts], facts).cards
    assert (card.name, card.link) == (name, link)


# --- until when it holds -----------------------------------------------------------------------


def test_holds_for_ever_where_nothing_ends(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    assert chosen(spec(), [source()], [stored()]).valid_until is None


def test_holds_until_the_pin_ends(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    end = NOW + timedelta(hours=5)
    post = stored(verdict=verdict(VerdictKind.PINNED, until=end))
    assert chosen(spec(), [source()], [post]).valid_until == end


def test_holds_until_a_post_is_too_old(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    found = chosen(spec(max_age=timedelta(hours=3)), [source()], [stored(hours_ago=1)])
    assert found.valid_until == NOW + timedelta(hours=2)


def test_day_begins_after_the_gap_where_midnight_does_not_exist(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    """Cairo's clocks go from 24:00 to 1:00 on the last Friday of April."""
    consent = Consent("PF-1", "authorization", date(2027, 4, 30))
    found = select(spec(), [source(consent=consent)], [stored()], {}, NOW, "Africa/Cairo")
    assert found.valid_until == datetime(2027, 4, 29, 22, 0, tzinfo=UTC)


def test_age_beyond_the_calendar_never_ends(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> None:
    found = chosen(spec(max_age=timedelta.max), [source()], [stored()])
    assert (numbers(found.cards), found.valid_until) == ([1], None)


# --- whatever comes ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """All that selection is asked with."""

    spec: WidgetSpec
    sources: list[Source]
    posts: list[StoredPost]
    facts: dict[str, SourceFacts]
    zone: str
    stop: WidgetStop | None = None

    def ask(self, now: datetime = NOW) -> Selection:
        asked = (self.spec, self.sources, self.posts, self.facts, now, self.zone)
        return select(*asked, stop=self.stop)


HOURS = st.integers(-30, 30 * 24)
ENDS = st.none() | st.integers(-48, 96).map(lambda hours: NOW + timedelta(hours=hours))
DAYS = st.integers(-3, 3).map(lambda days: NOW.date() + timedelta(days=days))
VERDICTS = st.none() | st.builds(
    verdict, st.sampled_from(VerdictKind), until=ENDS, hours_ago=st.integers(0, 3)
)
KEYS = st.none() | st.sampled_from(["a", "b", "c"])
CONSENTS = st.none() | st.builds(
    Consent,
    st.just("PF-1"),
    st.just("authorization"),
    DAYS,
    st.none() | DAYS,
    st.none() | DAYS,
)


@pytest.fixture(scope="session")
def questions(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
) -> st.SearchStrategy[Question]:
    """Any widget over up to five sources and two dozen posts."""
    ids = [f"source-{number}" for number in range(5)]
    specs = st.builds(
        spec,
        layout=st.sampled_from(["posts", "blogs"]),
        show=st.integers(1, 5),
        per_source=st.none() | st.integers(1, 3),
        max_age=st.none() | st.integers(1, 200).map(lambda hours: timedelta(hours=hours)),
        require_consent=st.booleans(),
    )
    sources = st.lists(st.sampled_from(ids), max_size=5, unique=True).flatmap(
        lambda chosen_ids: st.tuples(
            *(
                st.builds(
                    source,
                    st.just(source_id),
                    st.sampled_from(["feed", "mastodon", "x"]),
                    review=st.sampled_from(Review),
                    consent=CONSENTS,
                )
                for source_id in chosen_ids
            )
        )
    )
    post = st.builds(
        stored,
        st.sampled_from(ids),
        hours_ago=HOURS,
        standing=st.sampled_from([Standing.OPEN, *Standing]),
        verdict=VERDICTS,
        kind=st.sampled_from([PostKind.ORIGINAL, *PostKind]),
        link_key=KEYS,
        content_key=KEYS,
        title=st.sampled_from(["One", "Two", None]),
        permalink=st.sampled_from([None, "https://blog.example/1"]),
    )
    posts = st.lists(post, max_size=24).map(
        lambda found: [
            replace(one, id=number, post=replace(one.post, guid=f"guid-{number}"))
            for number, one in enumerate(found)
        ]
    )
    facts = st.dictionaries(
        st.sampled_from(ids),
        st.builds(
            SourceFacts,
            verdict=VERDICTS,
            has_approved=st.booleans(),
            taken_down=st.sampled_from([False, False, False, True]),
        ),
    )
    zones = st.sampled_from(["UTC", NEW_YORK, "Asia/Kathmandu", "Africa/Cairo"])
    return st.builds(Question, specs, sources.map(list), posts, facts, zones)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_every_candidate_is_accounted_for_once(
    questions: st.SearchStrategy[Question], data: st.DataObject
) -> None:
    question = data.draw(questions)
    found = question.ask()
    followed = {source.id for source in question.sources}
    places = numbers(found.cards) + numbers(found.more)
    places += [left.stored.id for left in found.left_out if left.stored]
    mine = [post.id for post in question.posts if post.post.source_id in followed]
    assert sorted(places) == mine


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_nothing_enters_a_stopped_widget(
    questions: st.SearchStrategy[Question], data: st.DataObject
) -> None:
    """Whatever came, was pinned, withdrawn or grew old since: some of what it showed, in order."""
    question = data.draw(questions)
    early = [post for post in question.posts if data.draw(st.booleans())]
    before = replace(question, posts=early).ask()
    kind = data.draw(st.sampled_from(StopKind))
    shown, more = (
        tuple((card.source.id, card.stored and card.stored.post.public_id) for card in cards)
        for cards in (before.cards, before.more)
    )
    stop = WidgetStop("latest", kind, "ann", NOW, *((shown, more) if kind == "frozen" else ()))
    later = NOW + timedelta(hours=data.draw(st.integers(0, 500)))
    found = replace(question, stop=stop).ask(later)
    for cards, places in ((found.cards, stop.shown), (found.more, stop.more)):
        left = iter([source_id for source_id, _ in places])
        assert all(card.source.id in left for card in cards)
    known = {post for _, post in (*stop.shown, *stop.more)}
    standing = [card.stored for card in (*found.cards, *found.more) if card.stored]
    assert {one.post.public_id for one in standing} <= known
    followed = {source.id for source in question.sources}
    told = [one.id for one in standing] + [one.stored.id for one in found.left_out if one.stored]
    mine = [post.id for post in question.posts if post.post.source_id in followed]
    assert sorted(told) == mine


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_what_was_withdrawn_never_appears(
    questions: st.SearchStrategy[Question], data: st.DataObject
) -> None:
    question = data.draw(questions)
    found = question.ask()
    today = NOW.astimezone(ZoneInfo(question.zone)).date()
    for card in (*found.cards, *found.more):
        for source in (card.source, *(place.source for place in card.also_on)):
            facts = question.facts.get(source.id, SourceFacts())
            assert not facts.taken_down
            assert facts.verdict is None or facts.verdict.kind is not VerdictKind.HIDDEN
            assert source.consent is None or source.consent.holds_on(today)
            assert source.consent is not None or not question.spec.require_consent
        if card.stored is not None:
            assert card.stored.standing in {Standing.OPEN, Standing.APPROVED}
            hidden = card.stored.verdict and card.stored.verdict.kind is VerdictKind.HIDDEN
            assert not hidden


def pinned(post: StoredPost) -> bool:
    decided = post.verdict
    if decided is None or decided.kind is not VerdictKind.PINNED:
        return False
    return decided.until is None or decided.until > NOW


def stored_of(cards: tuple[Card, ...]) -> list[StoredPost]:
    return [card.stored for card in cards if card.stored]


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_more_cards_than_places(
    questions: st.SearchStrategy[Question], data: st.DataObject
) -> None:
    """The full page goes on only where the widget is full."""
    question = data.draw(questions)
    found = question.ask()
    assert len(found.cards) <= question.spec.show
    assert len(found.more) <= 50
    assert not found.more or len(found.cards) == question.spec.show


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_pins_come_first_and_then_the_newest(
    questions: st.SearchStrategy[Question], data: st.DataObject
) -> None:
    question = data.draw(questions)
    found = replace(question, spec=replace(question.spec, layout="posts")).ask()
    for cards in (found.cards, found.more):
        posts = stored_of(cards)
        kinds = [pinned(post) for post in posts]
        assert kinds == sorted(kinds, reverse=True)
        times = [(post.sort_at, post.id) for post in posts if not pinned(post)]
        assert times == sorted(times, reverse=True)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_source_has_more_than_its_bound(
    questions: st.SearchStrategy[Question], data: st.DataObject
) -> None:
    """On the full page neither. Pins count, but are never refused."""
    question = data.draw(questions)
    most = question.spec.per_source or 1
    found = replace(question, spec=replace(question.spec, layout="posts", per_source=most)).ask()
    posts = stored_of((*found.cards, *found.more))
    shares = Counter(post.post.source_id for post in posts)
    pins = Counter(post.post.source_id for post in posts if pinned(post))
    assert all(share <= max(most, pins[source_id]) for source_id, share in shares.items())


@settings(max_examples=80, deadline=None)
@given(
    show=st.integers(1, 6),
    crowd=st.integers(1, 12),
    others=st.lists(st.integers(0, 4), max_size=3),
    pins=st.sets(st.integers(0, 11), max_size=2),
)
def test_no_source_has_more_than_half_while_others_wait(
    spec: Callable[..., WidgetSpec],
    source: Callable[..., Source],
    stored: Callable[..., StoredPost],
    show: int,
    crowd: int,
    others: list[int],
    pins: set[int],
) -> None:
    """One writes all the newest; it has as much beyond half as the others leave empty."""
    pin = verdict(VerdictKind.PINNED)
    posts = [
        stored("crowd", number, hours_ago=number, verdict=pin if number in pins else None)
        for number in range(crowd)
    ]
    for at, count in enumerate(others):
        later = 100 * (at + 1)
        posts += [stored(f"other-{at}", later + one, hours_ago=later + one) for one in range(count)]
    sources = [source("crowd"), *(source(f"other-{at}") for at in range(len(others)))]
    found = chosen(spec(show=show), sources, posts)
    half = (show + 1) // 2
    shares = Counter(post.post.source_id for post in stored_of(found.cards))
    pinned_ones = sum(number < crowd for number in pins)
    free = show - sum(min(count, half) for count in others)
    assert shares["crowd"] == min(crowd, show, max(half, pinned_ones, free))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_blogs_are_listed_once(questions: st.SearchStrategy[Question], data: st.DataObject) -> None:
    question = data.draw(questions)
    found = replace(question, spec=replace(question.spec, layout="blogs")).ask()
    listed = [card.source.id for card in (*found.cards, *found.more)]
    assert len(set(listed)) == len(listed)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_answer_holds_as_long_as_it_says(
    questions: st.SearchStrategy[Question], data: st.DataObject
) -> None:
    question = data.draw(questions)
    found = question.ask()
    end = found.valid_until or NOW + timedelta(days=30)
    assert end > NOW
    last = int((end - NOW) / timedelta(microseconds=1)) - 1
    later = NOW + timedelta(microseconds=data.draw(st.just(last) | st.integers(0, last)))
    assert question.ask(later).cards == found.cards


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_order_of_the_candidates_does_not_matter(
    questions: st.SearchStrategy[Question], data: st.DataObject
) -> None:
    question = data.draw(questions)
    shuffled = replace(question, posts=data.draw(st.permutations(question.posts)))
    assert shuffled.ask().cards == question.ask().cards
