"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SHOWN = "standing IN ('open', 'approved')"


def upgrade() -> None:
    """Make everything; there is nothing yet."""
    _visit_state()
    _posts()
    _verdicts()
    _audit()
    op.create_table(
        "tombstones",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("taken_down_at", sa.BigInteger(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
    )
    op.create_table(
        "publishes",
        sa.Column("widget_id", sa.String(), primary_key=True),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger()),
        sa.Column("valid_until", sa.BigInteger()),
        sa.Column("shown", sa.JSON()),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )


def _visit_state() -> None:
    op.create_table(
        "visit_state",
        sa.Column("source_id", sa.String(), primary_key=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("visited", sa.Boolean(), nullable=False),
        sa.Column("next_due", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.Column("due_before", sa.BigInteger()),
        sa.Column("lapses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("validators_url", sa.Text()),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("cursor", sa.LargeBinary()),
        sa.Column("profile", sa.JSON()),
        sa.Column("last_visit", sa.BigInteger()),
        sa.Column("last_ok", sa.BigInteger()),
        sa.Column("last_new", sa.BigInteger()),
        sa.Column("outcome", sa.String()),
        sa.Column("error_kind", sa.String()),
        sa.Column("error_text", sa.Text()),
        sa.Column("error_advice", sa.Text()),
        sa.Column("error_streak", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("same_body_streak", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("wait_until", sa.BigInteger()),
    )
    op.create_index("visit_state_due", "visit_state", ["visited", "next_due"])


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("public_id", sa.String(12), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("permalink", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("language", sa.String()),
        sa.Column("author", sa.JSON()),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("published", sa.BigInteger()),
        sa.Column("date_flag", sa.String()),
        sa.Column("date_said", sa.Text()),
        sa.Column("updated", sa.BigInteger()),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("warning", sa.Text()),
        sa.Column("link_key", sa.Text()),
        sa.Column("content_key", sa.Text()),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("sort_at", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.UniqueConstraint("source_id", "guid", name="posts_identity"),
        sqlite_autoincrement=True,
    )
    op.create_index("posts_of_source", "posts", ["source_id", "sort_at", "id"])
    # After the one above: of two that fit alike, SQLite takes the one that was made last.
    _partial("posts_shown", "posts", ["source_id", "sort_at", "id"], _SHOWN)
    _partial("posts_approved", "posts", ["source_id", "sort_at", "id"], "standing = 'approved'")
    op.create_index("posts_newest", "posts", ["sort_at", "id"])
    op.create_index("posts_public_id", "posts", ["public_id"])
    op.create_index("posts_link_key", "posts", ["link_key"])
    op.create_index("posts_content_key", "posts", ["content_key"])


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("until", sa.BigInteger()),
        sa.Column("post_fingerprint", sa.LargeBinary()),
        sa.Column("status", sa.String(), nullable=False),
    )
    _partial(
        "verdicts_current", "verdicts", ["source_id", "guid"], "status = 'current'", unique=True
    )
    op.create_index("verdicts_of_post", "verdicts", ["source_id", "guid", "id"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("public_id", sa.String()),
        sa.Column("before", sa.String()),
        sa.Column("after", sa.String()),
        sa.Column("receipt", sa.String()),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
        )


def _partial(
    name: str, table: str, columns: list[str], where: str, *, unique: bool = False
) -> None:
    """An index over the rows that meet a condition."""
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
