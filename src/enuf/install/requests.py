"""The requests of the two verbs: which site is meant, and whether its name is free. No file is changed."""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.errors import Conflict, EnufError, NotRunning
from enuf.install.added_paths import added_names
from enuf.install.site_name import LONGEST, is_site_name, own_ending, site_name
from enuf.install.tree import HostTree
from enuf.model.site import Installed, record_of
from enuf.start.invocation import Invocation
from enuf.system.release_link import USUAL_LINK
from enuf.system.sites import installed_sites, is_same_project

SERVICE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",  # no file of the project is changed
}
"""The environment of a service, in which an install reads the settings and imports the app."""

SITE_DEFAULT = "enuf install"
"""The spelling of a flag that is a default of sites, and that nobody has said."""
ANY_NAME = "_"
"""The word for --domain that makes the site the default site of its port, as in nginx's server_name by habit."""
DEFAULT_SITE = "install.default_site"
ADDED = "--writable"
"""The spelling of a flag that adds to a setting: the record holds its paths in a field of their own."""
_NEWER_HINT = "a newer enuf wrote it, or it is damaged: use that version, or restore the file from a backup"

Flags = dict[str, tuple[str, str | tuple[str, ...]]]


class RequestInvalid(EnufError):
    """The words of the command line do not name a site.

    The command line reports this as an error of usage.
    """

    exit_code, slug = 2, "usage"


class SecretVariables(msgspec.Struct, frozen=True):
    """Variables whose values are shown nowhere."""

    values: dict[str, str] = {}

    def __repr__(self) -> str:
        """Return the names."""
        return f"SecretVariables({', '.join(self.values)})"


class InstallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `enuf install` that are not settings of `enuf up`."""

    domains: tuple[str, ...] = ()
    name: str | None = None
    user: str | None = None
    writable: tuple[str, ...] = ()
    not_writable: tuple[str, ...] = ()
    dry_run: bool = False
    root: Path | None = None
    force: bool = False
    yes: bool = False
    replaces: tuple[str, ...] = ()
    """Files of nginx that hold the hand-made site whose place this one takes."""
    variables: SecretVariables = SecretVariables()
    """Variables of the hand-made site that the new one gets."""

    def as_flags(self) -> Flags:
        """Return the options that set a setting, as flags of that setting."""
        flags: Flags = {}
        if self.domains:
            flags["serve.hosts"] = ("--domain", tuple(name for name in self.domains if name != ANY_NAME))
        if ANY_NAME in self.domains:
            flags[DEFAULT_SITE] = ("--domain", "true")
        if self.user:
            flags["serve.user"] = ("--user", self.user)
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
    writable: tuple[str, ...] = ()
    """Paths of --writable, those of earlier installs included."""
    not_writable: tuple[str, ...] = ()
    """Paths of --not-writable of this run."""
    force: bool = False
    shown: bool = False
    """True for a change that is only shown."""
    replaces: tuple[str, ...] = ()
    """Files of nginx that are taken out of it by the same reload, and kept."""
    variables: SecretVariables = SecretVariables()
    """Variables that the service is to have beside those that it has."""
    certbot: str = ""
    """The file from which certbot's lines go, because the settings have the site's certificate; empty where none do."""


def install_request(invocation: Invocation, options: InstallOptions, tree: HostTree) -> InstallRequest:
    """Return the request for the host with these files.

    Raise RequestInvalid for a bad name, and Conflict where the project or the name is installed otherwise.
    """
    sites = installed_sites(tree.root)
    project = tree.image_path(invocation.project)
    old = _site_of(sites, invocation.project, tree)
    name = _requested_name(invocation, options, old)
    _refuse_taken(name, project, old, tree)
    remembered = old.flags.items() if old else ()
    said = {key: flag for key, flag in remembered if flag[0] not in (SITE_DEFAULT, ADDED)}
    if options.domains and said.get(DEFAULT_SITE, ("",))[0] == "--domain":
        del said[DEFAULT_SITE]  # all domains are said anew, or none
    flags = {**said, **invocation.flags, **options.as_flags()}
    target = invocation.target or (old.target if old else None)
    return InstallRequest(
        invocation=replace(invocation, flags=flags, target=target, for_site=True),
        name=name,
        old=old,
        writable=added_names(old, options.writable, options.not_writable, invocation.project),
        not_writable=options.not_writable,
        force=options.force,
        shown=options.dry_run,
        replaces=options.replaces,
        variables=options.variables,
    )


def _site_of(sites: Sequence[Installed], project: str, tree: HostTree) -> Installed | None:
    """Return the record of a project's site; the folder is named as on this machine, and may lie outside of an image."""
    named = tree.image_path(project)
    here = ((site, str(tree.local_path(site.project))) for site in sites)
    return next(
        (site for site, folder in here if site.project == named or is_same_project(folder, project)), None
    )


def _requested_name(invocation: Invocation, options: InstallOptions, old: Installed | None) -> str:
    default = old.site.name if old else site_name(_naming_folder(invocation.project))
    name = default if options.name is None else options.name
    if not is_site_name(name):
        raise RequestInvalid(f"--name {name!r}: small letters, digits and dashes, at most {LONGEST}")
    ending = own_ending(name)
    if ending and old is None:
        site = name.removesuffix(ending)
        raise RequestInvalid(
            f"the name {name} is that of a service and of folders of a site {site}: choose another one: --name {site}-2"
        )
    return name


def _naming_folder(project: str) -> str:
    """Return the folder whose name suggests that of the site: `/srv/shop` for the link `/srv/shop/current`."""
    is_link = posixpath.basename(project) == USUAL_LINK and Path(project).is_symlink()
    return posixpath.dirname(project) if is_link else project


def _refuse_taken(name: str, project: str, old: Installed | None, tree: HostTree) -> None:
    """Raise Conflict for a project with a site of another name, or for the name of another project's site."""
    sites = installed_sites(tree.root)
    if old and old.site.name != name:
        raise Conflict(
            f"this project is installed already, as {old.site.name}",
            f"enuf uninstall --name {old.site.name}{tree.root_option}, then install it again",
            slug="installed-already",
        )
    if record_of(name) in _unreadable_records(sites, tree):
        raise Conflict(f"{tree.local_path(record_of(name))} cannot be understood", _NEWER_HINT)
    other = next((site for site in sites if site.site.name == name), None)
    if other and not is_same_project(other.project, project):
        owner = "this host" if tree.is_this_host else str(tree.root)
        raise Conflict(
            f"the site {name} of {owner} is the project {other.project}",
            f"choose another name: --name {name[: LONGEST - 2]}-2",
            slug="name-taken",
        )


def installed_record(options: UninstallOptions, tree: HostTree) -> Installed:
    """Return the record of the named site, else of the project's. Raise NotRunning when there is none."""
    sites, name = installed_sites(tree.root), options.name
    if name:
        record = next((site for site in sites if site.site.name == name), None)
    else:
        record = _site_of(sites, options.project, tree)
    if record is None:
        raise NotRunning(
            f"no site {name} is installed" if name else f"{options.project} is not installed {tree.where}",
            _hint_for_missing(sites, name, tree),
            slug="not-installed",
        )
    return record


def _hint_for_missing(sites: Sequence[Installed], name: str | None, tree: HostTree) -> str:
    if unreadable := _unreadable_records(sites, tree):
        return f"{tree.local_path(unreadable[0])} cannot be understood: {_NEWER_HINT}"
    names = [site.site.name for site in sites]
    if near := difflib.get_close_matches(name or "", names, n=1):
        return f"did you mean {near[0]}? All of them: enuf sites"
    known = ", ".join(names)
    if known:
        return f"installed are: {known}; name one: enuf uninstall NAME"
    return f"no site is installed {tree.where}" if name else "name the project: --project DIR"


def _unreadable_records(sites: Sequence[Installed], tree: HostTree) -> list[str]:
    """Return the paths of records that are no record of this version of enuf."""
    known = {record_of(site.site.name) for site in sites}
    folder = posixpath.dirname(record_of(""))
    paths = [f"{folder}/{name}" for name in tree.names_in(folder) if name.endswith(".json")]
    return [path for path in paths if path not in known]
