"""The whole thing as one process, over real sockets, with real signals."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.actions.heartbeat import Running, standing
from aggregator.app import utc_now
from aggregator.store import visits
from tests.trip.conftest import on_sqlite
from tests.trip.stage import Origin, Stage, rss

pytestmark = on_sqlite

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0
"""Seconds after which a test gives up; never what a test measures."""


class Served:
    """A running ``run.py serve``."""

    def __init__(self, stage: Stage, **more: str) -> None:
        """``more``: of the environment."""
        environment = {
            **os.environ,
            "AGGREGATOR_CONFIG": str(stage.config),
            "AGGREGATOR_DATA": str(stage.folder / "data"),
            "AGGREGATOR_ALLOW_NETWORKS": "127.0.0.0/8",
            "AGGREGATOR_ALLOW_PORTS": str(stage.origin.port),
            **more,
        }
        self.log = stage.folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "run.py"), "serve", "--port", "0"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        found = re.search(r":(\d+)/", said)
        assert found, said + self.log.read_text("utf-8")
        self.port = int(found[1])

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def until(self, path: str, holds: Callable[[str], bool]) -> None:
        """Ask again until the answer holds what is wanted."""
        end = time.monotonic() + PATIENCE
        while not holds(body := self.get(path)[1]):
            assert time.monotonic() < end, body + self.log.read_text("utf-8")
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def served(stage: Stage, origin: Origin) -> Iterator[Served]:
    origin.bodies["/feed"] = rss(2, 1)
    stage.follow(stage.source("blog"))
    made = Served(stage)
    yield made
    made.close()


def test_a_followed_feed_appears_by_itself(served: Served) -> None:
    served.until("/w/latest-posts.html", lambda body: "post 2" in body)
    assert served.get("/w/latest-posts/")[0] == 200


def test_a_hand_edit_takes_effect_without_a_restart(served: Served, stage: Stage) -> None:
    served.until("/w/latest-posts.html", lambda body: "post 2" in body)
    stage.write(
        stage.config.read_text("utf-8").replace("title: Latest posts", "title: What is new")
    )
    served.until("/w/latest-posts.html", lambda body: "What is new" in body)
    assert "post 2" in served.get("/w/latest-posts.html")[1]


def test_a_source_that_left_while_it_was_down_is_never_served(served: Served, stage: Stage) -> None:
    """The files of the last run still hold its posts when the next one starts."""
    served.until("/w/latest-posts.html", lambda body: "post 2" in body)
    assert served.stop() == 0
    assert "post 2" in stage.output("latest-posts.html")
    stage.follow()
    again = Served(stage)
    try:
        assert "post 2" not in again.get("/w/latest-posts.html")[1]
    finally:
        again.close()


def test_a_hide_by_another_process_is_seen(served: Served, stage: Stage) -> None:
    served.until("/w/latest-posts.html", lambda body: "post 2" in body)
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "run.py"), "--config", str(stage.config)),
            *("--data", str(stage.folder / "data"), "hide", "https://family.example.org/2"),
        ],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    served.until("/w/latest-posts.html", lambda body: "post 2" not in body)
    assert "post 1" in served.get("/w/latest-posts.html")[1]


def test_health_tells_that_the_clock_runs(served: Served) -> None:
    status, body = served.get("/healthz")
    assert (status, json.loads(body)["status"]) == (200, "ok")


def test_a_broken_list_is_told_by_health(served: Served, stage: Stage) -> None:
    stage.write("sources: [")
    served.until("/healthz", lambda body: "broken" in json.loads(body)["feeds.yaml"])
    assert served.get("/w/latest-posts.html")[0] == 200


def test_the_bot_explains_itself(served: Served) -> None:
    status, body = served.get("/about-bot")
    assert status == 200
    assert "never twice within 30 minutes" in body


def test_the_index_links_every_widget(served: Served) -> None:
    assert '/w/patient-blogs.json"' in served.get("/")[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(served: Served, number: int) -> None:
    assert served.stop(number) == 0
    assert "Traceback" not in served.log.read_text("utf-8")


def test_a_stop_during_a_slow_visit_gives_the_claim_back(stage: Stage, origin: Origin) -> None:
    """The visit is abandoned; its source is due at the next start, as if never claimed."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        stage.origin = Origin(port)  # accepts, and never answers
        stage.follow(stage.source("silent"))
        served = Served(stage)
        try:
            silent.settimeout(PATIENCE)
            visitor, _ = silent.accept()
            with visitor:
                assert served.stop() == 0
        finally:
            served.close()
    (state,) = visits.states(stage.app.database).values()
    assert (state.last_visit, state.lapses) == (None, 0)


def test_a_refresh_that_is_stopped_gives_its_claims_back(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        port = silent.getsockname()[1]
        stage.origin = Origin(port)
        stage.follow(stage.source("silent"))
        words = (str(ROOT / "run.py"), "--config", str(stage.config))
        process = subprocess.Popen(
            [sys.executable, *words, "--data", str(stage.folder / "data"), "refresh"],
            env={
                **os.environ,
                "AGGREGATOR_ALLOW_NETWORKS": "127.0.0.0/8",
                "AGGREGATOR_ALLOW_PORTS": str(port),
            },
        )
        try:
            visitor, _ = silent.accept()
            with visitor:
                process.terminate()
                assert process.wait(PATIENCE) == 143
        finally:
            process.kill()
    moment = utc_now()  # the process went by the real clock
    (claimed,) = visits.claim(stage.app.database, moment, timedelta(minutes=1), 10, ["silent"])
    assert claimed.lapses == 0


def test_a_taken_port_is_told_with_what_to_do(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [
                *(sys.executable, str(ROOT / "run.py"), "--config", str(stage.config)),
                *("--data", str(stage.folder / "data")),
                *("serve", "--port", str(taken.getsockname()[1])),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "address already in use" in done.stderr
    assert "choose another port" in done.stderr


def standing_of(stage: Stage) -> Running:
    app = stage.open()
    try:
        return standing(app.database, utc_now())
    finally:
        app.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_serve_is_not_said_to_run(
    served: Served, stage: Stage, number: signal.Signals
) -> None:
    served.until("/w/latest-posts.html", lambda body: "post 2" in body)
    while not standing_of(stage).runs:
        time.sleep(0.01)
    assert served.stop(number) == 0
    assert not standing_of(stage).runs
