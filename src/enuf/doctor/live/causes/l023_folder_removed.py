"""Workers in a folder that a deploy removed: what they open by a relative name is not there any more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import observed, said_line
from enuf.doctor.live.server_said import tracebacks

_GONE = re.compile(r" \(deleted\)$")
_ABSENT = re.compile(r"FileNotFoundError|TemplateNotFound|\[Errno 2\]|No such file or directory")


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    gone = [each for each in case.serving if _GONE.search(each.directory)]
    if not gone or not case.fails:
        return
    raised = [each for each in tracebacks(case.said) if _ABSENT.search(each.error)]
    if not raised or not case.is_said_by_server:
        return
    folder = _GONE.sub("", gone[0].directory)
    yield LiveProof(
        message=f"{len(gone)} workers run in {folder}, which was removed after their start, and the app does not find its files: {raised[-1].error}",
        hint="restart the server from a folder that stays (a reload keeps the old one); in a deploy remove an old release after the restart, not before",
        evidence=(
            observed(f"/proc/{gone[0].pid}/cwd: {gone[0].directory}"),
            *(said_line(line) for line in raised[-1].lines[-3:]),
        ),
        file=case.said.path,
    )


CAUSE = Cause(code="L023", name="folder-removed", severity="error", order=645, prove=_prove)
