"""Times and sizes as nginx writes them."""

from __future__ import annotations

import re

_TIME = re.compile(r"(\d{1,12})(ms|[smhdwMy]?)")
_TIMES = re.compile(r"(?:\d{1,12}(?:ms|[smhdwMy]))*(?:\d{1,12})?")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000}
_SIZE = re.compile(r"(\d{1,15})([kKmMgG]?)")
_SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def time_in_seconds(text: str) -> float | None:
    """Return the seconds of a time (`65s`, `1m`, `1m 30s`), None if the text is no time."""
    parts = text.replace(" ", "")
    if not parts or not _TIMES.fullmatch(parts):
        return None
    return sum(
        int(number) * (0.001 if unit == "ms" else _SECONDS[unit]) for number, unit in _TIME.findall(parts)
    )


def size_in_bytes(text: str) -> int | None:
    """Return the bytes of a size (`10m`), None if the text is no size."""
    match = _SIZE.fullmatch(text)
    return int(match[1]) * _SIZES[match[2].lower()] if match else None
