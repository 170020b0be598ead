"""Permission denied although every mode allows the connection: SELinux."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    backend, seen = case.backend, case.failed(13)
    if backend is None or seen is None or not case.evidence.host.selinux:
        return
    stats = [*backend.folders, *([backend.socket] if backend.socket else [])]
    if any(each.is_allowed is False for each in stats):
        return
    if backend.is_unix:
        hint = "semanage fcontext -a -t httpd_var_run_t '/run/app(/.*)?' && restorecon -Rv /run/app"
    else:
        hint = "setsebool -P httpd_can_network_connect 1"
    yield LiveProof(
        message=f"SELinux denies nginx the connection to {backend.address}: errno 13, and every mode allows the connection",
        hint=f"sudo ausearch -m avc -c nginx shows the rule; {hint}",
        evidence=(log_line(seen), "/sys/fs/selinux/enforce: 1"),
    )


CAUSE = Cause(code="S004", name="selinux-denied", severity="error", order=330, prove=_prove)
