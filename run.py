#!/usr/bin/env python3
"""The door: makes the environment where there is none, then opens the command line.

    python3 run.py demo     the sample world, no internet and no keys needed
    python3 run.py test     the tests

Standard library only, and plain enough for an old Python to read, even 2.7 (so types stand in
comments), so that a wrong version is answered by a sentence. It stands before every start, so it
imports only what it comes to need. Everything real lives in ``aggregator/cli``.
"""

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
HOME = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(HOME, "bin", "python")
STAMP = os.path.join(HOME, "installed")
OLDEST = (3, 11)
NEEDED = ["alembic", "feedparser", "httptools", "nh3", "sqlalchemy", "typer"]


def stamp_of(lock):
    # type: (str) -> str
    """What the environment was made from: this lock, this interpreter, this place."""
    import hashlib

    with open(os.path.join(ROOT, lock), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return " ".join([lock, digest, sys.version.split()[0], HOME])


def stamps():
    # type: () -> list[str]
    try:
        with open(STAMP) as file:
            return file.read().splitlines()
    except OSError:
        return []


def wanted_locks(words, database):
    # type: (list[str], str) -> list[str]
    """What a command needs installed. ``database``: its URL; PostgreSQL's has a driver."""
    if words[:1] == ["test"]:
        return ["requirements-dev.lock"]
    if database.startswith("postgresql"):
        return ["requirements.lock", "requirements-postgresql.lock"]
    return ["requirements.lock"]


def at_home(testing):
    # type: (bool) -> bool
    """Whether this is our environment, or one of the caller's own that has the packages."""
    if os.path.realpath(sys.prefix) == os.path.realpath(HOME):
        return True
    import importlib.util

    wanted = list(NEEDED)
    if testing:
        wanted += ["pytest", "hypothesis"]
    inside = sys.prefix != sys.base_prefix
    return inside and all(importlib.util.find_spec(name) for name in wanted)


def install(lock):
    # type: (str) -> None
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
        sys.stderr.write("Setting up (%s, once) ...\n" % lock)
        sys.stderr.flush()
        if not same_place:
            venv.create(HOME, with_pip=False, clear=True)
        elif os.path.exists(STAMP):
            os.remove(STAMP)  # an interrupted installation must not look finished
        pip = [sys.executable, "-m", "pip", "--python", PYTHON, "--disable-pip-version-check"]
        pip += ["install", "-qq", "--require-hashes", "-r", os.path.join(ROOT, lock)]
        done = subprocess.call(pip)
        if done != 0:
            sys.exit(
                "The packages could not be installed (pip's own words are above). "
                "This needs pip 22.3 or newer and, the first time, a package index within reach."
            )
        kept = [line for line in same_place if line.split()[0] != lock]
        kept.append(wanted)
        with open(STAMP, "w") as file:
            file.writelines(line + "\n" for line in kept)


def main():
    # type: () -> None
    if sys.version_info < OLDEST:
        sys.exit(
            "Aggregator needs Python %d.%d or newer; this is %s. Start it with a newer one, "
            "for example: python3.11 run.py" % (OLDEST[0], OLDEST[1], sys.version.split()[0])
        )
    if not at_home(sys.argv[1:2] == ["test"]):
        for lock in wanted_locks(sys.argv[1:], os.environ.get("AGGREGATOR_DATABASE_URL", "")):
            if stamp_of(lock) not in stamps():
                install(lock)
        sys.argv[:1] = [PYTHON, os.path.join(ROOT, "run.py")]
        os.execv(PYTHON, sys.argv)
    from aggregator.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
