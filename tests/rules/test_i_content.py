"""Rules I, as they show in what is stored after whole visits."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.model import StoredPost, Verdict, VerdictKind
from aggregator.store import posts, verdicts
from tests.rules.neighbour import Neighbour, source
from tests.rules.origin import (
    DAY,
    HOUR,
    START,
    Asked,
    Origin,
    Say,
    feed,
    gone_to,
    http_date,
    item,
    rss,
)

ENTRY = "<title>Post 1</title><link>https://family.example.org/1</link>"
KINDS = {
    "RSS 0.91": f'<rss version="0.91"><channel><title>A</title><item>{ENTRY}</item></channel></rss>',
    "RSS 2.0": f'<rss version="2.0"><channel><title>A</title><item>{ENTRY}</item></channel></rss>',
    "RSS 1.0": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/"><channel rdf:about="https://family.example.org/">'
        f'<title>A</title></channel><item rdf:about="https://family.example.org/1">{ENTRY}</item>'
        "</rdf:RDF>"
    ),
    "Atom 1.0": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><id>urn:a</id><entry>'
        "<id>urn:a:1</id><title>Post 1</title>"
        '<link href="https://family.example.org/1"/></entry></feed>'
    ),
    "Atom 0.3": (
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>A</title><entry>'
        "<id>urn:a:1</id><title>Post 1</title>"
        '<link rel="alternate" href="https://family.example.org/1"/></entry></feed>'
    ),
    "JSON Feed": (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": [{"id": "1", '
        '"title": "Post 1", "content_text": "Hello", "url": "https://family.example.org/1"}]}'
    ),
}


@pytest.fixture
def stored(neighbour: Neighbour, origin: Origin) -> Callable[..., list[StoredPost]]:
    """What is stored once these items of RSS, or this whole document, were read."""

    def visit(*items: str, document: str | None = None) -> list[StoredPost]:
        origin.play("/feed", Say(200, document.encode() if document else rss(*items)))
        neighbour.run(2 * DAY)
        return posts.listing(neighbour.app.database)

    return visit


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "text/html", None])
def test_I2_each_kind_of_feed_is_read_whatever_its_type(
    neighbour: Neighbour, origin: Origin, kind: str, content_type: str | None
) -> None:
    said = {"Content-Type": content_type} if content_type else {}
    origin.play("/feed", Say(200, KINDS[kind].encode(), said))
    neighbour.run(HOUR)
    assert neighbour.posts() == ["Post 1"]


def test_I3_links_are_completed_by_the_base_that_is_given(
    stored: Callable[..., list[StoredPost]],
) -> None:
    (one,) = stored(
        document='<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example.org/a/">'
        '<title>A</title><id>urn:a</id><entry xml:base="b/"><id>urn:a:1</id>'
        '<title type="html">Fish &amp;amp; &lt;b&gt;chips&lt;/b&gt;</title><link href="1"/></entry>'
        "</feed>"
    )
    assert one.post.permalink == "https://base.example.org/a/b/1"
    assert one.post.title == "Fish & chips"


def test_I4_an_id_is_of_its_feed_alone(neighbour: Neighbour, origin: Origin) -> None:
    neighbour.follow(family=origin.url(), other=origin.url("/other"))
    origin.play("/feed", feed(1))
    origin.play("/other", Say(200, rss(item(1).replace("Post 1", "Another's"))))
    neighbour.run(HOUR)
    assert neighbour.posts() == ["Another's", "Post 1"]


def test_I4_of_two_entries_with_one_id_the_last_counts(
    stored: Callable[..., list[StoredPost]],
) -> None:
    (one,) = stored(item(1), item(1).replace("Post 1", "Corrected"))
    assert one.post.title == "Corrected"


def test_I4_a_feed_that_changes_its_ids_each_time_is_stored_once(
    neighbour: Neighbour, origin: Origin
) -> None:
    """What a person decided holds under every id, and the widget shows each entry once."""
    neighbour.follow(source("family", origin.url(), ", every: 6h"))
    visited = 0

    def play(_: Asked) -> Say:
        nonlocal visited
        visited += 1
        numbers = range(4 + visited // 25, 0, -1)
        items = [item(number).replace(">id-", f">visit-{visited}-") for number in numbers]
        return Say(200, rss(*items), {"ETag": f'"{visited}"'})

    origin.play("/feed", play)
    neighbour.run(HOUR)
    hidden = next(
        one for one in posts.listing(neighbour.app.database) if one.post.title == "Post 4"
    )
    decided = Verdict("family", hidden.post.guid, VerdictKind.HIDDEN, "anna", neighbour.now)
    verdicts.decide(neighbour.app.database, decided)
    neighbour.run(13 * DAY)
    page = neighbour.published("latest-posts.html")
    assert visited >= 50
    assert neighbour.posts() == [f"Post {number}" for number in range(1, 7)]
    assert [page.count(f">Post {number}<") for number in (4, 5, 6)] == [0, 1, 1]
    assert neighbour.state().unstable_ids


@pytest.mark.parametrize("away", [-40 * 365 * DAY, 2 * DAY, 9000 * DAY])
def test_I5_dates_that_cannot_be_are_not_believed(
    stored: Callable[..., list[StoredPost]], away: timedelta
) -> None:
    (one,) = stored(item(1, START + away))
    assert one.post.published is None
    assert one.post.date_flag
    assert one.post.date_said == http_date(START + away)
    assert START <= one.sort_at <= START + HOUR


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "java&#9;script:alert(1)", " &#1;javascript:x", "data:text/html,x"],
)
def test_I6_links_to_anything_but_pages_are_dropped(
    stored: Callable[..., list[StoredPost]], link: str
) -> None:
    (one,) = stored(item(1).replace("https://family.example.org/1", link))
    assert one.post.permalink is None or one.post.permalink.startswith(("http:", "https:"))
    assert "script" not in (one.post.permalink or "")


def test_I7_only_harmless_html_is_stored(stored: Callable[..., list[StoredPost]]) -> None:
    nasty = (
        '&lt;p onclick="x()" style="color:red"&gt;Safe&lt;/p&gt;&lt;form&gt;&lt;input&gt;'
        "&lt;/form&gt;&lt;svg&gt;&lt;script&gt;x&lt;/script&gt;&lt;/svg&gt;&lt;iframe src=x&gt;"
        '&lt;/iframe&gt;&lt;a href="https://x.example/"&gt;link&lt;/a&gt;'
    )
    (one,) = stored(item(1).replace("<description>", f"<description>{nasty}"))
    bad = ("onclick", "style", "<form", "<input", "<svg", "<script", "<iframe")
    assert "Safe" in one.post.html
    assert not [mark for mark in bad if mark in one.post.html]
    assert 'rel="' in one.post.html
    assert "nofollow" in one.post.html


def test_I8_what_left_the_feed_stays_stored(neighbour: Neighbour, origin: Origin) -> None:
    origin.play("/feed", feed(3, 2, 1), feed(3, etag='"2"'), Say(200, rss()))
    neighbour.run(4 * DAY)
    assert neighbour.posts() == ["Post 1", "Post 2", "Post 3"]


HIJACKED = "".join(
    f"<item><title>Best casino bonus {number}</title><guid>https://win.example.net/?p={number}</guid>"
    f"<link>https://win.example.net/{number}</link><pubDate>{http_date(START + 2 * DAY)}</pubDate>"
    f"<description>Play slots and win jackpot bonus spins {number} today.</description></item>"
    for number in range(12)
)


def test_I9_a_feed_that_became_somebody_elses_is_held(neighbour: Neighbour, origin: Origin) -> None:
    neighbour.follow(source("family", origin.url(), ", every: 6h"))
    origin.play("/feed", feed(*range(12, 0, -1)))
    neighbour.run(DAY)
    origin.play("/feed", Say(200, rss(HIJACKED, title="Best Online Casino")))
    neighbour.run(3 * DAY)
    page = neighbour.published("latest-posts.html")
    assert neighbour.state().suspicion is not None
    assert "Post 12" in page
    assert "casino" not in page.lower()


@pytest.mark.parametrize("argument", ["utm_source=feed", "fbclid=a1", "utm_medium=rss&amp;gclid=3"])
def test_I10_marks_of_trackers_are_taken_out_of_links(
    stored: Callable[..., list[StoredPost]], argument: str
) -> None:
    link = "https://family.example.org/1"
    (one,) = stored(item(1).replace(f"<link>{link}", f"<link>{link}?page=2&amp;{argument}"))
    assert one.post.permalink == f"{link}?page=2"


def test_I10_the_original_link_is_kept(stored: Callable[..., list[StoredPost]]) -> None:
    link = "https://family.example.org/1"
    marked, plain = stored(item(1).replace(f"<link>{link}", f"<link>{link}?utm_source=x"), item(2))
    if marked.post.title != "Post 1":
        marked, plain = plain, marked
    assert (marked.post.permalink, marked.post.original_link) == (link, f"{link}?utm_source=x")
    assert plain.post.original_link is None


def test_I10_staff_may_add_to_the_list(neighbour: Neighbour, origin: Origin) -> None:
    """It holds for what comes from then on, in links and in texts."""
    link = "https://family.example.org/1?cmp_id=7&amp;page=2"
    linked = "&lt;a href=&quot;https://x.example/?Ref=rss&quot;&gt;there&lt;/a&gt; "
    entry = item(1).replace("<link>https://family.example.org/1", f"<link>{link}")
    origin.play("/feed", Say(200, rss(entry.replace("<description>", f"<description>{linked}"))))
    text = neighbour.config.read_text("utf-8")
    neighbour.config.write_text(text.replace("contact:", "trackers: [ref, cmp_*], contact:"))
    neighbour.run(HOUR)
    (one,) = posts.listing(neighbour.app.database)
    assert one.post.permalink == "https://family.example.org/1?page=2"
    assert one.post.original_link == "https://family.example.org/1?cmp_id=7&page=2"
    assert 'href="https://x.example/"' in one.post.html


@pytest.mark.parametrize(
    "image",
    [
        '&lt;img src="https://family.example.org/1.gif" width="1" height="1" alt="seen"&gt;',
        '&lt;img src="https://pixel.wp.com/b.gif?host=x" alt="seen"&gt;',
        '&lt;img src="https://feeds.feedburner.com/~r/family/~4/x" alt="seen"&gt;',
    ],
)
def test_I10_beacons_are_neither_kept_nor_shown(
    stored: Callable[..., list[StoredPost]], neighbour: Neighbour, image: str
) -> None:
    (one,) = stored(item(1).replace("<description>", f"<description>{image}"))
    assert one.post.media == ()
    assert "<img" not in one.post.html
    assert "img" not in neighbour.published("latest-posts.html")


def test_I10_short_links_are_never_resolved(
    stored: Callable[..., list[StoredPost]], neighbour: Neighbour, origin: Origin
) -> None:
    """Who resolves a link has clicked it, in the eyes of who counts clicks."""
    short = origin.url("/s/Ab3", "sho.test")
    origin.play("/s/Ab3", gone_to("https://family.example.org/1"))
    linked = f'&lt;a href="{short}"&gt;more&lt;/a&gt; '
    entry = item(1).replace("https://family.example.org/1", short)
    (one,) = stored(entry.replace("<description>", f"<description>{linked}"))
    assert one.post.permalink == short
    assert short in one.post.html
    assert short in neighbour.published("latest-posts.html")
    assert {asked.path for asked in origin.log} == {"/feed"}


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("HTTPS://Family.Example.ORG:443/1#top", True),
        ("https://family.example.org/1?utm_source=x", True),
        ("http://www.family.example.org/1/", True),
        ("https://family.example.org/1?id=5", False),
        ("https://family.example.org//1", False),
        ("https://family.example.org/A", False),
    ],
)
def test_I11_links_are_compared_by_what_they_lead_to(
    stored: Callable[..., list[StoredPost]], written: str, same: bool
) -> None:
    link = "https://family.example.org/1"
    both = stored(item(1), item(2).replace("https://family.example.org/2", written))
    keys = {one.post.link_key for one in both}
    assert (len(keys) == 1) is same
    assert link in {one.post.permalink for one in both}


def test_I12_a_host_of_mixed_letters_is_shown_in_its_plain_spelling(
    neighbour: Neighbour, origin: Origin
) -> None:
    """Its second letter is Cyrillic. The feed has no title, so the widget shows its host."""
    deceiving = "p\u0430ypal"
    body = rss(item(1), title="").decode()
    body = body.replace("//family.example.org/<", f"//{deceiving}.test/<")
    origin.play("/feed", Say(200, body.encode()))
    neighbour.run(HOUR)
    page = neighbour.published("latest-posts.html")
    assert "Post 1" in page
    assert deceiving not in page
    assert "xn--pypal-4ve.test" in page
