"""``add ADDRESS`` and ``check ADDRESS``: what people see, and what is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aggregator.actions.discover import MOST_REQUESTS
from aggregator.connectors import platforms
from aggregator.fetch.client import VisitWeb
from aggregator.model import Document
from tests.cli.conftest import Answering, Run
from tests.trip.stage import HEAD, Origin, rss

PAGE = b"""<!doctype html><title>Our year</title><p>Words
<link rel=alternate type=application/rss+xml href=/feed title="All posts">
<link rel=alternate type=application/rss+xml href=/second title="The second">"""


@pytest.fixture
def site(origin: Origin) -> Origin:
    origin.bodies |= {"/": PAGE, "/feed": rss(3, 2, 1), "/second": rss(1, title="Second")}
    return origin


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
    run: Run, site: Origin, tmp_path: Path, answering: Answering
) -> None:
    answering("7\n2\ny\n")
    said = run("add", site.url("/"), "--in", "latest-posts", "--name", "Ours")
    assert said.code == 0
    assert site.url("/second") in file(tmp_path)
    assert "name: Ours" in file(tmp_path)


def test_who_leaves_the_choice_is_told_that_nothing_was_changed(
    run: Run, site: Origin, tmp_path: Path, answering: Answering
) -> None:
    answering("")
    before = file(tmp_path)
    said = run("add", site.url("/"))
    assert said.code == 130
    assert said.err.endswith("Nothing was changed.\n")
    assert "Aborted" not in said.err
    assert file(tmp_path) == before


def test_a_person_may_say_no(run: Run, site: Origin, tmp_path: Path, answering: Answering) -> None:
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
    assert "`consent record one-familys-year …`" in " ".join(said.err.split())


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


NEEDING = [name for name, one in platforms().items() if one.token and not one.token.optional]


@pytest.fixture
def no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where nobody has set one."""
    for name in NEEDING:
        monkeypatch.delenv(variable_of(name), raising=False)


def variable_of(name: str) -> str:
    need = platforms()[name].token
    assert need is not None
    return need.variable


@pytest.mark.usefixtures("no_tokens")
@pytest.mark.parametrize("name", NEEDING)
def test_without_its_token_an_account_is_not_asked_for_and_staff_are_told_how_to_get_one(
    run: Run, origin: Origin, tmp_path: Path, name: str
) -> None:
    before = file(tmp_path)
    said = run("add", platforms()[name].line)
    need = platforms()[name].token
    assert need is not None
    assert (said.code, origin.asked, file(tmp_path)) == (1, [], before)
    words = " ".join(said.err.split())
    assert f"{need.variable} is not set" in words
    assert need.page in "".join(said.err.split())
    assert "will start to work once a token that holds is set" in words
    assert "Nothing was written" in words


@pytest.mark.usefixtures("no_tokens")
@pytest.mark.parametrize("name", NEEDING)
def test_it_is_written_all_the_same_where_staff_say_so(run: Run, tmp_path: Path, name: str) -> None:
    assert run("add", platforms()[name].line, "--in", "latest-posts", "--yes").code == 0
    assert f"\n    {name}: " in file(tmp_path)
    assert "token:" not in file(tmp_path)
    assert run("check").code == 0


@pytest.mark.usefixtures("no_tokens")
@pytest.mark.parametrize("name", NEEDING)
def test_another_variable_is_written_down(run: Run, tmp_path: Path, name: str) -> None:
    variable = f"{variable_of(name)}_2"
    said = run("add", platforms()[name].line, "--token", variable, "--yes")
    assert said.code == 0
    assert f"{variable} is not set" in " ".join(said.err.split())
    assert f"\n    token: {variable}\n" in file(tmp_path)


@pytest.mark.parametrize("token", ["AWS_SECRET_ACCESS_KEY", "AGGREGATOR_SECRET_KEY", "s3cret-x"])
@pytest.mark.parametrize("name", NEEDING)
def test_what_is_no_token_of_the_platform_is_never_sent_there(
    run: Run, origin: Origin, tmp_path: Path, name: str, token: str
) -> None:
    before = file(tmp_path)
    said = run("add", platforms()[name].line, "--token", token, "--yes")
    assert (said.code, origin.asked, file(tmp_path)) == (2, [], before)
    assert "s3cret" not in said.err


def test_a_feed_wants_no_token(run: Run, site: Origin) -> None:
    said = run("add", site.url("/feed"), "--token", "X_BEARER_TOKEN", "--yes")
    assert (said.code, site.asked) == (2, [])


@pytest.mark.usefixtures("no_tokens")
@pytest.mark.parametrize("name", NEEDING)
def test_machines_are_told_which_variable_is_wanted(run: Run, name: str) -> None:
    said = run("check", platforms()[name].line, "--json")
    (answer,) = said.lines
    assert said.code == 1
    assert (answer["ok"], answer["why"]) == (False, "token")
    assert (answer["platform"], answer["token"]) == (name, variable_of(name))


CHANNEL = "UCexampleexampleexample1"
FEED = f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"


def test_the_feed_of_an_account_is_written_as_the_account(
    run: Run, platforms_here: Origin, tmp_path: Path
) -> None:
    assert run("add", FEED, "--yes").code == 0
    assert f"youtube: {CHANNEL}" in file(tmp_path)
    assert len(platforms_here.asked) == 1


def test_a_page_that_offers_the_feed_of_an_account_leads_to_the_account(
    run: Run, platforms_here: Origin, tmp_path: Path
) -> None:
    platforms_here.bodies["/"] = PAGE.replace(b"href=/feed", f"href='{FEED}'".encode())
    assert run("add", platforms_here.url("/"), "--yes").code == 0
    assert f"youtube: {CHANNEL}" in file(tmp_path)
    assert len(platforms_here.asked) == 2


def test_an_account_that_does_not_answer_does_not_hide_the_other_feeds_of_a_page(
    run: Run, platforms_here: Origin, tmp_path: Path
) -> None:
    gone = FEED.replace(CHANNEL, "UC" + "z" * 22)
    page = PAGE.replace(b"href=/feed", f"href='{gone}'".encode())
    platforms_here.bodies |= {"/": page, "/second": rss(1)}
    assert run("add", platforms_here.url("/"), "--yes").code == 0
    assert f"feed: {platforms_here.url('/second')}" in file(tmp_path)
    assert len(platforms_here.asked) <= MOST_REQUESTS


@pytest.mark.parametrize(
    ("followed", "asked"),
    [
        (f"youtube: {CHANNEL}", FEED),
        (f"feed: '{FEED}'", f"youtube: {CHANNEL}"),
        ("mastodon: ann@social.example", "https://social.example/@ann.rss"),
        ("feed: https://ann.substack.com/feed", "https://ann.substack.com/p/a-letter"),
    ],
)
def test_what_is_followed_by_its_feed_or_as_an_account_is_the_same(
    run: Run, origin: Origin, tmp_path: Path, followed: str, asked: str
) -> None:
    entry = f"  - {{id: there, {followed}, in: latest-posts}}\n"
    (tmp_path / "feeds.yaml").write_text(HEAD + entry, "utf-8")
    said = run("add", asked, "--yes")
    assert (said.code, origin.asked) == (0, [])
    assert "followed already, as there" in said.out


def test_check_remarks_on_feeds_of_accounts_and_finds_nothing_wrong(
    run: Run, tmp_path: Path
) -> None:
    entries = (
        "{id: tube, feed: 'https://www.youtube.com/feeds/videos.xml?channel_id=" + CHANNEL + "'}",
        "{id: ann, feed: https://social.example/@ann.rss}",
        "{id: ann-too, mastodon: ann@social.example}",
        "{id: letters, feed: https://medium.com/feed/@ann}",
    )
    listed = "".join(f"  - {one[:-1]}, in: latest-posts}}\n" for one in entries)
    (tmp_path / "feeds.yaml").write_text(HEAD + listed, "utf-8")
    said = run("check")
    assert said.code == 0
    words = " ".join(said.out.split())
    assert f"tube is the feed of an account: `youtube: {CHANNEL}` follows" in words
    assert "ann is the feed of what ann-too follows: keep one of the two." in words
    assert 'letters is the feed of an account: `medium: "@ann"` follows' in words
    assert len(run("check", "--json").lines[0]["remarks"]) == 3


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "https://www.facebook.com/institute/?fbclid=a",
            "blog is a page of facebook and no feed: write `facebook: institute` in place of feed.",
        ),
        (
            "https://www.youtube.com/@institute",
            'blog is a page of youtube and no feed: write `youtube: "@institute"` in place of',
        ),
        ("https://www.caringbridge.org/visit/ann", "blog has no feed there. CaringBridge offers"),
    ],
)
def test_check_remarks_on_pages_where_no_feed_is(
    run: Run, tmp_path: Path, address: str, said: str
) -> None:
    entry = f"  - {{id: blog, feed: '{address}', in: latest-posts}}\n"
    (tmp_path / "feeds.yaml").write_text(HEAD + entry, "utf-8")
    assert said in " ".join(run("check").out.split())


@pytest.mark.parametrize("path", ["tagged/x/rss", "rss/feed.xml"])
def test_feeds_that_hold_a_part_of_an_account_are_no_pages(
    run: Run, tmp_path: Path, path: str
) -> None:
    entry = f"  - {{id: blog, feed: 'https://ann.tumblr.com/{path}', in: latest-posts}}\n"
    (tmp_path / "feeds.yaml").write_text(HEAD + entry, "utf-8")
    assert run("check", "--json").lines[0]["remarks"] == []


@pytest.mark.parametrize("name", ['\u201eOurs"', '\u201cOurs"', '"Ours\u201d'])
def test_check_remarks_on_quotation_marks_that_do_not_match(
    run: Run, follow: Callable[..., None], name: str
) -> None:
    follow(f"in: latest-posts, name: '{name}'")
    said = run("check")
    assert said.code == 0
    assert f"and visitors see both: {name}" in " ".join(said.out.split())


@pytest.mark.parametrize("name", ["\u201eOurs\u201c", '"Ours"', '5" of \u201eours\u201c'])
def test_quotation_marks_that_match_are_nobodys_slip(
    run: Run, follow: Callable[..., None], name: str
) -> None:
    follow(f"in: latest-posts, name: '{name}'")
    assert run("check", "--json").lines[0]["remarks"] == []


def test_check_remarks_on_a_time_zone_without_summer_time(
    run: Run, follow: Callable[..., None], tmp_path: Path
) -> None:
    follow()
    elsewhere = file(tmp_path).replace("America/New_York", "EST")
    (tmp_path / "feeds.yaml").write_text(elsewhere, "utf-8")
    assert "EST has no summer time: is America/New_York meant?" in run("check").out


def test_a_handle_without_its_platform_is_asked_for_it(run: Run, site: Origin) -> None:
    said = run("add", "@institute")
    assert (said.code, site.asked) == (1, [])
    assert "names an account, and not on which platform" in " ".join(said.err.split())
    assert '"x: @institute"' in said.err


@pytest.fixture
def gone(run: Run, site: Origin, follow: Callable[..., None], tmp_path: Path) -> Run:
    """A blog that was taken down, and whose entry was taken out."""
    site.bodies["/second"] = rss(4, 3, 2, 1)
    follow()
    run("refresh")
    run("takedown", "blog", "--yes")
    (tmp_path / "feeds.yaml").write_text(HEAD.replace("sources:\n", "sources: []\n"), "utf-8")
    site.asked.clear()
    return run


@pytest.mark.parametrize("path", ["/feed", "/"])
def test_what_was_taken_down_is_told_and_not_written(
    gone: Run, site: Origin, tmp_path: Path, path: str
) -> None:
    before = file(tmp_path)
    receipt = gone("receipts", "--json").lines[0]["receipt"]
    said = gone("add", site.url(path), "--yes")
    assert said.code == 1
    assert "was taken down for good on 20" in said.err
    assert f"receipt {receipt}" in said.err
    assert "Post 3" not in said.out
    assert file(tmp_path) == before
    assert path == "/" or site.asked == []


def test_its_id_is_not_used_again(gone: Run, site: Origin, tmp_path: Path) -> None:
    said = gone("add", site.url("/second"), "--id", "blog", "--yes")
    assert said.code == 1
    assert "“blog” was taken down for good" in said.err
    assert "id: blog" not in file(tmp_path)


def test_a_list_that_names_it_brings_it_in_by_no_door(
    gone: Run, site: Origin, tmp_path: Path
) -> None:
    outline = f'<outline text="The blog" xmlUrl="{site.url("/feed")}"/>'
    (tmp_path / "list.opml").write_text(f'<opml version="2.0"><body>{outline}</body></opml>')
    before = file(tmp_path)
    said = gone("opml", "import", str(tmp_path / "list.opml"), "--in", "latest-posts", "--write")
    told = " ".join(said.out.split())
    assert "Taken down for good, and left out (1): -: The blog" in told
    assert f"“{site.url('/feed')}” was taken down for good on 20" in told
    assert "Nothing of it is new." in told
    assert (said.code, file(tmp_path)) == (0, before)


def test_who_wants_to_come_back_comes_by_another_address_without_what_was_erased(
    gone: Run, site: Origin
) -> None:
    assert gone("add", site.url("/second"), "--in", "latest-posts", "--yes").code == 0
    assert [post["title"] for post in gone("posts", "--json").lines] == ["Post 4"]


def test_what_is_written_of_what_was_taken_down_is_said_to_change_nothing(
    run: Run, site: Origin, follow: Callable[..., None]
) -> None:
    follow("in: latest-posts, state: paused")
    run("takedown", "blog", "--yes")
    assert "It is never visited." in run("state", "blog", "active").err
