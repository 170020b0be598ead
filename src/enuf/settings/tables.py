"""The kind of a setting whose value is a table with fixed keys."""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping

import msgspec

from enuf.settings.kinds import Kind, did_you_mean
from enuf.settings.shapes import kind_of
from enuf.settings.table_value import TableValue
from enuf.settings.values import shown


class Table(Kind, frozen=True):
    """A table whose keys are the fields of a struct."""

    of: type[TableValue]
    noun: str

    @property
    def words(self) -> str:
        """The name of the kind in a message."""
        return self.noun

    def read(self, raw: object) -> TableValue:
        """Return the table's values; a text is its `command`. Raise ValueError with the key that is wrong."""
        if isinstance(raw, str):
            raw = {"command": raw}
        if not isinstance(raw, dict):
            raise self.refusal(raw)
        kinds = _kinds_of(self.of)
        values = {}
        for name, value in raw.items():
            if name not in kinds:
                near = did_you_mean(name, kinds) or f": its keys are {', '.join(kinds)}"
                raise ValueError(f"unknown key {shown(name)}{near}")
            try:
                values[name] = kinds[name].read(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        if "command" not in values:
            raise ValueError('command is missing: write command = "…"')
        return self.of(**values)

    def read_text(self, text: str) -> object:
        """Return the table of a command alone."""
        return self.read(text)


@functools.cache
def _kinds_of(struct: type[msgspec.Struct]) -> Mapping[str, Kind]:
    hints = typing.get_type_hints(struct, include_extras=True)
    return {field.name: kind_of(hints[field.name]) for field in msgspec.structs.fields(struct)}
