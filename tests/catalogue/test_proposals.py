"""What a list would bring: what is new, and what is there already in other words."""

from collections.abc import Callable, Mapping

import pytest

from aggregator.catalogue.edit import add_sources
from aggregator.catalogue.opml import OpmlFeed
from aggregator.catalogue.proposals import Fate, Proposal, propose
from aggregator.connectors._known_feeds import one_account
from aggregator.model import Catalogue, Platform

Read = Callable[[str | bytes], Catalogue]
Propose = Callable[..., tuple[Proposal, ...]]

FILE = """\
site: {name: Clinic, url: https://www.example.org}
widgets:
  - {id: news, title: News, layout: posts}
  - {id: families, title: Families, layout: blogs, require: consent}
sources:
  - {id: known, feed: "https://blog.example.org/feed/", in: news, name: The known one}
"""


def feed(address: str, title: str | None = None, line: int = 1) -> OpmlFeed:
    return OpmlFeed(address, title, None, (), line)


def gone(platform: str, address: str) -> str | None:
    return "It was taken down." if f"{platform}:{address}" == "feed:https://gone.example/" else None


def is_gone(source_id: str) -> bool:
    return source_id == "buried"


@pytest.fixture
def proposed(read: Read, platforms: Mapping[str, Platform]) -> Propose:
    def call(*feeds: OpmlFeed, widgets: tuple[str, ...] = ("news",)) -> tuple[Proposal, ...]:
        return propose(
            feeds,
            read(FILE),
            platforms["feed"],
            widgets,
            account=one_account,
            gone=gone,
            is_gone=is_gone,
        )

    return call


@pytest.mark.parametrize(
    "address",
    [
        "https://blog.example.org/feed/",
        "http://blog.example.org/feed/",
        "https://blog.example.org/feed",
        "https://BLOG.example.org:443/feed/",
        "https://www.blog.example.org/feed/#top",
        "https://blog.example.org/feed/?utm_source=list",
    ],
)
def test_the_same_address_in_other_words_is_followed_already(
    proposed: Propose, address: str
) -> None:
    (one,) = proposed(feed(address))
    assert one.fate is Fate.FOLLOWED
    assert one.new is None
    assert one.why is not None
    assert '"known"' in one.why


def test_the_feed_of_an_account_that_is_followed_is_followed_already(
    read: Read, platforms: Mapping[str, Platform]
) -> None:
    def account(name: str, address: str) -> tuple[str, str]:
        known = address == "https://social.example/@ann.rss"
        return ("social", "ann@social.example") if known else (name, address)

    catalogue = read(FILE + "  - {id: notes, social: ann@social.example, in: news}\n")
    listed = (feed("https://social.example/@ann.rss"), feed("https://social.example/@ann/tag.rss"))
    same, part = propose(
        listed, catalogue, platforms["feed"], (), account=account, gone=gone, is_gone=is_gone
    )
    assert (same.fate, same.new) == (Fate.FOLLOWED, None)
    assert same.why == 'The same as "notes", there written ann@social.example.'
    assert part.fate is Fate.NEW


@pytest.mark.parametrize(
    ("address", "title", "why"),
    [
        ("https://blog.example.org/feed/atom/", None, "Of the same page"),
        ("https://blog.example.org/rss.xml", None, "Of the same page"),
        ("https://blog.example.org/comments/feed/", None, "Of the same page"),
        ("https://elsewhere.example.org/", "the KNOWN  one", "Called the same"),
    ],
)
def test_what_may_be_the_same_is_said(
    proposed: Propose, address: str, title: str | None, why: str
) -> None:
    (one,) = proposed(feed(address, title))
    assert one.fate is Fate.SIMILAR
    assert one.why == f'{why} as "known".'


@pytest.mark.parametrize(
    "address",
    [
        "https://blog.example.org:8443/feed/",
        "https://blog.example.org/tag/hope/feed/",
        "https://other.example.org/feed/",
    ],
)
def test_what_only_looks_near_is_new(proposed: Propose, address: str) -> None:
    (one,) = proposed(feed(address, "Another"))
    assert one.fate is Fate.NEW


def test_a_feed_that_stands_twice_in_the_list_is_taken_once(proposed: Propose) -> None:
    fates = [
        one.fate
        for one in proposed(
            feed("https://a.example.org/feed", "A", 3), feed("http://a.example.org/feed/", "A", 9)
        )
    ]
    assert fates == [Fate.NEW, Fate.REPEATED]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "ftp://a.example.org/",
        "https://a.example.org/?api_key=abc",
        "https://user:pass@a.example.org/feed",
        f"https://a.example.org/{'a' * 2000}",
    ],
)
def test_what_cannot_be_followed_says_why(proposed: Propose, address: str) -> None:
    (one,) = proposed(feed(address))
    assert one.fate is Fate.UNUSABLE
    assert one.new is None
    assert one.why


def test_ids_are_readable_and_no_two_are_alike(proposed: Propose) -> None:
    made = proposed(
        feed("https://a.example.org/", "Known"),
        feed("https://b.example.org/", "A year, in letters"),
        feed("https://c.example.org/", "A year? In letters!"),
        feed("https://www.d.example.org/", "日記"),
        feed("https://e.example.org/", "https://e.example.org/"),
    )
    assert [one.new.id for one in made if one.new] == [
        *("known-2", "a-year-in-letters", "a-year-in-letters-2", "d-example-org", "e-example-org")
    ]


def test_an_address_is_no_name(proposed: Propose) -> None:
    (one,) = proposed(feed("https://e.example.org/", "https://e.example.org/"))
    assert one.new is not None
    assert one.new.name is None


def test_a_blog_that_needs_a_consent_waits_for_it(proposed: Propose) -> None:
    (one,) = proposed(feed("https://a.example.org/"), widgets=("news", "families"))
    assert one.new is not None
    assert (one.new.state, one.new.widgets) == ("paused", ("news", "families"))
    assert one.new.why is not None
    assert "consent" in one.new.why


def test_all_that_is_proposed_makes_a_good_file(proposed: Propose, read: Read) -> None:
    made = proposed(
        feed("https://a.example.org/x?y=1#z", 'The "a": # b'),
        feed("https://b.example.org/", "true"),
        feed("https://c.example.org/", "[c]"),
        widgets=("families",),
    )
    catalogue = read(add_sources(FILE, [one.new for one in made if one.new]))
    assert [source.name for source in catalogue.sources[1:]] == ['The "a": # b', "true", "[c]"]


def test_what_was_taken_down_is_left_out_and_said(proposed: Propose) -> None:
    (one,) = proposed(feed("https://gone.example/", "Anna's year"))
    assert (one.fate, one.new, one.why) == (Fate.TAKEN_DOWN, None, "It was taken down.")


def test_the_id_of_what_was_taken_down_is_not_used_again(proposed: Propose) -> None:
    (one,) = proposed(feed("https://other.example/", "Buried"))
    assert one.new is not None
    assert one.new.id == "buried-2"
