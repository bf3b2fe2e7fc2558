"""Pictures, from a feed over HTTP to the website: small copies, and gone with their posts."""

import asyncio
import io
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from aggregator.actions import curate
from aggregator.actions.takedown import take_down
from aggregator.cli.stream import copy_pictures
from aggregator.clock import Clock
from aggregator.model import VerdictKind, public_id_of
from aggregator.web.public import PublicFiles
from tests.trip.conftest import on_sqlite
from tests.trip.stage import Stage, item, rss

DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[2]
LOOKS = 2000
"""A hundredth of a second apart: then a test gives up."""


def photograph(colour: str = "green") -> bytes:
    """As a camera writes it, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET garden"
    exif.get_ifd(0x8825).update({1: "N", 2: (42.0, 20.0, 15.0)})
    written = io.BytesIO()
    Image.new("RGB", (1600, 1200), colour).save(written, "JPEG", exif=exif)
    return written.getvalue()


def with_picture(stage: Stage, number: int, path: str, alt: str | None = "A garden") -> str:
    said = f"<media:description>{alt}</media:description>" if alt else ""
    url = stage.origin.url(path)
    media = f'<media:content url="{url}" type="image/jpeg" medium="image">{said}</media:content>'
    return item(number).replace("</item>", f"{media}</item>")


def offer(stage: Stage) -> None:
    """A feed of two posts with pictures, and one whose picture has no words."""
    stage.origin.bodies |= {"/1.jpg": photograph(), "/2.jpg": photograph("blue"), "/3.jpg": b"x"}
    feed = rss(
        with_picture(stage, 3, "/3.jpg", alt=None),
        with_picture(stage, 2, "/2.jpg"),
        with_picture(stage, 1, "/1.jpg"),
    )
    named = b'<rss xmlns:media="http://search.yahoo.com/mrss/"'
    stage.origin.bodies["/feed"] = feed.replace(b"<rss", named)
    stage.follow(stage.source("blog"))


@pytest.fixture
def blog(stage: Stage) -> Stage:
    """An Aggregator that has read it, and not yet fetched any picture."""
    offer(stage)
    stage.refresh()
    return stage


def fetch(stage: Stage) -> None:
    """As the command does after publishing."""
    asyncio.run(copy_pictures(stage.app, stage.publish()))


def copies(stage: Stage) -> dict[str, bytes]:
    """By the path that the website has for them."""
    public = stage.app.settings.public
    found = (path for path in (public / "media").glob("*"))
    return {f"/{path.relative_to(public)}": path.read_bytes() for path in found}


def asked(stage: Stage, path: str) -> list[dict[str, str]]:
    return [fields for at, fields in stage.origin.asked if at == path]


def test_what_a_widget_shows_gets_copies_that_tell_nothing(blog: Stage) -> None:
    assert b"SECRET" in blog.origin.bodies["/1.jpg"]
    fetch(blog)
    assert len(copies(blog)) == 2
    for body in copies(blog).values():
        image = Image.open(io.BytesIO(body))
        assert (image.format, image.size) == ("WEBP", (480, 360))
        assert not image.getexif()
        assert b"SECRET" not in body


def test_it_is_asked_for_pictures_as_a_stranger(blog: Stage) -> None:
    fetch(blog)
    [fields] = asked(blog, "/1.jpg")
    assert fields["accept"].startswith("image/webp")
    assert {"cookie", "referer", "if-none-match"}.isdisjoint(fields)
    assert asked(blog, "/3.jpg") == []


@on_sqlite
def test_nothing_is_fetched_before_the_post_is_published(blog: Stage) -> None:
    assert not asked(blog, "/1.jpg")
    assert "What happened in post 1" in blog.outputs()


@on_sqlite
def test_the_server_answers_with_the_copy_and_then_no_more(blog: Stage) -> None:
    fetch(blog)
    files = PublicFiles(blog.app.settings.public, clock=lambda: float(len(blog.origin.asked)))
    body = copies(blog)
    for path in body:
        answer = files.answer("GET", path, {b"accept-encoding": b"br, gzip"})
        fields = dict(answer.fields)
        assert (answer.status, answer.body) == (200, body[path])
        assert (fields[b"content-type"], fields[b"cache-control"]) == (
            b"image/webp",
            b"max-age=240",
        )
        assert b"content-encoding" not in fields
    take_down(blog.app.publisher, "blog", by="ann", now=blog.now)
    blog.origin.asked.append(("later", {}))
    assert {files.answer("GET", path, {}).status for path in body} == {404}


def test_a_hidden_post_and_its_picture_go_together(blog: Stage) -> None:
    fetch(blog)
    for number in (1, 2):
        key = public_id_of("blog", f"id-{number}")
        curate.decide(blog.app.publisher, [key], VerdictKind.HIDDEN, by="ann", now=blog.now)
    assert copies(blog) == {}


@on_sqlite
@pytest.mark.parametrize("status", [301, 403, 404, 410, 429, 500])
def test_a_picture_that_cannot_be_had_is_no_error_of_the_widget(blog: Stage, status: int) -> None:
    blog.origin.statuses["/1.jpg"] = status
    fetch(blog)
    assert len(copies(blog)) == 1
    assert [one.error for one in blog.publish()] == [None, None]
    assert "What happened in post 1" in blog.outputs()


@on_sqlite
def test_a_private_address_is_not_asked(blog: Stage) -> None:
    """Only the loopback that this stage allows; the guard is that of feeds."""
    feed = blog.origin.bodies["/feed"].replace(b"127.0.0.1", b"169.254.169.254")
    blog.origin.bodies["/feed"] = feed
    blog.refresh(DAY)
    fetch(blog)
    assert copies(blog) == {}


@on_sqlite
def test_the_command_fetches_pictures_with_the_posts(stage: Stage) -> None:
    offer(stage)
    environment = {
        **os.environ,
        "AGGREGATOR_CONFIG": str(stage.config),
        "AGGREGATOR_DATA": str(stage.folder / "data"),
        "AGGREGATOR_ALLOW_NETWORKS": "127.0.0.0/8",
        "AGGREGATOR_ALLOW_PORTS": str(stage.origin.port),
    }
    command = [sys.executable, str(ROOT / "run.py"), "refresh"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "widgets changed: latest-posts, patient-blogs." in done.stdout
    assert len(copies(stage)) == 2


@on_sqlite
def test_the_clock_fetches_pictures_by_itself(blog: Stage) -> None:
    async def serve() -> None:
        async with Clock(blog.app):
            for _ in range(LOOKS):
                if len(copies(blog)) == 2:
                    return
                await asyncio.sleep(0.01)

    asyncio.run(serve())
    assert len(copies(blog)) == 2
