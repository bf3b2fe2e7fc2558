"""Copies of pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """The pictures of stored posts are fetched once a widget shows these again."""
    op.create_table(
        "pictures",
        sa.Column("public_id", sa.String(12), primary_key=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("tried", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
    )
