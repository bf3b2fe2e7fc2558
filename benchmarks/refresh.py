"""Refreshing many feeds: Aggregator beside a naive script and beside the floor.

All of them meet the same farm, phase by phase in turn, each in a process of its own whose CPU
counts with that of its children. The server's and this driver's do not count.

With ``--latency`` every answer comes late, as over a network, and what counts is how long a pass
takes beside the ideal: all delays in a row, shared among the fetches that may be under way.
"""

import argparse
import contextlib
import json
import select
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.farm import Farm, Phase, delay, farm
from benchmarks.measure import ROOT, memory_of, table
from benchmarks.naive import AT_ONCE

PROGRAMS = ("product", "naive", "floor")
TARGETS = [
    (Phase.COLD, "naive", 0.6, 0.3),
    (Phase.WARM, "naive", 1.0, 0.2),
    (Phase.SAME, "naive", 0.07, 0.03),
    (Phase.CHURN, "naive", 0.15, 0.07),
    (Phase.CHURN, "floor", 4.0, 1.5),
]
"""Phase, what the product is compared with, and the ratio that must and that should be kept."""
MEMORY_MUST, MEMORY_AIM = 180, 120
"""MB, for 1,000 feeds."""
LATE_PHASES = (Phase.COLD, Phase.WARM, Phase.CHURN)
LATENESS_MUST, LATENESS_AIM = 1.5, 1.1
"""Wall seconds of a pass beside the ideal, where only the network's slowness should count."""


class Program:
    """One of the programs, running and waiting for its next pass."""

    def __init__(self, name: str, farm: Farm, folder: Path) -> None:
        folder.mkdir()
        words = [str(farm.port), str(farm.count), str(folder)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{name}", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        self.peak = 0.0
        """MB, of all its processes together."""
        self.costs = self._answer()

    def one_pass(self) -> dict[str, float]:
        """Let it make a pass."""
        if self._process.stdin is None:
            raise TypeError("the program has no pipe")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> dict[str, float]:
        """Its next line; while waiting, look at its memory."""
        stdout = self._process.stdout
        if stdout is None:
            raise TypeError("the program has no pipe")
        while not select.select([stdout], [], [], 0.05)[0]:
            self.peak = max(self.peak, memory_of(self._process.pid))
        line = stdout.readline()
        if not line:
            raise SystemExit("A program ended early; its error stands above.")
        answer: dict[str, float] = json.loads(line)
        return answer


@dataclass
class Round:
    """What one round brought: by program and phase."""

    passes: dict[tuple[str, Phase], dict[str, float]]
    peaks: dict[str, float]
    costs: dict[str, float]
    """Of the product's start: CPU-seconds for feeds.yaml, and for the parser's process."""


@contextlib.contextmanager
def _started(names: list[str], farm: Farm, folder: Path) -> Iterator[dict[str, Program]]:
    with contextlib.ExitStack() as stack:
        programs = {}
        for name in names:
            programs[name] = Program(name, farm, folder / name)
            stack.callback(programs[name].close)
        yield programs


def _round(names: list[str], count: int, *, late: bool) -> Round:
    with (
        tempfile.TemporaryDirectory() as made,
        farm(Path(made) / "farm", count, late=late) as feeds,
    ):
        passes = {}
        with _started(names, feeds, Path(made)) as programs:
            for phase in LATE_PHASES if late else Phase:
                feeds.enter(phase)
                for name, program in programs.items():
                    passes[name, phase] = answer = program.one_pass()
                    if answer["stored"] != feeds.new_entries(phase):
                        wanted = feeds.new_entries(phase)
                        print(f"{name}, {phase}: {answer['stored']} entries stored of {wanted}!")
            print(
                f"{count} feeds, {feeds.plain / 1e6:.1f} MB ({feeds.packed / 1e6:.1f} MB gzipped), "
                f"{feeds.new_entries(Phase.COLD)} entries",
                flush=True,
            )
            peaks = {name: program.peak for name, program in programs.items()}
            costs = programs["product"].costs if "product" in programs else {}
        return Round(passes, peaks, costs)


def _report(names: list[str], rounds: list[Round], count: int) -> None:
    def median(name: str, phase: Phase, what: str) -> float:
        return statistics.median(one.passes[name, phase][what] for one in rounds)

    def peak(name: str) -> float:
        return statistics.median(one.peaks[name] for one in rounds)

    print("\nCPU-seconds per 1,000 feeds; wall seconds of the passes; peak memory, MB (PSS)\n")
    rows: list[list[Any]] = []
    for name in names:
        cpu = [median(name, phase, "cpu") * 1000 / count for phase in Phase]
        walls = " / ".join(f"{median(name, phase, 'wall'):.1f}" for phase in Phase)
        rows.append([name, *cpu, walls, peak(name)])
    table(["program", *Phase, "wall", "peak"], rows)
    if "product" not in names:
        return
    parser, catalogue = rounds[0].costs["parser"], rounds[0].costs["catalogue"]
    print(
        f"In the product's cold and churn passes is the start of the parser's process: "
        f"{parser:.2f} CPU-s a pass, whatever the number of feeds.\n"
        f"Not in any pass: reading feeds.yaml, {catalogue:.2f} CPU-s, done when it changes.\n"
    )
    rows = []
    for phase, other, must, aim in TARGETS:
        if other in names:
            whole, beside = median("product", phase, "cpu"), median(other, phase, "cpu")
            net = whole - (parser if phase in {Phase.COLD, Phase.CHURN} else 0)
            ratio = whole / beside
            verdict = _verdict(ratio, must, aim)
            rows.append([f"{phase}: product / {other}", ratio, net / beside, must, aim, verdict])
    held = _verdict(peak("product"), MEMORY_MUST, MEMORY_AIM)
    rows.append(["peak memory, MB", peak("product"), "", MEMORY_MUST, MEMORY_AIM, held])
    table(["target", "measured", "without parser's start", "must", "aim", "kept"], rows)


def _report_latency(names: list[str], rounds: list[Round], count: int) -> None:
    ideal = sum(map(delay, range(count))) / AT_ONCE
    print(f"\nWall seconds of a pass of {count} feeds, {AT_ONCE} at once; ideal {ideal:.2f}\n")
    rows: list[list[Any]] = []
    for name in names:
        for phase in LATE_PHASES:
            wall = statistics.median(one.passes[name, phase]["wall"] for one in rounds)
            ratio = wall / ideal
            told = name == "product" and phase is not Phase.COLD
            verdict = _verdict(ratio, LATENESS_MUST, LATENESS_AIM) if told else ""
            rows.append([f"{name}, {phase}", wall, ratio, LATENESS_MUST, LATENESS_AIM, verdict])
    table(["pass", "seconds", "beside the ideal", "must", "aim", "kept"], rows)


def _keep(file: Path, rounds: list[Round], count: int) -> None:
    """The figures of every pass, for other programs."""
    kept = [
        {
            "passes": {f"{name} {phase}": cost for (name, phase), cost in one.passes.items()},
            "peaks": one.peaks,
            "costs": one.costs,
        }
        for one in rounds
    ]
    file.write_text(json.dumps({"feeds": count, "rounds": kept}, indent=1) + "\n", "utf-8")


def _verdict(measured: float, must: float, aim: float) -> str:
    if measured <= aim:
        return "aim"
    return "must" if measured <= must else "MISSED"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=1, help="medians of so many")
    parser.add_argument("--only", choices=PROGRAMS, action="append", help="may be repeated")
    parser.add_argument("--latency", action="store_true", help="answers take 50 to 200 ms")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    asked = parser.parse_args()
    # The floor asks one feed after the other: lateness would say nothing about it.
    names = asked.only or (["product", "naive"] if asked.latency else list(PROGRAMS))
    rounds = [_round(names, asked.feeds, late=asked.latency) for _ in range(asked.rounds)]
    if asked.json:
        _keep(asked.json, rounds, asked.feeds)
    if asked.latency:
        _report_latency(names, rounds, asked.feeds)
    else:
        _report(names, rounds, asked.feeds)


if __name__ == "__main__":
    main()
