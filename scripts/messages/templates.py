"""Strings in the syntax tree of a module as messages in Python's brace format."""

from __future__ import annotations

import ast
import itertools
import string
from collections.abc import Iterator, Mapping
from typing import NamedTuple

Piece = str | ast.expr


class Message(NamedTuple):
    """One message, and the expressions of its placeholders."""

    text: str
    values: tuple[str, ...] = ()


def messages_of(node: ast.expr, names: Mapping[str, ast.expr]) -> Iterator[Message]:
    """Yield the messages of a string, an f-string or a sum of them: one for each line and each case.

    `names` has what the names of the module and the function stand for.
    """
    alternatives = [_alternatives(piece, names) for piece in _pieces(node)]
    for case in itertools.product(*alternatives):
        for line in _lines(case):
            yield _message(line)


def is_text(node: ast.AST) -> bool:
    """Return True for a string, an f-string, or a sum with one of them in it."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return is_text(node.left) or is_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _pieces(node: ast.expr) -> list[Piece]:
    """Return fixed text and expressions, in their order."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _pieces_of_format(node.value)
    if isinstance(node, ast.BinOp) and is_text(node):
        return [*_pieces(node.left), *_pieces(node.right)]
    if isinstance(node, ast.JoinedStr):
        return [
            piece
            for value in node.values
            for piece in ([str(value.value)] if isinstance(value, ast.Constant) else _pieces(value))
        ]
    if isinstance(node, ast.FormattedValue):
        return [node.value] if node.conversion == ord("r") else _pieces(node.value)
    return [node]


def _pieces_of_format(text: str) -> list[Piece]:
    """Return the pieces of a string for `str.format`, such as `{name} is {what}`; any other string is one piece."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return [text]
    names = [name for _, name, _, _ in parts if name is not None]
    if not names or not all(map(str.isidentifier, names)):
        return [text]
    pieces: list[Piece] = []
    for literal, name, *_ in parts:
        pieces += [literal] if name is None else [literal, ast.Name(name)]
    return pieces


def _alternatives(piece: Piece, names: Mapping[str, ast.expr]) -> list[Piece]:
    """Return what may stand in the place of a piece: the text of a constant, both texts of a condition."""
    if isinstance(piece, str):
        return [piece]
    meant = names.get(piece.id, piece) if isinstance(piece, ast.Name) else piece
    if isinstance(meant, ast.Constant) and isinstance(meant.value, str):
        return [meant.value]
    if isinstance(meant, ast.IfExp) and is_written_out(meant):
        return [_fixed(meant.body), _fixed(meant.orelse)]
    return [piece]


def is_written_out(node: ast.AST) -> bool:
    """Return True for a condition between two constants: the message is written out for both."""
    return isinstance(node, ast.IfExp) and _is_fixed(node.body) and _is_fixed(node.orelse)


def _is_fixed(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _fixed(node: ast.expr) -> str:
    assert isinstance(node, ast.Constant)
    return str(node.value)


def _lines(pieces: tuple[Piece, ...]) -> Iterator[list[Piece]]:
    line: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str):
            first, *others = piece.split("\n")
            line.append(first)
            for other in others:
                yield line
                line = [other]
        else:
            line.append(piece)
    yield line


def _message(pieces: list[Piece]) -> Message:
    text, values = "", list[str]()
    for piece in pieces:
        if isinstance(piece, str):
            text += piece.replace("{", "{{").replace("}", "}}")
        else:
            text += f"{{{len(values)}}}"
            values.append(" ".join(ast.unparse(piece).split()))
    return Message(text, tuple(values))
