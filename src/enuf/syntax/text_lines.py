"""Single lines of a text, split once and read many times."""

from __future__ import annotations

from functools import lru_cache


def line_at(text: str, line_number: int) -> str:
    """Return the line of a number, counted from 1 and without its line feed; empty if there is none."""
    lines = _lines(text)
    return lines[line_number - 1] if 0 < line_number <= len(lines) else ""


@lru_cache(4)
def _lines(text: str) -> list[str]:
    return text.split("\n")
