"""Made-up feeds in the shapes and sizes of real ones, the same in every run.

The shares, the entries of each feed and the mean size of 87 KB are those of a sample of real
feeds. The text is made of made-up words, about as dense as prose: gzip leaves a quarter of it.
"""

import html
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""When the newest entries of the first pass were written."""

_SYLLABLES = [c + v for c in "bdfgklmnprstvw" for v in ("a", "e", "i", "o", "u", "an", "er", "ou")]


def _words(random: Random) -> list[str]:
    return ["".join(random.choices(_SYLLABLES, k=random.choice((1, 1, 2, 3)))) for _ in range(4000)]


def _sentences() -> list[str]:
    random = Random(1)
    words = _words(random)
    often = [1 / rank for rank in range(1, len(words) + 1)]
    return [
        " ".join(random.choices(words, often, k=random.randint(6, 24))).capitalize() + "."
        for _ in range(6000)
    ]


_SENTENCES = _sentences()


class Entry:
    """What all platforms need to write one entry."""

    def __init__(self, host: str, feed: int, number: int, age: int) -> None:
        """``age``: how many entries of the first pass are newer; -1 for the one added later."""
        self.random = Random(feed * 100_003 + number)
        self.link = f"http://{host}/{number}/{self.text(30).replace(' ', '-')[:40]}"
        self.host, self.number = host, number
        self.title = self.text(40).rstrip(".")
        self.when = START - timedelta(hours=31 * age + feed % 24)

    def text(self, length: int) -> str:
        """Some sentences with at least so many characters together."""
        parts: list[str] = []
        while sum(map(len, parts)) < length:
            parts.append(self.random.choice(_SENTENCES))
        return " ".join(parts)

    def body(self, length: int) -> str:
        """About so many characters of HTML as blog engines write it."""
        parts: list[str] = []
        while sum(map(len, parts)) < length:
            kind = self.random.random()
            text = self.text(self.random.randint(200, 700)).replace(" o", " o&#8217;", 1)
            if kind < 0.1:  # noqa: PLR2004 - one block in ten is a picture
                src = f"http://{self.host}/wp-content/uploads/{self.number}-{len(parts)}"
                text = (
                    f'<figure class="wp-block-image size-large"><img loading="lazy" width="1024" '
                    f'height="683" src="{src}-1024x683.jpg" alt="{self.text(20)}" '
                    f'srcset="{src}-1024x683.jpg 1024w, {src}-300x200.jpg 300w" /></figure>'
                )
            elif kind < 0.3:  # noqa: PLR2004 - two hold a link
                text = f'<p>{text} <a href="{self.link}#n{len(parts)}">{self.text(10)}</a></p>'
            else:
                text = f"<p>{text} <em>{self.text(10)}</em></p>"
            parts.append(text)
        return "\n\n".join(parts)

    @property
    def rfc822(self) -> str:
        """The date as RSS writes it."""
        return format_datetime(self.when)

    @property
    def iso(self) -> str:
        """The date as Atom writes it."""
        return self.when.isoformat()


def _wordpress(e: Entry) -> str:
    tags = "".join(f"<category><![CDATA[{e.text(5)[:14]}]]></category>" for _ in range(3))
    return (
        f"<item><title>{e.title}</title><link>{e.link}</link><comments>{e.link}#respond</comments>"
        f"<dc:creator><![CDATA[Ada Example]]></dc:creator><pubDate>{e.rfc822}</pubDate>{tags}"
        f'<guid isPermaLink="false">http://{e.host}/?p={e.number}</guid>'
        f"<description><![CDATA[<p>{e.text(300)} [&#8230;]</p>]]></description>"
        f"<content:encoded><![CDATA[{e.body(6200)}]]></content:encoded>"
        f"<wfw:commentRss>{e.link}feed/</wfw:commentRss><slash:comments>3</slash:comments></item>\n"
    )


def _blogger(e: Entry) -> str:
    return (
        f"<entry><id>tag:blogger.com,1999:blog-42.post-{e.number}</id>"
        f"<published>{e.iso}</published><updated>{e.iso}</updated>"
        f'<category scheme="http://www.blogger.com/atom/ns#" term="{e.text(5)[:12]}"/>'
        f"<title type='text'>{e.title}</title>"
        f"<content type='html'>{html.escape(e.body(5000))}</content>"
        f"<link rel='replies' type='text/html' href='{e.link}#comment-form' title='2 Comments'/>"
        f"<link rel='self' type='application/atom+xml' href='http://{e.host}/feeds/{e.number}'/>"
        f"<link rel='alternate' type='text/html' href='{e.link}' title='{e.title}'/>"
        "<author><name>Ben Example</name><uri>http://www.blogger.com/profile/1</uri>"
        "<email>noreply@blogger.com</email></author><thr:total>2</thr:total></entry>\n"
    )


def _small(e: Entry) -> str:
    return (
        f"<item><title>{e.title}</title><link>{e.link}</link><guid>{e.link}</guid>"
        f"<pubDate>{e.rfc822}</pubDate><description>{e.text(500)}</description></item>\n"
    )


def _youtube(e: Entry) -> str:
    video = f"vid{e.number:08}"
    return (
        f"<entry><id>yt:video:{video}</id><yt:videoId>{video}</yt:videoId>"
        f"<yt:channelId>UCexample</yt:channelId><title>{e.title}</title>"
        f'<link rel="alternate" href="http://{e.host}/watch?v={video}"/>'
        f"<author><name>Cleo Example</name><uri>http://{e.host}/channel/UCexample</uri></author>"
        f"<published>{e.iso}</published><updated>{e.iso}</updated><media:group>"
        f"<media:title>{e.title}</media:title>"
        f'<media:content url="http://{e.host}/v/{video}?version=3" width="640" height="390"/>'
        f'<media:thumbnail url="http://{e.host}/vi/{video}/hq.jpg" width="480" height="360"/>'
        f"<media:description>{e.text(700)}</media:description><media:community>"
        '<media:starRating count="212" average="5.00" min="1" max="5"/>'
        '<media:statistics views="4711"/></media:community></media:group></entry>\n'
    )


def _mastodon(e: Entry) -> str:
    return (
        f'<item><guid isPermaLink="true">http://{e.host}/@ada/{e.number}</guid>'
        f"<link>http://{e.host}/@ada/{e.number}</link><pubDate>{e.rfc822}</pubDate>"
        f"<description>{html.escape(f'<p>{e.text(350)}</p>')}</description>"
        f'<media:content url="http://{e.host}/media/{e.number}.jpg" type="image/jpeg" '
        'fileSize="30720" medium="image"><media:rating scheme="urn:simple">nonadult</media:rating>'
        f'<media:description type="plain">{e.text(40)}</media:description></media:content>'
        f"<category>{e.text(5)[:10].strip()}</category></item>\n"
    )


def _archive(e: Entry) -> str:
    return (
        f"<item><title>{e.title}</title><link>{e.link}</link><guid>{e.link}</guid>"
        f"<pubDate>{e.rfc822}</pubDate><description>{html.escape(e.body(2700))}</description></item>\n"
    )


_RSS = (
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Blog {host}</title>'
    "<link>http://{host}/</link><description>Made up</description>"
    "<lastBuildDate>{built}</lastBuildDate>\n{entries}</channel></rss>\n"
)
_ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:thr='http://purl.org/syndication/thread/1.0' "
    "xmlns:yt='http://www.youtube.com/xml/schemas/2015' "
    "xmlns:media='http://search.yahoo.com/mrss/'><id>tag:{host},2020:feed</id>"
    "<updated>{built}</updated><title>Blog {host}</title>"
    "<link rel='alternate' href='http://{host}/'/>\n{entries}</feed>\n"
)
_SHAPES: list[tuple[int, int, str, Callable[[Entry], str]]] = [
    (44, 10, _RSS, _wordpress),
    (15, 25, _ATOM, _blogger),
    (20, 15, _RSS, _small),
    (10, 15, _ATOM, _youtube),
    (8, 20, _RSS, _mastodon),
    (3, 200, _RSS, _archive),
]
"""Of a hundred feeds how many, with how many entries, and how they are written."""
_BY_PLACE = [shape for shape in _SHAPES for _ in range(shape[0])]


def _shape(feed: int) -> tuple[int, int, str, Callable[[Entry], str]]:
    return _BY_PLACE[feed * 37 % 100]  # spread, so that any number of feeds is a fair sample


def entries_in(feed: int) -> int:
    """How many entries a feed has at any time."""
    return _shape(feed)[1]


def document(feed: int, host: str, newer: int) -> bytes:
    """A feed, newest entry first, after ``newer`` entries were added and as many fell out."""
    _, count, frame, write = _shape(feed)

    def entries() -> Iterator[Entry]:
        for number in reversed(range(newer, count + newer)):
            yield Entry(host, feed, number, count - 1 - number)

    written = "".join(map(write, entries()))
    built = next(entries())
    stamp = built.iso if frame is _ATOM else built.rfc822
    text = frame.format(host=host, built=stamp, entries=written)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
