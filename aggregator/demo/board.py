"""The board of the sample world: the posts that its staff write themselves, by no platform at all.

They are written as the command ``post`` writes them; a second time, nothing changes.
Not here: where the board hangs (``content/feeds.yaml``).
"""

import tomllib
from datetime import datetime, timedelta

from aggregator.actions.by_hand import Draft, Posted, read_picture, write
from aggregator.app import App
from aggregator.demo.blogs import CONTENT

BOARD = "board"
"""The id of the source."""


async def write_board(app: App, began: datetime) -> list[Posted]:
    """Write what is on the board; dates are counted back from ``began``."""
    posted = []
    for entry in tomllib.loads((CONTENT / "board.toml").read_text("utf-8"))["posts"]:
        name = entry.get("picture")
        draft = Draft(
            title=entry.get("title"),
            text=entry["text"],
            published=began.replace(microsecond=0) - timedelta(days=entry["days_ago"]),
            picture=await read_picture(CONTENT / "pictures" / name) if name else None,
            alt=entry.get("alt"),
        )
        mark, now = app.inspector.mark, app.clock()
        posted.append(write(app.publisher, BOARD, draft, mark=mark, by="demo", now=now))
    return posted
