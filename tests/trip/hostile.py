"""What a server may answer in place of a feed."""

import gzip

from tests.fetch.conftest import Play, chunked, drip, reply
from tests.trip.stage import rss

MEGABYTE = 1 << 20
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
_BOMB = b"""<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><rss><channel><title>&c;</title></channel></rss>"""
_EXTERNAL = b"""<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><item><title>&f;</title></item></channel></rss>"""
_JSON = b'{"version": "https://jsonfeed.org/version/1.1", "items": '
_GZIP = {"Content-Encoding": "gzip"}


def _html() -> bytes:
    return reply(body=b"<!DOCTYPE html><html><body>This domain is for sale.</body></html>")


UNCLOSED_COMMENTS = reply(body=b"<rss><channel>&nbsp;" + b"<!--" * 400_000)
"""Hostile, and yet a feed, without entries."""
ANSWERS: dict[str, tuple[bytes | Play, str]] = {
    "a web page": (_html(), "shows a web page (HTML) and not a feed"),
    "nothing": (reply(body=b""), "empty"),
    "spaces": (reply(body=b" \n" * 1000), "empty"),
    "a picture": (reply(body=b"\x89PNG\r\n\x1a\n" + bytes(1000)), "no feed"),
    "50 MB promised": (reply(body=b"<rss>", length=50 * MEGABYTE), "sends more than"),
    "50 MB": (chunked(*[bytes(MEGABYTE)] * 50), "sends more than"),
    "no end": (drip(HEAD + b"\r\n", again=b"<rss>" * 20_000), "sends more than"),
    "no end, drop by drop": (drip(HEAD + b"\r\n", again=b"x"), "did not finish its answer within"),
    "no end of a head": (drip(HEAD, again=b"Some: thing\r\n" * 100), "head"),
    "a head drop by drop": (drip(HEAD, again=b"a"), "did not finish its answer within"),
    "silence": (drip(), "did not finish its answer within"),
    "a hang-up": (HEAD + b"Content-Length: 500\r\n\r\n<rss>", "broke off"),
    "an entity bomb": (reply(body=_BOMB), "declares XML entities of its own"),
    "an external entity": (reply(body=_EXTERNAL), "declares XML entities of its own"),
    "a gzip bomb": (
        reply(fields=_GZIP, body=gzip.compress(bytes(32 * MEGABYTE))),
        "sends more than",
    ),
    "a cut gzip": (reply(fields=_GZIP, body=gzip.compress(rss(1))[:-12]), "gzip"),
    "no gzip": (reply(fields=_GZIP, body=rss(1)), "gzip"),
    "deep JSON": (reply(body=_JSON + b"[" * 100_000), "feed"),
    "deep XML": (reply(body=b"<rss><channel>" + b"<a>" * 100_000), "feed"),
    "a million attributes": (
        reply(body=b"<rss " + b" ".join(b'a%d="b"' % n for n in range(400_000)) + b"/>"),
        "feed",
    ),
    "unclosed entries": (reply(body=b"<rss><channel>" + b"<item><title>a" * 100_000), "feed"),
    "unclosed CDATA": (reply(body=b"<rss><item>&nbsp;" + b"<![CDATA[" * 400_000), "feed"),
    "another status": (b"HTTP/1.1 206 Partial\r\nContent-Length: 1\r\n\r\n<", "206"),
    "no HTTP": (b"220 mail.example.org ESMTP\r\n", "broke off"),
}
"""By name, each with words that the visit must say of it."""
