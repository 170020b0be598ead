"""Rows of the terminal's view: a label and its text."""

from __future__ import annotations

from rich.text import Text

LABEL = 9


def labelled_row(label: str, *texts: str | tuple[str, str]) -> Text:
    """Return one row, cut at the width of the terminal. A text may come with its style."""
    return Text.assemble((f"{label:<{LABEL}} ", "dim"), *texts, no_wrap=True, overflow="ellipsis")


def one_row(text: str) -> str:
    """Return the text without characters that would move the cursor, of bounded length."""
    return "".join(char if char.isprintable() else " " for char in text[:500])
