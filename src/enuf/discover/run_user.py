"""As root: which user runs the servers."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from enuf.errors import SettingsInvalid
from enuf.system.user import first_obstacle

FALLBACKS = ("www-data", "nobody")


class RunUser(msgspec.Struct, frozen=True):
    """The user to become, or None to stay who we are, with a warning when that is root against our wish."""

    name: str | None = None
    warning: str = ""


def find_run_user(wish: str, project: Path, needed: Sequence[Path]) -> RunUser:
    """Who runs the servers, `needed` being what they must read. Raises SettingsInvalid (exit 4) for a named user who cannot.

    Only root has a choice: anybody else is who they are.
    """
    if os.geteuid() != 0 or wish == "root":
        return RunUser()
    name = _owner_or_fallback(project) if wish == "auto" else wish
    if name is None:
        return RunUser(
            warning="enuf runs as root: there is no user www-data or nobody; name one with serve.user"
        )
    if not _exists(name):
        raise SettingsInvalid(
            f"serve.user: there is no user {name!r}", f"create it (adduser --system {name}), or name another"
        )
    obstacle = first_obstacle(name, needed)
    if obstacle is None:
        return RunUser(name)
    if wish != "auto":
        raise SettingsInvalid(
            f"serve.user: {name} may not read {obstacle}, which the app needs",
            f"let it (chmod o+rX {obstacle}), or choose a user who may",
            slug="user-cannot-read",
        )
    return RunUser(
        warning=f"enuf runs as root, because {name} may not read {obstacle}; "
        f'move it where {name} can read it, for example below /opt, or say that you mean it: serve.user = "root"'
    )


def needed_paths(
    project: Path, app_file: str | None, python: str, prefix: str, tools: Sequence[str]
) -> tuple[Path, ...]:
    """What the servers must read: the project, the app, the interpreter with its libraries, the programs."""
    own = [Path(python), Path(prefix), *(Path(tool) for tool in tools if tool.startswith("/"))]
    standard_library = Path(os.__file__).parent if python == sys.executable else None
    return tuple(
        path for path in (project, Path(app_file) if app_file else None, *own, standard_library) if path
    )


def _owner_or_fallback(project: Path) -> str | None:
    owner = project.stat().st_uid
    if owner != 0:
        try:
            return pwd.getpwuid(owner).pw_name
        except KeyError:
            pass
    return next((name for name in FALLBACKS if _exists(name)), None)


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
