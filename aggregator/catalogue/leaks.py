"""Secrets that were pasted into feeds.yaml by mistake.

The file is copied, mailed and kept in version control, so what opens an account may not stand in
it. Nothing here repeats what it found: messages are logged. Addresses are judged by their user
part and their parameters only, for long random names are common in the paths of public feeds.
"""

import math
import re
from collections import Counter
from urllib.parse import parse_qsl, urlsplit

ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
"""How ``token:`` names a variable of the environment (POSIX.1-2024, 8.1)."""

_BEARER = re.compile(r"\bbearer\s+(?=\S*[0-9])[\w.~+/=-]{12,}", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
# The beginnings that the makers of these tokens document, so that scanners can find them.
_ISSUED = re.compile(
    r"(?<![\w-])(?:"
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"  # GitHub, GitLab
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|sk-(?=[\w-]*[0-9])(?=[\w-]*[A-Z])[\w-]{20,}"  # Slack, others
    r"|AKIA[0-9A-Z]{16}|AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}"  # Amazon, Google
    r"|EAA[A-Za-z0-9]{30,}|IG[A-Z]{2}[A-Za-z0-9]{30,}"  # Facebook, Instagram
    r"|A{18,}[A-Za-z0-9%]{20,}"  # X
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+"  # JSON Web Token
    r")"
)
_PASSWORD = re.compile(r"://[^/?#\s:@]*:[^/?#\s]*@")
_SECRET_PARAMETER = re.compile(
    r"key|.*api[-_]?key|.*(?:access|auth|bearer|private|secret)[-_]?(?:token|key)"
    r"|token|secret|client[-_]?secret|passw(?:or)?d|pwd|auth|authorization|signature|sig",
    re.IGNORECASE,
)
_MIN_RANDOM = 32
_MIN_BITS = 4.0
_RANDOM_WORD = re.compile(rf"[\w+/=.~%-]{{{_MIN_RANDOM},}}", re.ASCII)
_HEX = re.compile(rf"[0-9a-fA-F]{{{_MIN_RANDOM},}}")


def looks_secret(text: str) -> bool:
    """Whether a value, or a key, looks like something that opens an account."""
    if _BEARER.search(text) or _PRIVATE_KEY.search(text) or _ISSUED.search(text):
        return True
    return any(
        _secret_address(word) if "://" in word or "?" in word else _random(word)
        for word in text.split()
    )


def names_secret(key: str) -> bool:
    """Whether a key is called like something that opens an account, as ``password`` is."""
    return _SECRET_PARAMETER.fullmatch(key.replace(" ", "-")) is not None


def _secret_address(word: str) -> bool:
    if _PASSWORD.search(word):
        return True
    try:
        parts = urlsplit(word)
        parameters = [*parse_qsl(parts.query), *parse_qsl(parts.fragment)]
    except ValueError:  # an address that is none is told by the connector, in better words
        return False
    return any(value and _SECRET_PARAMETER.fullmatch(name) for name, value in parameters)


def _random(word: str) -> bool:
    """Long, of all kinds of characters, and none of them often: nobody's language."""
    for part in _RANDOM_WORD.findall(word):
        if _HEX.fullmatch(part) and re.search(r"[0-9]", part) and re.search(r"[a-fA-F]", part):
            return True
        kinds = (r"[a-z]", r"[A-Z]", r"[0-9]")
        if all(re.search(kind, part) for kind in kinds) and _bits(part) >= _MIN_BITS:
            return True
    return False


def _bits(text: str) -> float:
    """Shannon entropy, in bits for each character."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)
