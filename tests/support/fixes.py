"""Plans of fixes for evidence in texts, without a file on the disk."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from enuf.doctor.container import EMBEDDED_SIGN
from enuf.doctor.edits import FileChange
from enuf.doctor.engine import examine
from enuf.doctor.evidence import Evidence
from enuf.doctor.fixing import FixPlan, plan_fixes
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.unharmed import Trial


def plan_of(evidence: Evidence, codes: Collection[str] = (), trial: Trial = lambda _site: None) -> FixPlan:
    """Plan the fixes of evidence that was made of texts."""

    def reread(texts: Mapping[str, str]) -> Evidence:
        own = {file.path: file.text for file in evidence.files if EMBEDDED_SIGN not in file.path}
        return evidence_of({**own, **texts})

    return plan_fixes(evidence, examine(evidence), reread, codes, trial)


def planned(evidence: Evidence, *codes: str) -> tuple[FileChange, ...]:
    """Return the changes of the plan."""
    return plan_of(evidence, codes).changes
