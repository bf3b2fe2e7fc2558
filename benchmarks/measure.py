"""CPU, memory and tables, the same way for every benchmark."""

import os
import resource
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_TICKS = os.sysconf("SC_CLK_TCK")


def own_cpu() -> float:
    """CPU-seconds, user and system, of this process and of its children that have ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def cpu_of(pid: int) -> float:
    """CPU-seconds of another process, to a hundredth."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS  # utime and stime, proc(5)


def memory_of(pid: int) -> float:
    """MB that a process and all its children take; what they share counts once (PSS).

    A child that has not started its own program yet is still its parent, and would count twice.
    """
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        started = [child for child in map(int, children) if _command(child) != _command(pid)]
    except OSError:  # it ended a moment ago
        return 0.0
    own = next((int(line.split()[1]) for line in rollup.splitlines() if line[:4] == "Pss:"), 0)
    return own / 1024 + sum(map(memory_of, started))


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table as Markdown has it; figures with three digits."""
    cells = [[str(cell) for cell in head], *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    cells.insert(1, ["-" * width for width in widths])
    for row in cells:
        first, *rest = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("|", " | ".join([first, *rest]), "|")
    print(flush=True)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004
    return str(value)
