"""The pid files that configurations name. Pure."""

from __future__ import annotations

import msgspec


class PidFile(msgspec.Struct, frozen=True, kw_only=True):
    """A pid file and the process that has its number now."""

    path: str
    pid: int
    program: str = ""
    """`uwsgi`, `gunicorn`, `nginx` or `other`; empty where no process has the number."""
    mode: int | None = None
    """The rights of the file."""
    line: str = ""
    """Its command line."""


class PidFiles(msgspec.Struct, frozen=True, kw_only=True):
    """All pid files."""

    files: tuple[PidFile, ...] = ()
