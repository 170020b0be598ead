"""The choice of the user who runs the servers, for root."""

from __future__ import annotations

import errno
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from enuf.errors import PrivilegeNeeded, SettingsInvalid
from enuf.system.switch_user import FALLBACKS, CannotBecome, first_obstacle
from enuf.system.tree import first_foreign_source
from enuf.system.trust import changeable_by_others, open_to_others
from enuf.system.user import User, name_of_uid, owner_of, user_named

_ON_COMMAND_LINE = "--set serve.user="
_STAYS = 'or keep root, without this warning: serve.user = "root"'

_TO_BECOME = {
    errno.EPERM: "give this container CAP_SETUID and CAP_SETGID",
    errno.EINVAL: "let this container have that user: its user namespace lacks the number",
}
"""Cures by the system's error."""


class RunUser(msgspec.Struct, frozen=True):
    """The user to become, or None to stay root, with a warning if root was not requested."""

    user: User | None = None
    warning: str = ""


class UserSetting(msgspec.Struct, frozen=True, kw_only=True):
    """The setting serve.user, and its origin."""

    name: str
    project: Path
    said_in: str = ""
    """The place of the setting, in words: `enuf.toml:3`."""
    file: Path | None = None
    """The settings file with the setting; None for a flag, a variable or the default."""


def find_run_user(
    setting: UserSetting, deciding: Sequence[Path], needed: Callable[[], Iterator[Path]]
) -> RunUser:
    """Return the user who runs the servers.

    The user must be able to read all of `needed`.

    `deciding` are the files whose owners could make root stay root by being unreadable, or that root would
    then run or use: the settings, the app, env files and the interpreter. Raise SettingsInvalid if a named
    user cannot read what is needed, and PrivilegeNeeded if root would do what another user decided. Only root
    has a choice.
    """
    if os.geteuid() != 0:
        return RunUser()
    refuse_user_of_others(setting)
    if setting.name == "root":
        return RunUser()
    user = _owner_or_fallback(setting.project) if setting.name == "auto" else user_named(setting.name)
    if user is None and setting.name != "auto":
        raise SettingsInvalid(
            f"serve.user: there is no user {setting.name!r}",
            f"create it (adduser --system {setting.name}), or name another",
        )
    if user is None:
        reason = "there is no user www-data or nobody"
        return _stay_root(reason, "name one with serve.user", setting.project, deciding)
    if user.uid == 0:
        return RunUser()
    problem, cure = _problem(user, setting.project, needed)
    if not problem:
        return RunUser(user)
    if setting.name != "auto":
        raise SettingsInvalid(
            f"serve.user: {problem}", f"{cure}, or choose another user", slug="user-cannot-read"
        )
    return _stay_root(problem, cure, setting.project, deciding)


def _stay_root(problem: str, cure: str, project: Path, deciding: Sequence[Path]) -> RunUser:
    """Return that root runs the servers, with a warning.

    Raise PrivilegeNeeded if another user could have decided that.
    """
    foreign = open_to_others(project) or next(filter(None, map(changeable_by_others, deciding)), None)
    foreign = foreign or first_foreign_source(project)
    if foreign is None:
        reason = problem if problem.startswith("there is no user") else f"because {problem}"
        joint = ": " if reason == problem else ", "
        return RunUser(warning=f"enuf runs as root{joint}{reason}; {cure}, {_STAYS}")
    raise PrivilegeNeeded(
        f"{problem}, and root runs nothing that another user may change: {_whose(foreign)}",
        f"{cure}, or choose root yourself: {_ON_COMMAND_LINE}root",
        slug="not-as-root",
    )


def refuse_user_of_others(setting: UserSetting) -> None:
    """Raise PrivilegeNeeded if a settings file names a user that the owner of the file may not become."""
    foreign = changeable_by_others(setting.file) if setting.file and setting.name != "auto" else None
    if foreign is None:
        return
    owner, user = foreign.lstat().st_uid, user_named(setting.name)
    if owner != 0 and user is not None and user.uid == owner:
        return
    raise PrivilegeNeeded(
        f"{setting.said_in} lets the servers run as {setting.name}, and other users than root can write there: {_whose(foreign)}",
        f"name the user yourself: {_ON_COMMAND_LINE}{setting.name}",
        slug="user-chosen-by-others",
    )


def _whose(path: Path) -> str:
    uid = path.lstat().st_uid
    return f"{path} belongs to {name_of_uid(uid)}" if uid != 0 else f"{path} can be written by others"


def _problem(user: User, project: Path, needed: Callable[[], Iterator[Path]]) -> tuple[str, str]:
    """Return why the servers cannot run as this user, and the cure; two empty texts if they can."""
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
    if path.is_relative_to(project.resolve()):
        name, right = shlex.quote(str(path)), "rx" if path.is_dir() else "r"
        is_own = path.lstat().st_uid == user.uid
        cure = f"chmod u+{right} {name}" if is_own else f"chgrp {user.gid} {name} && chmod g+{right} {name}"
    else:
        cure = _where_readable(path, user)
    return f"{user.name} may not read {path}", cure


def _where_readable(path: Path, user: User) -> str:
    """Return the cure for a path outside of the project; a folder that holds enuf's Python is not to be moved."""
    python = Path(sys.executable).resolve()
    if python.is_relative_to(path):
        return (
            f"make enuf's virtualenv below /opt with a Python that {user.name} can read, "
            f"for example /usr/bin/python3, because now it is {python}"
        )
    return f"move {path} to a place that {user.name} can read, for example below /opt"


def likely_user(setting: str, project: Path) -> str:
    """Return the name of the user whom a start would choose; of what that user must read, the folder alone is tried."""
    if os.geteuid() != 0:
        return name_of_uid(os.geteuid())
    user = _owner_or_fallback(project) if setting == "auto" else user_named(setting)
    if user is None or (setting == "auto" and _problem(user, project, lambda: iter((project,)))[0]):
        return "root"
    return user.name


def _owner_or_fallback(project: Path) -> User | None:
    owner = owner_of(project)
    return owner if owner.uid != 0 else next(filter(None, map(user_named, FALLBACKS)), None)
