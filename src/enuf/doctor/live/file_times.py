"""When the files of a stack were changed. Pure."""

from __future__ import annotations

import msgspec


class FileTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Times of the last change, in seconds since the epoch, by path."""

    of_nginx: dict[str, float] = {}
    of_code: dict[str, float] = {}
    """Of the Python files of the app, the newest ones."""
    moved: dict[str, str] = {}
    """Folders in which servers work, with the one to which the link leads now by which they were started."""
