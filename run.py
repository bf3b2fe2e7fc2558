#!/usr/bin/env python3
"""The door: makes the environment where there is none, then opens the command line.

    python3 run.py demo     the sample world, no internet and no keys needed
    python3 run.py test     the tests

Standard library only, and plain enough for an old Python to read, so that a wrong version is
answered by a sentence. It stands before every start, so it imports only what it comes to need.
Everything real lives in ``aggregator/cli``.
"""

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
HOME = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(HOME, "bin", "python")
STAMP = os.path.join(HOME, "installed")
OLDEST = (3, 11)
NEEDED = ["alembic", "feedparser", "httptools", "nh3", "sqlalchemy", "typer"]


def stamp_of(lock: str) -> str:
    """What the environment was made from: this lock, this interpreter, this place."""
    import hashlib

    with open(os.path.join(ROOT, lock), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return " ".join([lock, digest, sys.version.split()[0], HOME])


def stamps() -> "list[str]":
    try:
        with open(STAMP) as file:
            return file.read().splitlines()
    except OSError:
        return []


def at_home(testing: bool) -> bool:
    """Whether this is our environment, or one of the caller's own that has the packages."""
    if os.path.realpath(sys.prefix) == os.path.realpath(HOME):
        return True
    import importlib.util

    wanted = [*NEEDED, "pytest", "hypothesis"] if testing else NEEDED
    inside = sys.prefix != sys.base_prefix
    return inside and all(importlib.util.find_spec(name) for name in wanted)


def install(lock: str) -> None:
    """Bring ``.venv`` to what ``lock`` says, or stop with one sentence."""
    import fcntl
    import subprocess
    import venv

    with open(os.path.join(ROOT, ".venv.lock"), "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two starts at once: the second waits, then finds it done
        wanted, known = stamp_of(lock), stamps()
        if wanted in known:
            return
        same_place = [line for line in known if line.split()[2:] == wanted.split()[2:]]
        print("Setting up (%s, once) ..." % lock, file=sys.stderr, flush=True)
        if not same_place:
            venv.create(HOME, with_pip=False, clear=True)
        elif os.path.exists(STAMP):
            os.remove(STAMP)  # an interrupted installation must not look finished
        pip = [sys.executable, "-m", "pip", "--python", PYTHON, "--disable-pip-version-check"]
        done = subprocess.call(
            [*pip, "install", "-qq", "--require-hashes", "-r", os.path.join(ROOT, lock)]
        )
        if done != 0:
            sys.exit(
                "The packages could not be installed (pip's own words are above). "
                "This needs pip 22.3 or newer and, the first time, a package index within reach."
            )
        kept = [line for line in same_place if line.split()[0] != lock]
        with open(STAMP, "w") as file:
            file.write("\n".join([*kept, wanted]) + "\n")


def main() -> None:
    if sys.version_info < OLDEST:
        sys.exit(
            "Aggregator needs Python %d.%d or newer; this is %s. Start it with a newer one, "
            "for example: python3.11 run.py" % ((*OLDEST, sys.version.split()[0]))
        )
    if not at_home(sys.argv[1:2] == ["test"]):
        lock = "requirements-dev.lock" if sys.argv[1:2] == ["test"] else "requirements.lock"
        if stamp_of(lock) not in stamps():
            install(lock)
        os.execv(PYTHON, [PYTHON, os.path.join(ROOT, "run.py"), *sys.argv[1:]])
    from aggregator.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
