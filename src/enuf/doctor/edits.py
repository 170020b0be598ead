"""Edits of lines: what a text becomes by them, whether two of them meet, and the difference that they make."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from enuf.model.finding import Edit

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_COMPARED_LIMIT = 1_000_000
"""Pairs of lines."""


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """A file before and after its fixes, with the codes of the rules that they belong to."""

    path: str
    before: str
    after: str
    encoding: str
    codes: tuple[str, ...]


def collides(edit: Edit, others: Iterable[Edit]) -> bool:
    """Return True for an edit that writes where another one writes, or adds another value of the same option."""
    return any(edit != other and _meet(edit, other) for other in others)


def _meet(edit: Edit, other: Edit) -> bool:
    if edit.action == "insert" and other.action == "insert":
        return edit.line == other.line and _key(edit.text) == _key(other.text)
    if "insert" in (edit.action, other.action) or edit.line != other.line:
        return False
    if "delete" in (edit.action, other.action):
        return True
    return edit.column < (other.end_column or 1 << 30) and other.column < (edit.end_column or 1 << 30)


def _key(line: str) -> str:
    return line.partition("=")[0].strip()


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with the edits applied. Line endings and all other text stay as they are."""
    lines = _LINE.findall(text)  # splitlines would also end a line at a form feed
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    ordered = sorted(
        enumerate(edits), key=lambda pair: (pair[1].line, pair[1].action != "insert", pair[1].column, pair[0])
    )
    for _, edit in reversed(ordered):
        if edit.action == "insert":
            _insert(lines, edit, ending)
        elif not 0 < edit.line <= len(lines):
            continue
        elif edit.action == "delete":
            del lines[edit.line - 1]
        else:
            line = lines[edit.line - 1]
            body = line.rstrip("\r\n")
            end = edit.end_column - 1 if edit.end_column else len(body)
            lines[edit.line - 1] = body[: edit.column - 1] + edit.text + body[end:] + line[len(body) :]
    return "".join(lines)


def _insert(lines: list[str], edit: Edit, ending: str) -> None:
    place = min(max(edit.line, 0), len(lines))
    text = _indented(edit.text, lines[place] if place < len(lines) else "")
    if place and not lines[place - 1].endswith(("\n", "\r")):
        lines[place - 1] += ending
        lines[place:place] = [ending.join(text.split("\n"))]
        return
    lines[place:place] = [line + ending for line in text.split("\n")]


def _indented(text: str, below: str) -> str:
    """Return added lines with the tabs and blanks that the line below them begins with, if it is as far in."""
    width = len(text) - len(text.lstrip(" "))
    margin = below[: len(below) - len(below.lstrip(" \t"))]
    if not width or len(margin) != width:
        return text
    return "\n".join(margin + line[width:] for line in text.split("\n"))


def written_lines(before: str, after: str) -> frozenset[int]:
    """Return the numbers of the lines of `after` that `before` does not have there."""
    old, new = _lines(before), _lines(after)
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    inside = _new_by_place(old, new) if len(old) * len(new) <= _COMPARED_LIMIT else _new_by_count(old, new)
    return frozenset(start + number for number in inside)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many lines both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (here, there) in pairs if here != there), min(len(one), len(other)))


def _new_by_place(old: Sequence[str], new: Sequence[str]) -> Iterator[int]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, _, _, start, end in matcher.get_opcodes():
        if kind != "equal":
            yield from range(start + 1, end + 1)


def _new_by_count(old: Sequence[str], new: Sequence[str]) -> Iterator[int]:
    """Yield the lines that are there more often than before: comparing every pair of them would take too long."""
    left = Counter(old)
    for number, line in enumerate(new, 1):
        if left[line]:
            left[line] -= 1
        else:
            yield number


def unified_diff(change: FileChange, name: str) -> str:
    """Return the change as a unified diff."""
    return "".join(
        line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(
            _lines(change.before), _lines(change.after), fromfile=f"a/{name}", tofile=f"b/{name}"
        )
    )


def _lines(text: str) -> Sequence[str]:
    return _LINE.findall(text)
