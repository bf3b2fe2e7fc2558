"""The shipped site files of nginx in a real nginx, before the files and before the built-in server."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.model import OutputFile
from aggregator.web.connection import Limits
from aggregator.web.public import _TYPES
from aggregator.widgets.output import OutputFolder
from tests.integrations.nginx import LINK, PAGE, Nginx
from tests.integrations.service import PATH, Said, Service, widget
from tests.web.host import Host

pytestmark = [pytest.mark.program("nginx"), pytest.mark.xdist_group("nginx")]

STYLE = "w/widget.0123456789ab.css"
PICTURE = f"media/{'0' * 64}.webp"
SHAPES = [f"w/latest-posts{end}" for end in _TYPES if end not in {".css", ".js", ".webp"}]
NAMES = [
    *SHAPES,
    "w/latest-posts.frame.html",
    STYLE,
    "w/loader.0123456789ab.js",
    "w/loader.js",
    PICTURE,
]
"""Whatever the built-in server serves."""
CONTRACT = {
    "content-type", "cache-control", "vary", "x-content-type-options", "referrer-policy",
    "access-control-allow-origin", "cross-origin-resource-policy", "x-robots-tag", "content-security-policy",
}  # fmt: skip
Start = Callable[[str], Nginx]


@pytest.fixture
def public(tmp_path: Path) -> OutputFolder:
    """The outputs as the product writes them."""
    folder = OutputFolder(tmp_path / "data" / "public")
    folder.write(
        [
            OutputFile("w/latest-posts.html", widget().encode()),
            OutputFile("w/latest-posts/index.html", b"<!DOCTYPE html><title>All posts</title>"),
            *(OutputFile(name, b"posts " * 100) for name in NAMES if name != PATH[1:]),
        ]
    )
    return folder


@pytest.fixture
def start(
    tmp_path: Path, integrations: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Nginx]]:
    """Starts an nginx of the test's own with a shipped site file."""
    started: list[Nginx] = []

    def start(site: str, **places: str) -> Nginx:
        home = tmp_path / "nginx"
        home.mkdir()
        shipped = {
            "/srv/aggregator/data/public": f"{tmp_path}/data/public",
            "http://127.0.0.1:8000": places.get("service", "http://127.0.0.1:9"),
            "index index.html;": places.get("page", "index index.html;"),
        }
        nginx = Nginx(home, integrations / "nginx" / site, shipped)
        started.append(nginx)
        return nginx

    yield start
    for nginx in started:
        nginx.stop()


@pytest.fixture
def host(tmp_path: Path, public: OutputFolder) -> Iterator[Host]:
    """The built-in server over the same files."""
    host = Host(tmp_path / "data" / "public", Limits())
    host.start()
    yield host
    host.stop()


@pytest.fixture
def files(public: OutputFolder, start: Start) -> Nginx:
    """A site whose nginx serves the files itself."""
    return start("site-files.conf")


@pytest.fixture
def before(host: Host, start: Callable[..., Nginx]) -> Nginx:
    """A site before the built-in server."""
    return start("site-proxy.conf", service=f"http://127.0.0.1:{host.port}")


def whole(words: str = "We are well.") -> str:
    return f"<main>before {widget(words)} after</main>"


@pytest.mark.parametrize("site", ["files", "before"])
@pytest.mark.parametrize("coding", ["", "gzip", "br, gzip"])
def test_the_widget_stands_in_the_page(
    site: str, coding: str, request: pytest.FixtureRequest
) -> None:
    """Also for visitors who take compressed answers: what is included is plain."""
    answer = request.getfixturevalue(site).get("/", accept_encoding=coding)
    assert (answer.status, answer.text) == (200, whole())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("site", ["files", "before"])
def test_headers_are_those_of_the_built_in_server(
    site: str, name: str, host: Host, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(site).get(f"/feeds/{name}", accept_encoding="gzip").headers
    ours = host.get(f"/{name}").headers
    without = {"vary"} if name.endswith(".webp") else set()
    assert {key: found.get(key, "").lower() for key in CONTRACT - without} == {
        key: ours.get(key, "").lower() for key in CONTRACT - without
    }


@pytest.mark.parametrize("site", ["files", "before"])
def test_answers_are_compressed_where_wanted(site: str, request: pytest.FixtureRequest) -> None:
    answer = request.getfixturevalue(site).get("/feeds/w/latest-posts.json", accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == b"posts " * 100


@pytest.mark.parametrize("site", ["files", "before"])
@pytest.mark.parametrize("path", ["/feeds/w/latest-posts", "/feeds/w/latest-posts/"])
def test_the_full_page_is_there(site: str, path: str, request: pytest.FixtureRequest) -> None:
    answer = request.getfixturevalue(site).get(path)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "All posts" in answer.text


@pytest.mark.parametrize("site", ["files", "before"])
def test_what_a_visitor_knows_already_is_not_sent_again(
    site: str, request: pytest.FixtureRequest
) -> None:
    nginx = request.getfixturevalue(site)
    tag = nginx.get("/feeds/w/latest-posts.html").headers["etag"]
    answer = nginx.get("/feeds/w/latest-posts.html", if_none_match=tag)
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize("site", ["files", "before"])
@pytest.mark.parametrize("path", [
    "/feeds/w/no-such.html", "/feeds/w/no-such", "/feeds/", "/feeds/w/", "/feeds/w/.writing",
    "/feeds/w/latest-posts.html.gz", "/feeds/media/none.webp", "/feeds/other", "/feeds/w/%2e%2e/x",
])  # fmt: skip
def test_an_error_has_no_body(site: str, path: str, request: pytest.FixtureRequest) -> None:
    answer = request.getfixturevalue(site).get(path)
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize("site", ["files", "before"])
def test_nothing_is_taken_in(site: str, request: pytest.FixtureRequest) -> None:
    answer = request.getfixturevalue(site).get("/feeds/w/latest-posts.html", "POST")
    assert answer.status in {403, 405}
    assert answer.body == b""


@pytest.mark.parametrize("site", ["files", "before"])
def test_a_widget_that_is_not_there_leaves_the_link(
    site: str, public: OutputFolder, request: pytest.FixtureRequest
) -> None:
    nginx = request.getfixturevalue(site)
    public.remove("latest-posts")
    assert nginx.get("/", accept_encoding="gzip").text == LINK


def test_a_hidden_post_is_out_of_the_files_at_once(files: Nginx, public: OutputFolder) -> None:
    files.get("/")
    public.write([OutputFile("w/latest-posts.html", widget("One is hidden.").encode())])
    assert files.get("/").text == whole("One is hidden.")


def test_a_copy_is_used_for_a_minute(before: Nginx, host: Host, public: OutputFolder) -> None:
    before.get("/")
    host.stop()
    before.let_pass(50)
    assert before.get("/").text == whole()


def test_the_last_copy_is_used_while_nobody_answers(before: Nginx, host: Host) -> None:
    before.get("/")
    host.stop()
    before.let_pass(60 + 170)
    assert before.get("/").text == whole()


def test_after_four_minutes_the_page_shows_the_link(before: Nginx, host: Host) -> None:
    """A hidden post has to be gone in five, whatever fails."""
    before.get("/")
    host.stop()
    before.let_pass(60 + 190)
    answer = before.get("/")
    assert (answer.status, answer.text) == (200, LINK)


def test_a_service_that_never_answered_leaves_the_link(start: Callable[..., Nginx]) -> None:
    assert start("site-proxy.conf").get("/").text == LINK


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_of_the_service_never_shows_its_words(
    status: int, service: Service, start: Callable[..., Nginx]
) -> None:
    service.says[PATH] = Said("<h1>It broke</h1>", status)
    nginx = start("site-proxy.conf", service=service.address)
    assert nginx.get("/").text == LINK
    answer = nginx.get("/feeds/w/latest-posts.html")
    assert (answer.status, answer.body) == (status, b"")


def test_no_copy_outlives_its_time_where_the_service_says_that_it_is_broken(
    service: Service, start: Callable[..., Nginx]
) -> None:
    """nginx has no bound for that case, so there the copy's own minutes are all."""
    held = "public, max-age=60, stale-while-revalidate=60, stale-if-error=180"
    service.says[PATH] = Said(also={"Cache-Control": held})
    nginx = start("site-proxy.conf", service=service.address)
    nginx.get("/")
    service.says[PATH] = Said("<h1>It broke</h1>", 503)
    nginx.let_pass(60 + 70)
    assert nginx.get("/").text == LINK


def test_the_service_learns_nothing_of_a_visitor(
    service: Service, start: Callable[..., Nginx]
) -> None:
    nginx = start("site-proxy.conf", service=service.address)
    nginx.get(
        "/", cookie="session=1", referer="https://www.example.org/illness", user_agent="Somebody",
        accept_encoding="gzip", x_forwarded_for="203.0.113.7",
    )  # fmt: skip
    assert [set(fields) for fields in service.asked] == [{"host"}]


def test_visitors_of_all_codings_share_a_copy(
    service: Service, start: Callable[..., Nginx]
) -> None:
    service.says[PATH] = Said(
        also={"Cache-Control": "public, max-age=60", "Vary": "Accept-Encoding"}
    )
    nginx = start("site-proxy.conf", service=service.address)
    for coding in ("gzip", "", "br"):
        nginx.get("/feeds/w/latest-posts.html", accept_encoding=coding)
    assert len(service.asked) == 1


@pytest.mark.parametrize("site", ["site-files.conf", "site-proxy.conf"])
def test_feeds_may_push(site: str, service: Service, start: Callable[..., Nginx]) -> None:
    """Signed bodies of up to 5 MB; the rest of what is posted stays outside."""
    service.says["/hooks/websub/a1?x=y"] = Said("", 202)
    nginx = start(site, service=service.address)
    body = b"<feed/>" * 600_000
    answer = nginx.get("/feeds/hooks/websub/a1?x=y", "POST", body, x_hub_signature="sha256=0")
    assert (answer.status, service.sent) == (202, [("/hooks/websub/a1?x=y", body)])
    assert service.asked[0]["x-hub-signature"] == "sha256=0"


def test_no_cookie_passes(service: Service, start: Callable[..., Nginx]) -> None:
    service.says[PATH] = Said(also={"Set-Cookie": "a=b"})
    nginx = start("site-proxy.conf", service=service.address)
    assert "set-cookie" not in nginx.get("/feeds/w/latest-posts.html").headers


def test_the_lines_work_in_the_pages_of_a_system_behind_nginx(
    public: OutputFolder, service: Service, start: Callable[..., Nginx]
) -> None:
    """As the document says: pass the page on, and ask for a plain one."""
    service.says["/"] = Said(PAGE)
    behind = f'proxy_pass {service.address}; proxy_set_header Accept-Encoding "";'
    nginx = start("site-files.conf", page=behind)
    assert nginx.get("/", accept_encoding="gzip").text == whole()
    assert "accept-encoding" not in service.asked[0]


@pytest.mark.parametrize("site", ["site-files.conf", "site-proxy.conf"])
def test_the_site_file_shows_the_lines_that_a_page_needs(site: str, integrations: Path) -> None:
    """What is tested here is what people copy."""
    text = (integrations / "nginx" / site).read_text("utf-8")
    lines = [
        line.removeprefix("#   ") for line in text.splitlines() if line.startswith("#   <!--#")
    ]
    assert "".join(lines) in PAGE
