"""Whether posts are still there, by their own pages, and what a feed says to it."""

import asyncio
from types import ModuleType

import pytest

from aggregator.connectors import _permalinks, feed
from aggregator.connectors._contract import Errand
from aggregator.errors import Denied, FetchError, Gone, NotFound, RateLimited, ServerFault
from aggregator.model import Document, RawPost, Sightings, Sought, Source
from tests.connectors.social import Feed, Told, answer

BLOG = Source("blog", "feed", "https://blog.example/feed")
PAGE = answer("a page")


def page(number: int) -> str:
    return f"https://blog.example/{number}"


def look(web: Told, *numbers: int, source: Source = BLOG, reader: Feed | None = None) -> Sightings:
    connector: ModuleType = feed if reader else _permalinks
    sought = [Sought(f"id-{number}", page(number)) for number in numbers]
    found = asyncio.run(connector.look_up(source, sought, Errand(web, reader or Feed(), None)))
    assert isinstance(found, Sightings)
    return found


def told(**pages: FetchError | None) -> Told:
    """Pages by number, ``_1``; None: it is there. The others are missing."""
    return Told({name.replace("_", "/"): error or PAGE for name, error in pages.items()})


def test_a_page_that_is_there_and_one_that_is_missing() -> None:
    found = look(told(_1=None), 1, 2)
    assert (set(found.present), set(found.gone)) == ({"id-1"}, {"id-2"})


@pytest.mark.parametrize("error", [NotFound(), Gone()], ids=repr)
def test_a_page_is_gone_by_its_server_s_word(error: FetchError) -> None:
    assert look(told(_1=None, _2=error), 1, 2).gone == {"id-2"}


@pytest.mark.parametrize("error", [Denied(), RateLimited(), ServerFault()], ids=repr)
def test_any_other_trouble_tells_nothing(error: FetchError) -> None:
    found = look(told(_1=None, _2=error), 1, 2)
    assert "id-2" not in found.present | found.gone


def test_where_nothing_is_found_the_front_page_is_asked() -> None:
    web = Told({"/1": NotFound(), "/": PAGE})
    assert look(web, 1).gone == {"id-1"}
    assert web.asked[-1] == "https://blog.example/"


def test_where_the_front_page_is_missing_too_nothing_is_told() -> None:
    with pytest.raises(NotFound):
        look(told(), 1)


def test_the_account_s_own_page_is_the_front_page_where_it_is_known() -> None:
    web = Told({"/@anna": PAGE})
    look(web, 1, source=Source("blog", "medium", "@anna", home="https://medium.example/@anna"))
    assert web.asked[-1] == "https://medium.example/@anna"


def test_only_so_many_pages_are_asked_for_at_once() -> None:
    web = Told({"/": PAGE})
    found = look(web, *range(1, 31))
    assert (len(web.asked), len(found.present)) == (10, 10)


def test_a_post_without_a_page_is_not_told_of() -> None:
    errand = Errand(told(), Feed(), None)
    found = asyncio.run(_permalinks.look_up(BLOG, [Sought("id-1", None)], errand))
    assert found == Sightings(frozenset(), frozenset())


class TestFeed:
    """A plain feed is asked as well before a post counts as gone."""

    def web(self, feed: Document | FetchError = PAGE) -> Told:
        return Told({"/1": PAGE, "/feed": feed, "/2": NotFound(), "/3": NotFound()})

    def test_it_is_not_asked_where_all_pages_are_there(self) -> None:
        web = Told({"/": PAGE})
        look(web, 1, 2, reader=Feed())
        assert f"{BLOG.address}" not in web.asked

    def test_what_it_does_not_offer_any_more_is_gone(self) -> None:
        assert look(self.web(), 1, 2, reader=Feed()).gone == {"id-2"}

    @pytest.mark.parametrize(
        "post", [RawPost(guid="id-2"), RawPost(permalink=page(2))], ids=["id", "link"]
    )
    def test_what_it_still_offers_is_not_gone(self, post: RawPost) -> None:
        found = look(self.web(), 1, 2, 3, reader=Feed(post))
        assert found.gone == {"id-3"}

    def test_where_it_does_not_answer_nothing_is_told(self) -> None:
        with pytest.raises(ServerFault):
            look(self.web(ServerFault()), 1, 2, reader=Feed())
