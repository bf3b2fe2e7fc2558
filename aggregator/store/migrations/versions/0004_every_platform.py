"""Quoted posts, what platforms say of shown posts, tokens, and what was read where it costs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Stored posts quote nothing until they are read again."""
    op.add_column("posts", sa.Column("quote", sa.JSON()))
    op.create_table(
        "sightings",
        sa.Column("source_id", sa.String(), primary_key=True),
        sa.Column("guid", sa.Text(), primary_key=True),
        sa.Column("looked", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger()),
        sa.Column("missed", sa.BigInteger()),
    )
    op.create_table(
        "tokens",
        sa.Column("variable", sa.String(), primary_key=True),
        sa.Column("origin", sa.LargeBinary(), nullable=False),
        sa.Column("first_used", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("renewed", sa.BigInteger()),
        sa.Column("expires", sa.BigInteger()),
        sa.Column("refresh_expires", sa.BigInteger()),
    )
    op.create_table(
        "reads",
        sa.Column("source_id", sa.String(), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
    )
