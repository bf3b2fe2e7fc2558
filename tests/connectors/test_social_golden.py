"""A timeline of each platform with an interface, beside the posts that are to be read in it.

``GOLDEN=rewrite pytest tests/connectors/test_social_golden.py`` writes the expectations anew: read
the difference as code.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from aggregator.connectors import connector
from tests.connectors.social import Told, answer, visit
from tests.connectors.test_golden import named

HERE = Path(__file__).parent
ALL = {"include_reposts": True, "include_replies": True, "include_quotes": True}
ASKED = {
    "bluesky": (
        "institute.example",
        "/xrpc/com.atproto.identity.resolveHandle",
        {"did": "did:plc:institute234567abcdefgh"},
        "/xrpc/app.bsky.feed.getAuthorFeed",
    ),
    "mastodon": (
        "institute@social.example",
        "/api/v1/accounts/lookup",
        {"id": "77", "acct": "institute"},
        "/api/v1/accounts/77/statuses",
    ),
}
"""The account, where it is looked up, what is said there, and where its posts are."""


def read(platform: str, said: Any) -> Any:
    address, lookup, account, timeline = ASKED[platform]
    web = Told({lookup: answer(account), timeline: answer(said)})
    return visit(connector(platform), web, address, options=ALL)


@pytest.mark.parametrize("platform", ASKED)
def test_timeline_is_read_as_expected(platform: str) -> None:
    sample = HERE / platform / "timeline.json"
    result = read(platform, json.loads(sample.read_text("utf-8")))
    found = {"profile": named(result.profile), "posts": named(result.posts)}
    golden = sample.with_name("timeline.json.expected.json")
    if os.environ.get("GOLDEN") == "rewrite":
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(golden.read_text(encoding="utf-8"))
