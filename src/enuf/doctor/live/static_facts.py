"""What a collector found out about the file that nginx did not serve. Pure."""

from __future__ import annotations

import msgspec

from enuf.doctor.live.evidence import PathStat


class StaticFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A file that nginx looked for, with the folders above it, as nginx's worker meets them."""

    path: str
    folders: tuple[PathStat, ...] = ()
    file: PathStat | None = None
    meant: str = ""
    """An existing file that the configuration misses by a slash or by a repeated folder."""
