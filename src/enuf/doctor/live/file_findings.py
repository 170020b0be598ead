"""What the rules find in the files of a stack, those rules first that explain why a stack does not serve."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import NamedTuple

from enuf.doctor.budget import Budget
from enuf.doctor.engine import examine, rule_of
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.evidence import Hindrance, late
from enuf.doctor.live.explained import CLOSED_EARLY, NGINX_STOPPED, NO_APP, NOT_STARTED
from enuf.doctor.live.rules_of_kind import rules_of_kind
from enuf.doctor.rule import Rule
from enuf.doctor.rule_folders import rule_folders
from enuf.model.finding import Finding


class FileFindings(NamedTuple):
    """The findings in files, and the rules for which the time did not suffice."""

    findings: tuple[Finding, ...]
    hindrances: tuple[Hindrance, ...] = ()


def file_findings(
    files: Evidence, budget: Budget | None, asked: Container[str] | None = None
) -> FileFindings:
    """Run the rules on the files of a stack until the time is up; all of them without a budget.

    Of the rules only those whose codes are asked for: to import the others takes as long as all else in a diagnosis.
    """
    if not files.files and not files.unread:
        return FileFindings(())
    explaining = (*NGINX_STOPPED, *NOT_STARTED, *NO_APP, *CLOSED_EARLY)
    codes = [code for code in dict.fromkeys((*explaining, *rule_folders())) if code in rule_folders()]
    codes = [code for code in codes if asked is None or code in asked]
    waiting = rules_of_kind(codes, files)
    count = len(waiting)

    def in_time() -> Iterator[Rule]:
        while waiting and not (budget and budget.is_over):
            yield rule_of(waiting.pop(0))

    found = examine(files, in_time())
    missed = (late(f"{len(waiting)} of {count} rules for files"),) if waiting else ()
    return FileFindings(found, missed)
