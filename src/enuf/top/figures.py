"""Figures formatted for people, in few characters."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_UNKNOWN = "-"


def short_duration(seconds: float | None) -> str:
    """Format a duration in ms or s: `2.1 ms`, `1.25 s`; `-` for None."""
    if seconds is None:
        return _UNKNOWN
    if seconds < 0.0995:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.2f} s"


def duration(seconds: float) -> str:
    """Format a long duration: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"


def rate(per_s: float) -> str:
    """Format a rate: `0`, `0.4`, `12.3`, `1203`."""
    if per_s == 0:
        return "0"
    return f"{per_s:.1f}" if per_s < 99.95 else f"{per_s:.0f}"


def megabytes(size_bytes: float) -> str:
    """Format a size: `31 MB`."""
    return f"{size_bytes / 2**20:.0f} MB"


def sparkline(values: Sequence[float], width: int) -> str:
    """Draw the last values as bars of eight heights, scaled to the largest.

    Return an empty text if all are 0.
    """
    shown = list(values)[-width:] if width > 0 else []
    top = max(shown, default=0)
    if top <= 0:
        return ""
    return "".join(" " if value <= 0 else _BARS[min(7, int(value / top * 8))] for value in shown)
