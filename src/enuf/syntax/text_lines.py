"""Single lines of a text that is asked about again and again."""

from __future__ import annotations

from functools import lru_cache


def line_at(text: str, number: int) -> str:
    """Return the line of that number, counted from 1 and without its line feed; empty when there is none."""
    lines = _lines(text)
    return lines[number - 1] if 0 < number <= len(lines) else ""


@lru_cache(4)
def _lines(text: str) -> list[str]:
    return text.split("\n")
