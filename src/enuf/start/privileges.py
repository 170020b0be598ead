"""Root's rights: whose rights handle the files of a project, and which user runs its servers."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from enuf.discover.run_user import UserSetting
from enuf.errors import AppNotFound, PrivilegeNeeded
from enuf.model.app import AppRef
from enuf.settings.load import Loaded, Surveyed
from enuf.start.invocation import Invocation
from enuf.start.pipeline import read_settings, required_paths, survey_settings
from enuf.system.home_folder import make_home_for
from enuf.system.switch_user import (
    CannotBecome,
    acting_as,
    become,
    environment_for,
    keeper_of,
    refuse_unreadable_code,
)
from enuf.system.trust import changeable_by_others, open_to_others
from enuf.system.user import User

_SETTINGS_FILES = ("enuf.toml", "pyproject.toml")
ROOTS_PROGRAMS = ("nginx",)
"""Settings that decide which program root runs."""


@contextlib.contextmanager
def with_rights_of_keeper(path: Path) -> Iterator[None]:
    """Handle files at `path` inside the block with the rights of the user who keeps them, when we are root.

    Raise PrivilegeNeeded where the system does not let root become that user.
    """
    keeper = keeper_of(path)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(acting_as(keeper))
        except CannotBecome as error:
            raise _cannot_become(keeper, path, error) from None
        yield


def become_keeper(path: Path) -> None:
    """Become, as root and for good, the user who keeps the files at `path`. Raise PrivilegeNeeded."""
    keeper = keeper_of(path)
    if keeper is not None:
        refuse_unreadable_code(keeper)
        try:
            become(keeper)
        except CannotBecome as error:
            raise _cannot_become(keeper, path, error) from None


def _cannot_become(keeper: User | None, path: Path, error: OSError) -> PrivilegeNeeded:
    name = keeper.name if keeper else "another user"
    return PrivilegeNeeded(
        f"{path} is not root's alone, and root cannot become {name} here ({error.strerror})",
        "give this container CAP_SETUID and CAP_SETGID, or say that root shall handle it: --set serve.user=root",
        slug="cannot-become",
    )


def read_settings_of_keeper(invocation: Invocation, environ: Mapping[str, str]) -> Loaded:
    """Return the project's settings, read with the rights of its keeper.

    Raise SettingsInvalid or PrivilegeNeeded.
    """
    with _reading(invocation, environ):
        return read_settings(invocation, environ)


def survey_settings_of_keeper(invocation: Invocation, environ: Mapping[str, str]) -> Surveyed:
    """Return the project's settings with their problems, read with the rights of its keeper. Raise PrivilegeNeeded."""
    with _reading(invocation, environ):
        return survey_settings(invocation, environ)


@contextlib.contextmanager
def _reading(invocation: Invocation, environ: Mapping[str, str]) -> Iterator[None]:
    if _root_is_said(invocation, environ):
        yield
        return
    with with_rights_of_keeper(Path(invocation.project)):
        yield


def _root_is_said(invocation: Invocation, environ: Mapping[str, str]) -> bool:
    said = invocation.flags.get("serve.user", ("", environ.get("ENUF_SERVE_USER", "")))[1]
    return said == "root"


def run_user(
    invocation: Invocation, loaded: Loaded, environ: Mapping[str, str]
) -> tuple[User | None, list[str]]:
    """Return the user to become, None to stay who we are, and warnings.

    Raise SettingsInvalid, AppNotFound, or PrivilegeNeeded where root would act on another user's decision.
    """
    if os.geteuid() != 0 or _root_is_said(invocation, environ):
        return None, []
    # Imported now: the child that looks as another user may not be able to read our own code.
    from enuf.discover.interpreter import choose_interpreter
    from enuf.discover.run_user import find_run_user

    project = Path(invocation.project)
    try:
        app = app_of(invocation, loaded, environ)
    except AppNotFound as error:
        if error.slug != "app-unreadable" or keeper_of(project) is None:
            raise
        raise PrivilegeNeeded(
            f"{error.summary}, and root does not read in the place of {project}'s owner",
            error.hint,
            slug="not-as-root",
        ) from None
    files = [project / name for name in _SETTINGS_FILES if os.path.lexists(project / name)]
    deciding = [*files, *([Path(app.file)] if app.file else [])]
    deciding += [project / name for name in loaded.settings.env_file]
    if (
        open_to_others(project) is None
    ):  # else it is refused anyway, and looking may run a program of the project's
        deciding.append(Path(choose_interpreter(project, loaded.settings.python, environ)[0]))
    found = find_run_user(
        user_setting(loaded, project), deciding, lambda: required_paths(invocation, loaded, environ, app)
    )
    _refuse_foreign_env_files(loaded, project, found.user)
    return found.user, [found.warning] if found.warning else []


def app_of(invocation: Invocation, loaded: Loaded, environ: Mapping[str, str]) -> AppRef:
    """Find the project's app with the rights of the user who can change it. Raise AppNotFound."""
    from enuf.discover.app import find_app

    project = Path(invocation.project)
    with _reading(invocation, environ):
        env_files = [str(project / name) for name in loaded.settings.env_file]
        return find_app(project, invocation.target or loaded.settings.app or None, environ, env_files)


def user_setting(loaded: Loaded, project: Path) -> UserSetting:
    """Return the setting serve.user and the file that decided it."""
    where = str(loaded.origins["serve.user"])
    file = settings_file(loaded, "serve.user", project)
    return UserSetting(name=loaded.settings.serve.user, project=project, said_in=where, file=file)


def refuse_chosen_by_others(loaded: Loaded, project: Path, keys: Sequence[str]) -> None:
    """Raise PrivilegeNeeded for a setting that root would obey and another user could have written.

    A flag counts as root's word, and an install keeps it for later installs.
    """
    for key in keys:
        file = settings_file(loaded, key, project)
        foreign = changeable_by_others(file) if file else None
        if foreign is not None:
            raise PrivilegeNeeded(
                f"{loaded.origins[key]} sets {key}, which root's own nginx would obey, and not only root may write there: {foreign}",
                f"read it, and say it yourself: --set {key}=…",
                slug="setting-chosen-by-others",
            )


def settings_file(loaded: Loaded, key: str, project: Path) -> Path | None:
    """Return the settings file that sets this key; None for a flag, a variable or a default."""
    origin = loaded.origins[key]
    return project / origin.where.partition(":")[0] if origin.kind == "file" else None


def _refuse_foreign_env_files(loaded: Loaded, project: Path, user: User | None) -> None:
    """Raise PrivilegeNeeded for an env_file outside the project, named in a file that another user can write."""
    origin, file = loaded.origins["env_file"], settings_file(loaded, "env_file", project)
    foreign = changeable_by_others(file) if file else None
    if foreign is None or (user is not None and user.uid == foreign.lstat().st_uid):
        return
    home = Path(os.path.realpath(project))
    for name in loaded.settings.env_file:
        if not Path(os.path.realpath(project / name)).is_relative_to(home):
            raise PrivilegeNeeded(
                f"{origin} names {name}, outside the project, and not only root may write there: {foreign}",
                f"say it yourself: --set env_file={name}",
                slug="env-file-chosen-by-others",
            )


def drop_to(
    user: User, project: Path, bound: Sequence[Path], environ: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Become the user for good, and give the unix sockets that root has bound to the user.

    Return the user's environment, and warnings.
    """
    make_home_for(user, project)
    for path in bound:
        _give_socket(path, user)
    become(user)
    return environment_for(user, environ), _stays_behind(bound, user)


def _give_socket(path: Path, user: User) -> None:
    """Give a socket that we have bound to the user, in a folder where nobody else could have replaced it.

    A folder with the setgid bit has given the socket its group, which stays.
    """
    if changeable_by_others(path.parent) is not None or not os.path.lexists(path):
        return
    found = path.lstat()
    if stat.S_ISSOCK(found.st_mode) and found.st_uid == 0:
        gid = -1 if path.parent.stat().st_mode & stat.S_ISGID else user.gid
        os.chown(path, user.uid, gid, follow_symlinks=False)


def _stays_behind(bound: Sequence[Path], user: User) -> list[str]:
    return [
        f"{path} will stay there after the end: {user.name} may not remove it from {path.parent}"
        for path in bound
        if not os.access(path.parent, os.W_OK)
    ]
