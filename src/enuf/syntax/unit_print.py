"""A printer of systemd units, whose values systemd reads back unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

_PLAIN = re.compile(r"[A-Za-z0-9_./:=@,+-]+")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SPECIAL = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Line(msgspec.Struct, frozen=True):
    """`Name=value`, with an optional comment above."""

    name: str
    value: str
    comment: str = ""


class Section(msgspec.Struct, frozen=True):
    """`[Name]` and its lines."""

    name: str
    lines: tuple[Line, ...]


def to_text(sections: Iterable[Section], header: str = "") -> str:
    """Return the text of a unit file.

    Raise ValueError for a line break in a value: systemd ends a line at a carriage return too, and joins lines at a
    backslash. Whoever chose such a value could add lines, and root would run them.
    """
    parts = ["".join(f"# {line}".rstrip() + "\n" for line in header.splitlines())] if header else []
    for section in sections:
        lines = [f"[{section.name}]"]
        for line in section.lines:
            if _UNPRINTABLE.search(line.value) or line.value.endswith("\\"):
                raise ValueError(f"a unit cannot hold a line break in a value: {line.value!r}")
            lines += [f"# {text}" for text in line.comment.splitlines()]
            lines.append(f"{line.name}={line.value}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def literal(text: str) -> str:
    """Return the text with `%` escaped, so that systemd sees no specifier."""
    return text.replace("%", "%%")


def word(text: str) -> str:
    """Return one path or word of a list, quoted if necessary."""
    safe = literal(text)
    if _PLAIN.fullmatch(text):
        return safe
    return '"' + "".join(_SPECIAL.get(char, char) for char in safe) + '"'


def command(argv: Sequence[str]) -> str:
    """Return a command line, with `$` escaped, so that systemd sees no variable."""
    return " ".join(word(part).replace("$", "$$") for part in argv)
