"""A file that could not be read, or not in full, so that nothing is known about what it says."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Rule, Sign, at_line

_TOLD_ELSEWHERE = ("section", "elsewhere")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every file that was left out, and every uWSGI configuration with an include that leads nowhere or in a circle."""
    for unread in evidence.unread:
        yield at_line(
            unread.path, 1, f"this was not looked at: {unread.why}", hint="nothing that it says is checked"
        )
    for server in evidence.servers:
        for trouble in server.config.troubles:
            if trouble.kind not in _TOLD_ELSEWHERE:
                told = (
                    trouble.text
                    if trouble.kind == "logic"
                    else f"the configuration was not read in full: {trouble.text}"
                )
                yield at_line(
                    trouble.file, trouble.line, told, severity="error" if trouble.kind == "logic" else None
                )


RULE = Rule("D001", "file-not-read", "warning", check)
