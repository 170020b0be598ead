"""A folder in which the workers' user may not make the socket."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.host import (
    OF_ROOT,
    ROOTS,
    WRITE,
    drops_late,
    is_scratch,
    may,
    unix_sockets,
    uwsgi_group,
    uwsgi_user,
)
from enuf.doctor.rule import Rule, Sign, at_option, by_hand


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every socket that is made after the user was changed."""
    for server in evidence.servers:
        user = uwsgi_user(server)
        if not user or user in ROOTS or drops_late(server):
            continue
        for option, path in unix_sockets(server):
            folder = posixpath.dirname(path)
            verdict = None if option.maybe else _is_closed(evidence, server, folder, user)
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
    """True when it certainly is, False when the file system says so today, None when it is not known to be."""
    fact = evidence.fact(folder)
    allowed = may(fact, user, uwsgi_group(server), WRITE)
    if folder in OF_ROOT:
        return True if allowed is not True else None
    if allowed is not False:
        return None
    return False if not is_scratch(folder) or _was_started(evidence, server) else None


def _was_started(evidence: Evidence, server: Server) -> bool:
    """True when a pidfile shows that uWSGI got as far as this; folders of a test are given away at its start."""
    for option in server.config.all("pidfile", "pidfile2", "safe-pidfile"):
        if evidence.fact(posixpath.normpath(posixpath.join(server.directory, option.value))).kind == "file":
            return True
    return False


RULE = Rule("S008", "uid-socket-dir-not-writable", "error", check)
