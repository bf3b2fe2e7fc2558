"""The tables, typed: what columns and indexes there are, and which module writes them.

A change here needs a migration in ``migrations/versions/`` that makes the same change to stored
data; a test compares the two. Moments are whole microseconds since 1970 in UTC, because integers
sort, index and compare alike in every database.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypedColumns,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """As moments are stored. Raises TypeError for a datetime without a time zone."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(stored: int) -> datetime:
    """An aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=stored)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored as microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Raises TypeError for a datetime without a time zone."""
        return None if value is None else microseconds(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Back to an aware datetime in UTC, without a detour for each value."""
        return _moment_or_none


def _moment_or_none(stored: int | None) -> datetime | None:
    return None if stored is None else moment(stored)


class Json(TypeDecorator[Any]):
    """JSON, where most lists are empty."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """PostgreSQL's driver decodes by itself."""
        if dialect.name == "postgresql":
            return super().result_processor(dialect, coltype)
        return _decoded


def _decoded(stored: str | None) -> Any:
    if stored is None:
        return None
    return [] if stored == "[]" else _DECODER.decode(stored)


_DECODER = json.JSONDecoder()
BIG_ID = BigInteger().with_variant(Integer, "sqlite")

# The very words of the indexes' conditions. Questions must repeat them as they stand, without
# parameters, or the databases cannot see that the index answers them.
SHOWN = text("standing IN ('open', 'approved')")
APPROVED = text("standing = 'approved'")
WAITING = text("standing = 'waiting'")
QUOTING = text("quote IS NOT NULL")
CURRENT = text("status = 'current'")
PINNED = text("status = 'current' AND kind = 'pinned'")


def _where(condition: Any) -> dict[str, Any]:
    return {"sqlite_where": condition, "postgresql_where": condition}


class VisitStateColumns(TypedColumns):
    """What is remembered of a source between visits.

    Written by ``visits.py``, and by ``trust.py`` where a person decides.
    """

    source_id = Column(String, primary_key=True)
    address = Column(String, nullable=False)
    visited = Column(Boolean, nullable=False)
    """Whether the clock visits it: it is in feeds.yaml, and neither paused nor taken down."""
    next_due = Column(Moment, nullable=False)
    """While claimed: the end of the claim."""
    claimed_until = Column(Moment)
    due_before = Column(Moment)
    """While claimed: when it was due before."""
    lapses = Column(Integer, nullable=False, server_default="0")
    validators_url = Column(Text)
    etag = Column(Text)
    last_modified = Column(Text)
    cursor = Column(LargeBinary)
    profile = Column(Json)
    last_visit = Column(Moment)
    last_ok = Column(Moment)
    last_new = Column(Moment)
    outcome = Column(String)
    error_kind = Column(String)
    error_text = Column(Text)
    error_advice = Column(Text)
    error_streak = Column(Integer, nullable=False, server_default="0")
    same_body_streak = Column(Integer, nullable=False, server_default="0")
    wait_until = Column(Moment)
    look_up_after = Column(Moment)
    """Before that, its platform is not asked again whether its posts are still there."""
    failing_since = Column(Moment)
    gone_answers = Column(Integer, nullable=False, server_default="0")
    stopped_at = Column(Moment)
    adopted = Column(Text)
    move = Column(Json)
    given_up = Column(Text)
    hints = Column(Json)
    unstable_ids = Column(Boolean, nullable=False, server_default=text("false"))
    identity = Column(Json)
    suspicion = Column(Json)
    visits = Column(Integer, nullable=False, server_default="0")
    """So far; the line of the log that a visit is written to follows from it."""


visit_state = Table(
    "visit_state",
    metadata,
    VisitStateColumns,
    Index("visit_state_due", "visited", "next_due"),
)


class VisitLogColumns(TypedColumns):
    """Written by ``visit_log.py``: the last visits of each source, in a ring."""

    source_id = Column(String, primary_key=True)
    slot = Column(Integer, primary_key=True, autoincrement=False)
    """The visit's number, modulo the length of the ring."""
    at = Column(Moment, nullable=False)
    outcome = Column(String, nullable=False)
    kind = Column(String)
    status = Column(Integer)
    requests = Column(Integer, nullable=False)
    received = Column(BigInteger, nullable=False)
    milliseconds = Column(Integer, nullable=False)
    new = Column(Integer, nullable=False)
    edited = Column(Integer, nullable=False)
    next_due = Column(Moment)
    why = Column(Text, nullable=False)


visit_log = Table("visit_log", metadata, VisitLogColumns)


class SubscriptionColumns(TypedColumns):
    """Written by ``subscriptions.py``: what hubs were asked to push to us (WebSub)."""

    callback = Column(String, primary_key=True)
    """The unguessable last part of the address that the hub calls (rule E2)."""
    source_id = Column(String, nullable=False)
    topic = Column(Text, nullable=False)
    hub = Column(Text, nullable=False)
    secret = Column(LargeBinary, nullable=False)
    status = Column(String, nullable=False)
    """asked, active, denied, or ended."""
    asked_at = Column(Moment, nullable=False)
    until = Column(Moment)
    """End of the lease; null: not confirmed."""
    renew_at = Column(Moment)
    last_push = Column(Moment)
    missed = Column(Integer, nullable=False, server_default="0")
    """Posts in a row that a poll found and no push had brought."""


subscriptions = Table(
    "subscriptions",
    metadata,
    SubscriptionColumns,
    Index("subscriptions_of_source", "source_id"),
)


class PostColumns(TypedColumns):
    """Written by ``posts.py``: ``model.Post`` and ``model.StoredPost``, field by field."""

    id = Column(BIG_ID, primary_key=True)
    public_id = Column(String(12), nullable=False)
    source_id = Column(String, nullable=False)
    guid = Column(Text, nullable=False)
    permalink = Column(Text)
    title = Column(Text)
    text = Column(Text, nullable=False)
    spans = Column(Json, nullable=False)
    excerpt = Column(Text, nullable=False)
    html = Column(Text, nullable=False)
    language = Column(String)
    author = Column(Json)
    kind = Column(String, nullable=False)
    tags = Column(Json, nullable=False)
    media = Column(Json, nullable=False)
    published = Column(Moment)
    date_flag = Column(String)
    date_said = Column(Text)
    updated = Column(Moment)
    sensitive = Column(Boolean, nullable=False)
    warning = Column(Text)
    quote = Column(Json)
    original_link = Column(Text)
    """As its source wrote it, where ``permalink`` is that without trackers; null: alike."""
    holds = Column(Json)
    """Ids of the rules by which a person looks first; null: of none."""
    link_key = Column(Text)
    content_key = Column(Text)
    fingerprint = Column(LargeBinary, nullable=False)
    first_seen = Column(Moment, nullable=False)
    sort_at = Column(Moment, nullable=False)
    held = Column(Boolean, nullable=False)
    """Came while its source was under suspicion."""
    standing = Column(String, nullable=False)
    """What follows from ``held``, ``holds``, verdicts and sightings; kept for the indexes."""


posts = Table(
    "posts",
    metadata,
    PostColumns,
    UniqueConstraint("source_id", "guid", name="posts_identity"),
    Index("posts_of_source", "source_id", "sort_at", "id"),
    Index("posts_shown", "source_id", "sort_at", "id", **_where(SHOWN)),
    Index("posts_approved", "source_id", "sort_at", "id", **_where(APPROVED)),
    Index("posts_waiting", "source_id", "sort_at", "id", **_where(WAITING)),
    Index("posts_quoting", "id", **_where(QUOTING)),
    Index("posts_newest", "sort_at", "id"),
    Index("posts_public_id", "public_id"),
    Index("posts_link_key", "link_key", "id"),
    Index("posts_content_key", "content_key", "id"),
    sqlite_autoincrement=True,
)


class SightingColumns(TypedColumns):
    """Written by ``sightings.py``: what platforms said of posts that widgets show."""

    source_id = Column(String, primary_key=True)
    guid = Column(Text, primary_key=True)
    looked = Column(Moment, nullable=False)
    """When its platform last told anything of it."""
    seen = Column(Moment)
    """When it last said that it is there."""
    missed = Column(Moment)
    """When it first said that it is not; null: it is there."""


sightings = Table("sightings", metadata, SightingColumns)


class PictureColumns(TypedColumns):
    """Written by ``pictures.py``: our copies of the pictures of posts that widgets show."""

    public_id = Column(String(12), primary_key=True)
    """Of the post."""
    key = Column(LargeBinary, nullable=False)
    """A digest of what names the original."""
    digest = Column(String(64))
    """What the copy's file is called by; null: there is none, for the last attempt failed."""
    width = Column(Integer, nullable=False)
    height = Column(Integer, nullable=False)
    tried = Column(Moment, nullable=False)
    failures = Column(Integer, nullable=False)
    """In a row."""


pictures = Table("pictures", metadata, PictureColumns)


class TokenColumns(TypedColumns):
    """Written by ``tokens.py``: what is known of tokens, and renewed ones, encrypted."""

    variable = Column(String, primary_key=True)
    origin = Column(LargeBinary, nullable=False)
    """A keyed digest of what the environment says: once that changes, the rest is forgotten."""
    first_used = Column(Moment, nullable=False)
    sealed = Column(LargeBinary)
    """The renewed one; null: that of the environment is in use."""
    renewed = Column(Moment)
    """When a renewal was last begun; of one that failed, it is taken back."""
    expires = Column(Moment)
    """null: not known, or never."""
    refresh_expires = Column(Moment)
    """Up to when it can be renewed without a person; null: not known, or not at all."""


tokens = Table("tokens", metadata, TokenColumns)


class ReadColumns(TypedColumns):
    """Written by ``reads.py``: what was read of platforms that bill what is read."""

    source_id = Column(String, primary_key=True)
    month = Column(String(7), primary_key=True)
    """``2026-11``, in UTC."""
    count = Column(Integer, nullable=False)


reads = Table("reads", metadata, ReadColumns)


class VerdictColumns(TypedColumns):
    """Written by ``verdicts.py``: every decision of a person, and which of them hold."""

    id = Column(BIG_ID, primary_key=True)
    source_id = Column(String, nullable=False)
    guid = Column(Text, nullable=False)
    """Empty: about the whole source."""
    kind = Column(String, nullable=False)
    decided_by = Column(String, nullable=False)
    decided_at = Column(Moment, nullable=False)
    reason = Column(Text)
    until = Column(Moment)
    post_fingerprint = Column(LargeBinary)
    """Of the post when it was decided about."""
    status = Column(String, nullable=False)
    """current, superseded (a later one came), suspended (by a rule) or undone."""


verdicts = Table(
    "verdicts",
    metadata,
    VerdictColumns,
    Index("verdicts_current", "source_id", "guid", unique=True, **_where(CURRENT)),
    Index("verdicts_of_post", "source_id", "guid", "id"),
    Index("verdicts_pinned", "source_id", "guid", **_where(PINNED)),
)


class TombstoneColumns(TypedColumns):
    """Written by ``tombstones.py``: keyed digests of what must not come back, no content."""

    digest = Column(LargeBinary, primary_key=True)
    kind = Column(String, nullable=False)
    taken_down_at = Column(Moment, nullable=False)
    receipt = Column(String, nullable=False)


tombstones = Table("tombstones", metadata, TombstoneColumns)


class AuditColumns(TypedColumns):
    """Written by ``audit.py``, append-only: ids and kinds, never content or reasons."""

    id = Column(BIG_ID, primary_key=True)
    at = Column(Moment, nullable=False)
    who = Column(String, nullable=False)
    act = Column(String, nullable=False)
    source_id = Column(String, nullable=False)
    public_id = Column(String)
    before = Column(String)
    after = Column(String)
    receipt = Column(String)
    widget_id = Column(String)
    """The widget that it is about; null: it is about a source or post."""


audit = Table("audit", metadata, AuditColumns, sqlite_autoincrement=True)


class PublishColumns(TypedColumns):
    """Written by ``publishes.py``: when each widget was last looked at and last changed."""

    widget_id = Column(String, primary_key=True)
    checked = Column(Moment, nullable=False)
    changed = Column(Moment)
    valid_until = Column(Moment)
    shown = Column(JSON)
    stamp = Column(LargeBinary)
    """Of all that its files were made from, and of the files; null: not known."""


publishes = Table("publishes", metadata, PublishColumns)


class MetaColumns(TypedColumns):
    """Written by ``meta.py``: facts about the database itself."""

    key = Column(String, primary_key=True)
    value = Column(LargeBinary, nullable=False)


meta = Table("meta", metadata, MetaColumns)
