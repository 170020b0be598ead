"""A uWSGI with a master that reloads on SIGTERM because die-on-term is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import complete_servers, has_master
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config

_HOOKED = re.compile(r"unix_signal:15")
_KILLS = re.compile(r"\bp?kill[ \t][^\n]{0,40}?(INT|QUIT|KILL|-2|-3|-9)\b|uwsgi\b[^\n]{0,200}?--stop\b")
"""How a script ends uWSGI at once."""
_STOPS = ("SIGINT", "SIGQUIT", "INT", "QUIT", "2", "3")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete configuration with a master and without die-on-term.

    A hook, or a process manager that stops uWSGI with another signal or command, makes up for it.
    """
    for server in complete_servers(evidence):
        config = server.config
        if (
            has_master(config) is not True
            or config.is_on("die-on-term") is not False
            or config.is_on("exit-on-reload")
            or server.emperor  # which stops its vassals through a pipe
        ):
            continue
        if any(_HOOKED.search(option.value) for option in config.options) or _is_stopped_otherwise(
            evidence, server
        ):
            continue
        manager = {"unit": "systemctl stop", "docker": "docker stop", "compose": "docker compose stop"}
        by_hand = server.start is None or (server.start.kind == "script" and not server.in_container)
        how = (
            manager.get(server.start.kind, "a service manager's stop")
            if server.start
            else "a service manager's stop"
        )
        yield at_config(
            config,
            f"SIGTERM makes a master reload instead of stop: {how} waits in vain and then kills everything",
            severity="advice" if by_hand else None,  # nobody sends SIGTERM to what a person starts
            hint="die-on-term = true",
            fix=add_options(config, "die-on-term = true"),
        )


def _is_stopped_otherwise(evidence: Evidence, server: Server) -> bool:
    start = server.start
    if start is None:
        return False
    script = evidence.file(start.file) if start.kind == "script" else None
    if script and _KILLS.search(script.text):
        return True
    if any(machine.stop_signal in _STOPS for machine in server.machines):
        return True
    return start.stop_signal in _STOPS or bool(start.unit and start.unit.value("ExecStop"))


RULE = Rule("U033", "sigterm-reloads-without-die-on-term", "warning", check)
