"""gunicorn without an access log, where nobody else writes one."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import at_app_setting, at_start, gunicorns, has_nginx_in_front
from enuf.doctor.rule import Diagnostic, Rule

_LOGS = ("accesslog", "logconfig", "logconfig_dict", "logconfig_json", "logger_class", "syslog")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every gunicorn without nginx and without an access log, and log files inside of a container."""
    for server in gunicorns(evidence):
        settings = server.settings
        logs = [settings.text(name) for name in ("accesslog", "errorlog")]
        if server.in_container and any(log.startswith("/") and not log.startswith("/dev/") for log in logs):
            if not _is_mounted(server.service.volumes if server.service else (), logs):
                name = "errorlog" if logs[1].startswith("/") else "accesslog"
                yield at_app_setting(
                    server, name, "the log is a file inside of the container and goes away with it", hint="-"
                )
        elif settings.complete and not any(settings.get(name) for name in _LOGS):
            quiet = has_nginx_in_front(evidence, server) or server.start.kind == "procfile"
            if not quiet:
                yield at_start(server, "no access log: requests leave no trace", hint="--access-logfile -")


def _is_mounted(volumes: tuple[object, ...], logs: list[str]) -> bool:
    targets = [str(getattr(volume, "target", "")) for volume in volumes]
    return any(log.startswith(target.rstrip("/") + "/") for log in logs for target in targets if target)


RULE = Rule("G017", "log-of-requests-missing", "advice", check)
