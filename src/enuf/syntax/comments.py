"""Comments of a printed configuration: headings and remarks."""

from __future__ import annotations

import msgspec


class Heading(msgspec.Struct, frozen=True):
    """The title of the lines that follow."""

    text: str


class Remark(msgspec.Struct, frozen=True):
    """A comment of one or more lines that belongs to no directive or option."""

    text: str
