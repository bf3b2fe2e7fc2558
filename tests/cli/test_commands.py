"""Commands: words, JSON Lines and exit codes."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.cli.main import commands
from aggregator.model import Outcome, Post, RawPost, RawText, Visit
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import visits
from tests.cli.conftest import Run
from tests.trip.stage import HEAD, Origin, rss

Follow = Callable[..., None]


@pytest.fixture
def blog(origin: Origin, follow: Follow, run: Run) -> Run:
    """A world in which one feed of three posts was visited."""
    origin.bodies["/feed"] = rss(3, 2, 1)
    follow()
    assert run("refresh").code == 0
    return run


def post_id(run: Run, title: str) -> str:
    (found,) = [post["id"] for post in run("posts", "--json").lines if post["title"] == title]
    return str(found)


def test_every_command_has_an_example() -> None:
    for command in commands().registered_commands:
        assert command.callback is not None
        assert "Example: `python3 run.py" in (command.callback.__doc__ or ""), command.callback


def test_help_is_there_without_any_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").unlink()
    assert run("refresh", "--help").code == 0


def test_wrong_use_is_2(run: Run) -> None:
    assert run("refresh", "--no-such-option").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("--data", "elsewhere", "publish"),
        ("publish", "--data", "elsewhere"),
        ("publish", "--data=elsewhere"),
    ],
)
def test_global_options_may_stand_anywhere(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert run(*words).code == 0
    assert (tmp_path / "elsewhere/public/w/latest-posts.html").exists()


def test_a_refresh_without_any_post_still_makes_the_widgets(run: Run, tmp_path: Path) -> None:
    run("refresh")
    assert "Latest posts" in (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8")


def test_refresh_says_a_line_per_source_and_a_sum(run: Run, origin: Origin, follow: Follow) -> None:
    origin.bodies["/feed"] = rss(2, 1)
    follow()
    said = run("refresh")
    assert "✓ blog: 2 new, 0 edited" in said.out
    assert "1 visited, 0 failed, 2 new posts" in said.out


def test_refresh_fails_with_1_if_any_visit_failed(run: Run, origin: Origin, follow: Follow) -> None:
    origin.statuses["/feed"] = 404
    follow()
    said = run("refresh")
    assert said.code == 1
    assert "✗ blog" in said.out


def test_refresh_in_json_is_a_line_per_source(run: Run, origin: Origin, follow: Follow) -> None:
    origin.bodies["/feed"] = rss(1)
    follow()
    (line,) = run("refresh", "--json").lines
    assert (line["source"], line["outcome"], line["new"]) == ("blog", "changed", 1)


def test_refresh_again_finds_nothing_due(blog: Run) -> None:
    assert "Nothing is due" in blog("refresh").out


def test_force_waives_the_floor_in_the_operators_own_networks(blog: Run) -> None:
    assert "1 visited" in blog("refresh", "--force").out


def test_force_waits_as_servers_ask_and_says_so(run: Run, origin: Origin, follow: Follow) -> None:
    origin.statuses["/feed"] = 429
    origin.headers["/feed"] = {"Retry-After": "7200"}
    follow()
    run("refresh")
    assert "asked us to wait until" in run("refresh", "--force").err


def test_refresh_of_an_unknown_source_is_told(run: Run) -> None:
    said = run("refresh", "nobody")
    assert said.code == 1
    assert "no source named “nobody”" in said.err


def test_posts_in_json_keep_the_contract(blog: Run) -> None:
    first = blog("posts", "--json").lines[0]
    assert {
        "source": "blog",
        "guid": "id-3",
        "title": "Post 3",
        "link": "https://family.example.org/3",
        "published": "2026-11-20T03:00:00+00:00",
        "text": "What happened in post 3, told at some length.",
        "verdict": None,
        "shown": ["latest-posts"],
        "why": "Shown in latest-posts.",
    }.items() <= first.items()
    assert {"first_seen", "html", "language"} <= first.keys()


def test_posts_are_newest_first(blog: Run) -> None:
    titles = [post["title"] for post in blog("posts", "--json").lines]
    assert titles == ["Post 3", "Post 2", "Post 1"]


def test_posts_of_an_unknown_widget_are_told(blog: Run) -> None:
    said = blog("posts", "--widget", "nothing")
    assert said.code == 1
    assert "latest-posts" in said.err


def test_hide_and_undo(blog: Run, tmp_path: Path) -> None:
    fragment = tmp_path / "data/public/w/latest-posts.html"
    key = post_id(blog, "Post 2")
    assert "Hidden" in blog("hide", key, "--reason", "a face").out
    assert "post 2" not in fragment.read_text("utf-8")
    assert blog("hide", key, "--undo").code == 0
    assert "post 2" in fragment.read_text("utf-8")


def test_pin_until_a_day_means_its_end_in_the_sites_time_zone(blog: Run) -> None:
    (line,) = blog("pin", post_id(blog, "Post 1"), "--until", "2030-12-24", "--json").lines
    assert line["until"] == "2030-12-25T04:59:59+00:00"


def test_a_date_that_is_none_is_told(blog: Run) -> None:
    assert "is not a date" in blog("pin", post_id(blog, "Post 1"), "--until", "soon").err


def test_undo_takes_back_its_own_kind_only(blog: Run) -> None:
    """Nobody brings a hidden post back by undoing a pin."""
    key = post_id(blog, "Post 2")
    blog("pin", key)
    blog("hide", key)
    said = blog("pin", key, "--undo")
    assert said.code == 1
    assert f"hide {key} --undo" in said.err


def test_a_hidden_post_is_not_pinned(blog: Run) -> None:
    key = post_id(blog, "Post 2")
    blog("hide", key)
    assert "is hidden" in blog("pin", key).err


def test_waiting_posts_are_told_and_listed(blog: Run, follow: Follow) -> None:
    follow("in: latest-posts, review: first")
    assert "3 posts wait for review" in blog("status").out
    assert len(blog("posts", "--waiting", "--json").lines) == 3
    blog("approve", post_id(blog, "Post 1"))
    assert blog("posts", "--waiting", "--json").lines == []


def test_a_source_without_consent_is_told(blog: Run, follow: Follow) -> None:
    follow("in: patient-blogs")
    assert "No consent is recorded" in blog("status").out
    told = blog("check").err
    assert 'line 7: "blog" has no consent that holds today (none recorded: not shown).' in told
    assert "`consent record blog` writes one down" in told


def test_who_took_a_consent_back_is_not_asked_for_another(blog: Run, follow: Follow) -> None:
    consent = "{reference: PF-1, basis: authorization, given: 2025-01-01, withdrawn: 2026-01-01}"
    follow(f"in: patient-blogs, consent: {consent}")
    told = blog("check").err
    assert '"blog" has no consent that holds today (withdrawn on 2026-01-01: not shown).' in told
    assert "consent record" not in told


def test_check_online_says_once_which_token_is_not_set(run: Run, tmp_path: Path) -> None:
    entry = "  - {id: institute, x: example, token: X_TOKEN_OF_NOBODY, in: latest-posts}\n"
    (tmp_path / "feeds.yaml").write_text(HEAD + entry, "utf-8")
    assert "X_TOKEN_OF_NOBODY is not set" in run("check").err
    said = run("check", "--online")
    assert (said.out + said.err).count("X_TOKEN_OF_NOBODY is not set") == 1


def test_a_withdrawn_consent_ends_the_visits_and_asks_nobody_again(
    blog: Run, follow: Follow
) -> None:
    consent = "{reference: PF-1, basis: authorization, given: 2025-01-01, withdrawn: 2026-01-01}"
    follow(f"in: patient-blogs, consent: {consent}")
    said = blog("status").out
    assert "withdrawn on 2026-01-01" in said
    assert "Ask the family" not in said
    assert "Nothing is due" in blog("refresh", "--force").out


def test_check_in_json_lists_each_problem(run: Run, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("widgets:\n  - {id: a, titel: A}\n", "utf-8")
    (line,) = run("check", "--json").lines
    assert line["ok"] is False
    assert {"line", "column", "what", "hint"} <= line["problems"][0].keys()


def test_doctor_finds_a_broken_template(
    blog: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "templates" / "widgets"
    broken.mkdir(parents=True)
    (broken / "posts.html").write_text("{% if %}", "utf-8")
    monkeypatch.setenv("AGGREGATOR_TEMPLATES", str(tmp_path / "templates"))
    said = blog("doctor")
    assert said.code == 1
    assert "✗ templates" in said.out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEMPLATES", "/no/such/folder"),
        ("CA_FILE", "/no/such/file"),
        ("PUBLIC_URL", "https://name:secret@www.example.org/feeds"),
        ("ALLOW_NETWORKS", "here"),
        ("ALLOW_PORTS", "80,many"),
        ("SECRET_KEY", "short"),
        ("METRICS_TOKEN", "secret@too-short"),
        ("METRICS_TOKEN", "secret@with a line break\nin it"),
    ],
)
def test_a_wrong_setting_is_named_and_never_repeated_if_secret(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"AGGREGATOR_{name}", value)
    said = run("status")
    assert said.code == 2
    assert f"AGGREGATOR_{name}" in said.err
    assert "secret@" not in said.err


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_none_is_wrong_use(run: Run, command: str) -> None:
    assert run(command, "--port", "99999").code == 2


def test_takedown_gives_a_receipt(blog: Run) -> None:
    said = blog("takedown", post_id(blog, "Post 2"))
    assert "Taken down at" in said.out
    assert "Receipt" in said.out
    assert [post["title"] for post in blog("posts", "--json").lines] == ["Post 3", "Post 1"]


def test_takedown_of_a_source_says_to_remove_its_entry(blog: Run) -> None:
    assert "`remove blog` takes its entry out" in blog("takedown", "blog", "--yes").out
    assert blog("posts", "--json").lines == []


def test_a_broken_list_fails_the_check_with_line_and_remedy(run: Run, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("widgets:\n  - {id: a, titel: A}\n", "utf-8")
    said = run("check")
    assert said.code == 1
    assert "line 2" in said.err
    assert "title" in said.err


def test_while_the_list_is_broken_every_command_says_so(blog: Run, tmp_path: Path) -> None:
    with (tmp_path / "feeds.yaml").open("a") as file:
        file.write("  - {id: broken\n")
    said = blog("status")
    assert said.code == 0
    assert "last good list is in use" in said.err


def test_takedown_works_while_the_list_is_broken(blog: Run, tmp_path: Path) -> None:
    key = post_id(blog, "Post 2")
    with (tmp_path / "feeds.yaml").open("a") as file:
        file.write("  - {id: broken\n")
    assert blog("takedown", key).code == 0
    assert "post 2" not in (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8")


def test_check_says_how_many_there_are(blog: Run) -> None:
    assert "1 source, 2 widgets" in blog("check").out


def test_check_online_looks_and_stores_nothing(run: Run, origin: Origin, follow: Follow) -> None:
    origin.bodies["/feed"] = rss(2, 1)
    follow()
    said = run("check", "--online")
    assert "✓ blog (One family's year): Working: 2 posts" in said.out
    assert run("posts", "--json").lines == []


def test_check_online_says_what_to_do(run: Run, origin: Origin, follow: Follow) -> None:
    origin.statuses["/feed"] = 404
    follow()
    said = run("check", "--online")
    assert said.code == 1
    assert "Open the address in a browser" in said.out


def test_status_in_words(blog: Run) -> None:
    said = blog("status")
    assert "blog (One family's year): Working" in said.out
    assert "widget latest-posts: brought up to date" in said.out


def test_doctor_lists_every_setting_and_no_secret(
    blog: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGGREGATOR_PROXY", "http://user:hush@proxy.example:3128")
    said = blog("doctor")
    assert said.code == 0
    assert "AGGREGATOR_ALLOW_NETWORKS=127.0.0.0/8" in said.out
    assert "hush" not in said.out


def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATOR_PORT", "eighty")
    said = run("doctor")
    assert said.code == 2
    assert "AGGREGATOR_PORT" in said.err


def test_backup_copies_the_posts(blog: Run, tmp_path: Path) -> None:
    assert blog("backup", str(tmp_path / "copy.db")).code == 0
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("select count(*) from posts").fetchone() == (3,)
    copy.close()


def test_publish_again_changes_nothing(blog: Run) -> None:
    assert "latest-posts: unchanged, 3 shown" in blog("publish").out


def test_publish_without_templates_keeps_the_last_good_files(
    blog: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "templates" / "widgets"
    broken.mkdir(parents=True)
    (broken / "posts.html").write_text("{% if %}", "utf-8")
    monkeypatch.setenv("AGGREGATOR_TEMPLATES", str(tmp_path / "templates"))
    before = (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8")
    said = blog("publish")
    assert said.code == 1
    assert "posts.html" in said.err
    assert (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8") == before


def test_a_withdrawal_wins_over_a_broken_template(
    blog: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = post_id(blog, "Post 2")
    broken = tmp_path / "templates" / "widgets"
    broken.mkdir(parents=True)
    (broken / "posts.html").write_text("{% if %}", "utf-8")
    monkeypatch.setenv("AGGREGATOR_TEMPLATES", str(tmp_path / "templates"))
    blog("takedown", key)
    fragment = (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8")
    assert "post 2" not in fragment
    assert "Latest posts" in fragment


def keep_a_video(folder: Path) -> None:
    """A post of a channel that nobody has confirmed for years."""
    with (folder / "feeds.yaml").open("a") as file:
        file.write("  - {id: channel, youtube: UCabcdefghijklmnopqrstuv, in: latest-posts}\n")
    settings = load_settings(sealed=True, config=folder / "feeds.yaml", data=folder / "data")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with App(settings, clock=lambda: long_ago) as app:
        app.sync(app.catalogue())
        source = app.catalogue().source("channel")
        assert source is not None
        raw = RawPost(guid="v1", body=RawText("An old film.", is_html=False))
        post = post_from(raw, source, None, long_ago)
        assert isinstance(post, Post)
        state = visits.states(app.database)["channel"]
        visits.save(
            app.database, [Visit("channel", long_ago, Outcome.CHANGED, state, (post,))], long_ago
        )


def test_prune_says_what_it_would_erase_and_erases_when_told(blog: Run, tmp_path: Path) -> None:
    keep_a_video(tmp_path)
    said = blog("prune")
    assert "channel: 1 post to be erased" in said.out
    assert "--yes does it" in said.out
    (told,) = blog("prune", "--json").lines
    assert "not seen at the platform" in told.pop("why")
    assert told == {"kind": "terms", "of": "channel", "count": 1, "erased": False}
    assert "channel: 1 post erased" in blog("prune", "--yes").out
    assert "nothing to erase" in blog("prune").out


def test_prune_is_not_told_two_different_things(blog: Run) -> None:
    assert blog("prune", "--yes", "--dry-run").code == 2


def test_doctor_names_a_variable_that_is_misspelt(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGGREGATOR_PUBLIK_URL", "https://www.example.org")
    said = run("doctor")
    assert said.code == 1
    assert "✗ settings: AGGREGATOR_PUBLIK_URL: there is no such setting." in said.out
    assert 'Did you mean "AGGREGATOR_PUBLIC_URL"?' in said.out


def test_doctor_does_not_praise_that_nothing_runs(run: Run) -> None:
    said = run("doctor")
    assert "· clock: Nothing has run yet." in said.out
    assert "Start `serve`" in said.out


def test_doctor_tells_networks_from_ports(run: Run) -> None:
    said = run("doctor").out
    assert "besides public addresses, these are visited: 127.0.0.0/8; besides the usual" in said
