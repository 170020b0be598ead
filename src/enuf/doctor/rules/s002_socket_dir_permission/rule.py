"""A folder above the socket that nginx's workers may not enter."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.host import (
    WEB_USERS,
    closed_folder,
    nginx_user_of,
    unix_sockets,
    uwsgi_group,
    uwsgi_user,
)
from enuf.doctor.rule import Diagnostic, Rule, at_option, at_setting, by_hand
from enuf.model.numbers import decimal


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the first closed folder above each socket that nginx connects to, from the root folder down."""
    for server in evidence.servers:
        pairs = [pair for pair in evidence.pairs_of(server) if pair.listener]
        for option, path in unix_sockets(server):
            sites = [
                pair.site_pass.site for pair in pairs if pair.listener and pair.listener.option is option
            ]
            if not sites or option.conditional:
                continue
            user = nginx_user_of(evidence, sites[0])
            folder = closed_folder(evidence, path, user)
            if folder:
                yield at_option(
                    option,
                    f"nginx's workers may not enter {folder}, whatever the mode of the socket in it: 502, errno 13",
                    hint=f"{option.key} = /run/<app>/{posixpath.basename(path)}",
                    fix=by_hand("move the socket into /run/<app>/, a RuntimeDirectory with mode 0755"),
                )
            elif user not in ("root", "0"):
                yield from _runtime_folder(server, path, user)


def _runtime_folder(server: Server, path: str, user: str) -> Iterator[Diagnostic]:
    """Return the folder that the unit creates and closes to others by RuntimeDirectoryMode."""
    unit = server.start.unit if server.start else None
    mode = unit.last("RuntimeDirectoryMode") if unit else None
    if unit is None or mode is None or decimal(mode.value, 4) is None or set(mode.value) - set("01234567"):
        return
    folders = [f"/run/{name}" for name in unit.value("RuntimeDirectory").split()]
    if not any(path.startswith(f"{folder}/") for folder in folders):
        return
    bits, own, group = int(mode.value, 8), uwsgi_user(server), uwsgi_group(server)
    names = (user,) if user else tuple(WEB_USERS)
    if bits & 1 or own in ("", *names) or (bits & 0o010 and group in ("", *names)):
        return
    yield at_setting(
        mode,
        f"mode {mode.value} lets only {own} into the folder of the socket: nginx's workers get errno 13, 502",
        hint="RuntimeDirectoryMode=0755",
        fix=by_hand("write `RuntimeDirectoryMode=0755`"),
    )


RULE = Rule("S002", "socket-dir-permission", "warning", check)
