"""An `ExecReload` that stops the service: the site is down after `systemctl reload`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.last_command import server_without_exec
from enuf.doctor.facts.service_units import services
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.shell_lines import script_of_shell
from enuf.syntax.unit import UnitFile, UnitSetting, words_of_command

_STOPS = re.compile(
    r"\buwsgi\S*\s(?:.*\s)?--stop\b|\bnginx\b.*\s-s\s*(?:stop|quit)\b|"
    r"\b(?:kill|pkill|killall)\b.*\s(?:-s\s*|--signal[ =]|-)(?:SIG)?(?:KILL|9|QUIT|3|INT|2|TERM|15)\b"
)
_HANGS_UP = re.compile(r"\bkill\b.*\s(?:-s\s*|-)(?:SIG)?(?:HUP|1)\b.*\$\{?MAINPID\b")
_TERM = re.compile(r"(?:-s\s*|--signal[ =]|-)(?:SIG)?(?:TERM|15)\b")
_RESTARTS = re.compile(r"\bsystemctl\s+(?:--\S+\s+)*(?:restart|reload|stop)\b")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every reload command that ends the process, and every one that asks systemd from inside."""
    for unit in services(evidence):
        for setting in unit.all("ExecReload"):
            if _STOPS.search(setting.value) and not _reloads_on_term(evidence, unit, setting):
                comes_back = unit.value("Restart") in ("always", "on-success")
                yield at_setting(
                    setting,
                    "this ends the service: systemctl reload is a restart, which cuts off the requests that are running"
                    if comes_back
                    else "this ends the service: after systemctl reload nothing answers",
                    severity="warning" if comes_back else None,
                    hint="ExecReload=/bin/kill -HUP $MAINPID",
                )
            elif _HANGS_UP.search(setting.value) and _is_around_a_server(unit):
                yield at_setting(
                    setting,
                    "$MAINPID is the shell of ExecStart, which ends at SIGHUP: reload stops the service",
                    hint="exec before the server in ExecStart",
                )
            elif _HANGS_UP.search(setting.value) and _ends_at_hangup(evidence, unit):
                yield at_setting(
                    setting,
                    "uvicorn without --workers ends at SIGHUP: reload stops the service",
                    hint="remove the line, and use systemctl restart",
                )
            elif _RESTARTS.search(setting.value) and unit.name.removesuffix(".service") in setting.value:
                yield at_setting(
                    setting,
                    "systemd waits for this command, and this command waits for systemd",
                    hint="ExecReload=/bin/kill -HUP $MAINPID",
                )


def _ends_at_hangup(evidence: Evidence, unit: UnitFile) -> bool:
    """Return True for a uvicorn with one process, which has no handler for SIGHUP."""
    servers = [each for each in evidence.app_servers if each.start.unit is unit]
    return bool(servers) and all(
        each.program == "uvicorn"
        and each.settings.knows("workers")
        and each.settings.number("workers", 1) == 1
        for each in servers
    )


def _is_around_a_server(unit: UnitFile) -> bool:
    """Return True for a sh that starts a server as its child; bash gives its place to the last command."""
    for setting in unit.all("ExecStart"):
        words = words_of_command(setting, unit.name)
        script = script_of_shell(words[1:]) if words and words[0].rpartition("/")[2] in ("sh", "dash") else ""
        if script and server_without_exec(script):
            return True
    return False


def _reloads_on_term(evidence: Evidence, unit: UnitFile, setting: UnitSetting) -> bool:
    """Return True for SIGTERM to a uWSGI that takes it for a reload, or that may do so."""
    if not _TERM.search(setting.value):
        return False
    servers = [each for each in evidence.servers if each.start and each.start.unit is unit]
    return any(
        server.config.is_on("die-on-term") is False or not server.config.is_complete for server in servers
    )


RULE = Rule("S036", "reload-ends-service", "error", check)
