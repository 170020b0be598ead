"""A certificate that nginx or its visitors refuse: expired, of another key, for other names, or incomplete."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the faults of the certificates that sites name and that are here, unless a mount may bring others."""
    mounts = [volume.target.rstrip("/") + "/" for each in evidence.services for volume in each.volumes]
    for fault in evidence.certificate_faults:
        path = fault.directive.arg()
        yield at_directive(
            fault.directive,
            fault.message,
            severity=fault.severity,
            is_certain=not any(target != "/" and path.startswith(target) for target in mounts),
            hint=fault.hint,
            fix=by_hand("replace the certificate"),
        )


RULE = Rule("N024", "certificate-refused", "error", check)
