"""Text by the columns of a terminal, of which a Korean letter takes two."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

_FILLER = "\ue000"
"""Stands behind a wide character while a text is measured in characters: from a private area of Unicode, so in no text."""


def columns(text: str) -> int:
    """Return how many columns the text takes."""
    return len(spread(text))


def padded(text: str, width: int) -> str:
    """Return the text with blanks behind it, at least `width` columns wide."""
    return text + " " * (width - columns(text))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for each row, its cells in columns; nothing is behind the last cell, however long it is."""
    widths = [max(map(columns, cells)) for cells in list(zip(*rows, strict=True))[:-1]]
    return ["  ".join([*map(padded, row[:-1], widths), row[-1]]) for row in rows]


def folded(text: str, width: int, *, first: str = "", further: str = "") -> list[str]:
    """Return the text in lines of at most `width` columns, folded between words; longer words stay whole.

    `first` and `further` stand before the first line and before the others.
    """
    lines = textwrap.wrap(
        spread(text),
        width,
        initial_indent=spread(first),
        subsequent_indent=spread(further),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [gathered(line) for line in lines]


def cut(text: str, width: int) -> str:
    """Return the beginning of the text that fits into so many columns."""
    wide = spread(text)
    shown = wide[:width]
    return gathered(shown[:-1] if wide[width : width + 1] == _FILLER else shown)


def spread(text: str) -> str:
    """Return the text with a filler behind each wide character: as many characters as the text takes columns."""
    if text.isascii():
        return text
    from rich.cells import cell_len

    return "".join(each + _FILLER if cell_len(each) > 1 else each for each in text)


def gathered(text: str) -> str:
    """Return a text that was spread as it was before."""
    return text.replace(_FILLER, "")
