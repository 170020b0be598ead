"""Code or an environment in a folder that the workers' user may not enter."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.host import ROOT_USERS, closed_folder, uwsgi_group, uwsgi_user
from enuf.doctor.rule import Diagnostic, Rule, at_line, at_option, by_hand

_OPTIONS = ("home", "pythonpath", "wsgi-file", "plugins-dir")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every path that Python needs after uWSGI changed its user."""
    for server in evidence.servers:
        user = uwsgi_user(server)
        if not user or user in ROOT_USERS:
            continue
        for option in server.config.all(*_OPTIONS):
            if option.unresolved or option.conditional:
                continue
            path = posixpath.normpath(posixpath.join(server.directory, option.value))
            folder = closed_folder(evidence, f"{path}/", user, uwsgi_group(server)) if path[:1] == "/" else ""
            if folder:
                yield at_option(
                    option,
                    f"{user} may not enter {folder}: nothing below it can be imported, every request gets 500",
                    severity=None if folder == "/root" and path.startswith("/root/") else "warning",
                    hint="move it to /srv/<app> or /opt/<app>",
                    fix=by_hand(f"make it again below /srv or /opt, where {user} may read it"),
                )
        yield from _executable(evidence, server, user)


def _executable(evidence: Evidence, server: Server, user: str) -> Iterator[Diagnostic]:
    """Report a uWSGI executable that the unit's user may not reach."""
    start = server.start
    if start is None or start.kind != "unit" or start.user != user or not start.executable.startswith("/"):
        return
    folder = closed_folder(evidence, start.executable, user, start.group)
    if folder:
        yield at_line(
            start.file,
            start.line,
            f"{user} may not enter {folder}, so that systemd cannot start {start.executable}",
            severity=None if folder == "/root" else "warning",
            hint="move the environment to /srv/<app> or /opt/<app>",
            fix=by_hand("make the environment again below /srv or /opt"),
        )


RULE = Rule("S007", "venv-under-root-home", "error", check)
