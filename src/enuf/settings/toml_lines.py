"""The line numbers of keys in a TOML text, which tomllib does not report."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

KeyPath = tuple[str, ...]

_DEPTH = 5  # the settings end at tool.enuf.section.key.name; a hostile file may nest deeper

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_KEY})\s*\]")
_ASSIGNMENT = re.compile(rf"\s*({_KEY})\s*=(.*)")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the first line of every table and key, by its path from the top of the file.

    A scan, not a parser: keys inside an inline table are not found, see `line_of`.
    """
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    closing = ""
    for number, line in enumerate(text.split("\n"), 1):
        if closing:
            closing = "" if line.count(closing) % 2 else closing
            continue
        header, assignment = _HEADER.match(line), _ASSIGNMENT.match(line)
        if header:
            path = table = _parts(header[1])
        elif assignment:
            path = table + _parts(assignment[1])
            closing = next((quote for quote in ('"""', "'''") if assignment[2].count(quote) % 2), "")
        else:
            continue
        for length in range(1, min(len(path), _DEPTH) + 1):
            lines.setdefault(path[:length], number)
    return lines


def line_of(lines: dict[KeyPath, int], path: Sequence[str]) -> int | None:
    """Return the line of a key, or of the nearest table around the key that has a line."""
    for length in range(len(path), 0, -1):
        number = lines.get(tuple(path[:length]))
        if number:
            return number
    return None


def _parts(key: str) -> KeyPath:
    return tuple(_bare(part) for part in re.findall(_PART, key))


def _bare(part: str) -> str:
    if part.startswith("'"):
        return part[1:-1]
    if not part.startswith('"'):
        return part
    try:
        return str(json.loads(part))
    except ValueError:
        return part[1:-1]
