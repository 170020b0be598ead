"""The users of each process and their rights to a path, from known modes, else from well-known folders."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.path_fact import NAMES_LIMIT, PathFact
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
"""Folders in which only root may create files on every freshly installed Linux."""
WEB_USERS = frozenset(("www-data", "nginx", "http", "apache", "www", "nobody", "_nginx"))
"""The users that packages of nginx run its workers as."""
READ, WRITE, ENTER = 4, 2, 1


def uwsgi_user(server: Server) -> str:
    """Return the user of uWSGI's workers, empty if the files do not say; only root can change to that of `uid`."""
    option = server.config.last("uid")
    if option and not _starts_as_ordinary_user(server):
        return "" if option.unresolved or option.conditional else option.value.strip()
    if server.emperor:
        return "" if server.emperor.config.last("emperor-tyrant") else uwsgi_user(server.emperor)
    return server.start.user if server.start else ""


def uwsgi_group(server: Server) -> str:
    """Return the group of uWSGI's workers, empty if the files do not say; only root can change to that of `gid`."""
    option = server.config.last("gid")
    if option and not _starts_as_ordinary_user(server):
        return "" if option.unresolved or option.conditional else option.value.strip()
    if server.emperor:
        return "" if server.emperor.config.last("emperor-tyrant") else uwsgi_group(server.emperor)
    return server.start.group if server.start else ""


def _starts_as_ordinary_user(server: Server) -> bool:
    return server.start is not None and server.start.user not in ("", *ROOT_USERS)


def binds_as_root(server: Server) -> bool:
    """Return True if uWSGI binds its sockets while it is still root: with chown-socket before it changes its user."""
    if server.config.last("chown-socket") and not _starts_as_ordinary_user(server):
        return True
    return any(
        option is not None and option.is_on
        for option in (server.config.last("master-as-root"), server.config.last("drop-after-init"))
    ) or bool(server.config.last("drop-after-apps"))


def umask_of(server: Server) -> int | None:
    """Return the umask of uWSGI, None if its value is no octal number; `daemonize` sets it to 0."""
    option = server.config.last("umask")
    if option is not None:
        return int(option.value, 8) if re.fullmatch(r"[0-7]{1,4}", option.value) else None
    return 0 if server.config.last("daemonize") else 0o022


def nginx_user(site: NginxConfig) -> str:
    """Return the user of nginx's workers, empty if the site is not part of a complete nginx.conf."""
    users = [each.directive.arg() for each in site.find("user")]
    return users[-1] if users else ""


def nginx_user_of(evidence: Evidence, site: NginxConfig) -> str:
    """Return the user of nginx's workers, if need be from another nginx.conf among the files."""
    own = nginx_user(site)
    if own:
        return own
    if evidence.index.nginx_users is None:
        evidence.index.nginx_users = frozenset(nginx_user(each) for each in evidence.sites) - {""}
    users = evidence.index.nginx_users
    return next(iter(users)) if len(users) == 1 else ""


def may_access(fact: PathFact, user: str, group: str, what: int) -> bool | None:
    """Return whether a user may read, write or enter, None if the modes or the user's groups are unknown."""
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
    """Yield the folders above a path, the outermost first."""
    parts = posixpath.normpath(path).split("/")[1:-1]
    for depth in range(len(parts) + 1):
        yield "/" + "/".join(parts[:depth])


def closed_folder(evidence: Evidence, path: str, user: str, group: str = "") -> str:
    """Return the first folder above a path that the user cannot enter, empty if none is known."""
    if user in ROOT_USERS:
        return ""
    for folder in parent_folders(path):
        if is_only_around(evidence, folder):
            continue
        fact = evidence.fact(folder)
        if may_access(fact, user, group, ENTER) is False:
            return folder
        if folder == "/root" and fact.mode is None:
            return folder
    return ""


def is_only_around(evidence: Evidence, folder: str) -> bool:
    """Return True for a temporary folder around the files, which has no meaning for the deployment."""
    is_asked_about = any(
        folder == root or folder.startswith(f"{root.rstrip('/')}/") for root in evidence.roots
    )
    return is_temporary(folder) and not is_asked_about


def is_temporary(path: str) -> bool:
    """Return True below the folders for temporary files, whose owners change with every start."""
    return path.startswith(("/tmp/", "/var/tmp/", "/dev/shm/")) or path in ("/tmp", "/var/tmp")  # noqa: S108


def is_missing(evidence: Evidence, path: str) -> bool:
    """Return True if a path is known to be missing in a folder that is there: the files are those of this machine."""
    folder, _, name = path.rpartition("/")
    around = evidence.fact(folder or "/")
    if around.kind != "folder":
        return False
    if evidence.fact(path).kind == "absent":
        return True
    is_listed = 0 < len(around.names) < NAMES_LIMIT
    return evidence.fact(path).kind == "unknown" and is_listed and name not in around.names


def unix_sockets(server: Server) -> Iterator[tuple[ParsedOption, str]]:
    """Yield the options that make uWSGI bind a socket file, each with its path."""
    for listener in server.listeners:
        if isinstance(listener.address, UnixAddress) and not listener.address.path.startswith("@"):
            yield listener.option, listener.address.path
