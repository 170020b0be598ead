"""The origin of a setting's value, and the value as written there."""

from __future__ import annotations

from typing import Literal

import msgspec

OriginKind = Literal["default", "derived", "file", "env", "flag"]


class Origin(msgspec.Struct, frozen=True):
    """The place of a value as people find it: `enuf.toml:12`, `ENUF_SERVE_LISTEN`, `--listen`."""

    kind: OriginKind
    where: str

    def __str__(self) -> str:
        return self.where


DEFAULT = Origin("default", "default")


class Entry(msgspec.Struct, frozen=True):
    """A value as written, with the dotted key of its setting."""

    key: str
    raw: object
    origin: Origin
    is_text: bool = False
    """True for a flag or an environment variable: one line of text that is not parsed yet."""
