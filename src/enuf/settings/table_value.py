"""A setting's value that is a small table with fixed keys: `{ command = "flask cleanup", every = "10m" }`."""

from __future__ import annotations

import msgspec


class TableValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value with named parts. A text in its place stands for the part `command` alone."""

    def written(self) -> object:
        """Return the value as it is written in enuf.toml: its parts that differ from their defaults, or that text."""
        defaults = {
            field.name: field.default
            if field.default_factory is msgspec.NODEFAULT
            else field.default_factory()
            for field in msgspec.structs.fields(type(self))
        }
        parts = {
            name: value for name, value in msgspec.structs.asdict(self).items() if value != defaults[name]
        }
        return parts["command"] if [*parts] == ["command"] else parts
