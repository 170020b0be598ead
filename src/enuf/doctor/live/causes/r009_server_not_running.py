"""The app server that the files describe at the right address does not run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, observed, said_line
from enuf.doctor.live.explained import NOT_STARTED, explained_by

_REFUSED, _ABSENT = 111, 2
_LAST_WORDS = re.compile(
    r"bind\(\):|chdir\(\):|GAME OVER|Listen queue size is greater|invalid cheaper value|Can't find section|-s/--socket option is missing"
    r"|strict-mode|Fatal Python error|Python Home is not a directory|invalid socket name|unrecognized option|cannot open shared object"
)
"""What uWSGI says before it gives up."""


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend, server = case.backend, case.configured or case.configured_app
    if backend is None or server is None or backend.listeners or case.server is not None:
        return
    seen = case.failed(_ABSENT) or case.failed(_REFUSED)
    is_gone = backend.errno in (_ABSENT, _REFUSED)
    if not (is_gone and (case.reply.status in (502, 504) or seen)):
        return
    if explained_by(case, NOT_STARTED):
        return  # and why is known
    if backend.socket is not None and backend.socket.kind == "socket":
        return  # the file of a server that has ended
    file = (
        case.configured.config.main_file if case.configured else (server.start.file if server.start else "")
    )
    last = case.said.find(_LAST_WORDS)
    yield LiveProof(
        message=f"the app server of {file} does not run: no process listens at {backend.address}, and nginx answers 502",
        hint=f"start it and read what it says: {_start(case, file)}",
        evidence=(
            *((log_line(seen),) if seen else ()),
            *_unit(case),
            *((said_line(last.string),) if last else ()),
        ),
        file=file,
    )


def _unit(case: LiveCase) -> Iterator[str]:
    """Yield what systemd says about the unit of the server."""
    for unit in case.evidence.units:
        if unit.name == case.configured_unit:
            state, result, restarts = unit.value("ActiveState"), unit.value("Result"), unit.value("NRestarts")
            yield observed(f"systemctl: {unit.name} is {state} ({result}), {restarts} restarts")


def _start(case: LiveCase, file: str) -> str:
    unit = case.configured_unit
    if unit:
        return f"sudo systemctl restart {unit}; journalctl -u {unit} -n 50"
    return f"uwsgi --ini {file}" if case.configured else f"see {file}"


CAUSE = Cause(code="R009", name="server-not-running", severity="error", order=380, prove=_prove)
