"""Numbers for the operators' monitoring, in the text format of Prometheus (rules C12, J6).

::

    visits, claims ─► Tally ──┐
    the database ─► measure ──┴─► one page of text

What happened is counted as it happens; how things stand is asked of the database when somebody
looks. Nothing here names a source, a post, an address or a person.
Not here: who may look (``web/metrics.py``).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from aggregator.actions.condition import condition_of
from aggregator.actions.health import look_up
from aggregator.actions.tally import UNWRITTEN, Tally
from aggregator.model import Catalogue, ConditionKind, Outcome, TokenEnd
from aggregator.store import publishes, visits
from aggregator.store.database import Database

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""Of ``page``."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Gauges:
    """How things stand at one moment. Times are seconds, sizes bytes."""

    sources: Mapping[ConditionKind, int]
    due_lag_max: float
    due_lag_p95: float
    held_posts: int
    widget_ages: Mapping[str, float]
    database_bytes: int
    hold_bytes: int
    parser_kills: int


def measure(
    database: Database,
    catalogue: Catalogue,
    now: datetime,
    *,
    token_ends: Mapping[str, TokenEnd],
    hold_bytes: int,
    parser_kills: int,
) -> Gauges:
    """Ask the database; what only the running program knows is given. Raises StoreError."""
    found = look_up(database, catalogue, now, token_ends)
    sources = dict.fromkeys(ConditionKind, 0)
    for source, state, known in found:
        sources[condition_of(source, state, known, now).kind] += 1
    lags = sorted(visits.lags(database, now)) or [timedelta(0)]
    widgets = {spec.id for spec in catalogue.widgets}
    return Gauges(
        sources=sources,
        due_lag_max=lags[-1] / _SECOND,
        due_lag_p95=lags[(len(lags) * 95 - 1) // 100] / _SECOND,
        held_posts=sum(known.held for _, _, known in found),
        widget_ages={
            widget_id: (now - state.checked) / _SECOND
            for widget_id, state in sorted(publishes.states(database).items())
            if widget_id in widgets
        },
        database_bytes=database.size(),
        hold_bytes=hold_bytes,
        parser_kills=parser_kills,
    )


class Family(NamedTuple):
    """One metric; its full name begins with ``aggregator_``."""

    name: str
    """A counter's ends in ``_total``."""
    label: str
    """What its values are told apart by; empty: it has one value."""
    about: str
    values: Callable[[Tally, Gauges], Mapping[str, float]]
    """By the label's value."""

    @property
    def full_name(self) -> str:
        """As Prometheus knows it."""
        return f"aggregator_{self.name}"


def _visits(tally: Tally, _: Gauges) -> Mapping[str, float]:
    """All outcomes from the start: what begins at one would look as if it never rose."""
    none_yet = dict.fromkeys([*(outcome.value for outcome in Outcome), UNWRITTEN], 0)
    return none_yet | dict(tally.visits)


FAMILIES = (
    Family(
        "visits_total",
        "outcome",
        "Visits by how they ended; unwritten ones could not be stored.",
        _visits,
    ),
    Family(
        "errors_total",
        "kind",
        "Visits that brought nothing, by kind of error.",
        lambda tally, _: dict(tally.errors),
    ),
    Family(
        "not_modified_total",
        "",
        "Visits whose answer was 304. Of all visits, more than 70 % should be.",
        lambda tally, _: {"": tally.not_modified},
    ),
    Family(
        "requests_total",
        "",
        "HTTP requests of visits, redirects included.",
        lambda tally, _: {"": tally.requests},
    ),
    Family(
        "received_bytes_total",
        "",
        "Bytes that visits received, as they came over the wire.",
        lambda tally, _: {"": tally.received},
    ),
    Family(
        "pushes_total",
        "",
        "Pushes of hubs that were read.",
        lambda tally, _: {"": tally.pushes},
    ),
    Family(
        "posts_total",
        "change",
        "Posts that were stored, new or edited.",
        lambda tally, _: {"new": tally.new_posts, "edited": tally.edited_posts},
    ),
    Family(
        "look_ups_total",
        "",
        "Times that a source was asked whether its posts that are shown are still there.",
        lambda tally, _: {"": tally.look_ups},
    ),
    Family(
        "gone_posts_total",
        "",
        "Posts that were hidden since their authors took them back.",
        lambda tally, _: {"": tally.gone_posts},
    ),
    Family(
        "parser_kills_total",
        "",
        "Times that the parser's process was lost to a document.",
        lambda _, gauges: {"": gauges.parser_kills},
    ),
    Family(
        "lapsed_claims_total",
        "",
        "Visits that never ended, noticed when their source was claimed again.",
        lambda tally, _: {"": tally.lapsed_claims},
    ),
    Family(
        "sources",
        "condition",
        "Sources of feeds.yaml by condition, as status has them.",
        lambda _, gauges: {kind.value: count for kind, count in gauges.sources.items()},
    ),
    Family(
        "due_lag_max_seconds",
        "",
        "For how long the source that waits longest has been due.",
        lambda _, gauges: {"": gauges.due_lag_max},
    ),
    Family(
        "due_lag_p95_seconds",
        "",
        "95 % of the sources have been due for no longer. Alert above 300.",
        lambda _, gauges: {"": gauges.due_lag_p95},
    ),
    Family(
        "held_posts",
        "",
        "Posts held since their source may have changed hands.",
        lambda _, gauges: {"": gauges.held_posts},
    ),
    Family(
        "widget_age_seconds",
        "widget",
        "Time since a widget was last brought up to date; written down every 5 minutes at least. "
        "Alert above 600.",
        lambda _, gauges: gauges.widget_ages,
    ),
    Family(
        "database_bytes",
        "",
        "Size of the database.",
        lambda _, gauges: {"": gauges.database_bytes},
    ),
    Family(
        "hold_bytes",
        "",
        "Fetched documents that wait in memory to be stored.",
        lambda _, gauges: {"": gauges.hold_bytes},
    ),
)
"""All metrics, in the order of the page; ``docs/metrics.md`` is made from this."""


def page(tally: Tally, gauges: Gauges) -> bytes:
    """All metrics as text."""
    return generate_latest(_Page(tally, gauges))


class _Page(Collector):
    """What Prometheus' own writer asks."""

    def __init__(self, tally: Tally, gauges: Gauges) -> None:
        self._tally = tally
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        """One family after the other."""
        for family in FAMILIES:
            counts = family.name.endswith("_total")
            kind = CounterMetricFamily if counts else GaugeMetricFamily
            labels = [family.label] if family.label else []
            metric = kind(family.full_name, family.about, labels=labels)
            for value, number in family.values(self._tally, self._gauges).items():
                metric.add_metric([value] if family.label else [], number)
            yield metric
