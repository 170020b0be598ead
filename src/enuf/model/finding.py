"""The doctor's findings: frozen values that every report prints in its own way."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "advice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "advice")
"""From the worst: a failure or a security hole; a problem to come; good advice."""

FixKind = Literal["edit", "command", "manual"]
EditAction = Literal["replace", "insert", "delete"]


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one line: `replace` some columns, `insert` lines after it, or `delete` it."""

    file: str
    line: int
    action: EditAction = "replace"
    column: int = 1
    end_column: int = 0
    """Column after the last one that is replaced; 0 for the end of the line."""
    text: str = ""


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """A cure of a finding. A fix with edits is applied: one that is `safe` by itself, any other one when it is named."""

    kind: FixKind = "edit"
    safe: bool = False
    description: str
    edits: tuple[Edit, ...] = ()
    asks: str = ""
    """What the fix depends on that no file shows, for a fix that is not safe."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: its place, its reason, and the line to write instead."""

    code: str
    name: str
    severity: Severity
    message: str
    """One sentence: what happens and why."""
    file: str
    line: int
    column: int = 1
    end_column: int = 0
    """Column after the value; 0 when only the line is known."""
    hint: str = ""
    """The exact line to write, or what to do."""
    fix: Fix | None = None
    evidence: tuple[str, ...] = ()


def is_at_least(severity: Severity, limit: Severity) -> bool:
    """Return True for a severity that is as bad as the limit, or worse."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(limit)


def is_curable(finding: Finding) -> bool:
    """Return True for an error or a warning with a fix that needs no decision: `enuf doctor --fix` makes it."""
    fix = finding.fix
    return fix is not None and fix.safe and bool(fix.edits) and finding.severity != "advice"
