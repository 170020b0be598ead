"""Rows of the terminal's view: a label and its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import set_cell_size
from rich.text import Text

from enuf.model.words import Words

LABEL = 9


def labelled_row(words: Words, label: str, *texts: str | tuple[str, str]) -> Text:
    """Return one row, cut at the width of the terminal. A text may come with its style."""
    return Text.assemble((label_cell(words, label), "dim"), *texts, no_wrap=True, overflow="ellipsis")


def labelled_rows(words: Words, label: str, rows: Iterable[Sequence[str | tuple[str, str]]]) -> list[Text]:
    """Return rows of which the first one has the label."""
    return [labelled_row(words, "" if number else label, *texts) for number, texts in enumerate(rows)]


def label_cell(words: Words, label: str) -> str:
    """Return a label and the blanks behind it. A Korean letter takes two columns."""
    return f"{set_cell_size(words.label(label), LABEL)} "


def one_row(text: str) -> str:
    """Return the text without characters that would move the cursor, of bounded length."""
    return "".join(char if char.isprintable() else " " for char in text[:500])
