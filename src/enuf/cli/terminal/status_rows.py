"""The rows of the screens of `enuf status`: a label, and a text that is folded beside it."""

from __future__ import annotations

from collections.abc import Iterable

from enuf.cli.terminal.output import printable
from enuf.cli.widths import folded, padded
from enuf.language.spoken import translated, translated_label

WIDTH = 80
INDENT = 11


def labelled(label: str, text: str) -> list[str]:
    """Return a label and its text, folded between words at 80 columns; longer words stay whole."""
    rows = folded(printable(text), WIDTH - INDENT) or [""]
    return [
        f"{padded(translated_label(label), INDENT - 1)} {rows[0]}",
        *(" " * INDENT + row for row in rows[1:]),
    ]


def labelled_each(label: str, sentences: Iterable[str]) -> list[str]:
    """Return the rows of sentences in the language of the run, each with this label."""
    return [row for sentence in sentences for row in labelled(label, translated(sentence))]
