"""The settings of [limits]."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from enuf.settings import typed


class Limits(Struct, frozen=True, kw_only=True):
    """What one client may ask of the app, and how many requests may wait for it; static files that nginx sends do not count."""

    requests: Annotated[
        typed.Rate | None,
        Meta(
            description="Requests of one client address (of an IPv6 network /64), as a number per second or minute. So many may "
            "come at once, or as many as `burst` says; more are answered 429 with Retry-After.",
            examples=["off", "10/s", "100/m burst 20"],
        ),
    ] = None
    paths: Annotated[
        dict[typed.SitePath, typed.Rate],
        Meta(
            description="Further limits of requests, by path: a path stands for itself and all below it. They hold beside "
            "limits.requests.",
            examples=[{"/login": "5/m"}],
        ),
    ] = {}
    connections: Annotated[
        int | None,
        Meta(
            ge=1,
            le=65_535,
            description="Requests of one client address that the app may be working on at the same moment; more are answered 429.",
            examples=["off", 10],
        ),
    ] = None
    queue: Annotated[
        Literal["auto"] | int,
        Meta(
            ge=0,
            le=65_535,
            description="Requests of all clients that may wait for a free thread; more are answered 503 with Retry-After at once. "
            "`auto`: as many as the system's queues hold; one that cannot be answered within serve.timeout any more is "
            "answered 503 when its turn comes.",
            examples=["auto", 50],
        ),
    ] = "auto"

    @property
    def of_clients(self) -> bool:
        """True if one client is limited."""
        return bool(self.requests or self.paths or self.connections)
