"""A program that is no app server takes the connection and ends it without an answer, as a firewall does."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase, Seen
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import Backend
from enuf.doctor.live.evidence_lines import log_line, process_line

_RESET = 104


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend = case.backend
    seen = case.seen(lambda error: error.errno == _RESET or "prematurely closed" in error.text)
    if backend is None or seen is None or not _is_ended(case, backend, seen):
        return
    strangers = [each for each in backend.holders if each.program == "other"]
    yield LiveProof(
        message=f"process {strangers[0].pid}, which is neither uWSGI nor gunicorn, takes the connection to {backend.address} and ends it without an answer: nginx answers 502"
        if strangers
        else f"the connection to {backend.address} is made and then ended without an answer, and no app server of this machine listens there: nginx answers 502",
        hint="look whether that program is meant to be the app; if not, stop it or correct the address in nginx, and start the app server there",
        evidence=(log_line(seen), *(process_line(each) for each in strangers[:2])),
    )


def _is_ended(case: LiveCase, backend: Backend, seen: Seen) -> bool:
    """Return True if it is certain that no app server is at the address, and that the connection was ended just now.

    A worker that is killed ends its connections, too.
    """
    holds_app = any(each.program != "other" for each in backend.holders)
    is_app_server = (
        case.server is not None or holds_app or backend.wire in ("uwsgi", "http") or bool(case.ends)
    )
    is_seen = bool(backend.holders) or (not backend.listeners and backend.errno == 0)
    return seen.is_now and case.fails and is_seen and not is_app_server


CAUSE = Cause(code="L020", name="reset-by-upstream", severity="error", order=545, prove=_prove)
