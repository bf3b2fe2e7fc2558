"""What a good neighbour remembers: moves, hints, doubts, the last visits, and what hubs push."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """New columns start as if nothing had happened yet."""
    columns: tuple[sa.Column[object], ...] = (
        sa.Column("failing_since", sa.BigInteger()),
        sa.Column("gone_answers", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("stopped_at", sa.BigInteger()),
        sa.Column("adopted", sa.Text()),
        sa.Column("move", sa.JSON()),
        sa.Column("given_up", sa.Text()),
        sa.Column("hints", sa.JSON()),
        sa.Column("unstable_ids", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("identity", sa.JSON()),
        sa.Column("suspicion", sa.JSON()),
        sa.Column("visits", sa.Integer(), nullable=False, server_default="0"),
    )
    for column in columns:
        op.add_column("visit_state", column)
    op.create_table(
        "visit_log",
        sa.Column("source_id", sa.String(), primary_key=True),
        sa.Column("slot", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("kind", sa.String()),
        sa.Column("status", sa.Integer()),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("edited", sa.Integer(), nullable=False),
        sa.Column("next_due", sa.BigInteger()),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_table(
        "subscriptions",
        sa.Column("callback", sa.String(), primary_key=True),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("renew_at", sa.BigInteger()),
        sa.Column("last_push", sa.BigInteger()),
        sa.Column("missed", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_index("subscriptions_of_source", "subscriptions", ["source_id"])
