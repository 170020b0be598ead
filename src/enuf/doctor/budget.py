"""The time that one diagnosis may take. The command makes it once and gives it down."""

from __future__ import annotations

import time
from collections.abc import Callable


class Budget:
    """A deadline by a clock that only goes forward."""

    def __init__(self, within_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.within_s = within_s
        self.begun = clock()

    @property
    def took_s(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self.begun

    @property
    def is_over(self) -> bool:
        """True when the time is up."""
        return self.took_s >= self.within_s

    def left_s(self, most_s: float) -> float:
        """Return the seconds that one step may take, at most `most_s`; 0 when the time is up."""
        return max(0.0, min(most_s, self.within_s - self.took_s))

    def part(self, share: float) -> Budget:
        """Return a budget that begins now and ends when this share of the time that is left has passed."""
        return Budget(self.left_s(self.within_s) * share, self._clock)
