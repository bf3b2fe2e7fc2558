"""No token is ever to be read anywhere: planted ones, in all that Aggregator says and keeps."""

import base64
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from aggregator import connectors
from aggregator.actions.metrics import measure, page
from aggregator.app import App
from aggregator.connectors import platforms
from aggregator.connectors._contract import Errand
from aggregator.errors import Denied, TokenExpired
from aggregator.model import (
    NO_TERMS,
    FetchResult,
    Grant,
    RawPost,
    RawText,
    Sightings,
    Sought,
    Source,
    Token,
    TokenNeed,
)
from aggregator.settings import load_settings
from tests.cli.conftest import Run
from tests.cli.conftest import run as run  # noqa: PLC0414 - a fixture, used by name
from tests.trip.stage import HEAD, Origin, Stage

MARK = "planted"
"""Stands in each secret of these tests, and nowhere else."""
FIRST, SECOND = f"{MARK}-access-1", f"{MARK}-access-2"
HOUR = timedelta(hours=1)


def secrets_of(need: TokenNeed) -> dict[str, str]:
    """An environment that has all of it."""
    parts = {f"{need.variable}_{part}": f"{MARK}-{part.lower()}" for part in need.parts}
    return {need.variable: FIRST, **parts}


def assert_nothing_leaks(said: Mapping[str, str | bytes]) -> None:
    """Neither as it is nor in base64."""
    in_base64 = base64.b64encode(MARK.encode())[:8]
    for where, text in said.items():
        raw = text.encode() if isinstance(text, str) else text
        assert MARK.encode() not in raw.lower(), f"a token stands in {where}"
        assert in_base64 not in raw, f"a token stands in {where}"


def files_in(folder: Path) -> dict[str, str | bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


# --- a platform that tells everybody what it was shown ---------------------------------------


@dataclass
class Gossip:
    """A platform on loopback; whatever it refuses, it repeats all that it was told."""

    port: int = 0
    status: int = 200
    open_to: set[str] = field(default_factory=set)
    """Tokens that it takes; others have ended."""
    asked: list[str] = field(default_factory=list)

    def answer(
        self, path: str, fields: Mapping[str, str], content: str
    ) -> tuple[int, dict[str, str], bytes]:
        told = f"{path} {list(fields.values())} {content}"
        self.asked.append(told)
        at, shown = urlsplit(path), fields.get("Authorization", "")
        if at.path == "/renew":
            given = {"access_token": SECOND, "refresh_token": f"{MARK}-refresh-2"}
            return 200, {}, json.dumps(given).encode()
        if shown.removeprefix("Bearer ") in self.open_to:
            assert parse_qs(at.query)["key"] == [shown.removeprefix("Bearer ")]
            return 200, {"ETag": '"1"'}, b'{"text": "A post of the institute."}'
        echo = f"Invalid: {told}"
        error = {"message": echo, "detail": echo, "code": 190, "error_subcode": 463, "type": echo}
        said = {"error": error, "errors": [error], "message": echo, "title": echo, "detail": echo}
        location = f"http://127.0.0.1:{self.port}/elsewhere?{at.query}"
        status = 401 if self.open_to else self.status
        repeated = {"Location": location, "WWW-Authenticate": echo, "X-Echo": echo}
        return status, repeated, json.dumps(said).encode()


def serving(gossip: Gossip) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length).decode()
            shown = {name.title(): value for name, value in self.headers.items()}
            status, repeated, body = gossip.answer(self.path, shown, content)
            self.send_response(status)
            for name, value in repeated.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def gossip() -> Iterator[Gossip]:
    made = Gossip()
    server = ThreadingHTTPServer(("127.0.0.1", 0), serving(made))
    made.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


# --- a connector that uses all there is for tokens -------------------------------------------


@dataclass(frozen=True, slots=True)
class Options:
    server: str = ""
    reads_per_month: int = 100


NEED = TokenNeed(
    "GOSSIP_TOKEN", "https://gossip.example/tokens", "Anybody may.", parts=("REFRESH_TOKEN",)
)


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask with the token in a field and in the query; renew it where it has ended."""
    server = source.options.server

    async def renew(old: Token) -> Grant:
        form = urlencode({"refresh_token": old.parts["REFRESH_TOKEN"], "token": old.access})
        form_type = "application/x-www-form-urlencoded"
        answer = await errand.web.post(f"{server}/renew", form.encode(), content_type=form_type)
        given = json.loads(answer.body)
        return Grant(given["access_token"], 6 * 24 * HOUR, given["refresh_token"], 6 * 24 * HOUR)

    async def ask(token: Token) -> bytes:
        shown = {"Authorization": f"Bearer {token.access}"}
        where, hidden = f"{server}/posts", {"key": token.access}
        errand.reads.now += 1
        return (await errand.web.get(where, headers=shown, telling=True, secrets=hidden)).body

    async def ask_end(token: Token) -> None:
        form = urlencode({"token": token.access}).encode()
        form_type = "application/x-www-form-urlencoded"
        await errand.web.post(f"{server}/ends", form, content_type=form_type)

    token = await errand.keys.token(renew)
    await errand.keys.learn(token, ask_end)
    try:
        body = await ask(token)
    except Denied as refused:
        token = await errand.keys.renewed(token, renew)
        try:
            body = await ask(token)
        except Denied:
            raise TokenExpired(url=refused.url) from refused
    text = json.loads(body)["text"]
    return FetchResult((RawPost("1", "https://gossip.example/1", body=RawText(text, False)),), None)


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    del source, sought, errand
    return Sightings(frozenset(), frozenset())


def _read_address(text: str) -> str:
    return text


def _home_of(_: str) -> str | None:
    return None


CONNECTOR = SimpleNamespace(
    ABOUT="An account.",
    EXAMPLE="institute",
    HOSTS=(),
    TERMS=NO_TERMS,
    TOKEN=NEED,
    Options=Options,
    read_address=_read_address,
    home_of=_home_of,
    fetch=fetch,
    look_up=look_up,
)


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch, gossip: Gossip) -> Iterator[str]:
    """The connector is there, its tokens are planted; an entry of feeds.yaml follows an account."""
    known: dict[str, Any] = dict(connectors.connectors())
    monkeypatch.setattr(connectors, "connectors", lambda: known | {"gossip": CONNECTOR})
    platforms.cache_clear()
    for variable, secret in secrets_of(NEED).items():
        monkeypatch.setenv(variable, secret)
    yield HEAD + (
        "  - {id: account, gossip: institute, in: latest-posts, "
        f"options: {{server: 'http://127.0.0.1:{gossip.port}'}}}}\n"
    )
    platforms.cache_clear()


COMMANDS = (
    ("check",),
    ("-v", "refresh", "account", "--force"),
    ("-v", "refresh", "account", "--force", "--json"),
    ("status",),
    ("status", "--json"),
    ("status", "account"),
    ("status", "account", "--json"),
    ("visits", "account", "--json"),
    ("posts", "--json"),
    ("check", "--online"),
    ("doctor",),
    ("doctor", "--json"),
    ("backup", "copy.db"),
)


@pytest.fixture
def commands_said(
    run: Run,
    followed: str,
    gossip: Gossip,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Callable[[], dict[str, str | bytes]]:
    """All that every command says, logs, and leaves behind."""
    (tmp_path / "feeds.yaml").write_text(followed, "utf-8")
    monkeypatch.setenv("AGGREGATOR_ALLOW_PORTS", str(gossip.port))
    caplog.set_level(logging.DEBUG)

    def call() -> dict[str, str | bytes]:
        said: dict[str, str | bytes] = {}
        for words in COMMANDS:
            told = run(*words)
            said[" ".join(words)] = told.out + told.err
        with App(load_settings()) as app:
            gauges = measure(
                app.database,
                app.catalogue(),
                app.clock(),
                token_ends=app.token_ends(),
                hold_bytes=0,
                parser_kills=0,
            )
            said["metrics"] = page(app.tally, gauges)
            said["settings"] = repr(app.settings) + str(app.settings.model_dump())
        return said | {"log": caplog.text} | files_in(tmp_path)

    return call


def test_nothing_tells_a_token_that_works(
    commands_said: Callable[[], dict[str, str | bytes]], gossip: Gossip
) -> None:
    gossip.open_to = {FIRST}
    said = commands_said()
    assert FIRST in "".join(gossip.asked)
    assert "A post of the institute." in str(said["posts --json"])
    assert_nothing_leaks(said)


def test_nothing_tells_a_token_that_was_renewed(
    commands_said: Callable[[], dict[str, str | bytes]], gossip: Gossip
) -> None:
    gossip.open_to = {SECOND}
    said = commands_said()
    assert SECOND in "".join(gossip.asked)
    assert "A post of the institute." in str(said["posts --json"])
    assert "in 6 days" in str(said["status"])
    assert " of 100 this month" in str(said["status"])
    assert_nothing_leaks(said)


def test_nothing_tells_a_token_that_was_refused(
    commands_said: Callable[[], dict[str, str | bytes]], gossip: Gossip
) -> None:
    gossip.open_to = {"another"}
    said = commands_said()
    assert "token expired" in str(said["status --json"])
    assert_nothing_leaks(said)


@pytest.mark.usefixtures("followed")
def test_a_token_that_is_not_set_is_told_with_its_variable_and_page(
    run: Run, followed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "feeds.yaml").write_text(followed, "utf-8")
    monkeypatch.delenv(NEED.variable)
    for words in (("check",), ("doctor",), ("refresh",), ("status",)):
        said = run(*words)
        assert NEED.variable in said.out + said.err, words
    assert NEED.page in run("status").out


def test_what_was_read_is_counted_though_the_visit_failed(
    run: Run, followed: str, gossip: Gossip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "feeds.yaml").write_text(followed, "utf-8")
    monkeypatch.setenv("AGGREGATOR_ALLOW_PORTS", str(gossip.port))
    gossip.open_to = {"another"}
    assert run("refresh").code == 1
    (account, *_) = run("status", "--json").lines
    assert (account["read"], account["reads_per_month"]) == (2, 100)
    assert "Read 2 of 100 this month." in run("status").out


# --- the platforms that there are ------------------------------------------------------------

WANTING = {name: one.token for name, one in platforms().items() if one.token is not None}


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 429, 500])
@pytest.mark.parametrize("name", sorted(WANTING))
def test_no_connector_repeats_what_its_platform_repeats(
    name: str, status: int, gossip: Gossip, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gossip.status = status
    stage = Stage(tmp_path, Origin(gossip.port))
    with stage.app:
        stage.app = stage.open(tokens=secrets_of(WANTING[name]))
        options = f"{{server: 'http://127.0.0.1:{gossip.port}'}}"
        address = json.dumps(platforms()[name].example)
        stage.follow(f"{{id: account, {name}: {address}, in: latest-posts, options: {options}}}")
        (report,) = stage.refresh()
        told = repr(report)
        error = report.error
        if error is not None:
            told += f"{error} {error!r} {error.advice} {getattr(error, 'url', '')}"
        stage.app.close()
    assert MARK in "".join(gossip.asked).lower()
    kept = files_in(tmp_path)
    assert_nothing_leaks({"the report": told, "the log": caplog.text} | kept)
