"""Where a setting came from, and its value as it was found there."""

from __future__ import annotations

from typing import Literal

import msgspec

OriginKind = Literal["default", "derived", "file", "env", "flag"]


class Origin(msgspec.Struct, frozen=True):
    """Where a value came from, in words that lead there: `enuf.toml:12`, `ENUF_SERVE_LISTEN`, `--listen`."""

    kind: OriginKind
    where: str

    def __str__(self) -> str:
        return self.where


DEFAULT = Origin("default", "default")


class Entry(msgspec.Struct, frozen=True):
    """A value as somebody wrote it, under the dotted key of a setting that exists."""

    key: str
    raw: object
    origin: Origin
    is_text: bool = False
    """True for a flag or an environment variable: one line of text that is still to be understood."""
