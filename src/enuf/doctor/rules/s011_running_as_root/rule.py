"""An app that runs as root."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from enuf.doctor.evidence import Evidence, PythonServer, Server
from enuf.doctor.facts.host import ROOT_USERS, uwsgi_user
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config, at_line, at_option, at_unit, by_hand

_MESSAGE = "the app runs as root: whoever finds a hole in it owns the machine"
_ASKS = "the files of the app must be readable by that user"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every server with root as its user, or started as root without another user."""
    for server in evidence.servers:
        option = server.config.last("uid")
        if option:
            if option.value.strip() in ROOT_USERS and not option.unresolved:
                yield at_option(
                    option, _MESSAGE, hint="uid = www-data", fix=by_hand("write `uid = www-data`")
                )
        elif server.emperor:
            if uwsgi_user(server) in ROOT_USERS:
                yield at_config(
                    server.config,
                    f"no uid, and the emperor runs as root: {_MESSAGE}",
                    hint="uid = www-data",
                    fix=add_options(server.config, "uid = www-data", "gid = www-data", asks=_ASKS),
                )
        elif server.has_app and server.config.is_complete:
            yield from _started(server)
    for app_server in evidence.app_servers:
        yield from _app_server(app_server)


def _app_server(server: PythonServer) -> Iterator[Diagnostic]:
    """Report an app server that keeps root's rights: its own --user changes the workers alone, but that is enough."""
    start = server.start
    if server.setting("user") is not None or start.user not in ("", *ROOT_USERS):
        return
    if start.unit and (start.unit.is_on("DynamicUser") or not start.user):
        return  # a unit of a user's own manager runs as that user
    if start.unit:
        setting = start.unit.last("User")
        at = (
            at_line(start.file, setting.line, _MESSAGE)
            if setting
            else at_unit(start.unit, f"no User=: {_MESSAGE}")
        )
        yield msgspec.structs.replace(at, hint="User=www-data")
    elif start.kind == "supervisor" and not start.machines:
        yield at_line(start.file, start.line, f"no user=: {_MESSAGE}", hint="user=www-data")
    elif start.kind == "docker" and start.user in ("", *ROOT_USERS):
        message = "no USER: the app runs as root of the container"
        yield at_line(start.file, start.line, message, severity="advice", hint="USER www-data")


def _started(server: Server) -> Iterator[Diagnostic]:
    start = server.start
    if start is None or server.config.last("emperor"):
        return
    fix = add_options(
        server.config,
        "uid = www-data",
        "gid = www-data",
        asks=_ASKS,
    )
    if start.kind == "unit" and start.unit and start.user == "root" and not start.unit.is_on("DynamicUser"):
        setting = start.unit.last("User")
        line = setting.line if setting else start.unit.line_of("Service")
        if setting:
            yield at_line(start.file, line, _MESSAGE, hint="User=www-data", fix=fix)
        else:
            yield at_unit(start.unit, f"no User= and no uid: {_MESSAGE}", hint="User=www-data", fix=fix)
    elif start.kind == "supervisor" and start.user in ("", "root"):
        yield at_line(
            start.file, start.line, f"no user= and no uid: {_MESSAGE}", hint="user=www-data", fix=fix
        )
    elif start.kind == "script" and start.user == "root":
        yield at_line(start.file, start.line, _MESSAGE, hint="uid = www-data", fix=fix)
    elif start.kind == "docker" and start.user in ("", *ROOT_USERS):
        message = "no USER and no uid: the app runs as root of the container"
        yield at_line(start.file, start.line, message, severity="advice", hint="USER www-data", fix=fix)


RULE = Rule("S011", "running-as-root", "warning", check)
