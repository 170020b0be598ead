"""Which of the sockets of a shared address each generation has."""

from __future__ import annotations

from enuf.run.process.listeners import SLOTS


class SocketSlots:
    """Gives each generation a number of its own among the sockets that one address has."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def of(self, key: str) -> int:
        """Return the slot of this generation; at the first call the lowest free one becomes its own."""
        free = (slot for slot in range(SLOTS) if slot not in self._taken.values())
        return self._taken.setdefault(key, next(free, 0))

    def leave(self, key: str) -> None:
        """Free the slot of a generation that is gone."""
        self._taken.pop(key, None)
