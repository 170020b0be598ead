"""The secrets of a site: one file of root's alone, changed as a whole, which systemd reads for the service."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from enuf.errors import EnufError, NotRunning, PrivilegeNeeded, SettingsInvalid
from enuf.install.change import MakeFolder, WriteFile
from enuf.install.host_lock import host_lock
from enuf.install.requests import RequestInvalid
from enuf.install.services.base import ServiceManager
from enuf.install.services.systemd import SystemdHost, refuse_without_systemd
from enuf.install.site_name import LONGEST, is_site_name
from enuf.install.tree import HostTree
from enuf.model.environment import hide_values
from enuf.model.site import Installed, environment_file_of, paths_of_site
from enuf.syntax.env_file import name_problem, value_problem, values_in, with_values, without_names
from enuf.system.files import read_regular
from enuf.system.own_command import refuse_without_root
from enuf.system.sites import installed_sites
from enuf.system.trust import changeable_by_others

MODE = 0o600
LIMIT_BYTES = 2**20
Taken = Literal["reloaded", "later", "installing", "unchanged"]


class ChangedEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a change of a site's secrets."""

    file: str
    names: tuple[str, ...]
    """The names of all variables in the file now."""
    taken: Taken
    """Whether the service has them: by a reload; `later`, because it does not run or no reload was wanted."""
    unit: str


def environment_names(site: str) -> tuple[str, ...]:
    """Return the names of the variables in a site's file, in their order. Raise PrivilegeNeeded for a user other than root."""
    _refuse_name(site)
    refuse_without_root("read the names of a site's secrets")
    return tuple(values_in(_read(site)))


def set_variables(site: str, values: Mapping[str, str], *, reload: bool) -> ChangedEnvironment:
    """Set variables of a site, and let the service take them.

    Raise SettingsInvalid for a name or a value that systemd would leave out, and the error of a refused reload: then the
    file is as before.
    """
    for name, value in values.items():
        if problem := name_problem(name):
            raise RequestInvalid(f"{name!r} is no name of a variable: {problem}")
        if problem := value_problem(value):
            raise SettingsInvalid(
                f"the value of {name} cannot be set: {problem}",
                "keep such a value in a file of its own, as a credential: LoadCredential= of systemd",
                slug="bad-value",
            )
    return _change(site, lambda text: with_values(text, values), reload=reload)


def unset_variables(site: str, names: Sequence[str], *, reload: bool) -> ChangedEnvironment:
    """Remove variables of a site, and let the service go on without them. Raise NotRunning for a name that is not set."""
    known = environment_names(site)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise NotRunning(
            f"{site} has no variable {unknown[0]}",
            f"it has: {', '.join(known)}" if known else f"it has none: enuf env set {site} NAME",
            slug="no-variable",
        )
    return _change(site, lambda text: without_names(text, frozenset(names)), reload=reload)


def _change(site: str, edit: Callable[[str], str], *, reload: bool) -> ChangedEnvironment:
    _refuse_name(site)
    refuse_without_root("change the secrets of a site")
    refuse_without_systemd()
    tree, services, path = HostTree(), SystemdHost(), environment_file_of(site)
    with host_lock(tree):
        before = _read(site)
        after = edit(before)
        if after != before:
            _write(tree, path, after)
        record = next((each for each in installed_sites() if each.site.name == site), None)
        hidden = (*values_in(before).values(), *values_in(after).values())
        try:
            taken = _take(record, services, reload=reload) if after != before else "unchanged"
        except EnufError as error:
            _write(tree, path, before)
            hide_values(error, (value for value in hidden if len(value) > 3))
            error.summary = f"the variables of {site} are as before: {error.summary}"
            raise
    unit = paths_of_site(site, "").service
    return ChangedEnvironment(file=path, names=tuple(values_in(after)), taken=taken, unit=unit)


def _take(record: Installed | None, services: ServiceManager, *, reload: bool) -> Taken:
    """Let the service take its variables: systemd reads the file for the reload, which replaces the app without a loss."""
    if record is None:
        return "installing"
    if not reload or not services.is_active(record.site.unit):
        return "later"
    services.control("reload", record.site.unit)
    return "reloaded"


def _write(tree: HostTree, path: str, text: str) -> None:
    folder = posixpath.dirname(path)
    for missing in (posixpath.dirname(folder), folder):
        tree.apply(MakeFolder(missing))
    foreign = changeable_by_others(Path(folder))
    if foreign is not None:
        raise PrivilegeNeeded(
            f"{path} would hold secrets, and not only root can change {foreign}",
            f"chown root: {foreign} && chmod go-w {foreign}",
            slug="environment-of-others",
        )
    if text.strip():
        tree.apply(WriteFile(path, text, MODE, is_secret=True))
    else:
        tree.remove_all(path)
        tree.remove_empty_folder(folder)
        tree.remove_empty_folder(posixpath.dirname(folder))


def _read(site: str) -> str:
    try:
        return read_regular(Path(environment_file_of(site)), LIMIT_BYTES).decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(
            f"{environment_file_of(site)} cannot be read: {error}", "it holds NAME=value lines in UTF-8"
        ) from None


def _refuse_name(site: str) -> None:
    if not is_site_name(site):
        raise RequestInvalid(
            f"{site!r} is no name of a site: small letters, digits and dashes, at most {LONGEST}"
        )
