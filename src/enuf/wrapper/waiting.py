"""The time that a request waits for a thread: one that has waited too long is refused early, with 503.

The front writes into each request when it passed the request on, which is after it has read the whole body. The
clock of both is the machine's. A request is refused when its answer could not come within the time limit any
more: then its client would be gone before the app had finished.
"""

from __future__ import annotations

from collections import deque
from time import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PASSED = "HTTP_X_REQUEST_START"
"""The variable with the time in seconds, `t=1764263000.123`. The front replaces what a client sends."""
UNKNOWN = "~"
"""Later than any such time in the order of texts."""
SHORT_S = 1.0
"""A shorter wait is not looked at."""
MARGIN_S = 2.0
"""So much longer than the limit a request may take in all, waiting and app together; nginx waits for 5 s more."""
WEIGHT = 0.25
"""Of the latest request in the time that is expected of the next one."""


class Waiting:
    """The limit for the time from the front to a thread, and the count of requests that were refused."""

    def __init__(self, limit_s: float, server: Any) -> None:
        self.limit_s = limit_s
        self.server = server
        self.variable = PASSED if server.has_front else ""
        """Without a front, a client could send the variable."""
        self.mark = ""
        """A request with an earlier time has waited for longer than SHORT_S. A comparison of two texts is all that
        the others cost."""
        self.longest_s = 0.0
        """The longest time in the app's code that was seen, as long as no request that waited was measured."""
        self._expected_s: float | None = None
        self._refused: deque[None] = deque()

    def waited_s(self, passed: str) -> float:
        """Return how long a request has waited."""
        try:
            return max(0.0, time() - float(passed[2:]))
        except ValueError:
            return 0.0

    def is_too_long(self, waited_s: float) -> bool:
        """Return True if no answer can be expected in time of a request that has waited so long."""
        expected_s = self.longest_s if self._expected_s is None else self._expected_s
        return waited_s + max(0.0, expected_s - MARGIN_S) > self.limit_s

    def learn(self, took_s: float) -> None:
        """Note how long the app has taken for a request that had waited."""
        known_s = self._expected_s
        self._expected_s = took_s if known_s is None else known_s + (took_s - known_s) * WEIGHT

    def lead_s(self, waited_s: float) -> float:
        """Return by how much the limit of the app's own time is shorter for a request that has waited so long."""
        return max(0.0, waited_s - MARGIN_S)

    def count(self) -> None:
        """Count a request that was refused."""
        self._refused.append(None)

    def look(self) -> None:
        """Move the mark on, and write the number of refused requests into the log. To be called now and then."""
        self.mark = f"t={time() - SHORT_S:.3f}"
        refused = len(self._refused)
        if refused:
            for _ in range(refused):
                self._refused.popleft()
            self.server.log(
                f"enuf: requests refused: {refused}: no thread was free for them within {self.limit_s:g} s\n"
            )
