"""A uWSGI ini file as a list of lines, and its printer.

uWSGI's ini is not configparser's: no inline comments (F200), `%` is magic in every value (F204),
keys repeat, and `if-env` opens a condition (F18).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from enuf.syntax.comments import Heading, Remark

__all__ = ["Heading", "IniOption", "Line", "Remark", "escape", "magic", "option", "to_text", "when_env"]

_BLANKS = " \t\r"
_ALWAYS_FILLED_IN = ("$(", "@(", "%(")
"""An environment variable, a file, another option: uWSGI fills these in, and no escape prevents it."""


class IniOption(msgspec.Struct, frozen=True):
    """`key = value`, with an optional comment printed above.

    With `magic`, the value is printed unchanged and its `%` is uWSGI's. Without, the value is what uWSGI
    shall read, and the printer escapes `%`.
    """

    key: str
    value: str
    comment: str = ""
    magic: bool = False


Line = IniOption | Heading | Remark


def option(key: str, value: str | float | bool, comment: str = "") -> IniOption:
    """Return the option with its value in uWSGI's spelling."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    return IniOption(key, str(value), comment)


def magic(key: str, value: str, comment: str = "") -> IniOption:
    """Return the option with a value in which `%` is magic. Pass plain parts through `escape`."""
    return IniOption(key, value, comment, magic=True)


def escape(text: str) -> str:
    """Return the text as a part of a value in which `%` is magic. Raise ValueError as `to_text` does."""
    if any(char in text for char in "\n\r\0"):
        raise ValueError(f"uWSGI cannot hold a line break in a value: {text!r}")
    for opening in _ALWAYS_FILLED_IN:
        if opening in text:
            raise ValueError(f"uWSGI would put something else in the place of {opening}...) in {text!r}")
    return text.replace("%", "%%")


def when_env(
    name: str, then: Iterable[IniOption], otherwise: Iterable[IniOption], comment: str = ""
) -> tuple[Line, ...]:
    """Return options that hold if a variable is set, and options that hold if it is not."""
    lines: tuple[Line, ...] = (Remark(comment), IniOption("if-env", name), *then, IniOption("endif", ""))
    other = tuple(otherwise)
    return (*lines, IniOption("if-not-env", name), *other, IniOption("endif", "")) if other else lines


def to_text(lines: Iterable[Line]) -> str:
    """Return the text of the ini file.

    Raise ValueError for a value that no ini of uWSGI can hold: with a line break, a blank at either end,
    or something that is always filled in.
    """
    return "\n".join(["[uwsgi]", *_printed(lines)]) + "\n"


def _printed(lines: Iterable[Line]) -> Iterator[str]:
    previous: Line | None = None
    for line in lines:
        if previous is not None and _stands_apart(previous, line):
            yield ""
        match line:
            case Heading(text):
                yield f"# --- {' '.join(text.split())} ---"
            case Remark(text):
                yield from _comment(text)
            case IniOption():
                yield from _comment(line.comment)
                yield f"{line.key} = {_value(line)}" if line.value else f"{line.key} ="
        previous = line


def _stands_apart(previous: Line, line: Line) -> bool:
    """Return True if an empty line must show the reader that something else begins."""
    if isinstance(line, Heading):
        return True
    if isinstance(previous, Heading):
        return False
    if isinstance(previous, Remark):
        return isinstance(line, Remark) or bool(line.comment)
    return isinstance(line, Remark)


def _value(line: IniOption) -> str:
    if line.value != line.value.strip(_BLANKS):
        raise ValueError(f"uWSGI cuts blanks off both ends of a value: {line.key} = {line.value!r}")
    if line.magic:
        if any(char in line.value for char in "\n\r\0"):
            raise ValueError(f"uWSGI cannot hold a line break in {line.key}: {line.value!r}")
        return line.value
    return escape(line.value)


def _comment(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.splitlines()]
