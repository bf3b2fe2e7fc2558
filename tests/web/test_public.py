"""Public outputs as a visitor gets them: bytes, codings, tags, cache times, and nothing else."""

import gzip
from pathlib import Path

import brotli
import pytest

from aggregator.web.public import LOOK_EVERY, PublicFiles
from tests.web.host import BODY, Host


def test_a_fragment_is_served_as_it_is(host: Host) -> None:
    answer = host.get("/w/latest.html")
    assert (answer.status, answer.body) == (200, BODY)


def test_headers_are_those_of_the_contract(host: Host) -> None:
    headers = host.get("/w/latest.html").headers
    assert {
        name: headers[name] for name in headers if name not in {"etag", "content-length", "date"}
    } == {
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
        ("w/latest.opml", "text/x-opml; charset=utf-8", "max-age=60, stale-while-revalidate=60"),
        (
            "w/latest.shadow.html",
            "text/html; charset=utf-8",
            "max-age=60, stale-while-revalidate=60",
        ),
        ("w/latest.dsd.html", "text/html; charset=utf-8", "max-age=60, stale-while-revalidate=60"),
        (
            "w/latest.frame.html",
            "text/html; charset=utf-8",
            "max-age=60, stale-while-revalidate=60",
        ),
        ("w/widget.0123456789ab.css", "text/css; charset=utf-8", "immutable"),
        (
            "w/loader.0123456789ab.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        ("w/loader.js", "text/javascript; charset=utf-8", "public, max-age=3600"),
        ("w/widget.css", "text/css; charset=utf-8", "public, max-age=3600"),
        ("media/0123.webp", "image/webp", "max-age=240"),
    ],
)
def test_each_kind_has_its_type_and_cache_time(
    host: Host, name: str, kind: str, cache: str
) -> None:
    host.put(name)
    headers = host.get(f"/{name}").headers
    assert headers["content-type"] == kind
    assert cache in headers["cache-control"]


SHAPES = ["html", "shadow.html", "dsd.html", "frame.html", "json", "rss", "opml"]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_may_be_read_by_every_site(host: Host, shape: str) -> None:
    host.put(f"w/latest.{shape}")
    headers = host.get(f"/w/latest.{shape}").headers
    assert {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "x-robots-tag": "noindex",
        "vary": "accept-encoding",
    }.items() <= headers.items()
    assert "set-cookie" not in headers


@pytest.mark.parametrize("shape", SHAPES)
def test_of_a_widget_only_the_frame_has_a_policy(host: Host, shape: str) -> None:
    """The others are parts of a page that has its own."""
    host.put(f"w/latest.{shape}")
    policy = host.get(f"/w/latest.{shape}").headers.get("content-security-policy")
    assert (policy is not None) is (shape == "frame.html")


def test_a_picture_that_is_opened_by_itself_can_do_nothing(host: Host) -> None:
    """Rule I13."""
    host.put(f"media/{'0' * 64}.webp")
    answer = host.get(f"/media/{'0' * 64}.webp")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("sites", "end"),
    [
        ((), "frame-ancestors 'self'"),
        (("https://a.example", "https://*.b.example"), "frame-ancestors 'self' https://a.example https://*.b.example"),
    ],
)  # fmt: skip
def test_the_frame_loads_from_its_own_server_and_stands_on_named_sites(
    tmp_path: Path, sites: tuple[str, ...], end: str
) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w/latest.frame.html").write_bytes(BODY)
    files = PublicFiles(tmp_path, frame_sites=sites)
    fields = dict(files.answer("GET", "/w/latest.frame.html", {}).fields)
    assert fields[b"content-security-policy"].decode() == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        f"base-uri 'none'; form-action 'none'; {end}"
    )


def test_the_policy_is_told_with_304_too(host: Host) -> None:
    host.put("w/latest.frame.html")
    first = host.get("/w/latest.frame.html").headers
    again = host.get("/w/latest.frame.html", if_none_match=first["etag"])
    assert again.status == 304
    assert again.headers["content-security-policy"] == first["content-security-policy"]


@pytest.mark.parametrize("path", ["/w/latest/", "/w/latest"])
def test_the_full_page_has_a_path_of_its_own(host: Host, path: str) -> None:
    host.put("w/latest/index.html", b"page")
    assert host.get(path).body == b"page"


@pytest.mark.parametrize(
    ("suffix", "packed", "coding"),
    [(".gz", gzip.compress(BODY, mtime=0), "gzip"), (".br", brotli.compress(BODY), "br")],
    ids=["gzip", "br"],
)
def test_ready_compressed_bytes_are_sent_where_wanted(
    host: Host, suffix: str, packed: bytes, coding: str
) -> None:
    host.put("w/latest.html" + suffix, packed)
    answer = host.get("/w/latest.html", accept_encoding="gzip, deflate, br")
    assert (answer.headers["content-encoding"], answer.body) == (coding, packed)


def test_a_refused_coding_is_not_sent(host: Host) -> None:
    host.put("w/latest.html.gz", gzip.compress(BODY))
    answer = host.get("/w/latest.html", accept_encoding="gzip;q=0")
    assert "content-encoding" not in answer.headers


def test_a_compressed_neighbour_of_older_content_is_never_sent(host: Host) -> None:
    """What was withdrawn must not come back in another coding."""
    host.put("w/latest.html.br", brotli.compress(b"with the withdrawn post"))
    assert host.get("/w/latest.html", accept_encoding="br").body == BODY


def test_a_half_written_neighbour_is_never_sent(host: Host) -> None:
    host.put("w/latest.html.gz", gzip.compress(BODY)[:-9])
    assert host.get("/w/latest.html", accept_encoding="gzip").body == BODY


def test_a_matching_tag_gets_304_without_a_body(host: Host) -> None:
    tag = host.get("/w/latest.html").headers["etag"]
    answer = host.get("/w/latest.html", if_none_match=f'"x", W/{tag}')
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)


def test_a_tag_of_another_coding_matches_too(host: Host) -> None:
    host.put("w/latest.html.gz", gzip.compress(BODY))
    tag = host.get("/w/latest.html", accept_encoding="gzip").headers["etag"]
    assert host.get("/w/latest.html", if_none_match=tag).status == 304


def test_head_has_the_headers_only(host: Host) -> None:
    answer = host.get("/w/latest.html", method="HEAD")
    assert (answer.body, answer.headers["content-length"]) == (b"", str(len(BODY)))


def test_a_changed_file_is_seen_within_half_a_second(host: Host) -> None:
    host.get("/w/latest.html")
    host.put("w/latest.html", b"without it")
    host.time += LOOK_EVERY
    assert host.get("/w/latest.html").body == b"without it"


def test_a_removed_file_is_gone_within_half_a_second(host: Host) -> None:
    host.get("/w/latest.html")
    (host.folder / "w/latest.html").unlink()
    host.time += LOOK_EVERY
    assert host.get("/w/latest.html").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/w/other.html",
        "/w/other.shadow.html",
        "/w/other.frame.html",
        "/w/loader.js",
        "/w/widget.000000000000.css",
        "/w/../secret.html",
        "/w/.hidden.html",
        "/w/latest.html.gz",
        "/w/a/b/c.html",
        "/media/x.svg",
        "/w/nul%00.html",
        "/w/",
    ],
)
def test_an_error_has_an_empty_body(host: Host, path: str) -> None:
    """A server-side include prints the body of an error into the page."""
    host.put("secret.html")
    answer = host.get(path)
    assert (answer.status, answer.body) == (404, b"")


def test_only_reading_is_allowed(host: Host) -> None:
    assert host.get("/w/latest.html", method="POST").status == 405


def test_no_cookie_ever(host: Host) -> None:
    assert "set-cookie" not in host.get("/w/latest.html").headers


def test_a_query_is_not_part_of_the_name(host: Host) -> None:
    assert host.get("/w/latest.html?v=1").body == BODY


def test_a_whole_address_is_as_good_as_its_path(host: Host) -> None:
    """Every server takes the absolute form (RFC 9112 3.2.2)."""
    assert host.get("http://example.org/w/latest.html").body == BODY


def test_every_answer_tells_its_date(host: Host) -> None:
    assert host.get("/w/latest.html").headers["date"].endswith(" GMT")


def test_a_name_too_long_for_a_file_is_not_found(host: Host) -> None:
    assert host.get(f"/w/{'a' * 4000}.html").status == 404
