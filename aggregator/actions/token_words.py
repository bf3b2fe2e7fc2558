"""What staff are told of tokens, in plain words: which are set, which are not, which are at rest.

Never what they are. When they end is told by ``condition.py``.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.connectors import platforms
from aggregator.errors import AggregatorError
from aggregator.model import Source, TokenEnd, TokenNeed

Environment = Callable[[str], str | None]


def unset_words(sources: Iterable[Source], environment: Environment) -> list[tuple[str, str]]:
    """For each token that is needed and not set: a sentence, and what to do."""
    lacking: dict[str, tuple[TokenNeed, list[str]]] = {}
    for source in sources:
        need = _need(source)
        if need is None or need.optional or source.token is None or environment(source.token):
            continue
        lacking.setdefault(source.token, (need, []))[1].append(source.id)
    return [
        (
            f"{variable} is not set, so {', '.join(ids)} cannot be read.",
            f"{need.how} Make a token at {need.page}, and set {variable} to it.",
        )
        for variable, (need, ids) in lacking.items()
    ]


def token_words(
    sources: Iterable[Source], environment: Environment, ends: Mapping[str, TokenEnd]
) -> str:
    """Which tokens are set, and until when. Raises AggregatorError where one is missing."""
    sources = [source for source in sources if _need(source) is not None]
    if lacking := unset_words(sources, environment):
        words, steps = zip(*lacking, strict=True)
        raise AggregatorError(" ".join(words), advice=" ".join(steps))
    told: dict[str, str] = {}
    for source in sources:
        if source.token is not None and environment(source.token):
            end = ends.get(source.id)
            told[source.token] = _until(end) if end else ""
    if not told:
        return "none is needed"
    return "set: " + ", ".join(f"{variable}{until}" for variable, until in told.items())


def rest_words(variable: str, until: datetime, timezone: str) -> str:
    """Why a platform is not asked, and from when on it is, in the site's time."""
    local = until.astimezone(ZoneInfo(timezone))
    return (
        f"What may be asked with {variable} in a day is used up; it is asked again from "
        f"{local:%H:%M} on {local.day} {local:%B}."
    )


def _until(end: TokenEnd) -> str:
    return f" (until {end.at:%Y-%m-%d}{' at the latest' if end.at_latest else ''})"


def _need(source: Source) -> TokenNeed | None:
    platform = platforms().get(source.platform)
    return platform.token if platform and source.visited else None
