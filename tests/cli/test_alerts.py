"""``alerts``: what was told and what waits, one sent now, one round for those without ``serve``."""

from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.settings import load_settings
from aggregator.store import alerts
from aggregator.store.alerts import Fact
from tests.alerts.conftest import Hooks, StartMail
from tests.alerts.conftest import hooks as hooks  # noqa: PLC0414 - a fixture, used by name
from tests.alerts.conftest import mail_server as mail_server  # noqa: PLC0414 - as well
from tests.cli.conftest import Run

FEEDS = """\
site: {name: Example Institute, url: "https://www.example.org"}
widgets:
  - {id: latest-posts, title: Latest posts, layout: posts, show: 3}
sources:
  - {id: family, feed: "https://family.example/feed", in: latest-posts,
     consent: {reference: PF-1, basis: authorization, given: 2020-01-01, expires: 2020-02-01}}
"""


@pytest.fixture
def hooked(run: Run, hooks: Hooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Staff are told by a webhook; a consent has ended long ago, which digests tell."""
    (tmp_path / "feeds.yaml").write_text(FEEDS, "utf-8")
    monkeypatch.setenv("AGGREGATOR_WEBHOOK_URL", f"http://127.0.0.1:{hooks.port}/secret")
    monkeypatch.setenv("AGGREGATOR_DIGEST_AT", "00:00")
    return run


def test_without_a_channel_nobody_is_told(run: Run) -> None:
    assert "no channel is set" in run("alerts").err
    for word in ("test", "send"):
        said = run("alerts", word)
        assert said.code == 1
        assert "AGGREGATOR_SMTP_URL" in said.err


def test_one_is_sent_now(hooked: Run, hooks: Hooks) -> None:
    said = hooked("alerts", "test")
    assert (said.code, said.out) == (0, "✓ webhook at 127.0.0.1: taken\n")
    assert "This is a test" in hooks.got[0][2]["text"]
    assert hooked("alerts", "--json").lines == []


def test_a_channel_that_does_not_take_it_is_a_failure(hooked: Run, hooks: Hooks) -> None:
    hooks.status = 404
    said = hooked("alerts", "test", "--json")
    assert said.code == 1
    (line,) = said.lines
    assert (line["channel"], line["ok"]) == ("webhook", False)
    assert "secret" not in said.out


def test_a_message_that_some_do_not_get_was_taken_all_the_same(
    run: Run, mail_server: StartMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`send` says the same of it."""
    port = mail_server(refused=["ann@example.org"]).port
    monkeypatch.setenv("AGGREGATOR_SMTP_URL", f"smtp://127.0.0.1:{port}?starttls=no")
    monkeypatch.setenv("AGGREGATOR_MAIL_FROM", "alerts@example.org")
    monkeypatch.setenv("AGGREGATOR_MAIL_TO", "ann@example.org,ben@example.org")
    said = run("alerts", "test")
    assert said.code == 0
    assert said.out.endswith(": taken. 1 of 2 addresses were refused\n")


def test_what_is_due_is_sent_once(hooked: Run, hooks: Hooks) -> None:
    assert hooked("alerts", "send").out == "webhook: 1 alert sent.\n"
    assert hooked("alerts", "send").out == "There is nothing to tell.\n"
    ((_, _, got),) = hooks.got
    assert "family: its consent has ended." in got["text"]
    (line,) = hooked("alerts", "--json").lines
    assert line["sent"]
    assert "sent" in hooked("alerts").out


def test_what_is_not_taken_waits(hooked: Run, hooks: Hooks) -> None:
    hooks.status = 500
    said = hooked("alerts", "send", "--json")
    assert said.code == 1
    assert "(500)" in said.lines[0]["error"]
    assert "tried: 1" in hooked("alerts").out


def test_a_wrong_setting_is_wrong_use(hooked: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATOR_WEBHOOK_URL", "http://hooks.example.com/secret")
    said = hooked("alerts", "test")
    assert said.code == 2
    assert "AGGREGATOR_WEBHOOK_URL" in said.err
    assert "secret" not in said.err


def test_status_says_that_alerts_are_not_taken(hooked: Run, hooks: Hooks, tmp_path: Path) -> None:
    assert "alert" not in hooked("status").out
    with App(load_settings(config=tmp_path / "feeds.yaml", data=tmp_path / "data")) as app:
        now = app.clock()
        alerts.tell(app.database, [Fact("family:gone:1", "", "")], ["webhook"], now, now)
        for _ in range(2):
            alerts.claim(app.database, "webhook", now, timedelta())
    assert "! No webhook can be sent: 1 alert waits since" in hooked("status").out
    assert hooked("status", "--json").lines[-1]["next_step"] == "`alerts test` says what is wrong."
