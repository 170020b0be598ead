"""Moments as people read them: by the clock of this machine."""

from __future__ import annotations

import time


def moment_text(at_s: float) -> str:
    """Format seconds since the epoch as local time, with the day unless that is today; `?` for no moment of a calendar."""
    try:
        then = time.localtime(at_s)
    except (OverflowError, ValueError, OSError):
        return "?"
    is_today = then[:3] == time.localtime()[:3]
    return time.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M:%S", then)
