"""A folder in which the workers' user may not create the socket."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.host import (
    ROOT_FOLDERS,
    ROOT_USERS,
    WRITE,
    binds_as_root,
    is_temporary,
    may_access,
    unix_sockets,
    uwsgi_group,
    uwsgi_user,
)
from enuf.doctor.rule import Diagnostic, Rule, at_option, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every socket that uWSGI creates after it changed its user, in a folder closed to that user."""
    for server in evidence.servers:
        user = uwsgi_user(server)
        if not user or user in ROOT_USERS or binds_as_root(server):
            continue
        for option, path in unix_sockets(server):
            folder = posixpath.dirname(path)
            verdict = None if option.conditional else _is_closed(evidence, server, folder, user)
            if verdict is None:
                continue
            yield at_option(
                option,
                f"{user} may not make files in {folder}: uWSGI exits with `bind(): Permission denied`",
                severity=None if verdict and not server.in_container else "warning",
                hint=f"{option.key} = /run/<app>/{posixpath.basename(path)}, and RuntimeDirectory=<app>",
                fix=by_hand(f"let the socket lie in a folder that belongs to {user}"),
            )


def _is_closed(evidence: Evidence, server: Server, folder: str, user: str) -> bool | None:
    """Return whether the user cannot create files in a folder.

    True: only root can, on every Linux. False: the modes of today say so. None: neither is known.
    """
    fact = evidence.fact(folder)
    allowed = may_access(fact, user, uwsgi_group(server), WRITE)
    if folder in ROOT_FOLDERS:
        return True if allowed is not True else None
    if allowed is not False:
        return None
    return False if not is_temporary(folder) or _was_started(evidence, server) else None


def _was_started(evidence: Evidence, server: Server) -> bool:
    """Return True if a pidfile shows that uWSGI ran here.

    Before the first start, owners in a temporary folder mean nothing: a test hands its folders to the
    user at its start.
    """
    for option in server.config.all("pidfile", "pidfile2", "safe-pidfile"):
        if evidence.fact(posixpath.normpath(posixpath.join(server.directory, option.value))).kind == "file":
            return True
    return False


RULE = Rule("S008", "uid-socket-dir-not-writable", "error", check)
