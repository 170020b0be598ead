"""The settings of [dashboard]."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from enuf.model.address import TcpAddress
from enuf.settings import typed


class Dashboard(Struct, frozen=True, kw_only=True):
    """The web page about the running stack, and /metrics."""

    listen: Annotated[
        typed.Listen | None,
        Meta(
            description="Address of the dashboard; `off` runs without it.", examples=["127.0.0.1:9191", "off"]
        ),
    ] = TcpAddress("127.0.0.1", 9191)
