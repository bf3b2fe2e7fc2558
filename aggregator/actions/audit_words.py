"""The audit in plain words: one sentence for each row.

In: a row. Out: who did what, without content, for the audit holds none. Acts that nobody named
here are told by their own name.
"""

from aggregator.model.audit_acts import AuditAct
from aggregator.store.audit import Entry

_VERDICTS = {"approved": "approved", "hidden": "hid", "pinned": "pinned"}
_ACTS = {
    AuditAct.TAKE_DOWN: "took down {}",
    AuditAct.RELEASE: "said that {} is still theirs",
    AuditAct.UNDO_RELEASE: "took back that {} is still theirs, and doubts it again",
    AuditAct.REJECT: "said that {} is somebody else's",
    AuditAct.UNDO_REJECT: "took back that {} is somebody else's, and doubts it again",
    AuditAct.MIRRORED: "erased {}, since its platform has it no more",
    AuditAct.PRUNED: "erased {}, for its time was over",
    AuditAct.HOLD_SOURCE: "held all that is stored of {}, as both its address and its consent "
    "became others",
    AuditAct.HOLD_BY_RULE: "held {}, by a rule",
    AuditAct.NEW_ID: "moved all that is kept of a source to its new id, {}",
    AuditAct.HIDE_AS_IT_CAME: "hid {} as it came, since it says the same as one that was hidden",
    AuditAct.LET_GO_OF_RULE: "let go {}, which a rule held",
    AuditAct.PLAN: "planned an act on {}",
    AuditAct.PLAN_NO_MORE: "took a plan back on {}",
    AuditAct.FREEZE: "froze {}",
    AuditAct.BLANK: "blanked {}",
    AuditAct.POST: "wrote {}",
    AuditAct.EDIT_POST: "changed the words of {}",
    AuditAct.DESCRIBE: "described the picture of {}",
    AuditAct.DESCRIBE_NO_MORE: "took back the words for the picture of {}",
    AuditAct.DESCRIPTION_OUTDATED: "dropped words of staff for a picture of {}, which is there no "
    "more",
    AuditAct.RESUME: "resumed {}",
    AuditAct.RESTORE: "restored {}",
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
    if entry.act == AuditAct.DECIDE:
        return _VERDICTS.get(entry.after or "", f"decided {entry.after} on") + " {}"
    if entry.act == AuditAct.UNDO:
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
    if entry.act in {AuditAct.DECIDE, AuditAct.NEW_ID}:
        told += [f"before: {before}"] if before else []
    elif entry.act == AuditAct.UNDO:
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
