"""An nginx that does not run, because it refused its configuration: its error log says why."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.upstream_errors import FrontError

_INCLUDE = re.compile(r'open\(\) "(?P<path>[^"]{1,4000})" failed \(2:')
_PLACE = re.compile(r" in (?P<file>/[^\s:]{1,4000}):(?P<line>\d{1,7})$")


def _prove(code: str, case: LiveCase) -> Iterator[LiveProof]:
    last = _last_words(case)
    if last is None:
        return
    include, place = _INCLUDE.search(last.text), _PLACE.search(last.text)
    if (code == "N002") != (include is not None):
        return
    yield LiveProof(
        finding=case.of_code_anywhere(code),
        message=f"nginx does not run, because a file that its configuration includes is not there: {include['path']}"
        if include
        else f"nginx does not run, because it refuses its configuration: {last.text}",
        hint="correct that line, and: sudo nginx -t && sudo systemctl restart nginx",
        evidence=(last.line,),
        file=place["file"] if place else "",
        line=int(place["line"]) if place else 1,
    )


def _last_words(case: LiveCase) -> FrontError | None:
    """Return why nginx gave up, from the end of its error log; None where it runs, or ended in another way."""
    front = case.evidence.front
    if case.reply.failure != "refused" or front.listeners or front.main or not case.errors:
        return None
    last = case.errors[-1]
    return last if last.level == "emerg" else None


CAUSES = (
    Cause(
        code="N002",
        name="uwsgi-params-file-absent",
        severity="error",
        order=110,
        prove=lambda case: _prove("N002", case),
    ),
    Cause(
        code="N087",
        name="nginx-refuses",
        severity="error",
        order=111,
        prove=lambda case: _prove("N087", case),
    ),
)
