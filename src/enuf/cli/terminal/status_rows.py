"""The rows of the screens of `enuf status`: a label, and a text that is folded beside it."""

from __future__ import annotations

from enuf.cli.language.spoken import translated_label
from enuf.cli.terminal.output import printable
from enuf.cli.widths import folded, padded

WIDTH = 80
INDENT = 11


def labelled(label: str, text: str) -> list[str]:
    """Return a label and its text, folded between words at 80 columns; longer words stay whole."""
    rows = folded(printable(text), WIDTH - INDENT) or [""]
    return [
        f"{padded(translated_label(label), INDENT - 1)} {rows[0]}",
        *(" " * INDENT + row for row in rows[1:]),
    ]
