"""A real Chromium, driven over a pipe in its own protocol (Chrome DevTools Protocol).

Each visit has a profile of its own and writes down what happens in it: every request, what stands
in the console, what the page throws. The browser itself is started once and may be visited often.
"""

import base64
import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "chromium"
)
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 180.0
"""Seconds for one answer, on a machine that has much else to do."""
LOOKS = {
    "light": [("prefers-color-scheme", "light")],
    "dark": [("prefers-color-scheme", "dark")],
    "forced": [("forced-colors", "active")],
    "forced dark": [("forced-colors", "active"), ("prefers-color-scheme", "dark")],
    "moving": [("prefers-reduced-motion", "no-preference")],
    "still": [("prefers-reduced-motion", "reduce")],
    "print": [],
}
"""What a reader's settings may be. Forced are colours, as in Windows' high contrast."""
_SPACING = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
p { margin-bottom: 2em !important }
"""
"""What a reader may ask for without losing anything (WCAG 2.2, 1.4.12)."""
_SILENT = {"", "generic", "none", "paragraph", "InlineTextBox", "LineBreak", "ListMarker"}
"""Roles of which nothing is said."""
_OVERFLOW = """
(() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return ["the page", ...[...document.querySelectorAll("*")]
    .filter(part => part.getBoundingClientRect().right > room + 1)
    .map(part => part.className || part.localName)];
})()
"""


_MOVING = {
    "Inspected target navigated or closed",
    "Execution context was destroyed.",
    "Cannot find default execution context",
}
_PAGES = 10
"""One after the other, on which a question is asked."""


class MovingOnError(Exception):
    """The page that was asked is going away for another one."""


class Chromium:
    """A running browser. ``folder``: where it may write its profile."""

    def __init__(self, folder: Path) -> None:
        for_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        script = f'exec "$0" "$@" 3<&{for_browser} 4>&{from_browser}'
        options = (*QUIET, "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank")
        self._process = subprocess.Popen(
            ["bash", "-c", script, CHROMIUM, *options],
            pass_fds=(for_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(for_browser)
        os.close(from_browser)
        self._unread = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        os.close(self._in)
        os.close(self._out)

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """One command and its result; events that come before it are kept for ``wait``."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            told = self._read()
            if told.get("id") == self._number:
                if told.get("error", {}).get("message") in _MOVING:
                    raise MovingOnError(method)
                assert "error" not in told, f"{method}: {told['error']}"
                result: dict[str, Any] = told["result"]
                return result
            self._events.append(told)

    def wait(self, method: str, session: str) -> None:
        """Until an event has come, or at once where it has come before."""
        while not any(told.get("method") == method for told in self.heard(session)):
            self._events.append(self._read())

    def heard(self, session: str) -> list[dict[str, Any]]:
        """The events of a session so far."""
        return [told for told in self._events if told.get("sessionId") == session]

    def forget(self, session: str) -> None:
        """Let go of the events of a session."""
        self._events = [told for told in self._events if told.get("sessionId") != session]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._in], [], [], PATIENCE)
            assert ready, "the browser does not answer"
            chunk = os.read(self._in, 1 << 20)
            assert chunk, "the browser has ended"
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\0")
        told: dict[str, Any] = json.loads(line)
        return told

    @contextmanager
    def visit(
        self,
        address: str,
        *,
        width: int = 1280,
        height: int = 900,
        look: str = "light",
        before: str = "",
        scripts: bool = True,
    ) -> Iterator["Visit"]:
        """A page in a profile of its own, loaded. ``look``: a key of ``LOOKS``.

        ``before`` runs ahead of the page's own scripts; without ``scripts`` these do not run.
        """
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable", session)
        visit = Visit(self, session, context, address)
        visit.resize(width, height)
        visit.wear(look)
        self.ask("Page.addScriptToEvaluateOnNewDocument", session, source=before)
        self.ask("Emulation.setScriptExecutionDisabled", session, value=not scripts)
        self.forget(session)  # what is told of about:blank
        told = self.ask("Page.navigate", session, url=address)
        assert "errorText" not in told, f"{address}: {told['errorText']}"
        self.wait("Page.loadEventFired", session)
        try:
            yield visit
        finally:
            self.ask("Target.disposeBrowserContext", browserContextId=context)
            self.forget(session)


@dataclass
class Visit:
    """A page that is open."""

    browser: Chromium = field(repr=False)
    session: str
    context: str
    address: str

    def resize(self, width: int, height: int = 900) -> None:
        """Another window."""
        self.browser.ask(
            "Emulation.setDeviceMetricsOverride",
            self.session,
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def wear(self, look: str) -> None:
        """Another look: a key of ``LOOKS``."""
        self.browser.ask(
            "Emulation.setEmulatedMedia",
            self.session,
            media="print" if look == "print" else "",
            features=[{"name": name, "value": value} for name, value in LOOKS[look]],
        )

    def value(self, expression: str) -> Any:
        """What a JavaScript expression comes to; a promise is waited for.

        Asked again of the next page, where this one is just going away.
        """
        question = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        for _ in range(_PAGES):
            with suppress(MovingOnError):
                told = self.browser.ask("Runtime.evaluate", self.session, **question)
                break
        else:
            raise AssertionError("the page goes to others again and again")
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def overflow(self) -> list[str]:
        """What makes the page wider than its window; empty where nobody need scroll sideways."""
        found: list[str] = self.value(_OVERFLOW)
        return found

    def space_out(self) -> None:
        """Set lines, letters and words as far apart as a reader may."""
        tree = self.browser.ask("Page.getFrameTree", self.session)
        frame = tree["frameTree"]["frame"]["id"]
        self.browser.ask("DOM.enable", self.session)
        self.browser.ask("CSS.enable", self.session)
        sheet = self.browser.ask("CSS.createStyleSheet", self.session, frameId=frame)
        self.browser.ask(
            "CSS.setStyleSheetText",
            self.session,
            styleSheetId=sheet["styleSheetId"],
            text=_SPACING,
        )

    def press_tab(self) -> None:
        """As on the keyboard."""
        for kind in ("keyDown", "keyUp"):
            self.browser.ask(
                "Input.dispatchKeyEvent",
                self.session,
                type=kind,
                key="Tab",
                code="Tab",
                windowsVirtualKeyCode=9,
            )

    def outline(self) -> list[str]:
        """The page as a screen reader is given it: a line for each thing, indented as they nest.

        Boxes that say nothing are left out, and text that only repeats the name above it.
        """
        told = self.browser.ask("Accessibility.getFullAXTree", self.session)["nodes"]
        nodes = {node["nodeId"]: node for node in told}
        return list(_outline(nodes, told[0]["nodeId"], depth=0, above=""))

    def roles(self) -> list[str]:
        """The role of everything that a screen reader is given, said or not."""
        told = self.browser.ask("Accessibility.getFullAXTree", self.session)["nodes"]
        return [node["role"]["value"] for node in told if not node["ignored"]]

    def requests(self) -> list[str]:
        """The addresses that were asked for, the page's own included."""
        return [
            told["params"]["request"]["url"]
            for told in self.browser.heard(self.session)
            if told["method"] == "Network.requestWillBeSent"
        ]

    def hosts(self) -> set[str]:
        """The hosts, with their ports, that were asked."""
        return {urlsplit(url).netloc for url in self.requests() if not url.startswith("data:")}

    def complaints(self) -> list[str]:
        """What the console says, warnings and refusals by policy included, and what was thrown."""
        said = []
        for told in self.browser.heard(self.session):
            match told["method"]:
                case "Log.entryAdded":
                    said.append(str(told["params"]["entry"]["text"]))
                case "Runtime.consoleAPICalled":
                    said.append(str(told["params"]["args"]))
                case "Runtime.exceptionThrown":
                    said.append(str(told["params"]["exceptionDetails"]))
        return said

    def cookies(self) -> list[str]:
        """The names of all cookies in the profile of this visit."""
        told = self.browser.ask("Storage.getCookies", browserContextId=self.context)
        return [cookie["name"] for cookie in told["cookies"]]

    def screenshot(self, file: Path, *, whole: bool = True) -> None:
        """A picture of the page (PNG), ``whole`` or what the window shows of it."""
        told = self.browser.ask(
            "Page.captureScreenshot", self.session, captureBeyondViewport=whole, format="png"
        )
        file.write_bytes(base64.b64decode(told["data"]))


def _outline(
    nodes: Mapping[str, dict[str, Any]], at: str, *, depth: int, above: str
) -> Iterator[str]:
    """From one node on; ``above``: the name of the nearest thing around it."""
    node = nodes[at]
    role = "" if node["ignored"] else node["role"]["value"]
    name = node.get("name", {}).get("value", "")
    children = [child for child in node.get("childIds", ()) if child in nodes]
    if role == "StaticText":
        if name.strip() and name not in above:
            yield f"{'  ' * depth}{name}"
        return
    if role not in _SILENT:
        level = {said["name"]: said["value"].get("value") for said in node.get("properties", ())}
        count = f" of {len(children)}" if role == "list" else ""
        rank = f" {level['level']}" if role == "heading" else ""
        yield f"{'  ' * depth}{role}{rank}{count}{f': {name}' if name else ''}"
        depth, above = depth + 1, name
    for child in children:
        yield from _outline(nodes, child, depth=depth, above=above)
