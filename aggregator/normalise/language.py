"""Language tags as feeds write them, brought into the form of BCP 47.

Nothing is guessed from the text itself.
"""

import re

# The parts that occur in practice: language, script, region, variants (RFC 5646, section 2.1).
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)",
    re.IGNORECASE,
)
_UNSAYING = frozenset({"und", "mul", "mis", "zxx"})
_LONGEST = 35
"""Of a tag, in characters (RFC 5646, section 4.4.1)."""


def language_tag(*said: str | None) -> str | None:
    """The first of the tags that names one language, or None.

    ``en_us`` becomes ``en-US``, as RFC 5646 section 2.1.1 recommends. "Undetermined" and "several
    languages" name none.
    """
    for tag in said:
        if not tag or len(tag) > 2 * _LONGEST:
            continue
        found = _TAG.fullmatch(tag.strip().replace("_", "-"))
        if found is None or len(found[0]) > _LONGEST or found["language"].lower() in _UNSAYING:
            continue
        parts = [found["language"].lower(), (found["script"] or "").title()]
        parts += [(found["region"] or "").upper(), found["variants"].lower().strip("-")]
        return "-".join(filter(None, parts))
    return None
