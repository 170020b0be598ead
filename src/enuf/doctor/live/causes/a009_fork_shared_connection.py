"""One connection to a database in the hands of several workers."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed
from enuf.doctor.live.shared_connections import DATABASE_PORTS, SharedConnection, SharedConnections


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    facts = case.evidence.topic("shared_connections", SharedConnections)
    if facts is None or not facts.found:
        return
    evidence = tuple(_shown(each) for each in facts.found)
    found = case.of_code("A009")
    if found is not None and found.severity == "error":
        yield LiveProof(finding=found, evidence=evidence)
        return
    database = next((each for each in facts.found if each.port in DATABASE_PORTS), None)
    first = database or facts.found[0]
    is_uwsgi = case.server is not None and case.server.program == "uwsgi"
    yield LiveProof(
        message=f"{len(first.pids)} workers hold one connection to {first.peer}, opened before they were forked: each may read the answers to the others' "
        "questions, and users get each other's data",
        hint="lazy-apps = true, or connect in a function with @postfork"
        if is_uwsgi
        else "take --preload out, or connect in post_fork",
        evidence=evidence,
        severity="error" if database else "warning",
    )


def _shown(each: SharedConnection) -> str:
    program = f" ({DATABASE_PORTS[each.port]})" if each.port in DATABASE_PORTS else ""
    pids = " ".join(map(str, each.pids))
    return observed(f"/proc/PID/fd: socket:[{each.inode}], connected to {each.peer}{program}, in {pids}")


CAUSE = Cause(code="A009", name="fork-shared-connection", severity="error", order=705, prove=_prove)
