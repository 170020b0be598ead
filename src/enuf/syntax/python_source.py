"""A Python source as a tree, read without running or importing anything."""

from __future__ import annotations

import ast
import bisect
import warnings
from array import array
from functools import cached_property
from itertools import accumulate


def parse_python(text: str) -> ast.Module | None:
    """The tree, its columns counted in letters; None for what is not valid Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text.removeprefix("\ufeff"))
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None
    if not text.isascii():
        _count_in_letters(tree, text.split("\n"))
    return tree


def _count_in_letters(tree: ast.Module, lines: list[str]) -> None:
    """Python counts columns in bytes; reports count letters, and a Korean one has three bytes."""
    letters = [_LettersOfLine(line) for line in lines]
    for node in ast.walk(tree):
        for line_name, column_name in (("lineno", "col_offset"), ("end_lineno", "end_col_offset")):
            line, column = getattr(node, line_name, None), getattr(node, column_name, None)
            if line and column and line <= len(lines):
                setattr(node, column_name, letters[line - 1].before(column))


class _LettersOfLine:
    """How many letters of a line stand before each of its bytes, worked out at the first question."""

    def __init__(self, line: str) -> None:
        self._line = line

    def before(self, column: int) -> int:
        """Return the number of whole letters in the first `column` bytes."""
        return column if self._line.isascii() else bisect.bisect_right(self._ends, column)

    @cached_property
    def _ends(self) -> array[int]:
        """The byte at which each letter ends."""
        return array("L", accumulate(len(letter.encode("utf-8", "replace")) for letter in self._line))
