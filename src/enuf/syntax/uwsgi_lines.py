"""The lines of a uWSGI ini file as they are written, with the place of each value in the source."""

from __future__ import annotations

import bisect
import re

import msgspec

from enuf.syntax.uwsgi_magic import Expanded

_BLANKS = " \t\r"


class WrittenOption(msgspec.Struct, frozen=True, kw_only=True):
    """One `key = value` as written in a file. Columns count characters from 1."""

    key: str
    value: str
    raw: str
    """The value before any `%` was replaced."""
    file: str
    line: int
    column: int
    end_column: int
    key_column: int = 1


class SectionHeading(msgspec.Struct, frozen=True, kw_only=True):
    """A section heading of an ini file, or its counterpart in another format."""

    name: str
    text: str
    file: str
    line: int
    options: int
    """Number of lines below the heading that hold an option."""


class SectionLines(msgspec.Struct, frozen=True, kw_only=True):
    """The options and headings that were read from one file."""

    written: tuple[WrittenOption, ...]
    headings: tuple[SectionHeading, ...] = ()
    problem: str = ""
    """Why the file cannot be read, empty if it can."""
    problem_line: int = 1


class LineIndex:
    """A text with the positions of its lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, position: int) -> tuple[int, int]:
        """Return line and column of a position. Both count from 1."""
        line = bisect.bisect_right(self.starts, position)
        return line, position - self.starts[line - 1] + 1


class IniFile(msgspec.Struct, frozen=True, kw_only=True):
    """The options of an ini file by section."""

    sections: dict[str, tuple[WrittenOption, ...]]
    headings: tuple[SectionHeading, ...]

    def lines(self, section: str) -> SectionLines:
        """Return the lines of one section."""
        return SectionLines(written=self.sections.get(section, ()), headings=self.headings)


def read_ini(source: str, expanded: Expanded, file: str) -> IniFile:
    """Read the options under each `[section]`, from every place with that heading (F200, F205)."""
    line_index = LineIndex(source)
    sections: dict[str, list[WrittenOption]] = {}
    headings: list[tuple[str, str, int]] = []
    counts: list[int] = []
    current, position = "", 0
    for whole in expanded.text.split("\n"):
        line = whole.partition("\0")[0]
        start = position
        position += len(whole) + 1
        body = line.strip(_BLANKS)
        if not body or body[0] in ";#":
            continue
        if body[0] == "[":
            current = body[1:-1] if len(body) > 1 else ""
            headings.append((current, body, line_index.place(expanded.source(start))[0]))
            counts.append(0)
            continue
        if counts:
            counts[-1] += 1
        sections.setdefault(current, []).append(_ini_option(line, start, file, line_index, expanded))
    return IniFile(
        sections={name: tuple(held) for name, held in sections.items()},
        headings=tuple(
            SectionHeading(name=name, text=text, file=file, line=line, options=count)
            for (name, text, line), count in zip(headings, counts, strict=True)
        ),
    )


def _ini_option(line: str, start: int, file: str, line_index: LineIndex, expanded: Expanded) -> WrittenOption:
    left, equals, right = line.partition("=")
    key, value = left.strip(_BLANKS), right.strip(_BLANKS)
    key_at = start + len(left) - len(left.lstrip(_BLANKS))
    value_at = start + len(left) + len(equals) + len(right) - len(right.lstrip(_BLANKS))
    first = expanded.source(value_at) if value else expanded.source(start + len(line.rstrip(_BLANKS)))
    last = expanded.source(value_at + len(value) - 1) + 1 if value else first
    if value and expanded.origin is not None and source_is_letter(line_index.text, last - 1):
        last += 1  # the letter of a %x at the end belongs to the value
    line_number, column = line_index.place(first)
    key_line, key_column = line_index.place(expanded.source(key_at))
    if key_line != line_number:  # a % at the end of a line joined two lines
        line_number, column, first, last = (
            key_line,
            key_column,
            expanded.source(key_at),
            expanded.source(key_at),
        )
    return WrittenOption(
        key=key,
        value=value,
        raw=line_index.text[first:last] if value else "",
        file=file,
        line=line_number,
        column=column,
        end_column=column + max(last - first, 0),
        key_column=key_column,
    )


def source_is_letter(text: str, position: int) -> bool:
    """Return True if a `%x` begins at this position of the source."""
    return text[position : position + 1] == "%" and position + 1 < len(text)
