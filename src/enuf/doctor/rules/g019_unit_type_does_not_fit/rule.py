"""A unit that waits for a sign of the start which the server never gives."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AppServer, Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_setting


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report Type=forking without a fork, and Type=notify for a server that does not notify."""
    for server in evidence.app_servers:
        unit = server.start.unit
        setting = unit.last("Type") if unit else None
        if unit is None or setting is None or len(unit.all("ExecStart")) != 1 or not server.settings.complete:
            continue
        waited = _waited_for(server, setting.value)
        if waited:
            yield at_setting(
                setting,
                f"Type={setting.value} waits for {waited}, which {server.program} does not give: "
                "systemd ends the service after 90 s",
                hint="Type=notify" if server.program == "gunicorn" else "Type=exec",
            )


def _waited_for(server: AppServer, kind: str) -> str:
    """Return what systemd waits for in vain, empty if the server gives it."""
    if kind == "forking" and not server.settings.is_on("daemon"):
        return "the first process to end"
    if kind in ("notify", "notify-reload") and server.program in (
        "uvicorn",
        "hypercorn",
        "daphne",
        "granian",
    ):
        return "a message over $NOTIFY_SOCKET"
    return ""


RULE = Rule("G019", "unit-type-does-not-fit", "error", check)
