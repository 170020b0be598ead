"""404 of the app below a prefix: nginx passes the whole path, and the app knows the path without the prefix."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.front_said import is_by_nginx

_NOT_FOUND = 404


def _prove(code: str, case: LiveCase) -> Iterator[LiveProof]:
    if case.reply.status != _NOT_FOUND or is_by_nginx(case) or case.route.handler != "pass":
        return
    found = case.of_code(code)
    if found is not None and found.severity != "advice":
        path = case.evidence.requested.path
        yield LiveProof(
            finding=found,
            evidence=(f"the app itself answers 404 to {path}: it is asked for the whole path",),
            severity="error",
        )


CAUSES = (
    Cause(
        code="N081",
        name="proxy-pass-path-joined-wrong",
        severity="error",
        order=659,
        prove=lambda case: _prove("N081", case),
    ),
    Cause(
        code="L009",
        name="prefix-script-name-only",
        severity="error",
        order=660,
        prove=lambda case: _prove("L009", case),
    ),
    Cause(
        code="L008",
        name="prefix-without-mount",
        severity="error",
        order=661,
        prove=lambda case: _prove("L008", case),
    ),
)
