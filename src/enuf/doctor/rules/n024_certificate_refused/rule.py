"""A certificate that nginx or its visitors refuse: expired, of another key, for other names, or incomplete."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the faults of the certificates that sites name and that are here."""
    for fault in evidence.certificate_faults:
        yield at_directive(
            fault.directive,
            fault.message,
            severity=fault.severity,
            hint=fault.hint,
            fix=by_hand("replace the certificate"),
        )


RULE = Rule("N024", "certificate-refused", "error", check)
