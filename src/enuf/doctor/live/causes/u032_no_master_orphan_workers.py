"""Workers that their dead parent left behind, and that still hold the socket."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase, main_processes
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import process_line


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    for backend in case.backends:
        for listener in backend.listeners:
            mains = [each for each in main_processes(backend.holders) if each.pid in listener.pids]
            alike = {each.words for each in mains}
            if len(mains) < 2 or len(alike) > 1 or any(each.program != "uwsgi" for each in mains):
                continue
            pids = " ".join(str(each.pid) for each in mains)
            yield LiveProof(
                message=f"{len(mains)} workers of uWSGI have lost their parent and hold {backend.address} still: they answer with old "
                "code, no command reaches them, and a new server cannot take the address",
                hint=f"kill {pids}; then write master = true and no-orphans = true",
                evidence=tuple(process_line(each) for each in mains[:4]),
            )
            return


CAUSE = Cause(code="U032", name="no-master-orphan-workers", severity="error", order=345, prove=_prove)
