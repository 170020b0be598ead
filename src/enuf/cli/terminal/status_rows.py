"""The rows of the screens of `enuf status`: a label, and a text that is folded beside it."""

from __future__ import annotations

import textwrap

from enuf.cli.terminal.output import printable

WIDTH = 80
INDENT = 11


def labelled(label: str, text: str) -> list[str]:
    """Return a label and its text, folded between words at 80 columns; longer words stay whole."""
    rows = textwrap.wrap(printable(text), WIDTH - INDENT, break_long_words=False, break_on_hyphens=False) or [
        ""
    ]
    return [f"{label:<{INDENT - 1}} {rows[0]}", *(" " * INDENT + row for row in rows[1:])]
