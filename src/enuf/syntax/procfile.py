"""A reader of Procfiles: a name, a colon and a command in each line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

WEB_PROCESS = "web"
"""Name of the process that serves the app."""
_LINE = re.compile(r"([A-Za-z0-9_-]{1,64})[ \t]*:[ \t]*(\S.*)")


class ProcfileLine(msgspec.Struct, frozen=True):
    """A process as its line names it; lines count from 1."""

    number: int
    name: str
    command: str


def procfile_lines(text: str) -> Iterator[ProcfileLine]:
    """Yield the processes in their order. Any other line says nothing."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _LINE.fullmatch(line.strip()):
            yield ProcfileLine(number, match[1], match[2])
