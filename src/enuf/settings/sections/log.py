"""The settings of [log]."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from enuf.settings import typed
from enuf.settings.values import Rotate, Size


class Log(Struct, frozen=True, kw_only=True):
    """The logs in .enuf/log."""

    format: Annotated[
        Literal["text", "json"],
        Meta(
            description="`text` for people, `json` for programs that collect logs.", examples=["text", "json"]
        ),
    ] = "text"
    rotate: Annotated[
        typed.Rotation,
        Meta(
            description="Size at which a log file is put aside x how many old ones are kept.",
            examples=["50m x 5"],
        ),
    ] = Rotate(Size(50 << 20), 5)
