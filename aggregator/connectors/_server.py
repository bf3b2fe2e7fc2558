"""Where a platform's interface answers, where that is not its usual place.

Out: an origin, ``https://social.example``. Not here: what is asked there.
"""

from urllib.parse import urlsplit


def origin(text: str) -> str:
    """The address of a server, tidied. Raises ValueError with a sentence that says what to write.

    ``http:`` is taken for servers on a network of one's own; only the guard lets us go there.
    """
    text = text.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        is_origin = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
            and parts.netloc == text.partition("://")[2]
            and "@" not in parts.netloc
        )
    except ValueError:  # a port that is no number, brackets that do not match
        is_origin = False
    if not is_origin:
        raise ValueError("A server is written as https://social.example, with nothing after it")
    return text
