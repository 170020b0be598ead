"""The written lines of a uWSGI ini file, with the place of each value in the source."""

from __future__ import annotations

import bisect
import re

import msgspec

from enuf.syntax.uwsgi_magic import Expanded

_BLANKS = " \t\r"


class WrittenOption(msgspec.Struct, frozen=True, kw_only=True):
    """One `key = value` as it stands in a file; columns count characters from 1."""

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
    """A section heading of an ini file, or what stands for it elsewhere."""

    name: str
    text: str
    file: str
    line: int
    options: int
    """How many lines under it hold an option."""


class SectionLines(msgspec.Struct, frozen=True, kw_only=True):
    """What one file holds."""

    written: tuple[WrittenOption, ...]
    headings: tuple[SectionHeading, ...] = ()
    problem: str = ""
    """Why it cannot be read, empty when it can."""
    problem_line: int = 1


class LineIndex:
    """Turns positions of a text into lines and columns."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, position: int) -> tuple[int, int]:
        """Line and column, both from 1."""
        line = bisect.bisect_right(self.starts, position)
        return line, position - self.starts[line - 1] + 1


class IniFile(msgspec.Struct, frozen=True, kw_only=True):
    """What an ini file holds, by section."""

    sections: dict[str, tuple[WrittenOption, ...]]
    headings: tuple[SectionHeading, ...]

    def lines(self, section: str) -> SectionLines:
        """Return what one section holds."""
        return SectionLines(written=self.sections.get(section, ()), headings=self.headings)


def read_ini(source: str, expanded: Expanded, file: str) -> IniFile:
    """The options under each `[section]`, found in every place where that heading stands (F200, F205)."""
    ruler = LineIndex(source)
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
            headings.append((current, body, ruler.place(expanded.source(start))[0]))
            counts.append(0)
            continue
        if counts:
            counts[-1] += 1
        sections.setdefault(current, []).append(_ini_option(line, start, file, ruler, expanded))
    return IniFile(
        sections={name: tuple(held) for name, held in sections.items()},
        headings=tuple(
            SectionHeading(name=name, text=text, file=file, line=line, options=count)
            for (name, text, line), count in zip(headings, counts, strict=True)
        ),
    )


def _ini_option(line: str, start: int, file: str, ruler: LineIndex, expanded: Expanded) -> WrittenOption:
    left, equals, right = line.partition("=")
    key, value = left.strip(_BLANKS), right.strip(_BLANKS)
    key_at = start + len(left) - len(left.lstrip(_BLANKS))
    value_at = start + len(left) + len(equals) + len(right) - len(right.lstrip(_BLANKS))
    first = expanded.source(value_at) if value else expanded.source(start + len(line.rstrip(_BLANKS)))
    last = expanded.source(value_at + len(value) - 1) + 1 if value else first
    if value and expanded.origin is not None and source_is_letter(ruler.text, last - 1):
        last += 1  # the value ends in %x: its letter belongs to it
    number, column = ruler.place(first)
    key_line, key_column = ruler.place(expanded.source(key_at))
    if key_line != number:  # a % at the end of a line glued two lines together
        number, column, first, last = key_line, key_column, expanded.source(key_at), expanded.source(key_at)
    return WrittenOption(
        key=key,
        value=value,
        raw=ruler.text[first:last] if value else "",
        file=file,
        line=number,
        column=column,
        end_column=column + max(last - first, 0),
        key_column=key_column,
    )


def source_is_letter(text: str, position: int) -> bool:
    """True when a `%x` begins at this place of the source."""
    return text[position : position + 1] == "%" and position + 1 < len(text)
