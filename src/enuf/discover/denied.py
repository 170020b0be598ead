"""The cure for a right that the app's user lacks, from the traceback of the app."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from enuf.system.user import name_of_uid

_LONGEST = 64_000
"""Characters of a traceback that are looked at, from its end."""
_DENIED = re.compile(
    r"^(?:PermissionError|OSError): \[Errno (?:1|13|30)\] (?P<why>[A-Z][^:\n]{0,80}): (?P<path>'[^\n]{1,4000}')",
    re.MULTILINE,
)
_READ_ONLY = "Read-only file system"
_SQLITE = re.compile(r"attempt to write a readonly database|unable to open database file")
_CONNECT = re.compile(r"""sqlite3\.connect\(\s*r?(['"])(?P<path>[^'"\n]{1,4000})\1""")
_WRITING = "SQLite writes a journal beside its file, so it needs both"


def cure_for_denied(traceback: str, project: str) -> str:
    """Return what the user of the app lacks, and the cure; empty for a traceback of another fault.

    It must be called by a process of the app's own user. Relative paths start in `project`.
    """
    text = traceback[-_LONGEST:]
    denied = list(_DENIED.finditer(text))
    sqlite = list(_SQLITE.finditer(text))
    if denied and (not sqlite or denied[-1].start() > sqlite[-1].start()):
        path = os.path.join(project, _first_path(denied[-1]["path"]))  # noqa: PTH118
        return _read_only(path) if denied[-1]["why"] == _READ_ONLY else _lacks(path, project)
    if not sqlite:
        return ""
    found = list(_CONNECT.finditer(text))
    return _of_sqlite(os.path.join(project, found[-1]["path"]) if found else "")  # noqa: PTH118


def _first_path(quoted: str) -> str:
    """Return the first path of `'a'` or `'a' -> 'b'`."""
    return quoted[1 : quoted.find("'", 1)]


def _lacks(path: str, project: str) -> str:
    """Return the sentence about a path that the user may not use."""
    place, what = _closed_place(Path(path))
    sentence = f"{_runs_as()}, who may not {what}"
    if _is_below(str(place), project):
        return f"{sentence}: chown {_user()} {shlex.quote(str(place))}, or name its owner in serve.user (as root)"
    home = os.environ.get("HOME", "")
    other = f"; or HOME=… in .env, for another home than {home}" if home and _is_below(path, home) else ""
    return f"{sentence}: choose a place in a folder that belongs to {_user()}, or make this one for {_user()}{other}"


def _closed_place(path: Path) -> tuple[Path, str]:
    """Return the path that stands in the way, and what the user may not do there."""
    for folder in reversed(path.parents):
        if not os.path.lexists(folder):
            return folder.parent, f"make {folder}"
        if not os.access(folder, os.X_OK):
            return folder, f"enter {folder}"
    return (path, f"use {path}") if os.path.lexists(path) else (path.parent, f"make {path}")


def _of_sqlite(path: str) -> str:
    if not path:
        return (
            f"{_runs_as()}, who cannot write the database, or its folder: {_WRITING}; chown both to {_user()}"
        )
    folder = Path(path).parent
    if not folder.is_dir() and os.access(folder.parent, os.X_OK):
        return f"there is no folder {folder} for the database: make it, for {_user()}"
    both = f"{shlex.quote(str(folder))} {shlex.quote(path)}" if os.path.lexists(path) else str(folder)
    return f"{_runs_as()}, who cannot write the database {path}: {_WRITING}; chown {_user()} {both}"


def _read_only(path: str) -> str:
    return (
        f"{path} is on a file system that is read-only here: choose another place; "
        "for an installed service, install.writable opens one"
    )


def _runs_as() -> str:
    return f"the app runs as {_user()}"


def _user() -> str:
    return name_of_uid(os.geteuid())


def _is_below(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)
