"""How much of what was fetched may wait in memory to be read and stored.

Fetching is faster than reading: without a bound a long pass would hold every document at once.
"""

import asyncio


class Hold:
    """The bytes of all documents that were handed out and are not done with.

    Whoever waits for room has no document here, and whoever has one does not wait, so the hold
    always empties again.
    """

    def __init__(self, most: int) -> None:
        """``most``: bytes at which no further fetch starts. Those under way may go beyond."""
        self._most = most
        self._held = 0
        self._room = asyncio.Event()
        self._room.set()

    @property
    def held(self) -> int:
        """Bytes."""
        return self._held

    async def room(self) -> None:
        """Wait until there is some."""
        await self._room.wait()

    def change(self, by: int) -> None:
        """More is held, or less."""
        self._held += by
        if self._held < self._most:
            self._room.set()
        else:
            self._room.clear()
