"""The environment of the trial import at an install: what the service will have, before there is a service.

Folders that systemd has not made yet, or that only a user of systemd's may enter, are replaced by empty ones that are
removed afterwards.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.errors import EnufError
from enuf.install.requests import SERVICE_ENVIRONMENT
from enuf.install.service_user import readability_user
from enuf.install.services.base import ServiceEnvironment, ServiceUser
from enuf.install.target_host import TargetHost
from enuf.model.environment import hide_values
from enuf.model.site import Site
from enuf.syntax.env_file import values_in
from enuf.system.scratch import scratch_folder
from enuf.system.user import User, user_named

_MISSING = re.compile(r"write ([A-Za-z_]\w*)=… into \.env")
"""In the hint of a failed import, the variable that the app looked for."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """The variables of a trial import."""

    environ: dict[str, str]
    """What the settings are read with, too."""
    folders: dict[str, str]
    """The variables that name folders, credentials included: they are of the service, and not of the session of whoever installs."""


def service_environment(site: Site, host: TargetHost) -> ServiceEnvironment:
    """Return what the service will be given: by drop-ins, and by the file of `enuf env`."""
    given = host.servers.services.environment(site.unit)
    own = {"HOME": site.state, "XDG_CACHE_HOME": site.cache}
    dropped = {name: value for name, value in given.variables.items() if own.get(name) != value}
    secrets = values_in(host.tree.state(site.environment_file).content.decode("utf-8", "replace"))
    return replace(given, variables={**secrets, **dropped})


@contextlib.contextmanager
def with_hidden(variables: Mapping[str, str], site: Site) -> Iterator[None]:
    """Take the values of these variables out of the errors of the block: a traceback may quote them.

    The hint about a variable that is missing names the place for the secrets of the site.
    """
    try:
        yield
    except EnufError as error:
        if missing := _MISSING.search(error.hint):
            error.hint = f"the service needs the variable: enuf env set {site.name} {missing[1]}, or write it into .env"
        hide_values(error, (value for value in variables.values() if len(value) > 3))
        raise


@contextlib.contextmanager
def trial(site: Site, user: ServiceUser, given: ServiceEnvironment, host: TargetHost) -> Iterator[Trial]:
    """Make the folders of a trial for the block."""
    account = user_named(readability_user(user, host.tree)) if os.geteuid() == 0 else None
    with scratch_folder("trial") as scratch:
        folders = {
            "STATE_DIRECTORY": _folder(site.state, scratch / "state", user, host),
            "CACHE_DIRECTORY": _folder(site.cache, scratch / "cache", user, host),
        }
        if given.credentials:
            folders["CREDENTIALS_DIRECTORY"] = str(scratch / "credentials")
            (scratch / "credentials").mkdir(mode=0o700)
            for name, content in given.credentials.items():
                _write(scratch / "credentials" / name, content)
        _give(scratch, account)
        variables = {name: value for name, value in given.variables.items() if name not in folders}
        usual = {"HOME": folders["STATE_DIRECTORY"], "XDG_CACHE_HOME": folders["CACHE_DIRECTORY"]}
        named = {name: variables.get(name, value) for name, value in usual.items()}
        yield Trial(environ={**SERVICE_ENVIRONMENT, **variables}, folders={**named, **folders})


def _folder(real: str, instead: Path, user: ServiceUser, host: TargetHost) -> str:
    if not user.dynamic and host.servers.are_live and Path(real).is_dir():
        return real
    instead.mkdir(mode=0o700)
    return str(instead)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _give(folder: Path, account: User | None) -> None:
    """Give a folder with all in it to the user of the trial, who has had no access until now."""
    if account is None:
        return
    for path in (*folder.rglob("*"), folder):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
