"""What the file system says about the paths that configurations name."""

from __future__ import annotations

from typing import Literal

import msgspec

NAMES_LIMIT = 500
"""A folder with as many names may hold others."""


class PathFact(msgspec.Struct, frozen=True, kw_only=True):
    """What the file system says about a path that a configuration names."""

    kind: Literal["file", "folder", "socket", "other", "absent", "unknown"] = "unknown"
    mode: int | None = None
    """Permission bits, None if they are unknown."""
    owner: str = ""
    group: str = ""
    names: tuple[str, ...] = ()
    """The names in a folder, hidden ones too: the first NAMES_LIMIT."""
    link: str = ""
    """The target of a symbolic link, empty for any other file."""


UNKNOWN = PathFact()
