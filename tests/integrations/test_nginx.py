"""The shipped site files of nginx: the copies that it keeps, and pages of a system behind it.

What both nginx and Apache do is in ``test_includes.py`` and ``test_servers.py``.
"""

from typing import cast

import pytest

from aggregator.widgets.output import OutputFolder
from tests.integrations.conftest import Start
from tests.integrations.nginx import PAGE, Nginx
from tests.integrations.service import PATH, Said, Service, widget
from tests.web.host import Host

pytestmark = pytest.mark.program("nginx")


@pytest.fixture
def before(host: Host, start: Start) -> Nginx:
    """A site before the built-in server."""
    return cast("Nginx", start("nginx/site-proxy.conf", f"http://127.0.0.1:{host.port}"))


WHOLE = f"<main>before {widget()} after</main>"
LINK = f"<main>before {Nginx.link} after</main>"


def test_a_copy_is_used_for_a_minute(before: Nginx, host: Host) -> None:
    before.get("/")
    host.stop()
    before.let_pass(50)
    assert before.get("/").text == WHOLE


def test_the_last_copy_is_used_while_nobody_answers(before: Nginx, host: Host) -> None:
    before.get("/")
    host.stop()
    before.let_pass(60 + 170)
    assert before.get("/").text == WHOLE


def test_after_four_minutes_the_page_shows_the_link(before: Nginx, host: Host) -> None:
    """A hidden post has to be gone in five, whatever fails."""
    before.get("/")
    host.stop()
    before.let_pass(60 + 190)
    answer = before.get("/")
    assert (answer.status, answer.text) == (200, LINK)


def test_no_copy_outlives_its_time_where_the_service_says_that_it_is_broken(
    service: Service, start: Start
) -> None:
    """nginx has no bound for that case, so there the copy's own minutes are all."""
    held = "public, max-age=60, stale-while-revalidate=60, stale-if-error=180"
    service.says[PATH] = Said(also={"Cache-Control": held})
    nginx = cast("Nginx", start("nginx/site-proxy.conf", service.address))
    nginx.get("/")
    service.says[PATH] = Said("<h1>It broke</h1>", 503)
    nginx.let_pass(60 + 70)
    assert nginx.get("/").text == LINK


def test_visitors_of_all_codings_share_a_copy(service: Service, start: Start) -> None:
    service.says[PATH] = Said(
        also={"Cache-Control": "public, max-age=60", "Vary": "Accept-Encoding"}
    )
    nginx = cast("Nginx", start("nginx/site-proxy.conf", service.address))
    for coding in ("gzip", "", "br"):
        nginx.get("/feeds/w/latest-posts.html", accept_encoding=coding)
    assert len(service.asked) == 1


def test_the_lines_work_in_the_pages_of_a_system_behind_nginx(
    public: OutputFolder, service: Service, start: Start
) -> None:
    """As the document says: pass the page on, and ask for a plain one."""
    del public
    service.says["/"] = Said(PAGE)
    behind = f'proxy_pass {service.address}; proxy_set_header Accept-Encoding "";'
    nginx = start("nginx/site-files.conf", places={"index index.html;": behind})
    assert nginx.get("/", accept_encoding="gzip").text == WHOLE
    assert "accept-encoding" not in service.asked[0]
