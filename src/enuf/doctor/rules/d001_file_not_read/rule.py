"""A file that could not be read completely, so that its content is unknown."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line

_TOLD_ELSEWHERE = ("section", "elsewhere")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every file that was left out, and every uWSGI include that leads nowhere or in a circle."""
    for unread in evidence.unread:
        yield at_line(
            unread.path, 1, f"this was not looked at: {unread.why}", hint="nothing that it says is checked"
        )
    for server in evidence.servers:
        for problem in server.config.problems:
            if problem.kind not in _TOLD_ELSEWHERE:
                message = (
                    problem.text
                    if problem.kind == "logic"
                    else f"the configuration was not read in full: {problem.text}"
                )
                yield at_line(
                    problem.file, problem.line, message, severity="error" if problem.kind == "logic" else None
                )


RULE = Rule("D001", "file-not-read", "warning", check)
