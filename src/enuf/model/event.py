"""What every event of the journal has: a time, a text for people, and bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec.structs import fields

LONGEST_TEXT = 16_000
MOST_LINES = 200
"""Bounds of one event in the journal, for texts that come from the app."""


def _tag_of(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=_tag_of):
    """Something that happened to the stack."""

    at: float = 0.0
    """Seconds since the epoch."""

    @property
    def text(self) -> str:
        """The lines that enuf.log shows."""
        raise NotImplementedError

    def cleaned(self, clean: Callable[[str], str]) -> Event:
        """Return the event with every text in it cleaned and bounded."""
        return msgspec.structs.replace(
            self, **{field.name: _cleaned(getattr(self, field.name), clean) for field in fields(self)}
        )


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)[:LONGEST_TEXT]
    if isinstance(value, tuple):  # cleaned as one text: a name and its value may stand on two lines
        lines = clean("\n".join(value[-MOST_LINES:]))[-LONGEST_TEXT:]
        return tuple(lines.split("\n")) if value else value
    return value


def indented_below(summary: str, evidence: Iterable[str]) -> str:
    """Return the lines of enuf.log: the summary, with the evidence indented below it."""
    return "\n".join([summary, *(f"  {line}" for line in evidence)])


def with_pid(pid: int) -> str:
    """Return the pid as the end of a sentence; empty for a process that could not be started."""
    return f", pid {pid}" if pid else ""
