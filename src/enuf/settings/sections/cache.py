"""The settings of [cache]."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from enuf.settings import typed
from enuf.settings.values import Duration, Size


class Cache(Struct, frozen=True, kw_only=True):
    """Pages that nginx keeps for a moment and sends again: none unless its path is listed."""

    paths: Annotated[
        dict[
            typed.SitePath,
            Annotated[typed.Time | None, Meta(ge=1, le=86_400, multiple_of=1)],
        ],
        Meta(
            description="How long answers are kept, by path: a path stands for itself and all below it, the longest one counts, "
            "`off` takes one out. Only answers with status 200, 301, 302 or 308 to a GET or HEAD without a cookie or an "
            "Authorization header. The app's Cache-Control, Expires, Vary and Set-Cookie are obeyed.",
            examples=[{"/": "10s", "/api/list": "1m", "/account": "off"}],
        ),
    ] = {}
    stale: Annotated[
        typed.Time | None,
        Meta(
            ge=1,
            le=86_400,
            multiple_of=1,
            description="Send a page whose time is over at once, while a new one is fetched behind the visitor's back, or while the "
            "app does not answer. A page that nobody has asked for within this time, or within its own time if that is longer, "
            "is removed.",
            examples=["off", "30s"],
        ),
    ] = None
    size: Annotated[
        typed.Bytes,
        Meta(
            ge=1 << 20,
            description="Room for all kept pages, in the runtime folder; those that were not asked for the longest go first.",
            examples=["64m", "1g"],
        ),
    ] = Size(64 << 20)

    @property
    def times(self) -> dict[str, Duration]:
        """The listed paths with their times, without those that are taken out."""
        return {path: time for path, time in self.paths.items() if time is not None}
