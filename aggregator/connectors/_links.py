"""The Link field of an answer: where else a feed is to be found, and who pushes it.

In: the field's text as it came. Out: the targets of one relation, absolute.
Specification: RFC 8288, sections 3 and B.2.
"""

import re
from collections.abc import Iterator

from aggregator.connectors import _limits

_TARGET = re.compile(r"[\s,]*<([^<>]*)>")
_PARAMETER = re.compile(
    r'\s*;\s*([\w!#$&+.^`|~*-]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?'
)
_LONGEST = 16_384
"""Characters of a field that are read."""


def linked(field: str, relation: str, base: str) -> tuple[str, ...]:
    """Targets of ``relation``, in their order, resolved against ``base``.

    What follows the first thing that cannot be read is left out. A link whose context is another
    page (``anchor``) is not about this one (RFC 8288, section 3.2).
    """
    found = (_limits.absolute(base, target) for target in _targets(field[:_LONGEST], relation))
    return tuple(one for one in found if one and _limits.is_http(one))


def _targets(field: str, relation: str) -> Iterator[str]:
    at = 0
    while target := _TARGET.match(field, at):
        at = target.end()
        said: dict[str, str] = {}
        while parameter := _PARAMETER.match(field, at):
            at = parameter.end()
            name, quoted, plain = parameter.groups()
            said.setdefault(name.lower(), quoted or plain or "")  # of two, the first counts
        if relation in said.get("rel", "").lower().split() and "anchor" not in said:
            yield target[1]
