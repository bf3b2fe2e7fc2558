"""Publishing costs the same however many posts and verdicts there are."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_PINNED = sa.text("status = 'current' AND kind = 'pinned'")


def upgrade() -> None:
    """A stamp for each widget; indexes that find copies, last stored first, and pins."""
    op.add_column("publishes", sa.Column("stamp", sa.LargeBinary()))
    for key in ("link_key", "content_key"):
        op.drop_index(f"posts_{key}", "posts")
        op.create_index(f"posts_{key}", "posts", [key, "id"])
    op.create_index(
        "verdicts_pinned",
        "verdicts",
        ["source_id", "guid"],
        sqlite_where=_PINNED,
        postgresql_where=_PINNED,
    )
