"""Each row of the audit in plain words."""

from datetime import UTC, datetime

import pytest

from aggregator.actions.audit_words import sentence
from aggregator.store.audit import Entry

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POST = "0123456789ab"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            Entry(NOW, "ann", "decide", "blog", POST, "approved", "hidden"),
            "ann hid post 0123456789ab of blog (before: approved).",
        ),
        (Entry(NOW, "ann", "decide", "blog", None, None, "pinned"), "ann pinned blog."),
        (
            Entry(NOW, "ann", "undo", "blog", None, "hidden", None),
            "ann took back “hidden” on blog (now: nothing).",
        ),
        (
            Entry(NOW, "ann", "take down", "blog", receipt="1f"),
            "ann took down blog (receipt 1f).",
        ),
        (
            Entry(NOW, "file", "source changed", "blog", None, "name", "name, state paused"),
            "Somebody, by hand in feeds.yaml, changed blog (name, state: active → paused).",
        ),
        (
            Entry(NOW, "ann", "consent withdrawn", "blog", None, None, "withdrawn"),
            "ann wrote down that consent was withdrawn for blog (withdrawn).",
        ),
        (
            Entry(NOW, "ann", "freeze", "", None, None, "frozen", None, "news"),
            "ann froze widget news (frozen).",
        ),
        (Entry(NOW, "file", "site changed", "", None, "name", "name"),
         "Somebody, by hand in feeds.yaml, changed what is said of the site (name)."),
        (Entry(NOW, "ann", "rule added", "", None, None, "spam: id, words"),
         "ann added a rule (spam: id, words)."),
        (Entry(NOW, "ann", "source changed", "blog", None, "review first", "review always"),
         "ann changed blog (review: first → always)."),
        (Entry(NOW, "ann", "source changed", "blog", None, "state memorial", None),
         "ann changed blog (state: memorial → active)."),
        (Entry(NOW, "ann", "source changed", "blog", None, None, "review always"),
         "ann changed blog (review: never → always)."),
        (Entry(NOW, "ann", "source added", "blog", None, None, "id, state paused"),
         "ann added blog (id, state: paused)."),
        (Entry(NOW, "ann", "widget changed", "", None, "require consent", None, None, "news"),
         "ann changed widget news (require: consent → nothing)."),
        (Entry(NOW, "ann", "source removed", "blog", None, "id, state paused", None),
         "ann removed blog (id, state)."),
        (Entry(NOW, "ann", "reject", "blog"), "ann said that blog is somebody else's."),
        (Entry(NOW, "ann", "undo release", "blog"),
         "ann took back that blog is still theirs, and doubts it again."),
        (Entry(NOW, "file", "mirrored", "blog", POST),
         "Somebody, by hand in feeds.yaml, erased post 0123456789ab of blog, since its platform "
         "has it no more."),
        (Entry(NOW, "ann", "juggle", "blog"), "ann did “juggle” on blog."),
    ],
)  # fmt: skip
def test_a_sentence(entry: Entry, words: str) -> None:
    assert sentence(entry) == words
