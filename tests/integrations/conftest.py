"""Fixtures of the integrations: a service that answers as it is told, and web servers before ours."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.model import OutputFile
from aggregator.web.connection import Limits
from aggregator.web.public import _TYPES
from aggregator.widgets.output import OutputFolder
from tests.integrations.apache import Apache
from tests.integrations.nginx import Nginx
from tests.integrations.service import PATH, Service, widget
from tests.integrations.webserver import Face, WebServer
from tests.web.host import Host

SHAPES = [f"w/latest-posts{end}" for end in _TYPES if end not in {".css", ".js", ".webp"}]
NAMES = [
    *SHAPES,
    "w/latest-posts.frame.html", "w/latest-posts.shadow.html", "w/latest-posts.dsd.html",
    "w/latest-posts/index.html",
    "w/widget.css", "w/widget.0123456789ab.css", "w/loader.js", "w/loader.0123456789ab.js",
    f"media/{'0' * 64}.webp",
]  # fmt: skip
"""A file of each kind that the built-in server serves."""
Start = Callable[..., WebServer]


@pytest.fixture
def service() -> Iterator[Service]:
    """A service with one widget, ``latest-posts``."""
    with Service() as service:
        yield service


@pytest.fixture(scope="session")
def integrations() -> Path:
    """The folder that holds what sites copy."""
    return Path(__file__).resolve().parents[2] / "integrations"


@pytest.fixture(scope="session")
def goldens() -> list[Path]:
    """Fragments as the renderer makes them."""
    return sorted((Path(__file__).resolve().parents[1] / "widgets" / "golden").glob("*.html"))


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that any user may read, as which servers run; pytest's own is closed to them."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def public(place: Path) -> OutputFolder:
    """The outputs as the product writes them."""
    folder = OutputFolder(place / "data" / "public")
    folder.write(
        OutputFile(name, widget().encode() if name == PATH[1:] else f"{name} ".encode() * 50)
        for name in NAMES
    )
    return folder


@pytest.fixture
def host(place: Path, public: OutputFolder) -> Iterator[Host]:
    """The built-in server over the same files."""
    del public
    host = Host(place / "data" / "public", Limits())
    host.start()
    yield host
    host.stop()


@pytest.fixture
def start(place: Path, integrations: Path) -> Iterator[Start]:
    """Starts a web server with a shipped site file: ``start("nginx/site-files.conf")``.

    ``service``: the address of Aggregator; else nobody answers there. More by name: what the site
    file has, and what stands in its place.
    """
    started: list[WebServer] = []

    def start(
        site: str, service: str = "http://127.0.0.1:9", places: dict[str, str] | None = None
    ) -> WebServer:
        home = Path(tempfile.mkdtemp(dir=place))
        home.chmod(0o755)
        shipped = {
            "/srv/aggregator/data/public": f"{place}/data/public",
            "http://127.0.0.1:8000": service,
        }
        kind = Apache if site.startswith("apache") else Nginx
        server: WebServer = kind(home, integrations / site, shipped | (places or {}))
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def face(request: pytest.FixtureRequest) -> Face:
    """One of the ways in which visitors reach the outputs; the parameter names it."""
    name: str = request.param
    host: Host = request.getfixturevalue("host")
    if name == "built-in":
        return Face(host.port, "")
    start: Start = request.getfixturevalue("start")
    return Face(start(name, f"http://127.0.0.1:{host.port}").port, "/feeds")
