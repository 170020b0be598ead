"""FLASK_DEBUG in the container of a uWSGI: Flask reads the variable whoever serves the app."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.deployed_variables import deployed_variables
from enuf.doctor.facts.frameworks import frameworks_of, is_flask_alone
from enuf.doctor.rule import Diagnostic, Rule, at_line

_OFF = ("", "0", "false", "no")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the variable of every container whose uWSGI serves a Flask app behind nginx."""
    seen: set[tuple[str, int]] = set()
    for server in evidence.servers:
        if not server.machines or not evidence.pairs_of(server):
            continue
        services = [each.service for each in server.machines]
        if any(each is not None and service_is_dev(each, evidence) for each in services):
            continue
        found = deployed_variables(evidence, server).by_name.get("FLASK_DEBUG")
        if (
            found is None
            or found.value.lower() in _OFF
            or "$" in found.value
            or (found.file, found.line) in seen
        ):
            continue
        if is_flask_alone(frameworks_of(evidence, server)):
            seen.add((found.file, found.line))
            yield at_line(
                found.file,
                found.line,
                "Flask turns its debug mode on by this variable under uWSGI, too: a fault ends in a bare 500 without the app's own "
                "error page, and its templates are read anew for every request",
                hint="remove the line; flask --debug run, or an override file, for development",
            )


RULE = Rule("A047", "flask-debug-in-service", "warning", check)
