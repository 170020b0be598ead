"""An app server that puts itself into the background, under something that watches the foreground."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import at_app_setting
from enuf.doctor.rule import Diagnostic, Rule


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every daemonised server in a container, under supervisor, or in a unit that does not expect a fork."""
    yield from _in_scripts(evidence)
    for server in evidence.app_servers:
        watcher = _watcher(server) if server.settings.is_on("daemon") else ""
        if watcher:
            yield at_app_setting(
                server,
                "daemon",
                f"{server.program} goes into the background and its first process ends: {watcher}",
                hint="take the option for the background out",
            )


def _watcher(server: PythonServer) -> str:
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


def _in_scripts(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every daemonised server of a script that an image begins with or holds: nothing sees its end."""
    images = [each.text for each in evidence.of_kind("dockerfile", "compose")]
    for server in evidence.app_servers:
        script = evidence.file(server.start.file)
        if script is None or script.kind != "script" or not server.settings.is_on("daemon") or server.dev:
            continue
        name = re.compile(
            rf"(?:^|[\s/\"'\[,]){re.escape(posixpath.basename(script.path))}(?:[\s\"',\]]|$)", re.MULTILINE
        )
        if any(name.search(text) for text in images):
            yield at_app_setting(
                server,
                "daemon",
                f"{server.program} goes into the background of its container: when it ends, the container goes on, nobody starts the "
                "server again, and its log stays in the container",
                severity="warning",
                hint="take the option for the background out, and begin the last command with exec",
            )


RULE = Rule("G010", "daemon-under-supervision", "error", check)
