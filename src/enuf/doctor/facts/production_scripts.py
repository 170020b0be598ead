"""The scripts that begin containers with a server for production: entry points that hand over to one, or start it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.machine import Container

_SERVER = re.compile(r"\b(?:gunicorn|uvicorn|daphne|hypercorn|granian|uwsgi|supervisord|waitress-serve)\b")
_FOR_WORK = re.compile(r"\brunserver\b|\bflask[ \t]+run\b|--reload\b")


def production_scripts(evidence: Evidence) -> Iterator[tuple[SourceFile, str]]:
    """Yield each script that a container for production begins with, and the place that starts it."""
    seen: set[str] = set()
    for machine in evidence.machines:
        service = machine.service
        if (service and service_is_dev(service, evidence)) or not (service or _is_alone(evidence, machine)):
            continue
        script = _script(evidence, machine)
        if script is None or script.path in seen:
            continue
        words = " ".join(machine.command)
        runs = f"{words}\n{script.text}"
        if _SERVER.search(runs) and not _FOR_WORK.search(runs):
            seen.add(script.path)
            yield script, f"{machine.deployment}:{machine.line}: starts {script.path.rpartition('/')[2]}"


def _is_alone(evidence: Evidence, machine: Container) -> bool:
    """Return True for a Dockerfile that no compose file builds."""
    return not any(each.name and each.dockerfile == machine.deployment for each in evidence.machines)


def _script(evidence: Evidence, machine: Container) -> SourceFile | None:
    """Return the first word of a container's command that is a script among the files, None if that is not sure."""
    for word in machine.command[:4]:
        name = word.rpartition("/")[2]
        if not name or word.startswith("-") or name in ("sh", "bash"):
            continue
        source = evidence.file(machine.source(word))
        if source and source.text.startswith("#!"):
            return source
        found = [
            each for each in evidence.files if each.path.endswith(f"/{name}") and each.text.startswith("#!")
        ]
        return found[0] if len(found) == 1 else None
    return None
