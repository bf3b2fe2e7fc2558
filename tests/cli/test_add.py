"""``add ADDRESS`` and ``check ADDRESS``: what people see, and what is written."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aggregator.fetch.client import VisitWeb
from aggregator.model import Document
from tests.cli.conftest import Run
from tests.trip.stage import Origin, rss

PAGE = b"""<!doctype html><title>Our year</title><p>Words
<link rel=alternate type=application/rss+xml href=/feed title="All posts">
<link rel=alternate type=application/rss+xml href=/second title="The second">"""


@pytest.fixture
def site(origin: Origin) -> Origin:
    origin.bodies |= {"/": PAGE, "/feed": rss(3, 2, 1), "/second": rss(1, title="Second")}
    return origin


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a person sit at the terminal and type this."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    return lambda text: monkeypatch.setattr("sys.stdin", Terminal(text))


def file(folder: Path) -> str:
    return (folder / "feeds.yaml").read_text("utf-8")


def test_what_was_found_is_shown_and_nothing_written_unasked(
    run: Run, site: Origin, tmp_path: Path
) -> None:
    before = file(tmp_path)
    said = run("add", site.url("/"))
    assert said.code == 0
    for words in ("One family's year", site.url("/feed"), "2026-11-20  Post 3", "3 posts in all"):
        assert words in said.out
    assert "Nothing was written" in said.err
    assert file(tmp_path) == before


def test_yes_writes_it_and_shows_it_at_once_without_a_second_request(
    run: Run, site: Origin, tmp_path: Path
) -> None:
    """Rule A6: what the search brought is the first visit."""
    assert run("add", site.url("/feed"), "--in", "latest-posts", "--yes").code == 0
    assert "id: one-familys-year" in file(tmp_path)
    assert "Post 3" in (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8")
    assert [path for path, _ in site.asked] == ["/feed"]
    assert run("check").code == 0


def test_B7_the_first_visit_keeps_the_validators(run: Run, site: Origin) -> None:
    site.headers["/feed"] = {"ETag": '"one"'}
    run("add", site.url("/feed"), "--id", "blog", "--yes")
    run("check", "blog")
    assert "if-none-match" not in site.asked[-1][1]
    from_store = run("status", "--json").lines[0]
    assert from_store["source"] == "blog"
    assert from_store["condition"] == "working"


def test_a_person_may_choose_among_several_feeds_and_agree(
    run: Run, site: Origin, tmp_path: Path, answering: Callable[[str], None]
) -> None:
    answering("7\n2\ny\n")
    said = run("add", site.url("/"), "--in", "latest-posts", "--name", "Ours")
    assert said.code == 0
    assert site.url("/second") in file(tmp_path)
    assert "name: Ours" in file(tmp_path)


def test_a_person_may_say_no(
    run: Run, site: Origin, tmp_path: Path, answering: Callable[[str], None]
) -> None:
    answering("1\nn\n")
    before = file(tmp_path)
    assert run("add", site.url("/")).code == 0
    assert file(tmp_path) == before


@pytest.mark.parametrize("path", ["/feed", "/feed/", "/feed#top", "/feed?utm_source=x"])
def test_what_is_followed_already_is_not_asked_for(
    run: Run, site: Origin, follow: Callable[..., None], tmp_path: Path, path: str
) -> None:
    follow()
    before = file(tmp_path)
    said = run("add", site.url(path), "--yes")
    assert (said.code, site.asked) == (0, [])
    assert "followed already, as blog" in said.out
    assert file(tmp_path) == before


def test_a_page_whose_feed_is_followed_already(
    run: Run, site: Origin, follow: Callable[..., None]
) -> None:
    follow()
    said = run("add", site.url("/"), "--yes")
    assert said.code == 0
    assert "followed already, as blog" in said.out


def test_a_widget_that_requires_consent_gets_a_paused_source(
    run: Run, site: Origin, tmp_path: Path
) -> None:
    said = run("add", site.url("/feed"), "--in", "patient-blogs", "--yes")
    assert said.code == 0
    assert "state: paused" in file(tmp_path)
    assert "requires consent" in said.err


def test_an_unknown_widget_is_wrong_use(run: Run, site: Origin) -> None:
    said = run("add", site.url("/feed"), "--in", "latest-post")
    assert (said.code, site.asked) == (2, [])
    assert "latest-posts" in said.err


def test_where_there_is_no_feed_the_reason_is_given(run: Run, site: Origin) -> None:
    site.statuses["/"] = 404
    said = run("add", site.url("/"), "--yes")
    assert said.code == 1
    assert "has nothing at this address" in said.err
    assert "Open the page in a browser" in said.err


def test_a_broken_list_is_mended_by_people_first(run: Run, site: Origin, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("sources: [", "utf-8")
    assert run("add", site.url("/feed"), "--yes").code == 1
    assert site.asked == []


@pytest.mark.parametrize(("words", "written"), [((), False), (("--yes",), True)])
def test_machines_read_one_object(
    run: Run, site: Origin, tmp_path: Path, words: tuple[str, ...], written: bool
) -> None:
    said = run("add", site.url("/"), "--in", "latest-posts", "--json", *words)
    (answer,) = said.lines
    assert answer["address"] == site.url("/feed")
    assert answer["others"] == [{"address": site.url("/second"), "title": "The second"}]
    assert answer["entry"]["written"] is written
    assert (site.url("/feed") in file(tmp_path)) is written


def test_check_of_an_address_writes_nothing(run: Run, site: Origin, tmp_path: Path) -> None:
    before = file(tmp_path)
    said = run("check", site.url("/"))
    assert said.code == 0
    assert site.url("/feed") in said.out
    assert site.url("/second") in said.out
    assert file(tmp_path) == before


def test_check_of_an_address_without_a_feed_fails(run: Run, site: Origin) -> None:
    site.statuses["/"] = 403
    said = run("check", site.url("/"), "--json")
    assert said.code == 1
    assert said.lines[0]["why"] == "refused"


def test_check_of_one_source_visits_that_one(
    run: Run, site: Origin, follow: Callable[..., None]
) -> None:
    follow()
    said = run("check", "blog")
    assert said.code == 0
    assert "Working: 3 posts" in said.out


def test_H5_a_source_that_is_a_page_gets_the_feed_that_it_names(
    run: Run, site: Origin, follow: Callable[..., None]
) -> None:
    site.bodies["/feed"] = PAGE.replace(b"href=/feed", b"href=/rss")
    site.bodies["/rss"] = rss(1)
    follow()
    said = run("check", "--online")
    assert said.code == 1
    assert f"write {site.url('/rss')} in feeds.yaml" in said.out
    assert [path for path, _ in site.asked] == ["/feed", "/rss"]


@pytest.fixture
def platforms_here(monkeypatch: pytest.MonkeyPatch, origin: Origin) -> Origin:
    """Platforms are asked at this machine; of a channel there are its page and its feed."""
    real = VisitWeb.get

    async def get(self: VisitWeb, url: str, **how: Any) -> Document:
        return await real(self, url.replace("https://www.youtube.com", origin.url("")), **how)

    monkeypatch.setattr(VisitWeb, "get", get)
    channel = "UCexampleexampleexample1"
    origin.bodies |= {
        "/@institute": f'<!doctype html><script>"externalId":"{channel}"</script>'.encode(),
        f"/feeds/videos.xml?channel_id={channel}": rss(3, 2, 1),
    }
    return origin


@pytest.mark.parametrize(
    "text", ["https://www.youtube.com/@Institute/videos", "youtube.com/@institute"]
)
def test_an_account_is_written_under_its_platform_and_shown_at_once(
    run: Run, platforms_here: Origin, tmp_path: Path, text: str
) -> None:
    said = run("add", text, "--in", "latest-posts", "--yes")
    assert said.code == 0
    assert 'youtube: "@institute"' in file(tmp_path)
    assert "Post 3" in (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8")
    assert len(platforms_here.asked) == 2
    assert run("check").code == 0


def test_an_account_that_is_followed_already_is_not_asked_for(
    run: Run, platforms_here: Origin
) -> None:
    run("add", "https://www.youtube.com/@institute", "--id", "videos", "--yes")
    asked = len(platforms_here.asked)
    said = run("add", "https://m.youtube.com/@Institute", "--yes")
    assert (said.code, len(platforms_here.asked)) == (0, asked)
    assert "followed already, as videos" in said.out


def test_machines_are_told_the_platform(run: Run, platforms_here: Origin) -> None:
    (answer,) = run("add", "https://www.youtube.com/@institute", "--json").lines
    assert (answer["platform"], answer["address"]) == ("youtube", "@institute")
