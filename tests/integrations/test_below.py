"""A site that has the outputs below a path of its own: whoever stands before them, every link leads there."""

import asyncio
import gzip
import html
import io
import json
import re
import tempfile
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import brotli
import pytest
from PIL import Image

from aggregator.app import App, Pulse
from aggregator.cli.stream import copy_pictures
from aggregator.web.connection import Limits, Server
from aggregator.web.server import listen
from aggregator.web.site import site
from tests.integrations.conftest import Start
from tests.integrations.document import block
from tests.integrations.relay import Relay
from tests.integrations.webserver import FILES, PROXIES, Face, each
from tests.trip.stage import HEAD, START, Origin, Stage, handler, item, rss

PUBLIC = "https://www.example.org/feeds"
RELAYS = ("cuts the path", "leaves the path")
ALL = (*RELAYS, *FILES, *PROXIES)
LINK = re.compile(re.escape(PUBLIC) + r"[^\s\"'<>,\\]*")
SHAPES = [
    f"/w/{name}{end}"
    for name in ("latest-posts", "patient-blogs")
    for end in (".html", ".shadow.html", ".dsd.html", ".frame.html", "/", "", ".json", ".rss")
] + ["/w/patient-blogs.opml"]


def feed(origin: Origin) -> bytes:
    """Two posts, one with a picture."""
    drawn = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(drawn, "JPEG")
    origin.bodies["/1.jpg"] = drawn.getvalue()
    picture = (
        f'<media:content url="{origin.url("/1.jpg")}" type="image/jpeg" medium="image">'
        "<media:description>A garden</media:description></media:content></item>"
    )
    written = rss(item(2), item(1).replace("</item>", picture))
    return written.replace(b"<rss", b'<rss xmlns:media="http://search.yahoo.com/mrss/"')


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """As the usual one, for all tests here: they only read."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture(scope="module")
def app(place: Path) -> Iterator[App]:
    """One Aggregator whose widgets are full, published below ``PUBLIC``."""
    origin = Origin(0)
    feeds = ThreadingHTTPServer(("127.0.0.1", 0), handler(origin))
    origin.port = feeds.server_address[1]
    threading.Thread(target=feeds.serve_forever, args=(0.01,), daemon=True).start()
    stage = Stage(place, origin)
    stage.app.close()
    stage.app = stage.open(public_url=PUBLIC)
    origin.bodies["/feed"] = feed(origin)
    source = stage.source("blog", more="in: [latest-posts, patient-blogs]")
    stage.write(HEAD.replace(", require: consent", "") + f"  - {source}\n")
    stage.refresh()
    asyncio.run(copy_pictures(stage.app, stage.publish()))
    stage.publish()
    feeds.shutdown()
    feeds.server_close()
    yield stage.app
    stage.app.close()


@pytest.fixture(scope="module")
def built_in(app: App) -> Iterator[int]:
    """The port of the built-in server, with all its pages."""
    started = threading.Event()
    pulse = Pulse(started=START, looked=START)
    server = Server(site(app, lambda: pulse), Limits(), started.set)
    with listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
        )
        thread.start()
        assert started.wait(20)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.fixture
def face(request: pytest.FixtureRequest, built_in: int, start: Start) -> Iterator[Face]:
    """What stands before it."""
    name: str = request.param
    if name in RELAYS:
        with Relay(built_in, "/feeds" if name == "cuts the path" else "") as relay:
            yield Face(relay.port, "/feeds")
    else:
        yield Face(start(name, f"http://127.0.0.1:{built_in}").port, "/feeds")


def text_of(face: Face, path: str) -> str:
    answer = face.get(path)
    assert (path, answer.status) == (path, 200)
    return answer.body.decode()


def links(text: str) -> set[str]:
    """The paths below ``PUBLIC`` of all addresses in a text, whatever its kind."""
    found = LINK.findall(html.unescape(text).replace("\\/", "/"))
    return {link.removeprefix(PUBLIC) for link in found}


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
def test_every_link_of_every_shape_leads_somewhere(face: Face) -> None:
    found = {link for shape in SHAPES for link in links(text_of(face, shape))}
    kinds = {Path(link).suffix for link in found}
    assert kinds >= {"", ".json", ".rss", ".css", ".js", ".webp"}
    for link in found:
        assert (link, face.get(link).status) == (link, 200)


@pytest.mark.parametrize("face", each("cuts the path"), indirect=True)
def test_no_link_forgets_the_path(face: Face) -> None:
    """What begins with a slash would leave the path of the outputs."""
    for shape in SHAPES:
        assert (
            re.findall(r'(?:href|src|srcset)="(?!https?://|#|mailto:)[^"]*', text_of(face, shape))
            == []
        )


@pytest.mark.parametrize("face", each(*RELAYS), indirect=True)
def test_so_do_the_pages_of_the_server(face: Face) -> None:
    found = links(text_of(face, "/")) | links(text_of(face, "/about-bot"))
    assert "/w/patient-blogs.opml" in found
    for link in found:
        assert (link, face.get(link).status) == (link, 200)


@pytest.mark.parametrize("face", each("cuts the path"), indirect=True)
def test_the_front_page_shows_the_include_with_a_path_of_this_site(face: Face) -> None:
    """A server includes paths of its own, never whole addresses."""
    said = html.unescape(text_of(face, "/"))
    assert '<!--#include virtual="/feeds/w/latest-posts.html" -->' in said


@pytest.mark.parametrize("face", each("cuts the path"), indirect=True)
def test_the_front_page_shows_what_the_document_shows(face: Face) -> None:
    """But for the names with a hash, which the document cannot know."""
    said = html.unescape(text_of(face, "/"))
    style, tag, script = block("By the loader").splitlines()
    for line in (style[len("<style>") : -len("</style>")], tag, block("In an iframe").strip()):
        assert line in said
    (plain,) = re.findall('src="([^"]+)"', script)
    assert plain in said


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
def test_the_page_of_an_iframe_loads_what_it_needs_from_there(face: Face) -> None:
    page = face.get("/w/latest-posts.frame.html")
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    needed = re.findall(
        r'(?:<link rel="stylesheet" href|<script[^>]* src|<img[^>]* src)="([^"]+)"',
        page.body.decode(),
    )
    assert len(needed) == 3
    for address in needed:
        assert address.startswith(f"{PUBLIC}/")
        assert (address, face.get(address.removeprefix(PUBLIC)).status) == (address, 200)


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
def test_what_is_compressed_and_what_is_known_survives(face: Face) -> None:
    """Through every proxy a shape is the same in each coding, and told as unchanged."""
    plain = face.get("/w/latest-posts/")
    for coding, unpack in {"gzip": gzip.decompress, "br": brotli.decompress}.items():
        packed = face.get("/w/latest-posts/", accept_encoding=coding)
        if "content-encoding" in packed.headers:
            assert packed.headers["content-encoding"] == coding
            assert unpack(packed.body) == plain.body
        tag = packed.headers["etag"]
        again = face.get("/w/latest-posts/", accept_encoding=coding, if_none_match=tag)
        assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("face", each(*ALL), indirect=True)
def test_feeds_name_themselves_by_whole_addresses(face: Face) -> None:
    told = json.loads(text_of(face, "/w/latest-posts.json"))
    assert told["feed_url"] == f"{PUBLIC}/w/latest-posts.json"
    assert told["home_page_url"] == f"{PUBLIC}/w/latest-posts/"
    channel = ET.fromstring(text_of(face, "/w/latest-posts.rss"))[0]
    own = channel.find("{http://www.w3.org/2005/Atom}link")
    assert own is not None
    assert own.get("href") == f"{PUBLIC}/w/latest-posts.rss"
    assert channel.findtext("link") == f"{PUBLIC}/w/latest-posts/"


@pytest.mark.parametrize("face", each("leaves the path"), indirect=True)
def test_what_only_looks_like_the_path_is_not_cut(face: Face) -> None:
    assert Face(face.port, "/feedsmore").get("/w/latest-posts.html").status == 404
