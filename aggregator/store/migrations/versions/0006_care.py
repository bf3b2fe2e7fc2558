"""Holds, plans, stopped widgets, the ledger of consents, alerts, undo of edits, posts by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Stored posts are held by no rule: rules look at what comes from now on, or when asked."""
    op.add_column("posts", sa.Column("original_link", sa.Text()))
    op.add_column("posts", sa.Column("holds", sa.JSON()))
    op.add_column("visit_state", sa.Column("look_up_after", sa.BigInteger()))
    op.add_column("audit", sa.Column("widget_id", sa.String()))
    _indexes()
    _audit_is_not_replaced()
    _undo_and_plans()
    _widgets_and_consents()
    _alerts()
    op.create_table(
        "hand_pictures",
        sa.Column("public_id", sa.String(12), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
    )


def _indexes() -> None:
    waiting = sa.text("standing = 'waiting'")
    op.create_index(
        "posts_waiting",
        "posts",
        ["source_id", "sort_at", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    quoting = sa.text("quote IS NOT NULL")
    op.create_index(
        "posts_quoting", "posts", ["id"], sqlite_where=quoting, postgresql_where=quoting
    )


def _audit_is_not_replaced() -> None:
    """SQLite's REPLACE deletes without asking the trigger of deletes."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit "
            "WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) "
            "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
        )


def _undo_and_plans() -> None:
    op.create_table(
        "undos",
        sa.Column("audit_id", _ID, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("place", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("undone", sa.BigInteger()),
    )
    op.create_index("undos_of_entry", "undos", ["section", "entry_id"])
    op.create_table(
        "plans",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.UniqueConstraint("act", "source_id", "guid", name="plans_identity"),
    )
    op.create_index("plans_due", "plans", ["at"])


def _widgets_and_consents() -> None:
    op.create_table(
        "widget_stops",
        sa.Column("widget_id", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
    )
    op.create_table(
        "consents",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.Column("reference", sa.String()),
        sa.Column("basis", sa.String()),
        sa.Column("given", sa.String(10)),
        sa.Column("expires", sa.String(10)),
        sa.Column("withdrawn", sa.String(10)),
        sqlite_autoincrement=True,
    )
    op.create_index("consents_of_source", "consents", ["source_id", "id"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("sent", sa.BigInteger()),
        sa.Column("given_up", sa.BigInteger()),
        sa.UniqueConstraint("channel", "key", name="alerts_identity"),
    )
    op.create_index("alerts_due", "alerts", ["due"])
    op.create_table(
        "conditions",
        sa.Column("source_id", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.String()),
    )
