"""The environment of a server's process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from enuf.model.process import AppPrograms, ProcessSpec
from enuf.model.secrets import SECRET_VARIABLES
from enuf.system.env_files import with_values_of

_NEVER = (
    "ENUF_APP_FD",
    "ENUF_LISTEN_FD",
    "ENUF_GENERATION",
    "ENUF_DASHBOARD_FD",
    "NGINX",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "NOTIFY_SOCKET",
    *SECRET_VARIABLES,  # enuf's own: an app may show its environment on a page for errors
)
_FOLDERS = "PYTHONPATH"


def process_environment(
    spec: ProcessSpec, inherited: Mapping[str, str], env_files: Sequence[str], lent: Sequence[int] = ()
) -> dict[str, str]:
    """Return the inherited variables without those that would mislead the server, with its env files and its adapter's own.

    A real variable wins over one from a file, as with `flask run`. Files are read at every start, so that
    secrets are in no plan and a new value comes with the next reload.
    """
    given = with_values_of(env_files, inherited) if spec.reads_env_files else inherited
    environment = {
        name: value
        for name, value in given.items()
        if name not in _NEVER and not name.startswith(spec.forget)
    }
    if not any(environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        environment["LANG"] = "C.UTF-8"  # without it some builds cannot print beyond ASCII (F214)
    environment.update(_added_to(environment, spec.environment))
    descriptors: dict[str, str] = {}
    for lend, descriptor in zip(spec.lends, lent, strict=False):
        descriptors[lend.variable] = descriptors.get(lend.variable, "") + lend.each.format(fd=descriptor)
    return {**environment, **descriptors}


def command_environment(
    programs: AppPrograms, inherited: Mapping[str, str], env_files: Sequence[str]
) -> dict[str, str]:
    """Return the app's environment for a command of the app's, with the programs of the app's Python first on PATH."""
    given = with_values_of(env_files, inherited)
    environment = {name: value for name, value in given.items() if name not in _NEVER}
    path = environment.get("PATH", os.defpath)
    environment["PATH"] = f"{programs.programs}{os.pathsep}{path}"
    if programs.virtualenv:
        environment["VIRTUAL_ENV"] = programs.virtualenv
    if programs.flask_app:
        environment.setdefault("FLASK_APP", programs.flask_app)
    return environment


def program_of(name: str, directory: str, path: str) -> str | None:
    """Return the absolute path of a program that is named as in a shell; None where there is none."""
    if "/" in name:
        return os.path.normpath(Path(directory) / name)
    return shutil.which(name, path=path)


def _added_to(before: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return what the adapter adds; its folders of PYTHONPATH stand before those that the user has named."""
    paths = [value for given in (more, before) if (value := given.get(_FOLDERS))]
    return {**more, **({_FOLDERS: os.pathsep.join(paths)} if _FOLDERS in more else {})}
