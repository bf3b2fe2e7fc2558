"""Rule I13: pictures of posts, from a server of anybody's to a copy of ours. Nothing is proxied."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from aggregator.web.public import PublicFiles
from tests.rules.neighbour import Neighbour
from tests.rules.origin import HOUR, Origin, Say, gone_to, item

MRSS = 'xmlns:media="http://search.yahoo.com/mrss/"'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><script>x()</script></svg>'
PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in."


def picture(size: tuple[int, int] = (320, 200)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "green").save(written, "PNG")
    return written.getvalue()


def claimed(body: bytes, kind: str = "image/png") -> Say:
    """An answer that says of itself that it is a picture."""
    return Say(200, body, {"Content-Type": kind})


def huge() -> bytes:
    """A PNG that says it is 50,000 pixels wide and high."""
    head = (50_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    chunk = b"IHDR" + head
    whole = len(head).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + whole


Copies = Callable[[str, Say], list[Path]]


@pytest.fixture
def copies(neighbour: Neighbour, origin: Origin) -> Copies:
    """The copies that there are once a post with the picture at that address was published."""

    def publish(address: str, answer: Say) -> list[Path]:
        picture = (
            f'<media:content {MRSS} url="{address}" medium="image">'
            "<media:description>A garden</media:description></media:content>"
        )
        body = b"<rss version='2.0'><channel><title>A</title>%s</channel></rss>"
        origin.play("/feed", Say(200, body % item(1, more=picture).encode()))
        origin.play("/p", answer)
        neighbour.run(HOUR)
        return neighbour.fetch_pictures()

    return publish


def test_I13_visitors_get_a_copy_of_ours_and_meet_nobody_else(
    copies: Copies, neighbour: Neighbour, origin: Origin
) -> None:
    (copy,) = copies(origin.url("/p", "pictures.test"), claimed(picture()))
    page = neighbour.published("latest-posts.html")
    assert copy.read_bytes()[:4] + copy.read_bytes()[8:12] == b"RIFFWEBP"
    assert f'src="/media/{copy.name}"' in page
    assert "pictures.test" not in page


def test_I13_its_server_is_told_no_more_than_a_feeds_is(copies: Copies, origin: Origin) -> None:
    copies(origin.url("/p", "pictures.test"), claimed(picture()).but(Set_Cookie="seen=1; Path=/"))
    (asked,) = origin.asked("/p")
    told = {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert set(asked.fields) == told
    assert asked.fields["user-agent"].startswith("Aggregator/")


FORBIDDEN = [
    "http://169.254.169.254/latest/meta-data/p.png",
    "http://10.0.0.7/p.png",
    "http://[::ffff:10.0.0.7]/p.png",
    "http://pictures.test:22/p",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_I13_the_guard_of_feeds_is_that_of_pictures(
    copies: Copies, neighbour: Neighbour, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "aggregator.actions.pictures"):
        assert copies(address, claimed(picture())) == []
    assert [line for line in caplog.messages if "failed why='blocked address'" in line]


@pytest.mark.parametrize("address", [*FORBIDDEN, "file:///etc/passwd"])
def test_I13_each_redirect_of_a_picture_is_checked_as_well(
    copies: Copies, origin: Origin, address: str
) -> None:
    assert copies(origin.url("/p"), gone_to(address, 302)) == []
    assert len(origin.asked("/p")) == 1


def test_I13_what_is_no_web_address_is_not_even_tried(
    copies: Copies, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "aggregator.actions.pictures"):
        assert copies("file:///etc/passwd", claimed(picture())) == []
    assert caplog.messages == []


@pytest.mark.parametrize(
    "answer",
    [
        claimed(SVG, "image/svg+xml"),
        claimed(SVG),
        claimed(PAGE),
        claimed(picture()[:200]),
        claimed(huge()),
        claimed(b""),
        Say(404, picture()),
    ],
    ids=["SVG", "SVG as PNG", "page as PNG", "half", "vast", "nothing", "404"],
)
def test_I13_what_is_no_raster_picture_is_not_kept(
    copies: Copies, origin: Origin, answer: Say
) -> None:
    """By its bytes, whatever it says that it is."""
    assert copies(origin.url("/p"), answer) == []
    assert origin.asked("/p")


def test_I13_a_redirect_to_a_page_is_no_picture(copies: Copies, origin: Origin) -> None:
    origin.play("/login", Say(200, PAGE, {"Content-Type": "text/html"}))
    assert copies(origin.url("/p"), gone_to("/login", 302)) == []
    assert origin.asked("/login")


def test_I13_a_picture_over_the_cap_of_all_answers_is_given_up(
    copies: Copies, origin: Origin
) -> None:
    """Rule G2: 5 MiB as it travels."""
    assert copies(origin.url("/p"), claimed(picture() + bytes(5 << 20))) == []


def test_I13_a_copy_is_served_as_a_picture_and_nothing_else(
    copies: Copies, neighbour: Neighbour, origin: Origin
) -> None:
    (copy,) = copies(origin.url("/p"), claimed(picture()))
    files = PublicFiles(neighbour.app.settings.public)
    answer = files.answer("GET", f"/media/{copy.name}", {})
    told = {name.decode(): value.decode() for name, value in answer.fields}
    assert (answer.status, answer.body) == (200, copy.read_bytes())
    assert told["content-type"] == "image/webp"
    assert told["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in told


@pytest.mark.parametrize("path", ["/media/?url={}", "/media/{}", "/media/%2e%2e/feeds.yaml"])
def test_I13_nobody_can_make_us_fetch_a_picture(
    neighbour: Neighbour, origin: Origin, path: str
) -> None:
    """There is no address in an address: copies are called by their own digest."""
    files = PublicFiles(neighbour.app.settings.public)
    asked = path.format(origin.url("/p"))
    assert files.answer("GET", asked, {}).status == 404
    assert origin.log == []
