"""An app server that puts itself into the background, under something that watches the foreground."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AppServer, Evidence
from enuf.doctor.facts.app_servers import at_app_setting
from enuf.doctor.rule import Diagnostic, Rule


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every daemonised server in a container, under supervisor, or in a unit that does not expect a fork."""
    for server in evidence.app_servers:
        watcher = _watcher(server) if server.settings.is_on("daemon") else ""
        if watcher:
            yield at_app_setting(
                server,
                "daemon",
                f"{server.program} goes into the background and its first process ends: {watcher}",
                hint="take the option for the background out",
            )


def _watcher(server: AppServer) -> str:
    """Return what happens to the server, empty if nothing watches its first process."""
    start = server.start
    if start.kind in ("docker", "compose", "kubernetes") and start.file.endswith(".sh"):
        return ""  # a script may go on with another program
    if start.kind in ("docker", "compose", "kubernetes"):
        return "the container ends with it"
    if start.kind == "supervisor":
        return "supervisor takes that for an exit and starts another one, again and again"
    if start.unit and start.unit.value("Type") in ("", "simple", "exec", "notify", "notify-reload"):
        kept = start.unit.is_on("RemainAfterExit")
        return "" if kept else "systemd takes that for the end of the service and stops what is left"
    return ""


RULE = Rule("G010", "daemon-under-supervision", "error", check)
