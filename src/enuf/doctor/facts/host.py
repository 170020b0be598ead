"""Who runs what, and what that user may do with a path: from modes where they are known, from well-known folders else."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PathFact, Server
from enuf.model.address import UnixAddress
from enuf.syntax.nginx_tree import NginxConfig
from enuf.syntax.uwsgi_config import ParsedOption

ROOT_USERS = frozenset(("root", "0"))
ROOT_FOLDERS = frozenset(
    (
        *("/", "/root", "/etc", "/usr", "/usr/local", "/usr/share", "/bin", "/sbin", "/lib", "/boot"),
        *("/var", "/var/lib", "/var/run", "/run", "/srv", "/opt", "/home"),
    )
)
"""Folders in which only root may create files on every Linux as it is installed."""
WEB_USERS = frozenset(("www-data", "nginx", "http", "apache", "www", "nobody", "_nginx"))
"""The users that the packages of nginx run it as."""
READ, WRITE, ENTER = 4, 2, 1


def uwsgi_user(server: Server) -> str:
    """The user that the workers run as, empty when nobody says."""
    option = server.config.last("uid")
    if option:
        return "" if option.unresolved or option.conditional else option.value.strip()
    return server.start.user if server.start else ""


def uwsgi_group(server: Server) -> str:
    """The group that the workers run as, empty when nobody says."""
    option = server.config.last("gid")
    if option:
        return "" if option.unresolved or option.conditional else option.value.strip()
    return server.start.group if server.start else ""


def binds_as_root(server: Server) -> bool:
    """True when uWSGI binds its sockets while it is still root."""
    return any(
        option is not None and option.is_on
        for option in (server.config.last("master-as-root"), server.config.last("drop-after-init"))
    ) or bool(server.config.last("drop-after-apps"))


def nginx_user(site: NginxConfig) -> str:
    """The user of nginx's workers, empty when the site does not stand in a whole nginx.conf."""
    users = [each.directive.arg() for each in site.find("user")]
    return users[-1] if users else ""


def nginx_user_of(evidence: Evidence, site: NginxConfig) -> str:
    """The user of nginx's workers, also told by another nginx.conf among the files."""
    users = {nginx_user(each) for each in (site, *evidence.sites)} - {""}
    return nginx_user(site) or (users.pop() if len(users) == 1 else "")


def may_access(fact: PathFact, user: str, group: str, what: int) -> bool | None:
    """Whether a user may read, write or enter; None when the modes, or the user's groups, are not known."""
    if user in ROOT_USERS:
        return True
    if fact.mode is None or fact.kind in ("absent", "unknown"):
        return None
    if user.isdigit() != fact.owner.isdigit() and user:
        return True if fact.mode & what else None
    if user and user == fact.owner:
        return bool(fact.mode & (what << 6))
    if group and group == fact.group:
        return bool(fact.mode & (what << 3))
    if fact.mode & what:
        return True
    return None if fact.mode & (what << 3) else False


def parent_folders(path: str) -> Iterator[str]:
    """The folders above a path, the outermost first."""
    parts = posixpath.normpath(path).split("/")[1:-1]
    for number in range(len(parts) + 1):
        yield "/" + "/".join(parts[:number])


def closed_folder(evidence: Evidence, path: str, user: str, group: str = "") -> str:
    """The first folder on the way to a path that the user cannot enter, empty when none is known to be."""
    if user in ROOT_USERS:
        return ""
    for folder in parent_folders(path):
        if is_temporary(folder) and not _is_asked_about(evidence, folder):
            continue  # somebody's scratch folder around the files
        fact = evidence.fact(folder)
        if may_access(fact, user, group, ENTER) is False:
            return folder
        if folder == "/root" and fact.mode is None:
            return folder
    return ""


def _is_asked_about(evidence: Evidence, folder: str) -> bool:
    return any(folder == root or folder.startswith(f"{root.rstrip('/')}/") for root in evidence.roots)


def is_temporary(path: str) -> bool:
    """True below the folders for temporary things, where owners change with every start."""
    return path.startswith(("/tmp/", "/var/tmp/", "/dev/shm/")) or path in ("/tmp", "/var/tmp")  # noqa: S108


def unix_sockets(server: Server) -> Iterator[tuple[ParsedOption, str]]:
    """The options that make uWSGI bind a socket file, each with its path."""
    for listener in server.listeners:
        if isinstance(listener.address, UnixAddress) and not listener.address.path.startswith("@"):
            yield listener.option, listener.address.path
