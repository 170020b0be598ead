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


def all_nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return the nodes of a tree in the order of `ast.walk`, without the contexts of names."""
    found = [tree]
    for node in found:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                if name != "ctx":
                    found.append(value)
            elif isinstance(value, list):
                found += [each for each in value if isinstance(each, ast.AST)]
    return tuple(found)


def _count_in_characters(tree: ast.Module, lines: list[str]) -> None:
    """Convert the columns of a tree from bytes to characters.

    Python counts bytes, reports count characters, and a Korean character has three bytes.
    """
    columns = {number: _CharacterColumns(line) for number, line in enumerate(lines, 1) if not line.isascii()}
    for node in all_nodes(tree):
        if getattr(node, "lineno", 0) not in columns and getattr(node, "end_lineno", 0) not in columns:
            continue
        for line_name, column_name in (("lineno", "col_offset"), ("end_lineno", "end_col_offset")):
            line, column = getattr(node, line_name, None), getattr(node, column_name, None)
            if line in columns and column:
                setattr(node, column_name, columns[line].before(column))


class _CharacterColumns:
    """The number of characters of a line before each of its bytes, computed on first use."""

    def __init__(self, line: str) -> None:
        self._line = line

    def before(self, column: int) -> int:
        """Return the number of whole characters in the first `column` bytes."""
        return bisect.bisect_right(self._ends, column)

    @cached_property
    def _ends(self) -> array[int]:
        """The byte at which each character ends."""
        return array("L", accumulate(len(character.encode("utf-8", "replace")) for character in self._line))
