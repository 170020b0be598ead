"""The quote or bracket of a TOML text that is never closed; tomllib reports where that was noticed instead."""

from __future__ import annotations

import re

import msgspec

_TOKEN = re.compile(r"""\"{3}|'{3}|["'\[\]{}#]""")
_IN_TEXT = {
    '"': re.compile(r'(?:[^"\\\n]|\\.)*+"'),
    "'": re.compile(r"[^'\n]*+'"),
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*+"""', re.DOTALL),
    "'''": re.compile(r"(?:[^']|'(?!''))*+'''"),
}
"""What follows an opening quote, up to the quote that closes it."""

_CLOSED_BY = {"[": "]", "{": "}"}


class Unclosed(msgspec.Struct, frozen=True):
    """An opening quote or bracket and where it stands: line and column count from 1."""

    opened: str
    line: int
    column: int

    @property
    def closing(self) -> str:
        """The characters that close it."""
        return _CLOSED_BY.get(self.opened, self.opened)


def unclosed_before(text: str, place: tuple[int, int] | None) -> Unclosed | None:
    """Return the quote or bracket before this line and column, None for the end of the text, that is never closed.

    None if there is none. A text in single quotes ends with its line; one in triple quotes and an array need not.
    """
    open_brackets: list[tuple[str, int]] = []
    at = 0
    while match := _TOKEN.search(text, at):
        mark, at = match[0], match.end()
        if mark == "#":
            at = _end_of_line(text, at)
        elif mark in _IN_TEXT:
            closed = _IN_TEXT[mark].match(text, at)
            if closed is None:
                return _if_before(_placed(text, mark, match.start()), place)
            at = closed.end()
        elif mark in _CLOSED_BY:
            open_brackets.append((mark, match.start()))
        elif open_brackets and _CLOSED_BY[open_brackets[-1][0]] == mark:
            open_brackets.pop()
    return _if_before(_placed(text, *open_brackets[-1]), place) if open_brackets else None


def _if_before(unclosed: Unclosed, place: tuple[int, int] | None) -> Unclosed | None:
    return unclosed if place is None or (unclosed.line, unclosed.column) < place else None


def _end_of_line(text: str, at: int) -> int:
    newline = text.find("\n", at)
    return len(text) if newline < 0 else newline


def _placed(text: str, opened: str, at: int) -> Unclosed:
    return Unclosed(opened, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
