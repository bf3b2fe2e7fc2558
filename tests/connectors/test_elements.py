"""What the elements of an entry mean, where a feed says things in unusual ways."""

from collections.abc import Callable

import pytest

from aggregator.connectors._elements import feed_of, post_of
from aggregator.connectors._tree import NotOurs, parse
from aggregator.model import Author, Media, Profile, RawPost, RawText

URL = "https://feeds.example/blog/feed"
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:x="urn:x"'
)
Rss = Callable[..., str]


def item(text: str, attributes: str = "") -> RawPost:
    whole = f"<rss {NAMESPACES}><channel><item {attributes}>{text}</item></channel></rss>"
    tree = parse(whole.encode(), URL)
    return post_of(tree.entries[0], tree)


def entry(text: str) -> RawPost:
    whole = f"<feed xmlns='http://www.w3.org/2005/Atom' {NAMESPACES}><entry>{text}</entry></feed>"
    tree = parse(whole.encode(), URL)
    return post_of(tree.entries[0], tree)


def profile(text: str) -> Profile:
    return feed_of(parse(f"<rss {NAMESPACES}><channel>{text}</channel></rss>".encode(), URL))[0]


def plain(text: str) -> RawText:
    return RawText(text, is_html=False)


def html(text: str) -> RawText:
    return RawText(text, is_html=True)


@pytest.mark.parametrize(
    ("text", "guid", "is_link"),
    [
        ("<guid> a-1 </guid>", "a-1", None),
        ("<guid>b</guid><guid isPermaLink='true'>/b</guid>", "/b", "https://feeds.example/b"),
        ("<guid/>", None, None),
        ("<source><guid>c</guid></source>", None, None),
        ("<x:guid>d</x:guid>", None, None),
    ],
)
def test_guids_are_kept_as_they_are_written(
    text: str, guid: str | None, is_link: str | None
) -> None:
    post = item(text)
    assert (post.guid, post.permalink) == (guid, is_link)


@pytest.mark.parametrize(
    ("text", "permalink"),
    [
        ("<link>a</link><link>b</link>", "https://feeds.example/blog/b"),
        ("<link>/?a=1&amp;amp;b=2</link>", "https://feeds.example/?a=1&b=2"),
        ("<atom:link rel='self' href='/self'/><link>/a</link>", "https://feeds.example/a"),
        ("<link>/a</link><atom:link rel='replies' href='/b'/>", "https://feeds.example/a"),
        ("<link rel='alternate' type='application/json' href='/a'/>", "https://feeds.example/a"),
        ("<link REL='x' rel='Alternate' href='/a'/>", "https://feeds.example/a"),
        ("<link xml:base='https://a.example/b/'>c</link>", "https://a.example/b/c"),
        ("<link>https://a.example</link>", "https://a.example"),
    ],
)
def test_links(text: str, permalink: str) -> None:
    assert item(text).permalink == permalink


def test_the_first_title_counts() -> None:
    assert item("<title> </title><title>a</title><dc:title>b</dc:title>").title == plain("a")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("a &amp;amp; b", html("a &amp; b")),
        ("a &amp; b", plain("a & b")),
        ("<b>a</b>", html("<b>a</b>")),
        ("caf\u00c3\u00a9", plain("café")),
    ],
)
def test_in_rss_the_type_of_a_title_is_guessed(text: str, title: RawText) -> None:
    assert item(f"<title>{text}</title>").title == title


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("<title>a &amp;amp; b</title>", plain("a &amp; b")),
        ("<title type='html'>a &amp;amp; b</title>", html("a &amp; b")),
        ("<title type='xhtml'><div>a <b>b</b></div></title>", html("a <b>b</b>")),
        ("<title type='TEXT'>a</title>", plain("a")),
        ("<title type='image/png'>iVBORw0KGgo=</title>", None),
    ],
)
def test_in_atom_a_title_says_its_type(written: str, title: RawText | None) -> None:
    assert entry(written).title == title


@pytest.mark.parametrize(
    ("text", "body", "summary"),
    [
        ("<description>a</description>", html("a"), None),
        ("<itunes:summary>a</itunes:summary>", plain("a"), None),
        ("<description>a</description><itunes:summary>abc</itunes:summary>", plain("abc"), html("a")),
        ("<description>a</description><content:encoded>abc</content:encoded>", html("abc"), html("a")),
        ("<content:encoded>a</content:encoded><description>abc</description>", html("abc"), None),
        ("<content:encoded>a</content:encoded><description>a</description>", html("a"), None),
        ("<description>a <b>b</b> &amp; c</description>", html("a <b>b</b> &amp; c"), None),
        ("<media:description>a</media:description>", plain("a"), None),
        ("<media:group><media:description type='html'>a</media:description></media:group>", html("a"), None),
        ("<content type='text/markdown'>a</content>", plain("a"), None),
    ],
)  # fmt: skip
def test_the_longest_text_is_the_body(
    text: str, body: RawText | None, summary: RawText | None
) -> None:
    post = item(text)
    assert (post.body, post.summary) == (body, summary)


def test_a_base_does_not_leak_into_the_next_text() -> None:
    """feedparser forgets to leave a ``<div>`` in an escaped text, and all that it stood in."""
    post = item(
        "<description xml:base='https://other.example/' xml:lang='fr'><div>abc</div></description>"
        "<title>b</title>"
    )
    assert post.body == RawText("abc", True, "https://other.example/", "fr")
    assert (post.title, post.base) == (plain("b"), URL)


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("<author>a@a.example (Ada)</author>", Author("Ada")),
        ("<author>a@a.example</author><dc:creator>Ada</dc:creator>", Author("Ada")),
        ("<dc:creator>Ada</dc:creator><author>Ben</author>", Author("Ada")),
        ("<author><name>Ada</name><uri>/ada</uri><email>a@b.example</email></author>",
         Author("Ada", url="https://feeds.example/ada")),
        ("<author><email>a@b.example</email></author>", None),
        ("<author><x:image src='a'/><name>Ada</name></author>", Author("Ada")),
        ("<contributor><name>Ada</name></contributor>", None),
        ("<itunes:owner><itunes:name>Ada</itunes:name></itunes:owner>", None),
        ("<author>" + "x" * 2_001 + "</author>", None),
    ],
)  # fmt: skip
def test_the_first_who_is_named_is_the_author(text: str, author: Author | None) -> None:
    assert item(text).author == author


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("<category>a</category><category>b</category><category>a</category>", ("a", "b")),
        ("<category domain='x'>a</category><category/>", ("a",)),
        ("<category term='a' label='A'/><category term='b'/>", ("A", "b")),
        ("<category term='a' scheme='http://schemas.google.com/g/2005#kind'/>", ()),
        ("<itunes:keywords>a, b ,,</itunes:keywords><dc:subject>c</dc:subject>", ("a", "b", "c")),
        ("<itunes:category text='a'><itunes:category text='b'/></itunes:category>", ("a", "b")),
        ("<media:group><media:keywords>a</media:keywords></media:group>", ("a",)),
    ],
)
def test_tags(text: str, tags: tuple[str, ...]) -> None:
    assert item(text).tags == tags


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("<enclosure url='a.mp3' type='Audio/MPEG' length='9'/>",
         Media("https://feeds.example/blog/a.mp3", "audio/mpeg")),
        ("<atom:link rel='enclosure' href='a.mp3' type='audio/mpeg'/>",
         Media("https://feeds.example/blog/a.mp3", "audio/mpeg")),
        ("<media:group><media:thumbnail url='/a' width='1' height='x'/></media:group>",
         Media("https://feeds.example/a", "image/*", width=1)),
        ("<media:content url='/a'><media:title>t</media:title><media:description>d</media:description></media:content>",
         Media("https://feeds.example/a", alt="d")),
        ("<media:content url='/a'><media:description/><media:title>t</media:title></media:content>",
         Media("https://feeds.example/a", alt="t")),
        ("<media:content><media:thumbnail url='/a'/><media:title>t</media:title></media:content>",
         Media("https://feeds.example/a", "image/*")),
    ],
)  # fmt: skip
def test_media(text: str, media: Media) -> None:
    post = item(text)
    assert (post.media, post.title, post.body) == ((media,), None, None)


def test_the_last_date_of_a_kind_counts() -> None:
    post = item("<pubDate>1</pubDate><pubDate>2</pubDate><dc:date>3</dc:date>")
    assert (post.published and post.published.said, post.updated and post.updated.said) == (
        "2",
        "3",
    )


def test_a_date_may_hold_markup() -> None:
    post = item("<pubDate><x:time>2026-01-01</x:time></pubDate>")
    assert post.published
    assert post.published.said == "2026-01-01"


def test_what_stands_in_an_unknown_element_is_not_ours() -> None:
    assert item("<x:box><x:inner>a</x:inner></x:box>") == RawPost(base=URL)
    with pytest.raises(NotOurs):
        item("<x:box><title>a</title></x:box>")


@pytest.mark.parametrize(
    "text",
    [
        "<title xmlns='urn:y'>a</title>",
        "<dc:creator xmlns:dc='urn:y'>a</dc:creator>",
        "<body>a</body>",
        "<content mode='base64'>YQ==</content>",
        "<item/>",
    ],
)
def test_what_we_may_read_otherwise_than_feedparser_is_not_ours(text: str) -> None:
    with pytest.raises(NotOurs):
        item(text)


def test_another_namespace_is_not_read() -> None:
    assert item("<x:title>a</x:title><x:link>b</x:link>") == RawPost(base=URL)


def test_an_item_of_CDF_is_not_ours() -> None:
    with pytest.raises(NotOurs):
        item("", "href='/a'")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<title>a</title><link>/</link><description>b</description><language>en</language>",
         Profile("a", "https://feeds.example/", "en", "b")),
        ("<image><title>c</title><link>/d</link></image><title>a</title>", Profile("a")),
        ("<item><title>b</title></item><itunes:subtitle>c</itunes:subtitle>", Profile(description="c")),
        ("<itunes:summary>b</itunes:summary><description>a</description>", Profile(description="a")),
        ("<atom:link rel='hub' href='http://a.example/'/><atom:link rel='HUB' href='https://b.example/'/>"
         "<atom:link rel='hub' href='ftp://c.example/'/><atom:link rel='self' href='/feed'/>",
         Profile(hubs=("https://b.example/", "http://a.example/"), topic="https://feeds.example/feed")),
        ("<item><atom:link rel='hub' href='https://a.example/'/></item>", Profile()),
    ],
)  # fmt: skip
def test_profiles(text: str, expected: Profile) -> None:
    assert profile(text) == expected
