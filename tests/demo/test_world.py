import re
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from aggregator.catalogue.load import parse
from aggregator.connectors import platforms
from aggregator.demo.accounts import SAMPLES, tokens
from aggregator.demo.blogs import read_arrivals
from aggregator.demo.world import BETWEEN_ARRIVALS, World, catalogue_text, pace
from aggregator.model import Catalogue, Review, SourceState


@pytest.fixture
def catalogue(began: datetime) -> Catalogue:
    text = catalogue_text(8123, began)
    return parse(text, Path("feeds.yaml"), platforms(), {"posts", "blogs", "notice"})


def test_there_are_more_than_a_dozen_families(began: datetime) -> None:
    world = World(began)
    assert len(world.blogs) - 1 >= 13
    assert len({blog.engine for blog in world.blogs.values()}) >= 10


def test_the_institute_has_a_dozen_posts_newest_first(began: datetime) -> None:
    world = World(began)
    posts = list(world.entries(world.blogs["institute"], began))
    assert len(posts) == 12
    assert posts == sorted(posts, key=lambda post: post.published, reverse=True)


def test_dates_follow_the_beginning(began: datetime) -> None:
    """A world that begins a year later looks as fresh."""
    year = timedelta(days=365)
    now, then = (World(moment).blogs["long-table"].entries for moment in (began, began + year))
    assert [post.published + year for post in now] == [post.published for post in then]


def test_one_blog_is_quiet_for_more_than_a_year(began: datetime) -> None:
    newest = World(began).blogs["long-table"].entries[0]
    assert began - newest.published > timedelta(days=365)


def test_nothing_has_arrived_at_the_beginning_or_before(began: datetime) -> None:
    world = World(began)
    assert world.arrived(began) == 0
    assert world.arrived(began - timedelta(hours=1)) == 0


@pytest.mark.parametrize("count", [1, 7, 32])
def test_each_ten_seconds_bring_one_post(count: int, began: datetime) -> None:
    world = World(began)
    now = began + count * BETWEEN_ARRIVALS
    out = [
        post
        for blog in world.blogs.values()
        for post in world.entries(blog, now)
        if post.published > began
    ]
    assert len(out) == count
    assert max(post.published for post in out) == now


def test_every_arrival_belongs_to_a_blog(began: datetime) -> None:
    arrivals = read_arrivals(began)
    assert len(arrivals) >= 30
    assert {arrival.host for arrival in arrivals} <= World(began).blogs.keys()


def test_the_second_round_brings_other_posts(began: datetime) -> None:
    """No slug and no text comes twice, however long the world runs."""
    world = World(began)
    now = began + 100 * BETWEEN_ARRIVALS
    for blog in world.blogs.values():
        posts = list(islice(world.entries(blog, now), 60))
        assert len({post.slug for post in posts}) == len(posts)
        assert len({post.html for post in posts}) == len(posts)


def test_the_catalogue_is_valid_and_has_the_widgets_of_the_page(catalogue: Catalogue) -> None:
    notice, *of_posts = catalogue.widgets
    assert (notice.id, notice.layout) == ("appointments", "notice")
    assert [(spec.id, spec.layout, spec.show) for spec in of_posts] == [
        ("latest-posts", "posts", 3),
        ("patient-blogs", "blogs", 8),
        ("latest-posts-home", "posts", 6),
    ]
    assert of_posts[1].require_consent


def test_telephone_numbers_are_fictional(catalogue: Catalogue) -> None:
    """555-0100 to 555-0199 are set aside for fiction in the North American plan."""
    (text,) = (widget.text for widget in catalogue.widgets if widget.text)
    numbers = re.findall(r"\d[\d-]{6,}", text)
    assert len(numbers) == 2
    assert all(re.fullmatch(r"\d{3}-555-01\d\d", number) for number in numbers)


def test_the_catalogue_has_no_placeholder_left(began: datetime) -> None:
    assert "$" not in catalogue_text(8123, began)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_institute_posts_on_each_platform(
    name: str, catalogue: Catalogue, began: datetime
) -> None:
    source = catalogue.source(f"institute-{name}")
    assert source is not None
    assert (source.platform, source.token or "") == (name, SAMPLES[name].variable)
    assert World(began).notes(name, began)


def test_a_platform_that_wants_a_token_gets_it() -> None:
    needed = {need.variable for name in SAMPLES if (need := platforms()[name].token)}
    assert tokens().keys() == needed


def test_every_family_has_a_consent_on_record(catalogue: Catalogue) -> None:
    families = [source for source in catalogue.sources if "patient-blogs" in source.widgets]
    references = {source.consent.reference for source in families if source.consent}
    assert len(references) == len(families) >= 13


@pytest.mark.parametrize(
    ("source_id", "today", "in_a_month"),
    [
        ("two-sisters", True, True),
        ("pocket-garden", True, False),
        ("map-of-elsewhere", False, False),
        ("quiet-street", False, False),
    ],
)
def test_consents_hold_ends_soon_or_have_ended(
    source_id: str, today: bool, in_a_month: bool, catalogue: Catalogue, began: datetime
) -> None:
    source = catalogue.source(source_id)
    assert source is not None
    assert source.consent is not None
    days: list[date] = [began.date(), (began + timedelta(days=30)).date()]
    assert [source.consent.holds_on(day) for day in days] == [today, in_a_month]


def test_states_and_review_are_set_as_people_would(catalogue: Catalogue) -> None:
    by_state = {source.state: source.id for source in reversed(catalogue.sources)}
    assert by_state[SourceState.RESTING] == "tuesdays-at-four"
    assert by_state[SourceState.MEMORIAL] == "wrens-almanac"
    waiting = [source.id for source in catalogue.sources if source.review is Review.ALWAYS]
    assert waiting == ["waiting-room-notes"]


def test_the_pace_is_quick() -> None:
    quick = pace()
    assert quick.floor <= quick.shortest <= quick.slowest <= timedelta(seconds=5)
    assert quick.tick <= 1.0
    assert quick.host_gap == 0.0
