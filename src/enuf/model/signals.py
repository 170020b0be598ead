"""Signals by their names."""

from __future__ import annotations

import signal


def signal_name(number: int) -> str:
    """Return the name of a signal; a real-time signal has none, and is named by its number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
