"""Posts that staff write themselves: stored as any other, in one transaction with their picture.

So what was taken down or hidden elsewhere does not come back by this way either.
"""

from datetime import datetime

from sqlalchemy import select

from aggregator.model import Post, Written
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, hand_pictures, latecomers, posts
from aggregator.store.database import Database
from aggregator.store.hand_pictures import HandPicture
from aggregator.store.statements import stop_writers
from aggregator.store.tables import posts as posts_table


def save(
    database: Database,
    post: Post,
    picture: HandPicture | None,
    *,
    before: bytes | None,
    by: str,
    now: datetime,
) -> Written | None:
    """Store a post; None: it is not as its writer saw it any more, and nothing was stored.

    ``picture`` None: it keeps the one that it has, if it still names one. ``before``: the
    fingerprint of the version that the writer saw; None: there was none.
    """
    c = posts_table.c
    as_stored = select(c.fingerprint).where(c.source_id == post.source_id, c.guid == post.guid)
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table)
        if connection.execute(as_stored).scalar() != before:
            return None
        stored = posts.upsert(connection, [post], now, secret=database.secret)
        written = stored[post.source_id]
        if written.refused:
            return written
        if written.new:
            latecomers.hide(connection, [post], now)
        if picture is not None:
            hand_pictures.write(connection, post.public_id, picture)
        elif not post.media:
            hand_pictures.erase(connection, [post.public_id])
        act = AuditAct.POST if written.new else AuditAct.EDIT_POST
        audit.record(connection, audit.Entry(now, by, act, post.source_id, post.public_id))
    return written
