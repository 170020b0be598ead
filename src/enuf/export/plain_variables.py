"""Variables of a file that an engine reads otherwise than `enuf up`: engines take quotes and comments as part of the value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec


class OtherwiseRead(msgspec.Struct, frozen=True, kw_only=True):
    """A variable that a container would get with another value, never the value itself."""

    file: str
    line: int
    name: str
    is_left_out: bool
    """True for one that enuf gives no app that serves visitors, such as FLASK_DEBUG of .flaskenv."""


def otherwise_read(file: str, text: str, given: Mapping[str, str]) -> Iterator[OtherwiseRead]:
    """Yield the variables of a file that differ from `given`, what enuf gives to the app from this file."""
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.lstrip().partition("=")
        if not equals or name.startswith("#"):
            continue
        bare = name.removeprefix("export ").strip()
        if name != bare or given.get(bare) != value:
            yield OtherwiseRead(file=file, line=number, name=bare, is_left_out=bare not in given)
