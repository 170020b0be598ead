"""A Python source as a tree, read without running or importing anything."""

from __future__ import annotations

import ast
import warnings


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
    for node in ast.walk(tree):
        for line_name, column_name in (("lineno", "col_offset"), ("end_lineno", "end_col_offset")):
            line, column = getattr(node, line_name, None), getattr(node, column_name, None)
            if line and column and line <= len(lines):
                letters = len(lines[line - 1].encode("utf-8", "replace")[:column].decode("utf-8", "ignore"))
                setattr(node, column_name, letters)
