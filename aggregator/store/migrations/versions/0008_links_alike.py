"""Links are compared without scheme, ``www.``, usual port and slashes at the end.

Fingerprints had the permalink in them and have the new form of it instead. That of a post, and of
the verdicts on it, is made anew from what is stored, so that no post looks edited for that. One
whose content was erased cannot be made anew: if its source still offers it, it counts as edited
once. What is computed here is written out in full, for later versions may compute otherwise.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import idna
import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_Row: TypeAlias = dict[str, Any]

_AT_ONCE = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TYPES: dict[str, Any] = {
    "id": sa.BigInteger(),
    "fingerprint": sa.LargeBinary(),
    "published": sa.BigInteger(),
    "updated": sa.BigInteger(),
    "sensitive": sa.Boolean(),
} | {name: sa.JSON() for name in ("spans", "author", "tags", "media", "quote")}
_TEXTS = [
    "source_id",
    "guid",
    "permalink",
    "title",
    "text",
    "excerpt",
    "html",
    "language",
    "kind",
    "date_flag",
    "date_said",
    "warning",
    "link_key",
    "content_key",
]
_posts = sa.table(
    "posts",
    *(sa.column(name, kind) for name, kind in _TYPES.items()),
    *(sa.column(name, sa.Text()) for name in _TEXTS),
)
_verdicts = sa.table(
    "verdicts",
    sa.column("source_id", sa.Text()),
    sa.column("guid", sa.Text()),
    sa.column("post_fingerprint", sa.LargeBinary()),
)
_POST = sa.update(_posts).where(_posts.c.id == sa.bindparam("_id"))
_LINK = _POST.values(link_key=sa.bindparam("_link"))
_PRINT = _POST.values(fingerprint=sa.bindparam("_new"))
_SEEN = (
    sa.update(_verdicts)
    .where(
        _verdicts.c.source_id == sa.bindparam("_source_id"),
        _verdicts.c.guid == sa.bindparam("_guid"),
        _verdicts.c.post_fingerprint == sa.bindparam("_old"),
    )
    .values(post_fingerprint=sa.bindparam("_new"))
)


def upgrade() -> None:
    """Posts whose link has another form now, or whose permalink is not that form."""
    connection = op.get_bind()
    for rows in _pages(connection):
        links, prints = [], []
        for row in rows:
            link = _comparable(row["link_key"])
            if link is None or link == row["link_key"] == row["permalink"]:
                continue
            links.append({"_id": row["id"], "_link": link})
            if _fingerprint(row, row["permalink"], row["link_key"]) == row["fingerprint"]:
                names = {"_id": row["id"], "_source_id": row["source_id"], "_guid": row["guid"]}
                both = {"_old": row["fingerprint"], "_new": _fingerprint(row, link, link)}
                prints.append(names | both)
        if links:
            connection.execute(_LINK, links)
        if prints:
            connection.execute(_PRINT, [{n: one[n] for n in ("_id", "_new")} for one in prints])
            seen = ("_source_id", "_guid", "_old", "_new")
            connection.execute(_SEEN, [{n: one[n] for n in seen} for one in prints])


def _pages(connection: sa.Connection) -> Iterator[list[_Row]]:
    """All posts with a link, some hundreds at a time."""
    last = 0
    while True:
        after = sa.select(_posts).where(_posts.c.id > last, _posts.c.link_key.is_not(None))
        rows = connection.execute(after.order_by(_posts.c.id).limit(_AT_ONCE)).mappings().all()
        if not rows:
            return
        last = rows[-1]["id"]
        yield list(map(dict, rows))


def _comparable(link: str) -> str | None:
    """None: it is no address of the web, or would become another at a second time."""
    form = _form(link)
    return form if form is not None and _form(form) == form else None


def _form(link: str) -> str | None:
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = _ascii(host)
    except ValueError:
        return None
    host = host.removeprefix("www.").rstrip(".")
    usual = {"http": 80, "https": 443}
    if not host or parts.scheme not in usual:
        return None
    place = host if port in {None, usual[parts.scheme]} else f"{host}:{port}"
    return f"https://{place}{parts.path.rstrip('/')}{'?' if parts.query else ''}{parts.query}"


def _ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host.encode("idna").decode()


def _fingerprint(row: _Row, permalink: str, link_key: str) -> bytes:
    """As posts were told apart so far, of what is stored."""
    said = {name: row[name] or "" for name in _TEXTS}
    parts = [said["source_id"], permalink]
    parts += [said[name] for name in ("title", "text", "excerpt", "html", "language", "kind")]
    parts += [_moment(row["published"]), said["date_flag"], said["date_said"]]
    parts += [_moment(row["updated"]), str(row["sensitive"]), said["warning"]]
    parts += [link_key, said["content_key"], str(len(row["tags"])), *row["tags"]]
    parts.append(str(len(row["spans"])))
    for span in row["spans"]:
        parts += (span["kind"], str(span["start"]), str(span["end"]), span.get("target") or "")
    for medium in row["media"]:
        parts += _of_medium(medium)
    if author := row["author"]:
        parts += [author.get(name) or "" for name in ("name", "handle", "url")]
    if quote := row["quote"]:
        quoted = quote.get("author") or {}
        called = quoted.get("name") or quoted.get("handle") or ""
        parts += (quote["text"], quote.get("permalink") or "", called)
    return hashlib.blake2b(b"\0".join(map(str.encode, parts)), digest_size=16).digest()


def _of_medium(medium: Mapping[str, Any]) -> list[str]:
    parts = [medium.get("id") or medium["url"], medium.get("type") or "", medium.get("alt") or ""]
    parts += [str(medium.get(name) or "") for name in ("width", "height")]
    seconds, captions = medium.get("seconds"), medium.get("captions")
    return parts if seconds is None and captions is None else [*parts, str(seconds), str(captions)]


def _moment(microseconds: int | None) -> str:
    return "" if microseconds is None else str(_EPOCH + timedelta(microseconds=microseconds))
