"""Findings that contradict each other: two values for one option, of which the written line decides."""

from __future__ import annotations

from collections.abc import Iterable

from enuf.model.finding import Finding


def without_contradictions(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings without those that would add an option where another one corrects a written line of it.

    `buffer_size = 102400` wants the right name, not a second line with another size.
    """
    listed = tuple(findings)
    corrected = {
        (finding.file, option)
        for finding in listed
        if not _adds(finding) and (option := _option(finding.hint))
    }
    return tuple(
        finding
        for finding in listed
        if not _adds(finding) or (finding.file, _option(finding.hint)) not in corrected
    )


def _adds(finding: Finding) -> bool:
    """Return True for a finding about a line that is missing."""
    edits = finding.fix.edits if finding.fix else ()
    return bool(edits) and all(edit.action == "insert" for edit in edits)


def _option(hint: str) -> str:
    """Return the option that a hint writes, empty for other hints."""
    name, equals, _ = hint.partition(" = ")
    return name if equals and " " not in name else ""
