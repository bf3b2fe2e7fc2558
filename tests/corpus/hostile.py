"""Feeds with a known attack in every text field of every entry."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

AT_ONCE = 400
"""Payloads in one feed; the parser keeps 500 entries."""
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold at all."""


def payloads(corpus: Path) -> list[str]:
    found = [
        json.loads(line)["payload"]
        for file in sorted((corpus / "xss").glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]
    return list(dict.fromkeys(found))


def rss(some: Sequence[str]) -> bytes:
    """A payload in every text field: once escaped, once more as CDATA."""
    items = []
    for number, payload in enumerate(some):
        text = escape(ILLEGAL.sub("", payload), {'"': "&quot;"})
        raw = ILLEGAL.sub("", payload).replace("]]>", "]]]]><![CDATA[>")
        items.append(
            f"<item><title>{text}</title><link>{text}</link><guid>{number} {text}</guid>"
            f"<author>{text}</author><dc:creator>{text}</dc:creator><category>{text}</category>"
            f"<pubDate>{text}</pubDate><description>{text}</description>"
            f"<content:encoded><![CDATA[{raw}]]></content:encoded>"
            f'<enclosure url="{text}" type="{text}" length="1"/>'
            f'<media:content url="{text}"><media:description>{text}</media:description>'
            "</media:content></item>"
        )
    first = escape(ILLEGAL.sub("", some[0]))
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">'
        f"<channel><title>{first}</title><link>{first}</link><description>{first}</description>"
        f"<language>{first}</language>{''.join(items)}</channel></rss>"
    ).encode()


def json_feed(some: Sequence[str]) -> bytes:
    items = [
        {
            "id": f"{number} {payload}",
            "url": payload,
            "external_url": f"https://family.example.org/{number}?{payload}",
            "title": payload,
            "content_html": payload,
            "summary": payload,
            "authors": [{"name": payload, "url": payload}],
            "tags": [payload],
            "language": payload,
            "image": payload,
            "attachments": [{"url": payload, "mime_type": payload, "title": payload}],
            "date_published": payload,
        }
        for number, payload in enumerate(some)
    ]
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": some[0], "items": items}).encode()
