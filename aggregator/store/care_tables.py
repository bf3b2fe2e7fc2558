"""The tables of care: plans, stopped widgets, consents, alerts, undo, what staff give to posts.

Like ``tables.py``, of which this is the other half.
"""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from aggregator.store.tables import BIG_ID, Json, Moment, metadata


class UndoColumns(TypedColumns):
    """Written by ``undos.py``: what undo needs of changes to feeds.yaml; can be erased."""

    audit_id = Column(BIG_ID, primary_key=True, autoincrement=False)
    """The row of ``audit`` that tells who changed it and when."""
    at = Column(Moment, nullable=False)
    section = Column(String, nullable=False)
    """``sources``, ``widgets`` or ``rules``."""
    entry_id = Column(String, nullable=False)
    before = Column(Text)
    """The entry's lines in the file; null: it was not there."""
    after = Column(Text)
    """Its lines after the change; null: it was removed."""
    place = Column(Integer, nullable=False, server_default="0")
    """Which entry of its section it was, counted from 0."""
    undone = Column(Moment)


undos = Table("undos", metadata, UndoColumns, Index("undos_of_entry", "section", "entry_id"))


class PlanColumns(TypedColumns):
    """Written by ``plans.py``: acts of people that wait for their day."""

    id = Column(BIG_ID, primary_key=True)
    act = Column(String, nullable=False)
    """``hide`` or ``takedown``."""
    source_id = Column(String, nullable=False)
    guid = Column(Text, nullable=False)
    """Empty: the whole source."""
    at = Column(Moment, nullable=False)
    decided_by = Column(String, nullable=False)
    decided_at = Column(Moment, nullable=False)
    reason = Column(Text)


plans = Table(
    "plans",
    metadata,
    PlanColumns,
    UniqueConstraint("act", "source_id", "guid", name="plans_identity"),
    Index("plans_due", "at"),
)


class WidgetStopColumns(TypedColumns):
    """Written by ``widget_stops.py``: widgets that a person froze or blanked."""

    widget_id = Column(String, primary_key=True)
    kind = Column(String, nullable=False)
    """``frozen`` or ``blank``."""
    decided_by = Column(String, nullable=False)
    decided_at = Column(Moment, nullable=False)
    shown = Column(Json, nullable=False)
    """Of a frozen one: pairs of source id and public id (null: the source alone) of what it showed,
    and a second list of them for its full page; nothing else may enter it."""


widget_stops = Table("widget_stops", metadata, WidgetStopColumns)


class ConsentColumns(TypedColumns):
    """Written by ``consents.py``: every state of every consent that feeds.yaml ever named."""

    id = Column(BIG_ID, primary_key=True)
    source_id = Column(String, nullable=False)
    seen_at = Column(Moment, nullable=False)
    """When the file was first read like that."""
    said_by = Column(String, nullable=False)
    """Who wrote it; ``file``: somebody, by hand."""
    reference = Column(String)
    """null, like all that follows: the entry names no consent any more."""
    basis = Column(String)
    given = Column(String(10))
    """A day, as year-month-day, like those that follow."""
    expires = Column(String(10))
    withdrawn = Column(String(10))


consents = Table(
    "consents",
    metadata,
    ConsentColumns,
    Index("consents_of_source", "source_id", "id"),
    sqlite_autoincrement=True,
)


class AlertColumns(TypedColumns):
    """Written by ``alerts.py``: messages to staff, each once a channel; ids, no names."""

    id = Column(BIG_ID, primary_key=True)
    channel = Column(String, nullable=False)
    """``mail`` or ``webhook``."""
    key = Column(String, nullable=False)
    """What it is about; the same is never told twice on one channel."""
    made = Column(Moment, nullable=False)
    due = Column(Moment, nullable=False)
    """Not to be sent before: quiet hours, or the pause after a failure."""
    subject = Column(Text, nullable=False)
    body = Column(Text, nullable=False)
    attempts = Column(Integer, nullable=False, server_default="0")
    sent = Column(Moment)
    given_up = Column(Moment)


alerts = Table(
    "alerts",
    metadata,
    AlertColumns,
    UniqueConstraint("channel", "key", name="alerts_identity"),
    Index("alerts_due", "due"),
)


class ConditionColumns(TypedColumns):
    """Written by ``conditions.py``: how each source was when last looked at, and since when."""

    source_id = Column(String, primary_key=True)
    kind = Column(String, nullable=False)
    since = Column(Moment, nullable=False)
    told = Column(String)
    """The conditions that staff were told of since all was well, joined by commas; null: none."""


conditions = Table("conditions", metadata, ConditionColumns)


class HandPictureColumns(TypedColumns):
    """Written by ``hand_pictures.py``: pictures that staff gave, since nothing can fetch them."""

    public_id = Column(String(12), primary_key=True)
    """Of the post."""
    body = Column(LargeBinary, nullable=False)
    """Our own copy of it (WebP)."""
    width = Column(Integer, nullable=False)
    height = Column(Integer, nullable=False)


hand_pictures = Table("hand_pictures", metadata, HandPictureColumns)


class AltTextColumns(TypedColumns):
    """Written by ``alt_texts.py``: what pictures show, in the words of staff."""

    public_id = Column(String(12), primary_key=True)
    """Of the post."""
    key = Column(LargeBinary, nullable=False)
    """A digest of what names the original: the words are about no other one."""
    at = Column(Moment, nullable=False)
    alt = Column(Text, nullable=False)
    by = Column(String, nullable=False)


alt_texts = Table("alt_texts", metadata, AltTextColumns)
