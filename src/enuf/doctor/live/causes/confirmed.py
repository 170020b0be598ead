"""Faults in files that the running stack confirms: the symptom that they cause is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, observed
from enuf.doctor.live.explained import CLOSED_EARLY, NGINX_STOPPED, NO_APP, NOT_STARTED, explained_by

_ABSENT, _REFUSED, _RESET = 2, 111, 104


def _is_front_down(case: LiveCase) -> tuple[str, ...]:
    port = case.evidence.requested.port
    return (observed(f"no process listens at port {port}"),) if case.reply.failure == "refused" else ()


def _is_server_down(case: LiveCase) -> tuple[str, ...]:
    """Return the sign of a URL that leads to the app server itself, without nginx."""
    return () if case.static.sites else _is_front_down(case)


def _is_not_listening(case: LiveCase) -> tuple[str, ...]:
    backend = case.backend
    if backend is None or backend.listeners or backend.errno not in (_ABSENT, _REFUSED) or not case.fails:
        return ()
    seen = case.failed(_ABSENT) or case.failed(_REFUSED)
    return (log_line(seen),) if seen else (observed(f"no process listens at {backend.address}"),)


def _has_no_app(case: LiveCase) -> tuple[str, ...]:
    return (
        (observed("the answer is uWSGI's own without an app: 500, 21 bytes, text/plain"),)
        if case.has_no_app
        else ()
    )


def _is_closed_early(case: LiveCase) -> tuple[str, ...]:
    seen = case.seen(lambda error: "prematurely closed" in error.text or error.errno == _RESET)
    return (log_line(seen),) if seen and seen.is_now else ()


_SYMPTOMS: tuple[tuple[int, tuple[str, ...], Callable[[LiveCase], tuple[str, ...]]], ...] = (
    (110, NGINX_STOPPED, _is_front_down),
    (115, NOT_STARTED, _is_server_down),
    (360, NOT_STARTED, _is_not_listening),
    (600, NO_APP, _has_no_app),
    (500, CLOSED_EARLY, _is_closed_early),
)


def _prove(
    codes: tuple[str, ...], signs: Callable[[LiveCase], tuple[str, ...]], case: LiveCase
) -> Iterator[LiveProof]:
    found = explained_by(case, codes, anywhere=codes is NGINX_STOPPED)
    evidence = signs(case) if found else ()
    if found and evidence:
        yield LiveProof(finding=found, evidence=evidence)


CAUSES = tuple(
    Cause(code=codes[0], name="", severity="error", order=order, prove=partial(_prove, codes, signs))
    for order, codes, signs in _SYMPTOMS
)
