"""How well the health-specific holds find what they are for: precision and recall, per hold.

``python -m benchmarks.holds`` prints a table, and each false hold and miss.
"""

import argparse
import hashlib
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aggregator.model import Post, PostKind, SafeHtml, Span, SpanKind
from aggregator.review.holds import shipped
from aggregator.review.rules import Rule, inspect

LABELLED = Path(__file__).with_name("labelled.toml")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A post, and which holds ought to find something in it."""

    post: Post
    holds: frozenset[str]
    fresh: bool
    """Written after the holds, which were never changed for it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one hold found rightly, found wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Of what was held, the share that ought to be."""
        return self.right / held if (held := self.right + self.wrong) else 1.0

    @property
    def recall(self) -> float:
        """Of what ought to be held, the share that was."""
        return self.right / wanted if (wanted := self.right + self.missed) else 1.0


def labelled() -> list[Labelled]:
    """All of them."""
    entries = tomllib.loads(LABELLED.read_text("utf-8"))["post"]
    return [
        Labelled(
            post_of(entry["text"], entry.get("link")),
            frozenset(entry["holds"]),
            entry.get("set") == "fresh",
        )
        for entry in entries
    ]


def post_of(text: str, link: str | None = None) -> Post:
    """A post of that text, with a link in its first word."""
    key = hashlib.sha256(text.encode()).digest()[:16]
    spans = (Span(SpanKind.LINK, 0, 1, link),) if link else ()
    return Post(
        source_id="family",
        guid=key.hex(),
        permalink="https://family.example.org/2026/05/17/a-day",
        title=None,
        text=text,
        spans=spans,
        excerpt=text[:280],
        html=SafeHtml(""),
        language=None,
        author=None,
        kind=PostKind.ORIGINAL,
        tags=(),
        media=(),
        published=None,
        date_flag=None,
        date_said=None,
        updated=None,
        sensitive=False,
        warning=None,
        link_key=None,
        content_key=None,
        fingerprint=key,
    )


def measure(posts: Iterable[Labelled], rules: Sequence[Rule]) -> dict[str, Tally]:
    """By hold, how it did; ``any``: whether a post waits, for whatever reason."""
    counted: Counter[tuple[str, str]] = Counter()
    for one in posts:
        found = {finding.rule for finding in inspect(one.post, rules)}
        for hold in found | one.holds:
            counted[hold, _how(hold in found, hold in one.holds)] += 1
        if found or one.holds:
            counted["any", _how(bool(found), bool(one.holds))] += 1
    return {
        name: Tally(counted[name, "right"], counted[name, "wrong"], counted[name, "missed"])
        for name in [*(rule.id for rule in rules), "any"]
    }


def _how(held: bool, wanted: bool) -> str:
    return "missed" if not held else "right" if wanted else "wrong"


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    posts, rules = labelled(), shipped()
    for title, some in (
        ("all", posts),
        ("fresh only", [one for one in posts if one.fresh]),
    ):
        if not some:
            continue
        innocent = sum(not one.holds for one in some)
        print(f"\n{title}: {len(some)} posts, {innocent} of them innocent")
        print(f"{'hold':<18}{'right':>6}{'wrong':>6}{'missed':>7}{'precision':>11}{'recall':>8}")
        for name, tally in measure(some, rules).items():
            counts = f"{tally.right:>6}{tally.wrong:>6}{tally.missed:>7}"
            print(f"{name:<18}{counts}{tally.precision:>11.2f}{tally.recall:>8.2f}")
    _say_errors(posts, rules)
    _say_cost(posts, rules)


def _say_errors(posts: Sequence[Labelled], rules: Sequence[Rule]) -> None:
    print()
    for one in posts:
        mark = " (fresh)" if one.fresh else ""
        findings = {finding.rule: finding for finding in inspect(one.post, rules)}
        for hold, finding in findings.items():
            if hold not in one.holds:
                print(f"false hold{mark}: {one.post.text}\n    {hold}: {finding.words}")
        for hold in one.holds - findings.keys():
            print(f"miss{mark}, {hold}: {one.post.text}")


def _say_cost(posts: Sequence[Labelled], rules: Sequence[Rule]) -> None:
    story = "\n".join(one.post.text for one in posts if not one.holds)
    print()
    for signs in (500, 2_000, 20_000):
        post = post_of((story * 10)[:signs])
        began, rounds = time.process_time(), 100 if signs < 10_000 else 20  # noqa: PLR2004
        for _ in range(rounds):
            inspect(post, rules)
        took = (time.process_time() - began) / rounds
        print(f"{signs:>6} signs: {1000 * took:6.2f} ms")


if __name__ == "__main__":
    main()
