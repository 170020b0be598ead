"""Workers that their dead parent left behind, and that still hold the socket."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import Listening, LiveProcess
from enuf.doctor.live.evidence_lines import process_line
from enuf.doctor.live.main_processes import main_processes


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    for listener, holders in _held(case):
        mains = [each for each in main_processes(holders) if each.pid in listener.pids]
        if len(mains) < 2 or len({each.words for each in mains}) > 1 or mains[0].program != "uwsgi":
            continue
        pids = " ".join(str(each.pid) for each in mains)
        yield LiveProof(
            message=f"{len(mains)} workers of uWSGI have lost their parent and hold {listener.address} still: they answer with old "
            "code, no command reaches them, and a new server cannot take the address",
            hint=f"kill {pids}; then write master = true and no-orphans = true",
            evidence=tuple(process_line(each) for each in mains[:4]),
        )
        return


def _held(case: LiveCase) -> Iterator[tuple[Listening, tuple[LiveProcess, ...]]]:
    """Yield the sockets of the backends, and those of app servers at the addresses that the files name."""
    for backend in case.backends:
        yield from ((each, backend.holders) for each in backend.listeners)
    named = {listener.address for server in case.static.servers for listener in server.listeners}
    yield from ((each, case.evidence.servers) for each in case.evidence.sockets if each.address in named)


CAUSE = Cause(code="U032", name="no-master-orphan-workers", severity="error", order=345, prove=_prove)
