"""The audit in plain words: one sentence for each row.

In: a row. Out: who did what, without content, for the audit holds none. Acts that nobody named
here are told by their own name.
"""

from aggregator.store.audit import Entry

_VERDICTS = {"approved": "approved", "hidden": "hid", "pinned": "pinned"}
_ACTS = {
    "take down": "took down {}",
    "release": "said that {} is still theirs",
    "undo release": "took back that {} is still theirs, and doubts it again",
    "reject": "said that {} is somebody else's",
    "undo reject": "took back that {} is somebody else's, and doubts it again",
    "mirrored": "erased {}, since its platform has it no more",
    "pruned": "erased {}, for its time was over",
    "hold": "held all that is stored of {}, as both its address and its consent became others",
    "hold by rule": "held {}, by a rule",
    "let go of rule": "let go {}, which a rule held",
    "plan": "planned an act on {}",
    "plan no more": "took a plan back on {}",
    "freeze": "froze {}",
    "blank": "blanked {}",
    "post": "wrote {}",
    "edit post": "changed the words of {}",
    "describe": "described the picture of {}",
    "describe no more": "took back the words for the picture of {}",
    "description outdated": "dropped words of staff for a picture of {}, which is there no more",
    "resume": "resumed {}",
    "restore": "restored {}",
    "consent given": "wrote down a consent for {}",
    "consent changed": "changed the consent for {}",
    "consent withdrawn": "wrote down that consent was withdrawn for {}",
    "consent removed": "took the consent out for {}",
    "source added": "added {}",
    "source changed": "changed {}",
    "source removed": "removed {}",
    "widget added": "added {}",
    "widget changed": "changed {}",
    "widget removed": "removed {}",
    "rule added": "added {}",
    "rule changed": "changed {}",
    "rule removed": "removed {}",
    "site added": "wrote {}",
    "site changed": "changed {}",
}
"""What was done to what."""
_USUAL = {"state": "active", "review": "never"}
"""What holds of a source whose entry does not say it."""
_OF_THE_FILE = ("source ", "widget ", "rule ", "site ", "consent ")


def sentence(entry: Entry) -> str:
    """What was done, with the id of what it was done to."""
    return f"{_who(entry)} {_did(entry).replace('{}', _what(entry))}{_more(entry)}."


def _who(entry: Entry) -> str:
    return "Somebody, by hand in feeds.yaml," if entry.who == "file" else entry.who


def _did(entry: Entry) -> str:
    if entry.act == "decide":
        return _VERDICTS.get(entry.after or "", f"decided {entry.after} on") + " {}"
    if entry.act == "undo":
        return f"took back “{entry.before}” on {{}}"
    return _ACTS.get(entry.act, f"did “{entry.act}” on {{}}")


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
        lead, was = _named(entry, before)
        lead_after, now_is = _named(entry, after)
        told = [_turned(name, was, now_is, entry.act) for name in {**was, **now_is}]
        return f" ({lead or lead_after}{', '.join(told)})" if told else ""
    told = []
    if entry.act == "decide":
        told += [f"before: {before}"] if before else []
    elif entry.act == "undo":
        told += [f"now: {after}" if after else "now: nothing"]
    else:
        told += [words for words in (before, after) if words]
    told += [f"receipt {entry.receipt}"] if entry.receipt else []
    return f" ({'; '.join(told)})" if told else ""


def _named(entry: Entry, told: str | None) -> tuple[str, dict[str, str]]:
    """The rule that it is about, if it is; and names of fields with their kinds, where told."""
    said = told or ""
    lead = said[: said.find(": ") + 2] if entry.act.startswith("rule ") and ": " in said else ""
    fields = (name.partition(" ") for name in said.removeprefix(lead).split(", ") if name)
    return lead, {name: kind for name, _, kind in fields}


def _turned(name: str, was: dict[str, str], now_is: dict[str, str], act: str) -> str:
    """``review: first → always``; of what may not be told, the name alone."""
    before, after = was.get(name), now_is.get(name)
    if not (before or after) or act.endswith("removed"):
        return name
    nothing = _USUAL.get(name, "nothing")
    if act.endswith("added"):
        return f"{name}: {after}"
    return f"{name}: {before or nothing} → {after or nothing}"
