"""A uWSGI without a master, so that no process starts a worker again after a crash."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import complete_servers, has_master, processes
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config, at_option, write_value
from enuf.model.finding import Severity

_MESSAGES = {
    "": "there is no master: after one crash nobody starts the worker again, and the site stays down",
    "emperor": "there is no master: the emperor starts uWSGI again after a crash, and until then nobody answers",
    "systemd": "there is no master: systemd starts uWSGI again after a crash, and until then nobody answers",
    "supervisor": "there is no master: supervisor starts uWSGI again after a crash, and until then nobody answers",
}
_RESTARTS = ("always", "on-failure", "on-abnormal", "on-abort")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete configuration without a master, stated or implied by another option."""
    for server in complete_servers(evidence):
        if has_master(server.config) is not False:
            continue
        again = _who_starts_again(server)
        message = _MESSAGES[again]
        own = server.config.last("master")
        severity: Severity = "advice" if server.in_container or again else "warning"
        if own:
            yield at_option(
                own, message, severity=severity, hint="master = true", fix=write_value(own, "true")
            )
        else:
            # SIGTERM reloads a master, which a service manager that stops the service waits for in vain
            ends = () if server.config.last("die-on-term") else ("die-on-term = true",)
            fix = add_options(server.config, "master = true", *ends)
            yield at_config(
                server.config,
                message,
                severity=severity,
                hint=" and ".join(("master = true", *ends)),
                fix=fix,
            )


def _who_starts_again(server: Server) -> str:
    """Return who starts a uWSGI of one process that has ended, empty if nobody does."""
    if processes(server.config) != 1:
        return ""  # one worker of several may die alone
    if server.emperor:
        return "emperor"
    start = server.start
    if start and start.unit and start.unit.value("Restart") in _RESTARTS:
        return "systemd"
    return "supervisor" if start and start.kind == "supervisor" else ""


RULE = Rule("U007", "worker-segfault-no-master", "warning", check)
