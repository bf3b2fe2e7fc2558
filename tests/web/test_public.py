"""Public outputs over ASGI: bytes, codings, tags, cache times, and nothing else."""

import asyncio
import gzip
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import brotli
import pytest

from aggregator.web.public import LOOK_EVERY, PublicFiles

BODY = b"<section class=fw>" + b"posts " * 50 + b"</section>"


class Answer:
    """A collected answer."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message["body"]


class Server:
    """The output folder behind ``PublicFiles``, with a clock to move by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.time = 0.0
        self._files = PublicFiles(folder, clock=lambda: self.time)

    def put(self, name: str, body: bytes = BODY) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name("draft")
        draft.write_bytes(body)
        draft.replace(path)

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        sent = [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ]
        answer = Answer()
        scope = {"type": "http", "method": method, "path": path, "headers": sent}
        asyncio.run(self._files(scope, None, answer.send))
        return answer


@pytest.fixture
def server(tmp_path: Path) -> Server:
    made = Server(tmp_path)
    made.put("w/latest.html")
    return made


def test_a_fragment_is_served_as_it_is(server: Server) -> None:
    answer = server.get("/w/latest.html")
    assert (answer.status, answer.body) == (200, BODY)


def test_headers_are_those_of_the_contract(server: Server) -> None:
    headers = server.get("/w/latest.html").headers
    assert {name: headers[name] for name in headers if name not in {"etag", "content-length"}} == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "public, max-age=60, stale-while-revalidate=60, stale-if-error=180",
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "x-robots-tag": "noindex",
    }


@pytest.mark.parametrize(
    ("name", "kind", "cache"),
    [
        ("w/latest.json", "application/feed+json; charset=utf-8", "max-age=60"),
        ("w/latest.rss", "application/rss+xml; charset=utf-8", "max-age=60"),
        ("w/widget.0123456789ab.css", "text/css; charset=utf-8", "immutable"),
        ("media/0123.webp", "image/webp", "max-age=240"),
    ],
)
def test_each_kind_has_its_type_and_cache_time(
    server: Server, name: str, kind: str, cache: str
) -> None:
    server.put(name)
    headers = server.get(f"/{name}").headers
    assert headers["content-type"] == kind
    assert cache in headers["cache-control"]


@pytest.mark.parametrize("path", ["/w/latest/", "/w/latest"])
def test_the_full_page_has_a_path_of_its_own(server: Server, path: str) -> None:
    server.put("w/latest/index.html", b"page")
    assert server.get(path).body == b"page"


@pytest.mark.parametrize(
    ("suffix", "packed", "coding"),
    [(".gz", gzip.compress(BODY, mtime=0), "gzip"), (".br", brotli.compress(BODY), "br")],
    ids=["gzip", "br"],
)
def test_ready_compressed_bytes_are_sent_where_wanted(
    server: Server, suffix: str, packed: bytes, coding: str
) -> None:
    server.put("w/latest.html" + suffix, packed)
    answer = server.get("/w/latest.html", accept_encoding="gzip, deflate, br")
    assert (answer.headers["content-encoding"], answer.body) == (coding, packed)


def test_a_refused_coding_is_not_sent(server: Server) -> None:
    server.put("w/latest.html.gz", gzip.compress(BODY))
    answer = server.get("/w/latest.html", accept_encoding="gzip;q=0")
    assert "content-encoding" not in answer.headers


def test_a_compressed_neighbour_of_older_content_is_never_sent(server: Server) -> None:
    """What was withdrawn must not come back in another coding."""
    server.put("w/latest.html.br", brotli.compress(b"with the withdrawn post"))
    assert server.get("/w/latest.html", accept_encoding="br").body == BODY


def test_a_matching_tag_gets_304_without_a_body(server: Server) -> None:
    tag = server.get("/w/latest.html").headers["etag"]
    answer = server.get("/w/latest.html", if_none_match=f'"x", W/{tag}')
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)


def test_a_tag_of_another_coding_matches_too(server: Server) -> None:
    server.put("w/latest.html.gz", gzip.compress(BODY))
    tag = server.get("/w/latest.html", accept_encoding="gzip").headers["etag"]
    assert server.get("/w/latest.html", if_none_match=tag).status == 304


def test_head_has_the_headers_only(server: Server) -> None:
    answer = server.get("/w/latest.html", method="HEAD")
    assert (answer.body, answer.headers["content-length"]) == (b"", str(len(BODY)))


def test_a_changed_file_is_seen_within_half_a_second(server: Server) -> None:
    server.get("/w/latest.html")
    server.put("w/latest.html", b"without it")
    server.time += LOOK_EVERY
    assert server.get("/w/latest.html").body == b"without it"


def test_a_removed_file_is_gone_within_half_a_second(server: Server) -> None:
    server.get("/w/latest.html")
    (server.folder / "w/latest.html").unlink()
    server.time += LOOK_EVERY
    assert server.get("/w/latest.html").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/w/other.html",
        "/w/../secret.html",
        "/w/.hidden.html",
        "/w/latest.html.gz",
        "/w/a/b/c.html",
        "/media/x.svg",
        "/w/nul\0.html",
        "/w/",
    ],
)
def test_an_error_has_an_empty_body(server: Server, path: str) -> None:
    """A server-side include prints the body of an error into the page."""
    server.put("secret.html")
    answer = server.get(path)
    assert (answer.status, answer.body) == (404, b"")


def test_only_reading_is_allowed(server: Server) -> None:
    assert server.get("/w/latest.html", method="POST").status == 405


def test_no_cookie_ever(server: Server) -> None:
    assert "set-cookie" not in server.get("/w/latest.html").headers
