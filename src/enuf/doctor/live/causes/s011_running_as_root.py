"""An app server whose workers run as root."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import process_line


def _prove(case: LiveCase) -> Iterator[LiveProof]:
    working = case.serving
    if case.fails or not working or any(each.uid != 0 or each.container for each in working):
        return
    evidence = tuple(process_line(each) for each in working[:2])
    found = case.of_code("S011")
    yield LiveProof(
        finding=found,
        message="the workers run as root: whoever finds a hole in the app owns the machine",
        hint="uid = www-data and gid = www-data in the ini, or User= in the unit",
        evidence=evidence,
        file=case.configured.config.main_file if case.configured else "",
    )


CAUSE = Cause(code="S011", name="running-as-root", severity="warning", order=950, prove=_prove)
