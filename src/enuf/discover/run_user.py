"""As root: which user runs the servers."""

from __future__ import annotations

import errno
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from enuf.errors import SettingsInvalid
from enuf.system.user import CannotBecome, User, first_obstacle, owner_of, user_named

FALLBACKS = ("www-data", "nobody")
_STAYS = 'or say that you mean it: serve.user = "root"'

_TO_BECOME = {
    errno.EPERM: "give this container CAP_SETUID and CAP_SETGID",
    errno.EINVAL: "let this container have that user: its user namespace lacks the number",
}
"""What helps, by the reason that the system gives."""


class RunUser(msgspec.Struct, frozen=True):
    """The user to become, or None to stay who we are, with a warning when that is root against our wish."""

    user: User | None = None
    warning: str = ""


def find_run_user(wish: str, project: Path, needed: Callable[[], Iterator[Path]]) -> RunUser:
    """Who runs the servers, `needed` being what they must read. Raises SettingsInvalid (exit 4) for a named user who cannot.

    Only root has a choice: anybody else is who they are.
    """
    if os.geteuid() != 0 or wish == "root":
        return RunUser()
    user = _owner_or_fallback(project) if wish == "auto" else user_named(wish)
    if user is None and wish != "auto":
        raise SettingsInvalid(
            f"serve.user: there is no user {wish!r}", f"create it (adduser --system {wish}), or name another"
        )
    if user is None:
        return RunUser(
            warning=f"enuf runs as root: there is no user www-data or nobody; name one with serve.user, {_STAYS}"
        )
    if user.uid == 0:
        return RunUser()
    problem, cure = _problem(user, project, needed)
    if not problem:
        return RunUser(user)
    if wish != "auto":
        raise SettingsInvalid(
            f"serve.user: {problem}", f"{cure}, or choose another user", slug="user-cannot-read"
        )
    return RunUser(warning=f"enuf runs as root, because {problem}; {cure}, {_STAYS}")


def _problem(user: User, project: Path, needed: Callable[[], Iterator[Path]]) -> tuple[str, str]:
    """Why the servers cannot run as this user, and the cure; two empty texts when they can."""
    try:
        path = first_obstacle(user, needed)
    except CannotBecome as error:
        return f"it cannot become {user.name} here ({error.strerror})", _TO_BECOME.get(
            error.errno or 0, f"see why: setpriv --reuid={user.uid} --regid={user.gid} --clear-groups true"
        )
    except OSError as error:
        return f"{user.name} could not be asked what it may read ({error})", "cure that first"
    if path is None:
        return "", ""
    cure = f"move it where {user.name} can read it, for example below /opt"
    if path.is_relative_to(project.resolve()):
        name, right = shlex.quote(str(path)), "g+rx" if path.is_dir() else "g+r"
        cure = f"chgrp {user.gid} {name} && chmod {right} {name}"
    return f"{user.name} may not read {path}", cure


def _owner_or_fallback(project: Path) -> User | None:
    owner = owner_of(project)
    return owner if owner.uid != 0 else next(filter(None, map(user_named, FALLBACKS)), None)
