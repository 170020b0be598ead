"""A Python source as a syntax tree, read without running or importing anything."""

from __future__ import annotations

import ast
import bisect
import warnings
from array import array
from functools import cached_property
from itertools import accumulate


def parse_python(text: str) -> ast.Module | None:
    """Return the tree, with columns counted in characters; None if the text is not valid Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text.removeprefix("\ufeff"))
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None
    if not text.isascii():
        _count_in_characters(tree, text.split("\n"))
    return tree


def _count_in_characters(tree: ast.Module, lines: list[str]) -> None:
    """Convert the columns of a tree from bytes to characters.

    Python counts bytes, reports count characters, and a Korean character has three bytes.
    """
    columns = [_CharacterColumns(line) for line in lines]
    for node in ast.walk(tree):
        for line_name, column_name in (("lineno", "col_offset"), ("end_lineno", "end_col_offset")):
            line, column = getattr(node, line_name, None), getattr(node, column_name, None)
            if line and column and line <= len(lines):
                setattr(node, column_name, columns[line - 1].before(column))


class _CharacterColumns:
    """The number of characters of a line before each of its bytes, computed on first use."""

    def __init__(self, line: str) -> None:
        self._line = line

    def before(self, column: int) -> int:
        """Return the number of whole characters in the first `column` bytes."""
        return column if self._line.isascii() else bisect.bisect_right(self._ends, column)

    @cached_property
    def _ends(self) -> array[int]:
        """The byte at which each character ends."""
        return array("L", accumulate(len(character.encode("utf-8", "replace")) for character in self._line))
