"""One table of what visitors are answered, held to every way in which they may reach the outputs."""

import gzip
import os

import brotli
import pytest

from aggregator.widgets.output import OutputFolder
from tests.integrations.conftest import NAMES, Start
from tests.integrations.nginx import BROTLI
from tests.integrations.webserver import FILES, PROXIES, Face, each

DOCUMENT = "public, max-age=60, stale-while-revalidate=60, stale-if-error=180"
PLAIN, FOREVER = "public, max-age=3600", "public, max-age=31536000, immutable"
FRAMED = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
HTML = "text/html; charset=utf-8"
STYLE, SCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
PICTURE = f"/media/{'0' * 64}.webp"
TABLE = {
    "/w/latest-posts.html": (HTML, DOCUMENT, None),
    "/w/latest-posts.shadow.html": (HTML, DOCUMENT, None),
    "/w/latest-posts.dsd.html": (HTML, DOCUMENT, None),
    "/w/latest-posts.frame.html": (HTML, DOCUMENT, FRAMED),
    "/w/latest-posts/": (HTML, DOCUMENT, None),
    "/w/latest-posts": (HTML, DOCUMENT, None),
    "/w/latest-posts.json": ("application/feed+json; charset=utf-8", DOCUMENT, None),
    "/w/latest-posts.rss": ("application/rss+xml; charset=utf-8", DOCUMENT, None),
    "/w/latest-posts.opml": ("text/x-opml; charset=utf-8", DOCUMENT, None),
    "/w/widget.css": (STYLE, PLAIN, None),
    "/w/widget.0123456789ab.css": (STYLE, FOREVER, None),
    "/w/loader.js": (SCRIPT, PLAIN, None),
    "/w/loader.0123456789ab.js": (SCRIPT, FOREVER, None),
    PICTURE: ("image/webp", "max-age=240", "default-src 'none'; sandbox"),
}
"""Path → Content-Type, Cache-Control, Content-Security-Policy."""
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-robots-tag": "noindex",
}
NO_FILES = [
    "/w/no-such.html", "/w/no-such", "/w/", "/w/.writing", "/w/latest-posts.html.gz",
    "/w/latest-posts.html.br", "/media/none.webp", "/w/%2e%2e/x", "/w/latest-posts/x",
]  # fmt: skip


ALL = ("built-in", *FILES, *PROXIES)


def test_the_table_has_every_kind_of_file() -> None:
    there = {name.removesuffix("index.html") for name in NAMES}
    assert {path[1:] for path in TABLE} - {"w/latest-posts"} == there


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_each_path_has_its_header(face: Face, coding: str) -> None:
    """Also compressed; a picture never is, so whether it varies makes no difference."""
    for path, (kind, cache, policy) in TABLE.items():
        found = face.get(path, accept_encoding=coding)
        about = {name: found.headers.get(name) for name in EVERYWHERE}
        assert (path, found.status, about) == (path, 200, EVERYWHERE)
        assert (path, found.headers["content-type"].lower()) == (path, kind)
        assert (path, found.headers["cache-control"]) == (path, cache)
        assert (path, found.headers.get("content-security-policy")) == (path, policy)
        assert (path, found.headers.get("vary", "").lower()) in [
            (path, "accept-encoding"), (PICTURE, ""),
        ]  # fmt: skip
        assert not {"set-cookie", "expires", "pragma"} & set(found.headers)


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
def test_head_is_answered_as_get_without_the_body(face: Face) -> None:
    got, headed = (face.get("/w/latest-posts.json", method) for method in ("GET", "HEAD"))
    assert (headed.status, headed.body) == (200, b"")
    for answer in (got, headed):
        answer.headers.pop("date", None)
    assert headed.headers == got.headers


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
@pytest.mark.parametrize("coding", ["", "gzip", "gzip, br"])
def test_what_a_visitor_knows_already_is_not_sent_again(face: Face, coding: str) -> None:
    """With what keeps the copy right (RFC 9110 15.4.5)."""
    for path in TABLE:
        first = face.get(path, accept_encoding=coding)
        again = face.get(path, accept_encoding=coding, if_none_match=first.headers["etag"])
        assert (path, again.status, again.body) == (path, 304, b"")
        assert again.headers["cache-control"] == first.headers["cache-control"]
        # nginx makes weak what it compresses itself, and tells the strong one where it need not
        tags = [one.headers["etag"].removeprefix("W/") for one in (first, again)]
        assert tags[0] == tags[1]


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
def test_gzip_is_answered_where_wanted(face: Face) -> None:
    answer = face.get("/w/latest-posts.json", accept_encoding="gzip, deflate")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == b"w/latest-posts.json " * 50


@pytest.mark.parametrize(
    "face", each("built-in", "apache/site-files.conf", "apache/site-proxy.conf"), indirect=True
)
def test_brotli_goes_before_gzip(face: Face) -> None:
    answer = face.get("/w/latest-posts.json", accept_encoding="gzip, deflate, br, zstd")
    assert answer.headers["content-encoding"] == "br"
    assert brotli.decompress(answer.body) == b"w/latest-posts.json " * 50


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
def test_what_is_not_wanted_is_not_compressed(face: Face) -> None:
    for refused in ("", "br;q=0", "gzip;q=0, br; q=0", "identity"):
        answer = face.get("/w/latest-posts.json", accept_encoding=refused)
        assert (refused, answer.headers.get("content-encoding")) == (refused, None)
        assert answer.body == b"w/latest-posts.json " * 50


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
def test_pictures_are_not_packed_twice(face: Face) -> None:
    answer = face.get(PICTURE, accept_encoding="gzip, br")
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
def test_what_is_no_file_has_no_body(face: Face) -> None:
    """An include would print it."""
    for path in NO_FILES:
        answer = face.get(path, accept_encoding="gzip, br")
        assert (path, answer.status, answer.body) == (path, 404, b"")
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("face", each(*FILES, *PROXIES), indirect=True)
def test_beside_the_outputs_there_is_nothing(face: Face) -> None:
    """What the built-in server shows under other paths is not for the visitors of a site."""
    for path in ("/", "/other", "/healthz", "/metrics", "/hello"):
        answer = face.get(path)
        assert (path, answer.status, answer.body) == (path, 404, b"")


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
def test_nothing_is_taken_in(face: Face) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = face.get("/w/latest-posts.html", method)
        assert (method, answer.status in {403, 405}, answer.body) == (method, True, b"")


@pytest.mark.program("nginx")
def test_nginx_serves_brotli_where_it_has_the_module(public: OutputFolder, start: Start) -> None:
    del public
    if not BROTLI.exists():
        reason = f"{BROTLI} was not found (apt install libnginx-mod-http-brotli-static)"
        (pytest.fail if os.environ.get("REQUIRE_PROGRAMS") else pytest.skip)(reason)
    site = start("nginx/site-files.conf", places={"#brotli_static on;": "brotli_static on;"})
    answer = site.get("/feeds/w/latest-posts.json", accept_encoding="gzip, br")
    assert answer.headers["content-encoding"] == "br"
    assert brotli.decompress(answer.body) == b"w/latest-posts.json " * 50
    assert answer.headers["vary"] == "Accept-Encoding"
