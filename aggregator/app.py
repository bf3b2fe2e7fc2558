"""Everything built once from settings; the only place that knows every workshop.

Tests and the sample world hand in their own pace and clock. Parts are built at first use: a
command that never fetches never opens a certificate store.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from aggregator import __version__
from aggregator.actions.claims import Claims
from aggregator.actions.copies import like_hidden
from aggregator.actions.heartbeat import Heart, warn_if_unlike
from aggregator.actions.holding import Inspector
from aggregator.actions.publish import Publisher
from aggregator.actions.tally import Tally
from aggregator.catalogue.keep import Current, Keeper
from aggregator.catalogue.patterns import read_pattern
from aggregator.catalogue.save import edit_file
from aggregator.connectors import platforms
from aggregator.errors import SettingsError, StoreError
from aggregator.fetch.guard import Guard
from aggregator.model import Catalogue, Pace, Source, SourceState, TokenEnd
from aggregator.review.holds import HoldsError, shipped, with_own
from aggregator.settings import PREFIX, Settings
from aggregator.store import reburial, restoring, visits
from aggregator.store.database import Database, missing_file
from aggregator.store.secret_key import open_with_key, place_of
from aggregator.widgets.output import OutputFolder
from aggregator.widgets.render import Renderer

if TYPE_CHECKING:  # the HTTP client and the parsers are slow to import, and widgets do without
    from aggregator.actions.alarm import Alarm
    from aggregator.actions.keys import KeyRing
    from aggregator.actions.mirror import Mirror
    from aggregator.actions.pictures import Copier
    from aggregator.actions.pushed import Inbox
    from aggregator.actions.refresh import Refresher
    from aggregator.actions.subscribe import Subscriber
    from aggregator.connectors._reader import SyndicationReader


HOOKS = "/hooks/websub/"
"""Where hubs find us, below the public address."""
_PUSHES_HELD = 10 * 1024 * 1024
"""Bytes of pushes that may wait to be read."""


def utc_now() -> datetime:
    """The clock of the faces."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pulse:
    """Proof that the clock runs, for ``/healthz`` and the heartbeat file."""

    started: datetime
    looked: datetime | None = None
    """When it last looked at feeds.yaml, the widgets and what is due."""
    published: datetime | None = None
    """When it last brought a widget up to date."""
    published_all: datetime | None = None
    """When it last looked at every widget."""
    problem: str | None = None
    """What is wrong with feeds.yaml, if anything."""
    trouble: str | None = None
    """What kept the last whole round from publishing everything, if anything did."""

    @property
    def published_well(self) -> datetime | None:
        """When every widget was last brought up to date; None: at the last try, not every one."""
        return None if self.trouble else self.published_all


class App:
    """One running Aggregator. Use it as a context manager, or call ``close``."""

    def __init__(
        self,
        settings: Settings,
        *,
        pace: Pace | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settings = settings
        self.pace = pace or Pace()
        self.clock = clock
        self.tally = Tally()
        """What happened since the start."""

    def __enter__(self) -> "App":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back. Fetching parts are closed by ``close_fetching``."""
        if "database" in self.__dict__:
            self.database.close()

    async def close_fetching(self) -> None:
        """End the parser's process and the client; call it in the loop that used them."""
        if "refresher" in self.__dict__:
            await self.refresher.finish()
            await self._reader.aclose()
            await self.refresher.client.aclose()
            del self.__dict__["refresher"], self.__dict__["_reader"]

    # --- the workshops ---------------------------------------------------------------------

    @cached_property
    def renderer(self) -> Renderer:
        """The widgets' templates."""
        return Renderer(self.settings.template_folders, self.settings.public_url)

    @cached_property
    def keeper(self) -> Keeper:
        """feeds.yaml, watched."""
        return Keeper(
            self.settings.config,
            self.settings.good_catalogue,
            platforms(),
            self.renderer.layouts(),
        )

    @cached_property
    def database(self) -> Database:
        """The store, migrated. Raises StoreError or SettingsError."""
        self._expect_database()
        database = open_with_key(self.settings.database, place_of(self.settings))
        try:
            reburial.reconcile(database, self.clock())
        except BaseException:
            database.close()
            raise
        return database

    def _expect_database(self) -> None:
        """An empty one must not take a lost one's place: it would empty every widget."""
        missing = missing_file(self.settings.database)
        if missing and any((self.settings.public / "w").glob("*.html")):
            raise StoreError(
                f"The database {missing} is missing or empty, though widgets were made from it.",
                advice=f"`restore {restoring.newest_copy(missing) or 'FILE'}` puts the newest "
                "backup in its place, without what was taken down since. Only where there is no "
                f"backup: delete the folder {self.settings.public}; Aggregator then begins anew, "
                "and knows of no hide, pin or approval any more.",
            )

    @cached_property
    def output(self) -> OutputFolder:
        """Where the website finds its files."""
        return OutputFolder(self.settings.public)

    @cached_property
    def publisher(self) -> Publisher:
        """From stored posts to files. Says so where a running `serve` makes other ones."""
        warn_if_unlike(self.database, self.settings.shaping(), self.clock())
        return Publisher(self.database, self.renderer, self.output, self.catalogue)

    @cached_property
    def heart(self) -> Heart:
        """What watches the clock of this process."""
        return Heart(self.clock, shaping=self.settings.shaping())

    @cached_property
    def inspector(self) -> Inspector:
        """What looks at posts before the public does. Raises SettingsError."""
        own = self.settings.holds
        if own is None:
            return Inspector(shipped, self.catalogue)
        try:
            holds = with_own(own, read_pattern)
        except HoldsError as error:
            raise SettingsError(f"{PREFIX}HOLDS", str(error)) from None
        return Inspector(lambda: holds, self.catalogue)

    @cached_property
    def guard(self) -> Guard:
        """Which addresses may be visited."""
        return Guard(self.settings.allow_networks, self.settings.allow_ports)

    @property
    def claims(self) -> Claims:
        """Who is visited now."""
        return Claims(self.database, self.guard, self.pace, self.clock, self.tally)

    @cached_property
    def _reader(self) -> "SyndicationReader":
        from aggregator.connectors._reader import SyndicationReader  # noqa: PLC0415 - see above

        return SyndicationReader()

    @cached_property
    def refresher(self) -> "Refresher":
        """From sources to stored posts. Use it within one event loop."""
        from aggregator.actions.refresh import Refresher  # noqa: PLC0415 - see above
        from aggregator.fetch.client import Client  # noqa: PLC0415

        proxy = self.settings.proxy
        try:
            client = Client(
                user_agent=self._user_agent(),
                guard=self.guard,
                pace=self.pace,
                ca_file=self.settings.ca_file,
                proxy=proxy.get_secret_value() if proxy else None,
                clock=self.clock,
            )
        except ValueError as error:
            raise SettingsError(f"{PREFIX}PROXY", str(error)) from None
        return Refresher(
            self.database,
            client,
            self._reader,
            self.pace,
            self.clock,
            self.key_ring(),
            tally=self.tally,
            mark=self.inspector.mark,
            alike=lambda looking, fresh: like_hidden(self.catalogue(), looking, fresh),
        )

    def key_ring(self) -> "KeyRing":
        """The tokens of all sources; for fetching, use the one of ``refresher``."""
        from aggregator.actions.keys import KeyRing  # noqa: PLC0415 - see above

        settings = self.settings
        return KeyRing(self.database, settings.token, self.database.secret, self.clock)

    def token_ends(self) -> dict[str, TokenEnd]:
        """By source id, when a person must have made a new token. Raises StoreError."""
        sources = [source for source in self.catalogue().sources if source.token]
        return self.key_ring().ends(sources, self.clock()) if sources else {}

    @property
    def hold_bytes(self) -> int:
        """Bytes of fetched documents that wait in memory."""
        return self.refresher.client.hold.held if "refresher" in self.__dict__ else 0

    @property
    def parser_kills(self) -> int:
        """How often the parser's process was lost to a document."""
        return self._reader.kills if "_reader" in self.__dict__ else 0

    @cached_property
    def inbox(self) -> "Inbox":
        """What hubs brought and nobody has read yet."""
        from aggregator.actions.pushed import Inbox  # noqa: PLC0415 - see above

        return Inbox(_PUSHES_HELD)

    @cached_property
    def mirror(self) -> "Mirror":
        """What looks up whether posts that are shown are still there."""
        from aggregator.actions.mirror import Mirror  # noqa: PLC0415 - see above

        return Mirror(self.database, self.pace, self.clock)

    def copier(self) -> "Copier":
        """What fetches pictures and copies them."""
        from aggregator.actions.pictures import ACCEPT, Copier  # noqa: PLC0415 - see above

        async def get(url: str) -> bytes:
            with self.refresher.client.visit(None) as web:
                return (await web.get(url, accept=ACCEPT, unconditional=True)).body

        return Copier(self.database, self.output, get, self.clock)

    def alarm(self) -> "Alarm | None":
        """What tells staff by mail or webhook; None: no channel is set. Raises SettingsError."""
        if self.settings.smtp_url is None and self.settings.webhook_url is None:
            return None
        from aggregator.actions.alarm import Alarm  # noqa: PLC0415 - see above

        return Alarm(self.settings, self.publisher, self.current, self.token_ends, self.clock)

    def subscriber(self) -> "Subscriber":
        """What asks hubs; to be used where they can reach us (``pushable``)."""
        from aggregator.actions.subscribe import Subscriber  # noqa: PLC0415 - see above

        callbacks = self.settings.public_url + HOOKS
        return Subscriber(self.database, self.refresher.client, callbacks, self.clock)

    @property
    def pushable(self) -> bool:
        """Whether hubs may call us: by https, except within the operator's own networks."""
        url = self.settings.public_url
        return url.startswith("https:") or self.guard.is_own(url)

    def _user_agent(self) -> str:
        """Rule A1: ours, stable, with a page that explains it.

        It names no number of subscribers: who looks at a widget is not counted, and a name that
        changes could not be let through a wall.
        """
        if self.settings.public_url:
            about = f"{self.settings.public_url}/about-bot"
        else:
            about = self.settings.contact or self.catalogue().site.url
        return f"Aggregator/{__version__} (+{about})"

    # --- what every face asks --------------------------------------------------------------

    def current(self) -> Current:
        """The catalogue in use, and what is wrong with the file, if anything."""
        return self.keeper.current()

    def catalogue(self) -> Catalogue:
        """The catalogue in use: the file's own, or the last good one. Raises CatalogueError."""
        return self.current().catalogue

    def edit(self, change: Callable[[str], str], *, expected: str | None = None) -> Catalogue:
        """Change feeds.yaml and return what it says now; see ``catalogue/save.py``."""
        return edit_file(self.settings.config, change, read=self.keeper.read, expected=expected)

    def sync(self, catalogue: Catalogue) -> None:
        """Tell the store what is followed today: not what a family has withdrawn."""
        followed = self.followed(catalogue)
        sources = [
            source if source.id in followed else replace(source, state=SourceState.PAUSED)
            for source in catalogue.sources
        ]
        visits.sync(self.database, sources, self.clock())

    def followed(self, catalogue: Catalogue) -> dict[str, Source]:
        """By id, what may be visited today: neither paused nor withdrawn by a family."""
        today = catalogue.site.day(self.clock())
        return {
            source.id: source
            for source in catalogue.sources
            if source.visited and source.withdrawn_by(today) is None
        }

    def overwhelming(self, catalogue: Catalogue) -> list[str]:
        """Sentences about rules that would hold nearly everything; none where nothing is stored."""
        from aggregator.actions.rules import HoldRules  # noqa: PLC0415 - few commands ask

        if missing_file(self.settings.database):
            return []
        return HoldRules(self.publisher, self.inspector).overwhelming(catalogue, self.clock())
