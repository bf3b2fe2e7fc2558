"""Secrets as they lie in the database: sealed by the secret key, of no use without it.

Fernet (AES-128-CBC with HMAC-SHA256), with a key of its own for each name, which HKDF-SHA256
(RFC 5869) draws from the secret key: what was sealed under one name opens under no other.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # 8 MB of memory, for those only who have a token that is renewed
    from cryptography.fernet import Fernet

_PURPOSE = "aggregator: a token of "
_BYTES = 32


def seal(secret: bytes, name: str, texts: Mapping[str, str], now: datetime) -> bytes:
    """These texts, so that only ``unseal`` with the same secret key and name reads them."""
    said = json.dumps(dict(texts)).encode()
    return _fernet(secret, name).encrypt_at_time(said, int(now.timestamp()))


def unseal(secret: bytes, name: str, sealed: bytes) -> dict[str, str] | None:
    """The texts; None: it was sealed with another key, under another name, or is damaged."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see above

    try:
        said = json.loads(_fernet(secret, name).decrypt(sealed))
    except InvalidToken:
        return None
    return {str(key): str(text) for key, text in said.items()}


def _fernet(secret: bytes, name: str) -> "Fernet":
    from cryptography.fernet import Fernet  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    drawn = HKDF(SHA256(), _BYTES, salt=None, info=(_PURPOSE + name).encode()).derive(secret)
    return Fernet(base64.urlsafe_b64encode(drawn))
