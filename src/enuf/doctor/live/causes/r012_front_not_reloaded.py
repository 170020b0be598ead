"""A configuration of nginx that is newer than what nginx works by."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase, is_at
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import Backend
from enuf.doctor.live.evidence_lines import log_clock, log_line
from enuf.doctor.live.file_times import FileTimes
from enuf.doctor.read.sites import read_passes
from enuf.model.address import UnixAddress

_SLACK_S = 2.0


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    yield from _of_upstream(case)
    times = case.evidence.topic("file_times", FileTimes)
    workers = case.evidence.front.workers
    if times is None or not workers or case.site is None:
        return
    read_at = max(each.started_at for each in workers)
    newer = {
        path: at for path, at in times.of_nginx.items() if at > read_at + _SLACK_S and path in case.site.files
    }
    if not newer:
        return
    path = max(newer, key=lambda each: newer[each])
    yield LiveProof(
        message=f"{path} was changed at {log_clock(newer[path])}, and nginx has read its configuration at {log_clock(read_at)}: it works "
        "by the older text",
        hint="sudo nginx -t && sudo nginx -s reload",
        evidence=(
            f"nginx's workers started at {log_clock(read_at)}",
            f"mtime of {path}: {log_clock(newer[path])}",
        ),
        file=path,
    )


def _of_upstream(case: LiveCase) -> Iterator[LiveProof]:
    """Prove that nginx passes the request to an address that its configuration names no more."""
    seen = next((each for each in reversed(case.now) if each.error.upstream and each.error.errno), None)
    if seen is None or seen.error.subrequest or case.site is None or not case.route.is_certain:
        return
    if not case.routed or not all(_is_plain(each) for each in case.routed):
        return
    named = (
        Backend(address=each.address, protocol=each.protocol)
        for each in read_passes((case.site,))
        if each.address
    )
    if any(is_at(seen.error, each) for each in (*case.routed, *named)):
        return
    yield LiveProof(
        message=f"nginx passes the request to {seen.error.upstream}, which its configuration does not name any more: it works by the older text",
        hint="sudo nginx -t && sudo nginx -s reload",
        evidence=(log_line(seen),),
        severity="error",
    )


def _is_plain(backend: Backend) -> bool:
    """Return True for an address that nginx logs as it is written: a socket, or an IP address."""
    address = backend.address
    return isinstance(address, UnixAddress) or address.host.replace(".", "").isdigit()


CAUSE = Cause(code="R012", name="front-not-reloaded", severity="warning", order=220, prove=_prove)
