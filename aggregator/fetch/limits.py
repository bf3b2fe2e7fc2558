"""How much of a server's time, bytes and words a fetch takes at most.

The figures are those of section 2 of the fetching rules; each is a cap and not a target.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one fetch, and one of all together. Times in seconds, sizes in bytes."""

    connect: float = 10.0
    """Connection, proxy's tunnel and TLS together."""
    lookup: float = 5.0
    """The wait for a name's addresses (rule F9)."""
    read: float = 15.0
    """Silence between two reads."""
    whole: float = 30.0
    """Everything, redirects included, from the first dial to the last byte (rule G3)."""
    head: int = 64 * 1024
    """The response head, with all that comes before the final one (rule G4)."""
    fields: int = 100
    """Header fields of a response."""
    wire: int = 5 * 1024 * 1024
    """The body as it travels (rule G2)."""
    decoded: int = 10 * 1024 * 1024
    """The body once unpacked (rule G1)."""
    page: int = 64 * 1024
    """What is looked at of an error's page, unpacked (rule D11)."""
    page_wait: float = 5.0
    """How long such a page may take."""
    redirects: int = 5
    hold: int = 4 * 1024 * 1024
    """All documents that wait to be read and stored: beyond it no fetch starts."""
