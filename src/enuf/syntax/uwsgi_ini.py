"""A uWSGI ini file as a list of lines, and its printer.

uWSGI's ini is not configparser's: no inline comments (F200), `%` is magic in every value (F204),
keys repeat, and `if-env` opens a condition (F18).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Option(msgspec.Struct, frozen=True):
    """`key = value`, with an optional comment printed above it.

    A `%` of the value is doubled by the printer unless `magic` says that it is meant for uWSGI.
    """

    key: str
    value: str
    comment: str = ""
    magic: bool = False


class Remark(msgspec.Struct, frozen=True):
    """A comment of its own, one or more lines, after an empty line."""

    text: str


Line = Option | Remark


def option(key: str, value: str | float | bool, comment: str = "", *, magic: bool = False) -> Option:
    """The option with its value in uWSGI's spelling."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    return Option(key, str(value), comment, magic)


def when_env(
    name: str, then: Iterable[Option], otherwise: Iterable[Option], comment: str = ""
) -> tuple[Line, ...]:
    """Options that hold when the variable is set, and those that hold when it is not."""
    return (
        Remark(comment),
        Option("if-env", name),
        *then,
        Option("endif", ""),
        Option("if-not-env", name),
        *otherwise,
        Option("endif", ""),
    )


def to_text(lines: Iterable[Line], section: str = "uwsgi") -> str:
    """The ini file. Raises ValueError for a value that holds a line break."""
    printed = [f"[{section}]"]
    for line in lines:
        if isinstance(line, Remark):
            printed += ["", *_comment(line.text)]
        else:
            printed += [*_comment(line.comment), _print(line)]
    return "\n".join(printed) + "\n"


def _print(option: Option) -> str:
    if any(sign in option.value for sign in "\n\r\0"):
        raise ValueError(f"uWSGI cannot hold a line break in {option.key}: {option.value!r}")
    value = option.value if option.magic else option.value.replace("%", "%%")
    return f"{option.key} = {value}".rstrip()


def _comment(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.splitlines()]
