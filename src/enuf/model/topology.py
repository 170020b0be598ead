"""How a front and a server can be connected."""

from __future__ import annotations

from typing import Literal

import msgspec

Wire = Literal["http", "uwsgi"]
Transport = Literal["unix", "tcp"]
Verdict = Literal["learning", "testing", "production", "production, two hosts"]


class Link(msgspec.Struct, frozen=True):
    """What the front and the server speak, and over what."""

    wire: Wire
    transport: Transport

    def __str__(self) -> str:
        return f"{self.wire}/{self.transport}"

    @property
    def runs_code(self) -> bool:
        """True where every user of the machine can make the server run code.

        A uwsgi packet may name a file to load.
        """
        return self.wire == "uwsgi" and self.transport == "tcp"


class Topology(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table of topologies."""

    id: str
    front: str
    link: Link
    server: str
    verdict: Verdict
    why: str
    """The reason of the verdict, one sentence."""
