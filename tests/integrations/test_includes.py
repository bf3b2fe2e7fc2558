"""The shipped site files of nginx and Apache: what stands in a page that includes a widget.

What is answered under each path is held by ``test_servers.py``; the copies that nginx keeps, by
``test_nginx.py``.
"""

import re
import socket
from pathlib import Path

import pytest

from aggregator.model import OutputFile
from aggregator.widgets.output import OutputFolder
from tests.integrations import apache, nginx
from tests.integrations.conftest import Start
from tests.integrations.service import PATH, Said, Service, widget
from tests.integrations.webserver import FILES, PROXIES, WebServer, each
from tests.web.host import Host


@pytest.fixture
def server(site: str, host: Host, start: Start) -> WebServer:
    """A site over the outputs: their files, or the built-in server."""
    return start(site, f"http://127.0.0.1:{host.port}")


def page(inside: str) -> str:
    return f"<main>before {inside} after</main>"


@pytest.mark.parametrize("site", each(*FILES, *PROXIES))
@pytest.mark.parametrize("coding", ["", "gzip", "br, gzip"])
def test_the_widget_stands_in_the_page(server: WebServer, coding: str) -> None:
    """Also for visitors who take compressed answers: what is included is plain."""
    answer = server.get("/", accept_encoding=coding)
    assert (answer.status, answer.text) == (200, page(widget()))


@pytest.mark.parametrize("site", each(*FILES, *PROXIES))
def test_what_a_visitor_knows_of_the_widget_does_not_empty_the_page(server: WebServer) -> None:
    known = server.get("/feeds/w/latest-posts.html")
    tag, day = known.headers["etag"], known.headers.get("last-modified", "")
    answer = server.get("/", if_none_match=tag, if_modified_since=day, range="bytes=0-9")
    assert page(widget()).startswith(answer.text)
    assert server.get("/", if_none_match=tag, if_modified_since=day).text == page(widget())


@pytest.mark.parametrize("site", each(*FILES, *PROXIES))
def test_a_widget_that_is_not_there_leaves_the_link(
    server: WebServer, public: OutputFolder
) -> None:
    public.remove("latest-posts")
    assert server.get("/", accept_encoding="gzip").text == page(server.link)


@pytest.mark.parametrize("site", each(*FILES))
def test_a_hidden_post_is_out_of_the_files_at_once(server: WebServer, public: OutputFolder) -> None:
    server.get("/")
    public.write([OutputFile("w/latest-posts.html", widget("One is hidden.").encode())])
    assert server.get("/").text == page(widget("One is hidden."))


@pytest.mark.parametrize("site", each(*FILES))
def test_the_widget_is_there_while_the_service_is_stopped(
    public: OutputFolder, start: Start, site: str
) -> None:
    del public
    assert start(site).get("/").text == page(widget())


@pytest.mark.parametrize("site", each(*FILES))
def test_a_widget_is_never_looked_through(
    server: WebServer, public: OutputFolder, site: str
) -> None:
    """What is written in a post is text, whatever it looks like."""
    words = '<!--#include virtual="/index.html" --><!--#echo var="DATE_LOCAL" -->'
    public.write([OutputFile("w/latest-posts.html", widget(words).encode())])
    assert server.get("/").text == page(widget(words))


@pytest.mark.parametrize("site", each(*PROXIES))
def test_nor_is_one_of_the_service(service: Service, start: Start, site: str) -> None:
    words = '<!--#include virtual="/index.html" --><!--#echo var="DATE_LOCAL" -->'
    service.says[PATH] = Said(widget(words))
    assert start(site, service.address).get("/").text == page(widget(words))


@pytest.mark.parametrize("site", each(*PROXIES))
def test_a_service_that_never_answered_leaves_the_link(site: str, start: Start) -> None:
    server = start(site)
    answer = server.get("/")
    assert (answer.status, answer.text) == (200, page(server.link))
    answer = server.get("/feeds/w/latest-posts.html")
    assert (answer.status in {502, 503}, answer.body) == (True, b"")


@pytest.mark.parametrize("site", each(*PROXIES))
def test_a_service_that_says_nothing_is_not_waited_for(site: str, start: Start) -> None:
    """It takes the connection and stays silent; the server gives up by itself."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = start(site, f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert server.get("/").text == page(server.link)


@pytest.mark.parametrize("site", each(*PROXIES))
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_of_the_service_never_shows_its_words(
    site: str, status: int, service: Service, start: Start
) -> None:
    service.says[PATH] = Said("<h1>It broke</h1>", status)
    server = start(site, service.address)
    assert server.get("/").text == page(server.link)
    answer = server.get("/feeds/w/latest-posts.html")
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize("site", each(*PROXIES))
def test_the_service_learns_nothing_of_a_visitor(site: str, service: Service, start: Start) -> None:
    server = start(site, service.address)
    for path in ("/", "/feeds/w/latest-posts.html", "/feeds/w/latest-posts.json"):
        server.get(
            path, cookie="session=1", referer="https://www.example.org/illness",
            user_agent="Somebody", accept_language="cy", authorization="Basic eDp5",
            origin="https://www.example.org", x_forwarded_for="203.0.113.7",
            x_real_ip="203.0.113.7", forwarded="for=203.0.113.7", accept_encoding="gzip",
        )  # fmt: skip
    told = {name for fields in service.asked for name in fields}
    assert told <= {"host", "connection", "accept-encoding"}


@pytest.mark.parametrize("site", each(*PROXIES))
def test_no_cookie_passes(site: str, service: Service, start: Start) -> None:
    service.says[PATH] = Said(also={"Set-Cookie": "a=b"})
    server = start(site, service.address)
    for path in ("/", "/feeds/w/latest-posts.html"):
        assert "set-cookie" not in server.get(path).headers


@pytest.mark.parametrize("site", each(*FILES, *PROXIES))
def test_feeds_may_push(site: str, service: Service, start: Start) -> None:
    """Signed bodies of up to 5 MB; the rest of what is posted stays outside."""
    service.says["/hooks/websub/a1?x=y"] = Said("", 202)
    server = start(site, service.address)
    body = b"<feed/>" * 600_000
    answer = server.get("/feeds/hooks/websub/a1?x=y", "POST", body, x_hub_signature="sha256=0")
    assert (answer.status, service.sent) == (202, [("/hooks/websub/a1?x=y", body)])
    assert service.asked[0]["x-hub-signature"] == "sha256=0"


@pytest.mark.parametrize("site", each(*FILES, *PROXIES))
def test_owners_of_feeds_find_who_asks_them(site: str, service: Service, start: Start) -> None:
    """The User-Agent names this page below the public address."""
    service.says["/about-bot"] = Said("<h1>Our bot</h1>")
    assert start(site, service.address).get("/feeds/about-bot").text == "<h1>Our bot</h1>"


@pytest.mark.parametrize("site", each(*FILES, *PROXIES))
def test_the_site_file_shows_the_lines_that_a_page_needs(site: str, integrations: Path) -> None:
    """What is tested here is what people copy."""
    text = (integrations / site).read_text("utf-8")
    lines = [line[4:] for line in text.splitlines() if re.match("#   <!--#", line)]
    assert lines
    assert "".join(lines) in (nginx.PAGE if site.startswith("nginx") else apache.PAGE)
