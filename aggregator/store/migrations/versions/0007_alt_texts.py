"""What pictures show, in the words of staff."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """So far nobody could write any."""
    op.create_table(
        "alt_texts",
        sa.Column("public_id", sa.String(12), primary_key=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
    )
