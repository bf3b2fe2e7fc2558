"""Wild documents: feeds by a loose grammar, samples that were damaged, and bytes of any kind."""

import json
from pathlib import Path

from hypothesis import strategies as st

SAMPLES = Path(__file__).resolve().parents[1] / "connectors/feed"
CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
_LONGEST_SAMPLE = 64 * 1024


def samples() -> list[bytes]:
    """Our own feeds, and those of the corpus that are not long, where it is beside the project."""
    own = sorted(one for one in SAMPLES.iterdir() if not one.name.endswith(".expected.json"))
    found = sorted(one for one in (CORPUS / "feeds").rglob("*") if one.is_file())
    small = (one for one in found if one.stat().st_size <= _LONGEST_SAMPLE)
    return [one.read_bytes() for one in (*own, *small)]


_ODD_TEXTS = [
    "",
    "Post",
    "&amp;lt;b&amp;gt;",
    "<![CDATA[<p>Hello <a href='javascript:x'>you</a><script>x</script>]]>",
    "<![CDATA[",
    "]]>",
    "&#0;",
    "&#xD800;",
    "&nbsp;&hellip;",
    "&undefined;",
    "<div xmlns='http://www.w3.org/1999/xhtml'><svg><style><img onerror=x></style></svg></div>",
    '&lt;math&gt;&lt;mi/xlink:href="data:x,&lt;script&gt;"&gt;&lt;form&gt;',
    "\u202eevil\u2066 \u0000 \ufeff",
    "\u05e9\u05dc\u05d5\u05dd \u65e5\u672c \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a" * 3_000,
    "Z\u0351\u036b" * 200,
]
_URLS = [
    "https://family.example.org/1?utm_source=x&id=5",
    "//family.example.org/a",
    "../b?c#d",
    "java\tscript:alert(1)",
    " \x01https://p\u0430ypal.test/",
    "https://[::1",
    "https://user:word@family.example.org:99999/",
    "http:///x",
    "mailto:a@example.org",
    "data:text/html,x",
    "https://family.example.org/" + "x" * 2_100,
    "urn:uuid:1",
    "",
]
_DATES = [
    "Mon, 23 Nov 2026 12:00:00 GMT",
    "2026-11-23T12:00:00Z",
    "0000-00-00",
    "9999-12-31T23:59:59-23:59",
    "1900-01-01",
    "Mon, 31 Feb 2026 25:61:00 +9999",
    "tomorrow",
    "20261123",
    "1e400",
]
_NAMES = [
    "title", "link", "guid", "id", "description", "summary", "content", "content:encoded", "author",
    "dc:creator", "pubDate", "published", "updated", "dc:date", "category", "enclosure",
    "media:content", "media:group", "media:thumbnail", "media:title", "media:description",
    "itunes:summary", "itunes:image", "source", "comments", "name", "uri", "div", "x:y", "item",
    "entry", "ttl", "skipHours", "sy:updatePeriod", "atom:link",
]  # fmt: skip
_ATTRIBUTES = [
    "type='html'", "type='xhtml'", "type='text/plain'", "type='image/png' mode='base64'",
    "rel='self'", "rel='enclosure'", "rel='hub'", "isPermaLink='true'", "isPermaLink='no'",
    "xml:base='b/'", "xml:base='https://[::'", "xml:lang='de-DE'", "xml:lang=''", "rdf:about='u'",
    "width='1' height='1'", "width='-1'", "medium='image'", "xmlns='urn:other'", "a=\"&lt;\"",
]  # fmt: skip
_ROOTS = [
    ("<rss version='2.0'><channel>", "</channel></rss>", "item"),
    ("<feed xmlns='http://www.w3.org/2005/Atom'>", "</feed>", "entry"),
    (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
        " xmlns='http://purl.org/rss/1.0/'><channel/>",
        "</rdf:RDF>",
        "item",
    ),
    ("<rss xmlns:media='http://search.yahoo.com/mrss/'><channel>", "</channel></rss>", "item"),
    ("<rss><channel>", "", "item"),
]

_any_text = st.one_of(st.sampled_from(_ODD_TEXTS + _URLS + _DATES), st.text(max_size=30))
_attributes = st.lists(st.sampled_from(_ATTRIBUTES), max_size=2, unique=True).map(" ".join)


def _element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    href = st.sampled_from(_URLS).map(lambda url: url.replace("&", "&amp;").replace("'", ""))
    return st.builds(
        lambda name, attributes, url, text, ends: (
            f"<{name} {attributes} href='{url}' url='{url}'>{text}" + (f"</{name}>" if ends else "")
        ),
        st.sampled_from(_NAMES),
        _attributes,
        href,
        inner,
        st.sampled_from([True] * 30 + [False]),
    )


_elements = st.recursive(_any_text, lambda inner: st.one_of(_element(inner), inner), max_leaves=4)


@st.composite
def _xml(draw: st.DrawFn) -> bytes:
    start, end, name = draw(st.sampled_from(_ROOTS))
    entry = st.lists(_element(_elements), max_size=6).map("".join)
    entries = draw(st.lists(entry, max_size=5))
    about = draw(st.lists(_element(_any_text), max_size=3).map("".join))
    body = start + about + "".join(f"<{name}>{one}</{name}>" for one in entries) + end
    declared = draw(
        st.sampled_from(["", "<?xml version='1.0'?>", "<?xml version='1.0' encoding='"])
    )
    charset = draw(st.sampled_from(["utf-8", "iso-8859-1", "windows-1252", "utf-16", "gb2312"]))
    if declared.endswith("encoding='"):
        declared += f"{charset}'?>"
    return (declared + body).encode(charset, "replace")


_json_value = st.recursive(
    st.one_of(_any_text, st.none(), st.booleans(), st.integers(), st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["url", "name", "mime_type", "id", "tags"]), inner),
    ),
    max_leaves=5,
)
_JSON_KEYS = [
    "id", "url", "external_url", "title", "content_html", "content_text", "summary", "image",
    "banner_image", "date_published", "date_modified", "author", "authors", "tags", "language",
    "attachments",
]  # fmt: skip


@st.composite
def _json(draw: st.DrawFn) -> bytes:
    item = st.one_of(st.dictionaries(st.sampled_from(_JSON_KEYS), _json_value), _json_value)
    feed = draw(
        st.dictionaries(st.sampled_from(["title", "hubs", "items", "feed_url"]), _json_value)
    )
    feed["items"] = draw(st.lists(item, max_size=4))
    feed["version"] = draw(st.sampled_from(["https://jsonfeed.org/version/1.1", "1", None]))
    return json.dumps(feed).encode("utf-8", "surrogatepass")


@st.composite
def _damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    body = draw(whole)
    odd = st.one_of(
        st.binary(max_size=4),
        st.sampled_from([*_ODD_TEXTS, "<item>", "</entry>", "<!--", "<?", "'", '"', "&"]).map(
            lambda text: text.encode("utf-8", "replace")
        ),
    )
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(body)))
        body = body[:place] + draw(odd) + body[place + draw(st.integers(0, 60)) :]
    return body


def documents(found: list[bytes]) -> st.SearchStrategy[bytes]:
    """Documents made up by the grammar, and damaged ones, those that were ``found`` among them."""
    made = st.one_of(_xml(), _json())
    return st.one_of(
        made, _damaged(made), _damaged(st.sampled_from(found)), _xml(), st.binary(max_size=200)
    )


content_types = st.one_of(
    st.sampled_from(
        [
            "",
            "application/rss+xml",
            "text/html; charset=iso-8859-1",
            "a; charset=utf-16",
            "x;charset=rot13",
        ]
    ),
    st.text(max_size=20),
)
codings = st.sampled_from(["", "gzip", "deflate", "br", "gzip, br", "identity", "zstd", "x"])
