"""A unit that looks for the pid of gunicorn in another file than the one gunicorn writes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import gunicorns
from enuf.doctor.facts.service_units import has_placeholder
from enuf.doctor.rule import Diagnostic, Rule, at_setting


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every PIDFile that is not the file of --pid; without a fork systemd does not wait for the file."""
    for server in gunicorns(evidence):
        unit = server.start.unit
        setting = unit.last("PIDFile") if unit else None
        written = _pid_file(server)
        if unit is None or setting is None or not written or has_placeholder(setting) or "$" in setting.value:
            continue
        forks = unit.value("Type") == "forking"
        if _absolute(setting.value) != written:
            yield at_setting(
                setting,
                f"gunicorn writes its pid to {written}: systemd waits for this file, and ends the service after 90 s"
                if forks
                else f"gunicorn writes its pid to {written}: nobody ever finds it in {setting.value}",
                severity="error" if forks else None,
                hint=f"PIDFile={written}",
            )


def _pid_file(server: PythonServer) -> str:
    """Return the absolute path of the file that gunicorn writes its pid to, empty if that is unknown."""
    setting = server.setting("pidfile")
    text = setting.text if setting and setting.certain else ""
    if not text or "$" in text or "%" in text or not posixpath.isabs(posixpath.join(server.directory, text)):
        return ""
    return _absolute(posixpath.join(server.directory, text))


def _absolute(path: str) -> str:
    """Return the path as systemd and gunicorn open it: /var/run is /run."""
    plain = posixpath.normpath(posixpath.join("/run", path))
    return plain.replace("/var/run/", "/run/", 1) if plain.startswith("/var/run/") else plain


RULE = Rule("S053", "pid-file-elsewhere", "advice", check)
