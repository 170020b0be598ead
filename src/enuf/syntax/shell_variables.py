"""`$NAME`, `${NAME}` and `${NAME:-default}` as shells, compose files and Dockerfiles fill them in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from enuf.syntax.unit import COMMAND_LIMIT

_NONE: Mapping[str, str] = MappingProxyType({})
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?[-=]([^{}]*))?[^{}]*\}|(\w+))")


def fill_in(text: str, values: Mapping[str, str] = _NONE) -> str:
    """Return a text with the values of its variables, or with their defaults; a variable without both stays."""

    def value(match: re.Match[str]) -> str:
        return values.get(match[1] or match[3], match[0] if match[2] is None else match[2])

    return _VARIABLE.sub(value, text[:COMMAND_LIMIT])


def names_in(text: str) -> set[str]:
    """Return the names of the variables in a text."""
    return {match[1] or match[3] for match in _VARIABLE.finditer(text[:COMMAND_LIMIT])}
