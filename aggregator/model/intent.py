"""What feeds.yaml says: what is followed, how it is shown, on whose consent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from aggregator.model.care import HoldRule
from aggregator.model.days import day_of
from aggregator.model.terms import NO_TERMS, Terms, TokenNeed


class SourceState(StrEnum):
    """What people decided about a source."""

    ACTIVE = "active"
    PAUSED = "paused"
    """Not visited for now; what is stored stays."""
    RESTING = "resting"
    """Its author stopped for a while: still listed, still looked at, never complained about."""
    MEMORIAL = "memorial"
    """Its author died: kept as the family wishes, not visited any more, never complained about."""


class Review(StrEnum):
    """When a person looks before the public does."""

    ALWAYS = "always"
    FIRST = "first"
    """Until one post of the source has been approved."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Consent:
    """The record that a family agreed: a reference into the institute's own files, never more."""

    reference: str
    basis: str
    given: date
    expires: date | None = None
    withdrawn: date | None = None

    @property
    def ends(self) -> date | None:
        """The first day on which it no longer holds; None when no end is known."""
        return min((day for day in (self.expires, self.withdrawn) if day), default=None)

    def withdrawn_on(self, day: date) -> bool:
        """Whether the family has taken it back by ``day``, a day in the site's time zone."""
        return self.withdrawn is not None and self.withdrawn <= day

    def days_left(self, today: date) -> int | None:
        """For how many days more it holds; 0 or less: it has ended; None: no end is known."""
        return (self.ends - today).days if self.ends else None

    def holds_on(self, day: date) -> bool:
        """Whether it covers ``day``, a day in the site's time zone."""
        return self.given <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that is followed: an entry under ``sources:`` in feeds.yaml."""

    id: str
    platform: str
    """The key that carried the address; the name of a module in ``connectors/``."""
    address: str
    """As the connector reads it: an absolute URL, or an account in the platform's short form."""
    widgets: tuple[str, ...] = ()
    """Ids of the widgets named by ``in:``, as written; variants (``like:``) are not repeated."""
    name: str | None = None
    about: str | None = None
    link: str | None = None
    """The page that people should visit, where the feed's own link is not the right one."""
    language: str | None = None
    tags: tuple[str, ...] = ()
    state: SourceState = SourceState.ACTIVE
    review: Review = Review.NEVER
    consent: Consent | None = None
    every: timedelta | None = None
    """How often staff want it visited; None lets ``actions/timing.py`` decide."""
    options: Any = None
    """An instance of the connector's ``Options``."""
    token: str | None = None
    """The environment variable that holds its token; None: its platform wants none."""
    home: str | None = None
    """The account's public page, by its platform's own pattern; None: nobody knows it unasked."""
    terms: Terms = NO_TERMS
    """Its platform's."""
    account: str | None = None
    """The account that its feed is of, as ``platform:address``; None: its own address names it."""
    trackers: tuple[str, ...] = ()
    """The site's: what is taken out of the links of its posts, besides what is shipped."""
    group: str | None = None
    """The heading under which layouts of blogs list it; None: under none."""
    by_hand: bool = False
    """Staff write its posts; there is nothing to visit."""

    def withdrawn_by(self, day: date) -> date | None:
        """When its family took its consent back, if that was by ``day``: then it is not visited."""
        withdrawn = self.consent is not None and self.consent.withdrawn_on(day)
        return self.consent.withdrawn if self.consent and withdrawn else None

    @property
    def addresses(self) -> tuple[str, ...]:
        """What it follows, as ``platform:address``, by every name that is known."""
        own = f"{self.platform}:{self.address}"
        return (own,) if self.account is None else (own, self.account)

    @property
    def visited(self) -> bool:
        """Whether the clock visits it at all."""
        return not self.by_hand and self.state in {SourceState.ACTIVE, SourceState.RESTING}


@dataclass(frozen=True, slots=True)
class Only:
    """A widget's filter. Empty tuples let everything pass; within one tuple, any word will do."""

    tags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


BLOGS = "blogs"
"""The layout whose cards are sources; the cards of other layouts are posts."""
NOTICE = "notice"
"""The layout that shows a text of staff's and no cards."""


@dataclass(frozen=True, slots=True)
class WidgetSpec:
    """One widget as staff want it: an entry under ``widgets:``, ``like:`` already resolved."""

    id: str
    title: str
    layout: str
    """A template in ``templates/widgets/``, without its suffix."""
    show: int
    feeds_from: str = ""
    """The widget whose sources it shows: itself, or at the end of its chain of ``like:``."""
    intro: str | None = None
    notice: str | None = None
    text: str | None = None
    """What the layout ``notice`` shows, in place of posts."""
    per_source: int | None = None
    max_age: timedelta | None = None
    only: Only = Only()
    require_consent: bool = False
    heading: int = 2
    """Level of the widget's heading, 2 to 5; titles inside are one deeper."""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Look:
    """What staff said of the look of one widget."""

    widget_id: str
    declarations: tuple[tuple[str, str], ...]
    """CSS custom properties and their values, checked: none can leave its declaration."""


@dataclass(frozen=True, slots=True)
class Site:
    """The institute and its website."""

    name: str
    url: str
    language: str = "en"
    timezone: str = "UTC"
    contact: str | None = None
    """A mailto: or https: address where a family asks for removal or a blog is suggested."""
    trackers: tuple[str, ...] = ()
    """Parameters of links that only track readers, besides those that are shipped (rule I10)."""
    looks: tuple[Look, ...] = ()
    """Of those widgets that have one of their own; the whole website has one stylesheet."""

    def day(self, moment: datetime) -> date:
        """The day of a moment where the site is."""
        return day_of(moment, self.timezone)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of feeds.yaml, valid."""

    site: Site
    widgets: tuple[WidgetSpec, ...]
    sources: tuple[Source, ...]
    digest: str = ""
    """sha256 of the file's bytes, in hex."""
    rules: tuple[HoldRule, ...] = ()
    """What makes posts wait for a person, besides the health-specific holds."""

    def widget(self, widget_id: str) -> WidgetSpec | None:
        """The widget of that id, or None."""
        return next((spec for spec in self.widgets if spec.id == widget_id), None)

    def source(self, source_id: str) -> Source | None:
        """The source of that id, or None."""
        return next((source for source in self.sources if source.id == source_id), None)

    def sources_of(self, spec: WidgetSpec) -> tuple[Source, ...]:
        """The sources that a widget shows, in the file's order.

        A variant (``like:``) shows what its model shows, and what names the variant itself.
        """
        names = {spec.id, spec.feeds_from}
        return tuple(source for source in self.sources if names.intersection(source.widgets))

    def widgets_of(self, source_id: str) -> tuple[WidgetSpec, ...]:
        """The widgets in which a source may appear."""
        return tuple(
            spec
            for spec in self.widgets
            if any(source.id == source_id for source in self.sources_of(spec))
        )


@dataclass(frozen=True, slots=True)
class Platform:
    """What the catalogue must know of a connector; the registry of ``connectors/`` makes these."""

    name: str
    options: type
    """A dataclass of the keys that ``options:`` accepts, all with defaults."""
    read_address: Callable[[str], str]
    """Check and tidy an address as people write it.

    Raises ValueError with a sentence that says what to write instead.
    """
    example: str
    """An address, for messages and the reference page."""
    about: str = ""
    """One line: what the key follows."""
    home_of: Callable[[str], str | None] = lambda _: None
    """The public page of an address that ``read_address`` made; None: it cannot be told from it."""
    account_of: Callable[[str], str | None] = lambda _: None
    """The account that the feed at such an address is of, as ``platform:address``; None: of none
    that could be followed in another way."""
    terms: Terms = NO_TERMS
    token: TokenNeed | None = None
    """None: it is read without one."""
    by_hand: bool = False
    """Staff write what a source of it shows; its key says ``true`` in the place of an address."""

    @property
    def line(self) -> str:
        """The example as a line of feeds.yaml, where nothing plain may begin with ``@``."""
        quote = '"' if self.example.startswith("@") else ""
        return f"{self.name}: {quote}{self.example}{quote}"
