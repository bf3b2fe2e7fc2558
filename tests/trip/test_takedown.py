"""A takedown, from the command to every place where the words could be; and against races."""

import asyncio
import gzip
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import brotli
import pytest

from aggregator.actions import planned
from aggregator.actions.describe import describe
from aggregator.actions.prune import Pruner
from aggregator.actions.takedown import (
    TakenDown,
    take_down,
    take_down_address,
    take_down_author,
)
from aggregator.cli.stream import copy_pictures
from aggregator.model import PlannedAct, public_id_of
from aggregator.store import posts, publishes
from aggregator.web.public import PublicFiles
from tests.trip.conftest import on_sqlite
from tests.trip.stage import HEAD, Origin, Stage, item, rss
from tests.trip.test_pictures import photograph

DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds after which a test gives up; never what a test measures."""
WORDS = "kingfisherwords"
"""In everything that the post says of itself; nowhere else."""
TWO = public_id_of("blog", "id-2")
UNPACKED = {".br": brotli.decompress, ".gz": gzip.decompress}
FORMS = (".html", ".json", ".rss", ".opml")


def telling(stage: Stage) -> str:
    """A post that says the words in every field that it has."""
    url = stage.origin.url(f"/{WORDS}.jpg")
    more = (
        f"<author>{WORDS}@example.org ({WORDS})</author><category>{WORDS}</category>"
        f'<media:content url="{url}" type="image/jpeg" medium="image">'
        f"<media:description>{WORDS}</media:description></media:content></item>"
    )
    text = f"What {WORDS} happened, told &lt;b&gt;{WORDS}&lt;/b&gt; at some length. " * 60
    told = item(2, title=f"A day {WORDS}", text=text).replace("</item>", more)
    return told.replace("family.example.org/2", f"family.example.org/{WORDS}")


@pytest.fixture
def blog(stage: Stage) -> Stage:
    """It stands in every output, with its picture, and in a second source as well.

    Staff have described the picture.
    """
    named = b'<rss xmlns:media="http://search.yahoo.com/mrss/"'
    feed = rss(3, telling(stage), 1).replace(b"<rss", named)
    planet = feed.replace(b">id-", b">planet-")
    stage.origin.bodies |= {f"/{WORDS}.jpg": photograph(), "/feed": feed, "/planet": planet}
    consent = "consent: {reference: PF-1, basis: authorization, given: 2026-05-01}"
    stage.follow(
        stage.source("blog", more=f"in: [latest-posts, patient-blogs], {consent}"),
        stage.source("planet", "/planet"),
    )
    stage.refresh()
    asyncio.run(copy_pictures(stage.app, stage.publish()))
    describe(stage.app.publisher, TWO, f"{WORDS}, says Ada", by="Ada", now=stage.now)
    return stage


def readable(stage: Stage) -> dict[str, bytes]:
    """By path in the data folder, every file there is, unpacked."""
    data = stage.app.settings.data
    return {
        str(path.relative_to(data)): UNPACKED.get(path.suffix, bytes)(path.read_bytes())
        for path in data.rglob("*")
        if path.is_file()
    }


def naming(stage: Stage) -> list[str]:
    """The files in which the words are."""
    return sorted(path for path, body in readable(stage).items() if WORDS.encode() in body)


def copies(stage: Stage) -> list[str]:
    return sorted(path.name for path in (stage.app.settings.public / "media").glob("*"))


ACTS = {
    "the post": lambda stage: take_down(stage.app.publisher, TWO, by="Ada", now=stage.now),
    "its copy": lambda stage: take_down(
        stage.app.publisher, public_id_of("planet", "planet-2"), by="Ada", now=stage.now
    ),
    "the source": lambda stage: take_down(stage.app.publisher, "blog", by="Ada", now=stage.now),
    "the author": lambda stage: take_down_author(
        stage.app.publisher, WORDS, "blog", by="Ada", now=stage.now
    ),
    "the address": lambda stage: take_down_address(
        stage.app.publisher, f"http://www.family.example.org/{WORDS}/", by="Ada", now=stage.now
    ),
}


@pytest.mark.parametrize("what", ACTS)
def test_the_words_are_in_no_file_when_the_act_returns(
    blog: Stage, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Output, coding, picture, database, its log, the kept list, whatever lies in the folder."""
    before = naming(blog)
    for form in FORMS[:3]:
        assert f"public/w/latest-posts{form}" in before
        assert f"public/w/latest-posts{form}.br" in before
        assert f"public/w/latest-posts{form}.gz" in before
    assert len(copies(blog)) == 1
    with caplog.at_level(logging.DEBUG):
        done: TakenDown = ACTS[what](blog)
    assert done.traces_erased
    assert naming(blog) == []
    assert copies(blog) == []
    assert WORDS not in caplog.text
    assert not any(one.error for one in done.published)


@pytest.mark.parametrize("what", ACTS)
def test_no_later_fetch_brings_them_back(blog: Stage, what: str) -> None:
    ACTS[what](blog)
    body = blog.origin.bodies["/feed"]
    blog.origin.bodies["/feed"] = body.replace(b"id-2", b"new-id").replace(b"A day", b"The day")
    blog.origin.bodies["/planet"] = body.replace(b"id-2", b"other-id")
    blog.refresh(2 * DAY)
    assert blog.output("latest-posts.html")
    assert naming(blog) == []


def test_every_shape_is_one_of_those_files(blog: Stage) -> None:
    """The page, the frame, the shadow and the declarative one show posts as well."""
    shapes = {path.name for path in (blog.app.settings.public / "w").rglob("*latest-posts*.html")}
    shapes |= {str(path.parent.name) for path in blog.app.settings.public.rglob("index.html")}
    named = {Path(path).name for path in naming(blog)}
    for shape in ("latest-posts.html", "latest-posts.dsd.html", "latest-posts.frame.html"):
        assert shape in shapes & named
    assert "latest-posts" in shapes
    assert "public/w/latest-posts/index.html" in naming(blog)


def test_caches_forget_within_five_minutes(blog: Stage) -> None:
    """Each answer by its own word: fresh, then stale while asking, then stale in trouble."""
    folder = blog.app.settings.public
    files = PublicFiles(folder)
    paths = [path for path in naming(blog) if path.startswith("public/")]
    paths += [f"public/media/{name}" for name in copies(blog)]
    plain = [path for path in paths if Path(path).suffix not in UNPACKED]
    assert len(plain) > 6
    for path in plain:
        asked = path.removeprefix("public").removesuffix("index.html")
        answer = files.answer("GET", asked, {})
        said = dict(answer.fields)[b"cache-control"].decode()
        assert answer.status == 200, path
        assert sum(map(int, re.findall(r"=(\d+)", said))) <= 300, (path, said)


# --- races -----------------------------------------------------------------------------------


class Slow:
    """A feed whose answer stops in the middle until it is told to go on."""

    def __init__(self, body: bytes) -> None:
        self.asked, self.go = threading.Event(), threading.Event()
        self.body = body


@pytest.fixture
def slow() -> Iterator[tuple[Slow, Origin]]:
    feed = Slow(rss(3, 2, 1))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = feed.body if self.path == "/feed" else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:100])
            self.wfile.flush()
            if body:
                feed.asked.set()
                feed.go.wait(PATIENCE)
            self.wfile.write(body[100:])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield feed, Origin(server.server_address[1])
    feed.go.set()
    server.shutdown()
    thread.join()
    server.server_close()


SLOW_ACTS = {
    "the source": lambda stage: take_down(stage.app.publisher, "blog", by="Ada", now=stage.now),
    "the post": lambda stage: take_down(stage.app.publisher, TWO, by="Ada", now=stage.now),
    "the address": lambda stage: take_down_address(
        stage.app.publisher, "https://family.example.org/2", by="Ada", now=stage.now
    ),
}


@pytest.mark.parametrize("what", SLOW_ACTS)
def test_a_source_that_is_being_read_brings_nothing_back(
    slow: tuple[Slow, Origin], tmp_path: Path, what: str
) -> None:
    """Its answer was half there when the person acted, and comes to its end only afterwards."""
    feed, origin = slow
    feed.go.set()
    stage = Stage(tmp_path, origin)
    stage.follow(stage.source("blog"))
    stage.refresh()
    assert "What happened in post 2" in stage.outputs()
    feed.asked.clear()
    feed.go.clear()
    feed.body = rss(4, 3, 2, 1).replace(b"Post 2", b"Post two")
    visiting = Stage.__new__(Stage)
    visiting.__dict__ = stage.__dict__ | {"now": stage.now + 2 * DAY}
    visiting.app = visiting.open()
    with ThreadPoolExecutor(1) as visitor:
        visit = visitor.submit(visiting.refresh)
        assert feed.asked.wait(PATIENCE)
        SLOW_ACTS[what](stage)
        feed.go.set()
        visit.result(PATIENCE)
    left = stage.outputs()
    visiting.app.close()
    stage.app.close()
    assert "post 2" not in left
    assert ("post 4" in left) is (what != "the source")


def command(stage: Stage, *words: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "AGGREGATOR_CONFIG": str(stage.config),
        "AGGREGATOR_DATA": str(stage.folder / "data"),
    }
    if stage.database_url:
        environment["AGGREGATOR_DATABASE_URL"] = stage.database_url
    return subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize(
    "other",
    [
        ("takedown", TWO),
        ("hide", TWO),
        ("takedown", "--author", WORDS, "--source", "blog", "--yes"),
    ],
)
def test_two_people_deciding_at_once_disturb_neither(blog: Stage, other: tuple[str, ...]) -> None:
    """Whoever comes second finds it done, or that there is nothing left to hide."""
    both = [command(blog, "takedown", TWO), command(blog, *other)]
    said = [one.communicate(timeout=PATIENCE)[0] for one in both]
    fine = (
        "Taken down|taken down (before|for good)|Hidden|[Nn]o stored post|Nothing of it was stored"
    )
    assert [one for one in said if not re.search(fine, one)] == []
    blog.app.database.erase_expected_traces()  # where one was reading as the other erased
    assert naming(blog) == []
    assert "What happened in post 3" in blog.outputs()


# --- with a date -----------------------------------------------------------------------------


@pytest.mark.parametrize("act", PlannedAct)
def test_where_only_cron_runs_the_next_pass_does_what_is_due(blog: Stage, act: PlannedAct) -> None:
    planned.plan(blog.app.publisher, [TWO], act, blog.now + DAY, by="Ada", now=blog.now)
    blog.now += DAY
    planned.carry_out(blog.app.publisher, blog.now)
    assert [path for path in naming(blog) if path.startswith("public")] == []
    if act is PlannedAct.TAKEDOWN:
        assert naming(blog) == []


@pytest.mark.parametrize("act", PlannedAct)
def test_a_copy_goes_on_that_day_though_its_original_left_the_list_before(
    stage: Stage, act: PlannedAct
) -> None:
    stage.origin.bodies["/feed"] = stage.origin.bodies["/other"] = rss(2)
    stage.follow(stage.source("blog"), stage.source("other", "/other"))
    stage.refresh()
    at = stage.now + 60 * DAY
    planned.plan(stage.app.publisher, [TWO], act, at, by="Ada", now=stage.now)
    stage.follow(stage.source("other", "/other"))
    for _ in range(2):
        stage.refresh(31 * DAY)
        Pruner(stage.app.database, stage.app.settings, stage.app.current(), stage.now).prune()
    assert "What happened in post 2" in stage.outputs()
    planned.carry_out(stage.app.publisher, stage.now)
    assert "What happened in post 2" not in stage.outputs()


@on_sqlite
def test_nothing_of_it_is_left_to_be_found(blog: Stage) -> None:
    take_down(blog.app.publisher, TWO, by="Ada", now=blog.now)
    assert [stored.post.guid for stored in posts.listing(blog.app.database, ["blog"])] == [
        "id-3",
        "id-1",
    ]


@on_sqlite
def test_nothing_is_left_in_what_a_former_widget_showed(stage: Stage) -> None:
    """What was shown is remembered with links of copies, until the widget leaves the list."""
    stage.origin.bodies |= {"/feed": rss(2), "/other": rss(2)}
    extra = "  - {id: extra, title: Extra, layout: posts}\nsources:\n"
    both = [
        stage.source(name, path, more="in: [latest-posts, extra]")
        for name, path in (("blog", "/feed"), ("other", "/other"))
    ]
    stage.write(HEAD.replace("sources:\n", extra) + "".join(f"  - {one}\n" for one in both))
    stage.refresh()
    stage.follow(*(one.replace("[latest-posts, extra]", "latest-posts") for one in both))
    take_down(stage.app.publisher, TWO, by="Ada", now=stage.now)
    assert publishes.states(stage.app.database).keys() == {"latest-posts", "patient-blogs"}
    assert (
        b"family.example.org/2"
        not in stage.app.settings.data.joinpath("aggregator.db").read_bytes()
    )
