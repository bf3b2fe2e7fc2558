"""The audit in plain words: one sentence for each row.

In: a row. Out: who did what, without content, for the audit holds none. Acts that nobody named
here are told by their own name.
"""

from aggregator.store.audit import Entry

_VERDICTS = {"approved": "approved", "hidden": "hid", "pinned": "pinned"}
_ACTS = {
    "take down": "took down",
    "release": "said that it is still theirs:",
    "undo release": "took that back, and doubts again",
    "reject": "said that it is somebody else's:",
    "undo reject": "took that back, and doubts again",
    "mirrored": "erased, since its platform has it no more,",
    "pruned": "erased, for its time was over,",
    "hold by rule": "held, by a rule,",
    "let go of rule": "let go what a rule held:",
    "plan": "planned an act on",
    "plan no more": "took a plan back on",
    "freeze": "froze",
    "blank": "blanked",
    "post": "wrote",
    "edit post": "changed the words of",
    "resume": "resumed",
    "consent given": "wrote down a consent for",
    "consent changed": "changed the consent for",
    "consent withdrawn": "wrote down that consent was withdrawn for",
    "consent removed": "took the consent out for",
    "source added": "added",
    "source changed": "changed",
    "source removed": "removed",
    "widget added": "added",
    "widget changed": "changed",
    "widget removed": "removed",
    "rule added": "added",
    "rule changed": "changed",
    "rule removed": "removed",
    "site added": "wrote",
    "site changed": "changed",
}
_OF_THE_FILE = ("source ", "widget ", "rule ", "site ", "consent ")


def sentence(entry: Entry) -> str:
    """What was done, with the id of what it was done to."""
    return f"{_who(entry)} {_did(entry)} {_what(entry)}{_more(entry)}."


def _who(entry: Entry) -> str:
    return "Somebody, by hand in feeds.yaml," if entry.who == "file" else entry.who


def _did(entry: Entry) -> str:
    if entry.act == "decide":
        return _VERDICTS.get(entry.after or "", f"decided {entry.after} on")
    if entry.act == "undo":
        return f"took back “{entry.before}” on"
    return _ACTS.get(entry.act, f"did “{entry.act}” on")


def _what(entry: Entry) -> str:
    if entry.widget_id is not None:
        return f"widget {entry.widget_id}"
    if entry.public_id is not None:
        return f"post {entry.public_id} of {entry.source_id}"
    if entry.source_id:
        return entry.source_id
    if entry.act.startswith("site "):
        return "what is said of the site"
    return "a rule" if entry.act.startswith("rule ") else "all"


def _more(entry: Entry) -> str:
    """Names of fields, what held before, a receipt."""
    before, after = entry.before, entry.after
    if entry.act.startswith(_OF_THE_FILE):
        names = dict.fromkeys(name for told in (before, after) if told for name in told.split(", "))
        return f" ({', '.join(names)})" if names else ""
    told = []
    if entry.act == "decide":
        told += [f"before: {before}"] if before else []
    elif entry.act == "undo":
        told += [f"now: {after}" if after else "now: nothing"]
    else:
        told += [words for words in (before, after) if words]
    told += [f"receipt {entry.receipt}"] if entry.receipt else []
    return f" ({'; '.join(told)})" if told else ""
