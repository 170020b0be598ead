"""The stanzas of a logrotate file: `patterns { lines }`, never nested."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_BRACE = re.compile(r"[{}]")


class Stanza(msgspec.Struct, frozen=True):
    """The text from the last brace to the opening one, and from the opening one to the next."""

    head_at: int
    """Position of the head in the file."""
    head: str
    body: str
    is_closed: bool


def stanzas(text: str) -> Iterator[Stanza]:
    """Yield every opening brace with the text before and after it, up to the braces around."""
    braces = [match.start() for match in _BRACE.finditer(text)]
    starts, afters = [-1, *braces], [*braces[1:], len(text)]
    for before, brace, after in zip(starts, braces, afters, strict=False):
        if text[brace] == "{":
            is_closed = text[after : after + 1] == "}"
            yield Stanza(before + 1, text[before + 1 : brace], text[brace + 1 : after], is_closed)
