"""Looks for documents that break reading, cleaning or drawing, for as long as it is told to.

    .venv/bin/python -m tests.fuzz [--minutes 10] [--seed 1]

Ends at the first finding with the smallest document that shows it; make that a test. Prints the
documents that took longest.
"""

import argparse
import sys
import time

from hypothesis import HealthCheck, given, seed, settings

from tests.fuzz import trial
from tests.fuzz.grammar import codings, content_types, documents, samples

ROUND = 500
"""Documents between two looks at the clock."""


def main() -> None:
    """Try rounds of documents, each with a seed of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    until = time.monotonic() + 60 * asked.minutes
    found = samples()
    number = asked.seed
    while number == asked.seed or time.monotonic() < until:
        _round(number, found)
        number += 1
    tried = (number - asked.seed) * ROUND
    sys.stdout.write(f"{tried} documents, seeds {asked.seed} to {number - 1}\n")
    for seconds, body in trial.slowest:
        sys.stdout.write(f"{seconds:8.3f} s for {len(body)} bytes: {body[:60]!r}\n")


def _round(number: int, found: list[bytes]) -> None:
    @seed(number)
    @settings(
        max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(documents(found), content_types, codings)
    def one(body: bytes, content_type: str, coding: str) -> None:
        trial.run(body, content_type, coding)

    one()


if __name__ == "__main__":
    main()
