"""All that is wrong with one file, collected with its places, said once and in order."""

from aggregator.catalogue.leaks import looks_secret
from aggregator.catalogue.tree import Node, Path, dotted
from aggregator.errors import Problem


class Findings:
    """Collects problems; of several about the same value only the first is told."""

    def __init__(self, root: Node, problems: list[Problem]) -> None:
        self.root = root
        self._problems = list(problems)
        self._told: set[Path] = set()

    def add(self, path: Path, what: str, hint: str, *, key: bool = False) -> None:
        """Note a problem with the value at ``path``, or with its key.

        Where ``path`` leads to something that is not there, the entry that lacks it is shown.
        """
        if path in self._told:
            return
        self._told.add(path)
        line, column = self.place(path, key=key)
        shown = tuple(
            "…" if isinstance(part, str) and looks_secret(part) else part for part in path
        )
        self._problems.append(Problem(line, column, dotted(shown), what, hint))

    def place(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column of a value, of its key, or of the nearest thing around it."""
        node = self.root
        for depth, part in enumerate(path):
            child = node.mapping.get(part) if isinstance(part, str) else _item(node, part)
            if child is None:
                break
            if key and depth == len(path) - 1 and isinstance(part, str):
                return node.keys[part]
            node = child
        return node.line, node.column

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything, from the top of the file to its end."""
        return tuple(sorted(self._problems))


def _item(node: Node, place: int) -> Node | None:
    return node.items[place] if place < len(node.items) else None
