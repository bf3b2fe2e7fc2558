"""What the audit calls the acts that it tells of.

Not here: changes of feeds.yaml, which are called by their section and what became of it, as in
``source added`` (``actions/history.py``).
"""

from enum import StrEnum


class AuditAct(StrEnum):
    """An act, by the very word that is stored: old rows are read by it."""

    DECIDE = "decide"
    UNDO = "undo"
    """Of a decision."""
    HIDE_AS_IT_CAME = "hide as it came"
    TAKE_DOWN = "take down"
    RELEASE = "release"
    UNDO_RELEASE = "undo release"
    REJECT = "reject"
    UNDO_REJECT = "undo reject"
    HOLD_SOURCE = "hold"
    HOLD_BY_RULE = "hold by rule"
    UNDO_HOLD_BY_RULE = "undo hold by rule"
    LET_GO_OF_RULE = "let go of rule"
    UNDO_LET_GO_OF_RULE = "undo let go of rule"
    NEW_ID = "new id"
    MIRRORED = "mirrored"
    PRUNED = "pruned"
    PLAN = "plan"
    PLAN_NO_MORE = "plan no more"
    FREEZE = "freeze"
    BLANK = "blank"
    RESUME = "resume"
    POST = "post"
    EDIT_POST = "edit post"
    DESCRIBE = "describe"
    DESCRIBE_NO_MORE = "describe no more"
    DESCRIPTION_OUTDATED = "description outdated"
    RESTORE = "restore"
