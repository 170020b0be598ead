"""A socket in /tmp while nginx or uWSGI has a private /tmp."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, StartCommand
from enuf.doctor.facts.app_servers import at_app_setting, unix_binds
from enuf.doctor.facts.host import is_temporary, unix_sockets
from enuf.doctor.rule import Diagnostic, Rule, at_option, by_hand
from enuf.syntax.unit import UnitFile


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every socket in a temporary folder that a unit hides from the other side."""
    for server in evidence.servers:
        for option, path in unix_sockets(server):
            unit = (
                _private(evidence, server.start)
                if is_temporary(path) and not path.startswith("/dev/")
                else None
            )
            if unit and not option.conditional:
                yield at_option(
                    option,
                    f"{unit.name} has a /tmp of its own: the other side looks for {path} in another folder and gets 502",
                    hint=f"{option.key} = /run/<app>/{posixpath.basename(path)}",
                    fix=by_hand("move the socket into /run/<app>/"),
                )
    yield from _app_servers(evidence)


def _app_servers(evidence: Evidence) -> Iterator[Diagnostic]:
    for server in evidence.app_servers:
        for path in unix_binds(server):
            unit = (
                _private(evidence, server.start)
                if is_temporary(path) and not path.startswith("/dev/")
                else None
            )
            if unit and server.start.unit:
                yield at_app_setting(
                    server,
                    "bind",
                    f"{unit.name} has a /tmp of its own: the other side looks for {path} in another folder and gets 502",
                    hint=f"--bind unix:/run/<app>/{posixpath.basename(path)}",
                )


def _private(evidence: Evidence, start: StartCommand | None) -> UnitFile | None:
    """Return the unit, of the server or of nginx, that has a private /tmp."""
    own = start.unit if start else None
    others = [unit for unit in evidence.units if _is_nginx(unit)]
    for unit in [*([own] if own else []), *others]:
        alone = not unit.value("JoinsNamespaceOf", "Unit")
        if alone and (
            unit.is_on("PrivateTmp")
            or unit.value("PrivateTmp") == "disconnected"
            or unit.is_on("DynamicUser")
        ):
            return unit
    return None


def _is_nginx(unit: UnitFile) -> bool:
    return (
        unit.name.startswith("nginx")
        or "/nginx.service.d/" in unit.file
        or "nginx" in unit.value("ExecStart").split(" ")[0]
    )


RULE = Rule("S003", "private-tmp", "error", check)
