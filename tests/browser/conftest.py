"""What the tests in a browser share: a running sample world, and a running Chromium."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.embedding import Embedding, embedding

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def demo() -> Iterator[str]:
    """The address of a running ``demo``, without a slash at its end."""
    command = [sys.executable, "-u", str(ROOT / "run.py"), "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = ""
            while not (found := re.search(r"example page: (\S+)/\n", told)):
                line = process.stdout.readline()
                assert line, f"the demonstration ended early:\n{told}"
                told += line
            yield found[1]
        finally:
            process.terminate()
        process.stdout.read()
        assert process.wait(20) == 0


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser; each visit has a profile of its own."""
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedding]:
    """A site that embeds widgets, and the service behind it."""
    with embedding(tmp_path_factory.mktemp("public")) as site:
        yield site
