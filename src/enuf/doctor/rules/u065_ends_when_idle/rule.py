"""`die-on-idle` without anything that starts uWSGI again at the next request."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Diagnostic, Rule, at_key


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every die-on-idle of a uWSGI that binds its sockets itself, save below an emperor."""
    on_demand = any(
        name.startswith("emperor-on-demand") for each in evidence.servers for name in each.config.names
    )
    has_socket_unit = any(unit.name.endswith(".socket") for unit in evidence.units)
    for server in evidence.servers:
        option = server.config.last("die-on-idle")
        idle = server.config.last("idle")
        if option is None or not option.is_on or option.conditional or idle is None or not server.is_complete:
            continue
        if on_demand or has_socket_unit or _is_restarted(server) or "vassals" in server.config.main_file:
            continue
        yield at_key(
            option,
            f"after {idle.value} s without a request uWSGI ends, and nothing starts it at the next one: 502 until somebody does",
            hint="remove the line: with idle alone the workers end and come back by themselves",
        )


def _is_restarted(server: Server) -> bool:
    """Return True if the service manager starts uWSGI again whenever it ends."""
    start = server.start
    if start is None:
        return False
    if start.kind == "unit" and start.unit:
        return start.unit.value("Restart") == "always"
    return start.kind in ("supervisor", "compose")


RULE = Rule("U065", "ends-when-idle", "warning", check)
