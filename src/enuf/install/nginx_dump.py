"""All that the host's nginx reads, as `nginx -T` prints it, and where a name or a default site stands in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

_FILE = re.compile(r"^# configuration file (?P<path>/.*):$", re.MULTILINE)
_NAMES = re.compile(r"(?:^|[;{}])[ \t]*server_name\s+(?P<names>[^;{}]*);", re.MULTILINE)
_LISTEN = re.compile(r"(?:^|[;{}])[ \t]*listen\s+(?P<at>[^\s;]+)(?P<words>[^;{}]*);", re.MULTILINE)
_DEFAULT = frozenset(("default_server", "default"))


class FilePlace(msgspec.Struct, frozen=True):
    """A line of a file."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    def is_in(self, paths: Iterable[str]) -> bool:
        """Return True for a line of one of these files."""
        return self.path in paths


def places_of_name(dump: str, name: str) -> list[FilePlace]:
    """Return the lines with a `server_name` that holds this name."""
    return [
        FilePlace(path, line)
        for path, line, found in _found(dump, _NAMES)
        if name in found["names"].lower().split()
    ]


def places_of_default(dump: str, port: int) -> list[FilePlace]:
    """Return the lines that make a site the default site of a port."""
    return [
        FilePlace(path, line)
        for path, line, found in _found(dump, _LISTEN)
        if _DEFAULT & set(found["words"].split()) and _port(found["at"]) == port
    ]


def _port(address: str) -> int:
    """Return the port of a `listen` address, which is 80 where none is named."""
    text = address.rpartition(":")[2] if not address.endswith("]") else ""
    return int(text) if text.isdecimal() and len(text) <= 5 else 80


def _found(dump: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, int, re.Match[str]]]:
    """Yield the path, the line and the match of each statement, without those in comments."""
    heads = list(_FILE.finditer(dump))
    for number, head in enumerate(heads):
        end = heads[number + 1].start() if number + 1 < len(heads) else len(dump)
        text = re.sub(r"(?m)(?:^|(?<=\s))#.*$", "", dump[head.end() + 1 : end])
        for match in pattern.finditer(text):
            start = match.start() + len(match[0]) - len(match[0].lstrip("\n"))
            yield head["path"], text.count("\n", 0, start) + 1, match
