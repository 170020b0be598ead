"""The requests of the two verbs: which site is meant, and whether its name is free. No file is changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.errors import Conflict, EnufError, NotRunning
from enuf.install.site_name import LONGEST, is_site_name, site_name
from enuf.model.site import Installed
from enuf.start.invocation import Invocation
from enuf.system.sites import installed_sites

SERVICE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",  # no file of the project is changed
}
"""The environment of a service, in which an install reads the settings and imports the app."""

Flags = dict[str, tuple[str, str | tuple[str, ...]]]


class RequestInvalid(EnufError):
    """The words of the command line do not name a site. The command line reports this as an error of usage."""

    exit_code, slug = 2, "usage"


class InstallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `enuf install` that are not settings of `enuf up`."""

    domains: tuple[str, ...] = ()
    name: str | None = None
    user: str | None = None
    writable: tuple[str, ...] = ()
    dry_run: bool = False
    root: Path | None = None
    force: bool = False

    def as_flags(self) -> Flags:
        """Return the options that set a setting, as flags of that setting."""
        flags: Flags = {}
        if self.domains:
            flags["serve.hosts"] = ("--domain", self.domains)
        if self.user:
            flags["serve.user"] = ("--user", self.user)
        if self.writable:
            flags["install.writable"] = ("--writable", self.writable)
        return flags


class UninstallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `enuf uninstall`, and the project that the command was run for."""

    project: str
    name: str | None = None
    root: Path | None = None
    dry_run: bool = False
    force: bool = False
    keep_logs: bool = False


class InstallRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The site to install, with the flags of an earlier install of the project."""

    invocation: Invocation
    name: str
    old: Installed | None = None
    force: bool = False


def install_request(invocation: Invocation, options: InstallOptions, root: Path) -> InstallRequest:
    """Return the request for the host whose files are below `root`.

    Raises RequestInvalid for a bad name, and Conflict where the project or the name is installed otherwise.
    """
    sites = installed_sites(root)
    old = next((site for site in sites if site.project == invocation.project), None)
    name = _requested_name(invocation, options, old)
    _refuse_taken(name, invocation.project, old, sites)
    flags = {**(old.flags if old else {}), **invocation.flags, **options.as_flags()}
    target = invocation.target or (old.target if old else None)
    return InstallRequest(
        invocation=replace(invocation, flags=flags, target=target), name=name, old=old, force=options.force
    )


def _requested_name(invocation: Invocation, options: InstallOptions, old: Installed | None) -> str:
    default = old.site.name if old else site_name(invocation.project)
    name = default if options.name is None else options.name
    if not is_site_name(name):
        raise RequestInvalid(f"--name {name!r}: small letters, digits and dashes, at most {LONGEST}")
    return name


def _refuse_taken(name: str, project: str, old: Installed | None, sites: Sequence[Installed]) -> None:
    """Raise Conflict for a project that has a site of another name, and for a name that another project has."""
    if old and old.site.name != name:
        raise Conflict(
            f"this project is installed already, as {old.site.name}",
            f"enuf uninstall --name {old.site.name}, then install it again",
            slug="installed-already",
        )
    other = next((site for site in sites if site.site.name == name), None)
    if other and other.project != project:
        raise Conflict(
            f"the site {name} of this host is the project {other.project}",
            f"choose another name: --name {name[: LONGEST - 2]}-2",
            slug="name-taken",
        )


def installed_record(options: UninstallOptions, root: Path) -> Installed:
    """Return the record of the named site, else of the project's. Raises NotRunning when there is none."""
    sites, name = installed_sites(root), options.name
    if name:
        record = next((site for site in sites if site.site.name == name), None)
    else:
        record = next((site for site in sites if site.project == options.project), None)
    if record is None:
        known = ", ".join(site.site.name for site in sites)
        raise NotRunning(
            f"no site {name} is installed" if name else f"{options.project} is not installed on this host",
            f"installed are: {known}; name one with --name" if known else "name the project: --project DIR",
            slug="not-installed",
        )
    return record
