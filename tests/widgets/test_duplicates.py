"""Which posts are put together; what is like what is in ``test_likeness.py``."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Candidate, PostKind, Source, StoredPost, Terms
from aggregator.widgets.duplicates import Merged, may_be_like, merge, to_compare

NOTICE = "Because of the snow our clinic in Springfield stays closed on Monday."

Sources = Callable[..., Source]
Stored = Callable[..., StoredPost]


def merged(sources: list[Source], posts: list[StoredPost]) -> list[Merged]:
    by_id = {source.id: source for source in sources}
    return merge([Candidate(post, by_id[post.post.source_id]) for post in posts], lambda _: False)


def ids(found: list[Merged]) -> list[list[int]]:
    """Of each group, the least first."""
    return sorted(sorted(one.stored.id for one in (m.shown, *m.copies)) for m in found)


@pytest.mark.parametrize("same", ["link_key", "content_key"])
def test_what_stands_apart_is_told_by_the_terms(source: Sources, stored: Stored, same: str) -> None:
    """Not by the platform's name; its own accounts are one world."""
    terms = Terms("Nest", apart=True)
    sources = [
        source("blog"),
        source("one", "nest", terms=terms),
        source("two", "nest", terms=terms),
    ]
    posts = [stored(name, n, **{same: "same"}) for n, name in enumerate(("blog", "one", "two"), 1)]
    assert ids(merged(sources, posts)) == [[1], [2, 3]]


@pytest.mark.parametrize(
    ("platforms", "text", "groups"),
    [
        (("bluesky", "mastodon"), NOTICE + " #snow", 1),
        (("feed", "mastodon"), NOTICE + " #snow", 1),
        (("bluesky", "mastodon"), NOTICE.replace("Springfield", "Shelbyville"), 2),
        (("feed", "feed"), NOTICE + " #snow", 2),
        (("bluesky", "x"), NOTICE, 2),
        (("x", "x"), NOTICE + " #snow", 2),
    ],
    ids=["copy", "copy of a site", "look-alike", "two sites", "apart", "two of one that is apart"],
)
def test_like_words_on_a_network_are_one_post(
    source: Sources, stored: Stored, platforms: tuple[str, str], text: str, groups: int
) -> None:
    posts = [stored("one", 1, title=None, text=NOTICE), stored("two", 2, title=None, text=text)]
    sources = [source(name, key) for name, key in zip(("one", "two"), platforms, strict=True)]
    assert len(merged(sources, posts)) == groups


@pytest.mark.parametrize(("hours", "groups"), [(72, 1), (73, 2)])
def test_like_words_are_one_post_for_three_days(
    source: Sources, stored: Stored, hours: int, groups: int
) -> None:
    posts = [
        stored("one", 1, hours_ago=1, title=None, text=NOTICE),
        stored("two", 2, hours_ago=1 + hours, title=None, text=NOTICE + " #snow"),
    ]
    assert len(merged([source("one", "bluesky"), source("two", "mastodon")], posts)) == groups


@pytest.mark.parametrize(
    ("kind", "groups"), [(PostKind.REPLY, 2), (PostKind.REPOST, 2), (PostKind.QUOTE, 1)]
)
def test_only_what_sources_say_themselves_is_compared(
    source: Sources, stored: Stored, kind: PostKind, groups: int
) -> None:
    posts = [
        stored("one", 1, title=None, text=NOTICE),
        stored("two", 2, title=None, text=NOTICE, kind=kind),
    ]
    assert len(merged([source("one", "bluesky"), source("two", "mastodon")], posts)) == groups


def test_a_series_on_two_networks_stays_a_series(source: Sources, stored: Stored) -> None:
    """Each with its own copy, though a text that was cut is like both."""
    text = "Yoga for patients and families in the atrium, mats are there, {}"
    posts = [
        stored("one", 1, hours_ago=50, title=None, text=text.format("on Tuesday.")),
        stored("two", 2, hours_ago=49, title=None, text=text.format("on Tuesday. #yoga")),
        stored("one", 3, hours_ago=2, title=None, text=text.format("on Thursday.")),
        stored("two", 4, hours_ago=1, title=None, text=text.format("on…")),
    ]
    found = merged([source("one", "bluesky"), source("two", "mastodon")], posts)
    assert ids(found) == [[1, 2], [3, 4]]


def test_what_is_like_two_different_posts_joins_but_one(source: Sources, stored: Stored) -> None:
    text = "Because of the snow that fell all night, closed on Monday is our clinic in {}"
    posts = [
        stored("one", 1, hours_ago=4, title=None, text=text.format("Springfield.")),
        stored("two", 2, hours_ago=3, title=None, text=text.format("…")),
        stored("three", 3, hours_ago=1, title=None, text=text.format("Shelbyville.")),
    ]
    sources = [source("one", "bluesky"), source("two", "mastodon"), source("three", "linkedin")]
    assert ids(merged(sources, posts)) == [[1, 2], [3]]


def test_what_a_source_put_out_twice_is_one_post(source: Sources, stored: Stored) -> None:
    posts = [stored("one", n, hours_ago=n, content_key="same") for n in (1, 2)]
    posts.append(stored("two", 3, content_key="same"))
    assert ids(merged([source("one"), source("two")], posts)) == [[1, 2, 3]]


def test_other_places_are_named_once(source: Sources, stored: Stored) -> None:
    texts = [NOTICE, NOTICE, NOTICE + " #snow", NOTICE + " Take care!"]
    names = ["one", "one", "two", "three"]
    posts = [
        stored(name, n, title=None, text=text, content_key="same" if name == "one" else None)
        for n, (name, text) in enumerate(zip(names, texts, strict=True), 1)
    ]
    sources = [source("one", "bluesky"), source("two", "mastodon"), source("three", "linkedin")]
    (found,) = merged(sources, posts)
    assert found.shown.source.id == "three"
    assert {place.source.id for place in found.also_on} == {"one", "two"}


PARTS = st.lists(
    st.sampled_from(
        [
            "Our clinic in Springfield",
            "is closed",
            "on Monday",
            "on Tuesday.",
            "Come!",
            "#snow",
            "…",
        ]
    ),
    max_size=6,
).map(" ".join)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_group_has_two_texts_of_one_source(
    source: Sources, stored: Stored, data: st.DataObject
) -> None:
    """And the groups are the same, in whichever order the posts come."""
    names = ["bluesky", "mastodon", "linkedin", "x"]
    drawn = data.draw(st.lists(st.tuples(st.sampled_from(names), PARTS), max_size=12))
    posts = [
        stored(name, n, hours_ago=5 * n, title=None, text=text)
        for n, (name, text) in enumerate(drawn)
    ]
    sources = [source(name, name) for name in names]
    found = merged(sources, posts)
    for one in found:
        group = [candidate.source.id for candidate in (one.shown, *one.copies)]
        assert len(set(group)) == len(group)
        assert "x" not in group or len(group) == 1
    assert ids(merged(sources, data.draw(st.permutations(posts)))) == ids(found)


def test_all_and_only_those_that_may_be_like_are_compared() -> None:
    kinds = {"blog": Terms(), "other": Terms(), "one": Terms(network="One")}
    kinds |= {"two": Terms(network="Two"), "x": Terms(network="X", apart=True)}
    sources = [Source(name, "feed", name, terms=terms) for name, terms in kinds.items()]
    assert to_compare(sources) == {
        one.id: [other.id for other in sources if may_be_like(one, other)] for one in sources
    }
