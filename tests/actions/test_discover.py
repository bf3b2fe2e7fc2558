"""From what people paste to a feed, over real sockets: how, with how many requests, or why not."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest

from aggregator.actions.discover import MOST_REQUESTS, Discoverer
from aggregator.actions.discovery import Discovery
from aggregator.actions.no_feed import Why
from aggregator.connectors._reader import SyndicationReader
from aggregator.fetch.client import Client
from aggregator.fetch.guard import Guard
from aggregator.model import Document, Pace
from tests.trip.conftest import origin as origin  # noqa: PLC0414 - a fixture, used by name
from tests.trip.stage import Origin, rss

Search = Callable[..., Discovery]
FEED = rss(3, 2, 1, 4)
WORDS = "<p>" + "Some words about a year of treatment. " * 10


def html(*parts: str) -> bytes:
    return ("<!doctype html><title>A page</title>" + "".join(parts) + WORDS).encode()


def link(href: str, title: str = "") -> str:
    return f'<link rel="alternate" type="application/rss+xml" href="{href}" title="{title}">'


@pytest.fixture
def search(origin: Origin, now: datetime) -> Search:
    """Look for a feed; ``network`` None: as on the Internet, where this machine is off limits."""

    def look(
        text: str, *, network: str | None = "127.0.0.0/8", page: Document | None = None
    ) -> Discovery:
        async def run() -> Discovery:
            client = Client(
                user_agent="Aggregator/0 (+https://www.example.org)",
                guard=Guard([ip_network(network)] if network else [], [origin.port]),
                pace=Pace(host_gap=0.0),
                clock=lambda: now,
            )
            reader = SyndicationReader()
            try:
                discoverer = Discoverer(client, reader, lambda: now)
                return await discoverer.discover(text, page=page)
            finally:
                await reader.aclose()
                await client.aclose()

        return asyncio.run(run())

    return look


def paths(origin: Origin) -> list[str]:
    return [path for path, _ in origin.asked]


def test_A6_a_feed_costs_one_request(origin: Origin, search: Search) -> None:
    origin.bodies["/feed"] = FEED
    seen = search(origin.url("/feed"))
    assert seen.found is not None
    assert seen.found.address == origin.url("/feed")
    assert (seen.found.title, seen.found.posts) == ("One family's year", 4)
    assert len(seen.found.newest) == 3
    assert (seen.requests, paths(origin)) == (1, ["/feed"])


def test_the_newest_posts_are_shown_first_whatever_the_order(
    origin: Origin, search: Search
) -> None:
    origin.bodies["/feed"] = FEED
    seen = search(origin.url("/feed"))
    assert seen.found is not None
    assert [post.title for post in seen.found.newest] == ["Post 4", "Post 3", "Post 2"]


def test_a_page_leads_to_its_main_feed_and_names_the_others_for_free(
    origin: Origin, search: Search
) -> None:
    origin.bodies["/"] = html(link("/comments/feed", "Comments"), link("/feed"), link("/b", "B"))
    origin.bodies["/feed"] = origin.bodies["/b"] = FEED
    seen = search(origin.url("/"))
    assert seen.found is not None
    assert seen.found.address == origin.url("/feed")
    assert [(one.address, one.title) for one in seen.others] == [
        (origin.url("/b"), "B"),
        (origin.url("/comments/feed"), "Comments"),
    ]
    assert paths(origin) == ["/", "/feed"]


def test_E7_a_feed_that_a_page_names_is_asked_for_without_robots_txt(
    origin: Origin, search: Search
) -> None:
    origin.bodies |= {"/": html(link("/feed")), "/feed": FEED}
    origin.bodies["/robots.txt"] = b"User-agent: *\nDisallow: /"
    assert search(origin.url("/")).found is not None
    assert "/robots.txt" not in paths(origin)


def test_a_dead_link_is_passed_over(origin: Origin, search: Search) -> None:
    origin.bodies |= {"/": html(link("/dead"), link("/page"), link("/feed"))}
    origin.bodies |= {"/page": html(), "/feed": FEED}
    seen = search(origin.url("/"))
    assert seen.found is not None
    assert seen.found.address == origin.url("/feed")


def test_usual_places_are_tried_when_a_page_names_none(origin: Origin, search: Search) -> None:
    origin.bodies |= {"/": html('<meta name=generator content="Ghost 5">'), "/rss/": FEED}
    seen = search(origin.url("/"))
    assert seen.found is not None
    assert seen.found.address == origin.url("/rss/")
    assert paths(origin) == ["/", "/robots.txt", "/rss/"]


def test_a_blog_in_a_folder_of_a_larger_site(origin: Origin, search: Search) -> None:
    origin.bodies |= {"/blog/": html(), "/blog/feed/": FEED, "/feed/": FEED}
    seen = search(origin.url("/blog/"))
    assert seen.found is not None
    assert seen.found.address == origin.url("/blog/feed/")


def test_E7_robots_txt_holds_for_places_that_nobody_named(origin: Origin, search: Search) -> None:
    origin.bodies |= {"/": html('<a href="/x/rss">RSS</a>'), "/feed/": FEED, "/x/rss": FEED}
    origin.bodies["/robots.txt"] = b"User-agent: Aggregator\nDisallow: /"
    seen = search(origin.url("/"))
    assert (seen.found, seen.why) == (None, Why.ROBOTS)
    assert paths(origin) == ["/", "/robots.txt"]


def test_E7_a_robots_txt_that_fails_forbids(origin: Origin, search: Search) -> None:
    origin.bodies |= {"/": html(), "/feed/": FEED}
    origin.statuses["/robots.txt"] = 503
    assert search(origin.url("/")).why is Why.ROBOTS


@pytest.fixture
def search_again(origin: Origin, now: datetime) -> Callable[..., int]:
    """Search for the origin's feed once at each of these moments, by one client.

    Returns how often robots.txt was asked for.
    """

    def look(*after: timedelta, mend: bool = False) -> int:
        async def run() -> None:
            moments = [now]

            def clock() -> datetime:
                return moments[-1]

            client = Client(
                user_agent="Aggregator/0 (+https://www.example.org)",
                guard=Guard([ip_network("127.0.0.0/8")], [origin.port]),
                pace=Pace(host_gap=0.0),
                clock=clock,
            )
            reader = SyndicationReader()
            try:
                for span in after:
                    moments.append(now + span)
                    await Discoverer(client, reader, clock).discover(origin.url("/"))
                    if mend:
                        origin.statuses.clear()
            finally:
                await reader.aclose()
                await client.aclose()

        asyncio.run(run())
        return paths(origin).count("/robots.txt")

    return look


@pytest.mark.parametrize(
    ("hours", "asked"), [((0, 1, 23), 1), ((0, 24), 2), ((0, 23, 25), 2), ((0, -1), 2)]
)
def test_E7_robots_txt_is_believed_for_a_day(
    origin: Origin, search_again: Callable[..., int], hours: tuple[int, ...], asked: int
) -> None:
    """No search after a clock was set back believes what it read in the future."""
    origin.bodies |= {"/": html(), "/robots.txt": b"User-agent: *\nDisallow: /"}
    assert search_again(*(timedelta(hours=hour) for hour in hours)) == asked
    assert set(paths(origin)) == {"/", "/robots.txt"}


def test_E7_that_there_is_none_is_believed_for_a_day_as_well(
    origin: Origin, search_again: Callable[..., int]
) -> None:
    origin.bodies |= {"/": html(), "/feed/": FEED}
    assert search_again(timedelta(0), timedelta(hours=1)) == 1
    assert paths(origin).count("/feed/") == 2


def test_E7_what_a_fault_forbade_is_looked_at_again(
    origin: Origin, search_again: Callable[..., int]
) -> None:
    origin.bodies |= {"/": html(), "/feed/": FEED, "/robots.txt": b""}
    origin.statuses["/robots.txt"] = 503
    assert search_again(timedelta(0), timedelta(hours=1), mend=True) == 2
    assert paths(origin).count("/feed/") == 1


def test_at_most_eight_requests_are_made(origin: Origin, search: Search) -> None:
    origin.bodies["/"] = html(*(link(f"/{number}") for number in range(40)))
    seen = search(origin.url("/"))
    assert seen.why is Why.NO_FEED
    assert seen.requests == len(origin.asked) == MOST_REQUESTS


def test_redirects_count_as_requests(origin: Origin, search: Search) -> None:
    origin.bodies["/"] = html(*(link(f"/{number}") for number in range(40)))
    for number in range(40):
        origin.statuses[f"/{number}"] = 302
        origin.headers[f"/{number}"] = {"Location": f"/{number + 1}"}
    search(origin.url("/"))
    assert len(origin.asked) == MOST_REQUESTS


@pytest.mark.parametrize(("status", "written"), [(301, "/new"), (302, "/old")])
def test_only_a_permanent_redirect_changes_what_is_written(
    origin: Origin, search: Search, status: int, written: str
) -> None:
    origin.bodies["/new"] = FEED
    origin.statuses["/old"] = status
    origin.headers["/old"] = {"Location": "/new"}
    seen = search(origin.url("/old"))
    assert seen.found is not None
    assert seen.found.address == origin.url(written)


def test_an_address_without_scheme_is_asked_by_https_and_then_by_http(
    origin: Origin, search: Search
) -> None:
    origin.bodies["/feed"] = FEED
    seen = search(f"blog.localhost:{origin.port}/feed")
    assert seen.found is not None
    assert seen.found.address == f"http://blog.localhost:{origin.port}/feed"
    assert seen.requests == 2


def test_A6_a_page_that_is_at_hand_is_not_asked_for_again(origin: Origin, search: Search) -> None:
    origin.bodies["/feed"] = FEED
    seen = search(origin.url("/"), page=Document(origin.url("/"), html(link("/feed"))))
    assert seen.found is not None
    assert paths(origin) == ["/feed"]


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, html(), Why.NO_FEED),
        (200, html("<form><input type=password></form>"), Why.LOGIN),
        (200, b"<!doctype html><div id=app></div><script src=/app.js></script>", Why.APP),
        (200, b"%PDF-1.7", Why.FAILED),
        (401, b"", Why.LOGIN),
        (403, b"", Why.REFUSED),
        (404, b"", Why.NOT_FOUND),
        (410, b"", Why.NOT_FOUND),
        (429, b"", Why.REFUSED),
        (500, b"", Why.FAILED),
    ],
)
def test_where_there_is_none_a_person_is_told_why_and_what_to_do(
    origin: Origin, search: Search, status: int, body: bytes, why: Why
) -> None:
    origin.bodies["/"], origin.statuses["/"] = body, status
    seen = search(origin.url("/"))
    assert (seen.found, seen.why) == (None, why)
    assert seen.words.endswith(".")
    assert seen.next_step.endswith(".")


@pytest.mark.parametrize("text", ["", "ann", "@ann", "example|org", "https://", "ftp://a.example/"])
def test_what_is_no_address_is_said_without_any_request(
    origin: Origin, search: Search, text: str
) -> None:
    seen = search(text)
    assert (seen.why, seen.requests) == (Why.NO_ADDRESS, 0)
    assert "@name@social.example" in seen.next_step


def test_a_platform_without_feeds_is_not_asked(search: Search) -> None:
    seen = search("https://www.caringbridge.org/visit/ann")
    assert (seen.why, seen.requests) == (Why.PLATFORM, 0)


def test_a_handle_that_leads_nowhere_is_said_to(search: Search) -> None:
    seen = search("@ann@10.example.test")
    assert (seen.why, seen.requests) == (Why.UNREACHABLE, 1)
    assert "10.example.test" in seen.words


def test_F2_the_guard_holds_for_what_people_paste(origin: Origin, search: Search) -> None:
    origin.bodies["/"] = FEED
    seen = search(origin.url("/"), network=None)
    assert seen.why is Why.REFUSED
    assert origin.asked == []


def test_F2_the_guard_holds_for_what_pages_name(origin: Origin, search: Search) -> None:
    origin.bodies["/feed"] = FEED
    named = html(link(origin.url("/feed")), link("file:///etc/passwd"), link("http://10.0.0.1/"))
    seen = search("https://a.example/", network=None, page=Document("https://a.example/", named))
    assert seen.found is None
    assert origin.asked == []


def test_titles_of_feeds_are_plain_text(origin: Origin, search: Search) -> None:
    origin.bodies["/feed"] = rss(1, title="&lt;b&gt;Ann&lt;/b&gt;\n\u202ea")
    seen = search(origin.url("/feed"))
    assert seen.found is not None
    assert seen.found.title == "Ann a"
