"""The app streams events, and nginx holds them back until there are enough (F157)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Program
from enuf.doctor.facts.nginx import uwsgi_passes
from enuf.doctor.facts.programs import constants
from enuf.doctor.rule import Rule, Sign, at_directive, by_hand

_TYPE = "text/event-stream"


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every uwsgi_pass with buffering on, when a source answers with events and nothing turns buffering off."""
    streams = [(program, node) for program in evidence.programs if (node := _stream(program))]
    if not streams or any("x-accel-buffering" in program.text.lower() for program in evidence.programs):
        return
    for site, found in uwsgi_passes(evidence):
        if any(each.directive.arg() == "off" for each in site.find("uwsgi_buffering")):
            continue
        program, node = streams[0]
        yield at_directive(
            found.directive,
            "the app sends server-sent events, and nginx collects them before it passes them on: "
            "they arrive late and all at once",
            hint='uwsgi_buffering off;  or in the app: response.headers["X-Accel-Buffering"] = "no"',
            fix=by_hand("add `uwsgi_buffering off;` to the location of the events"),
            evidence=(f"{program.path}:{node.lineno}: {_TYPE}",),
        )


def _stream(program: Program) -> ast.Constant | None:
    """Where a source names the type of server-sent events."""
    if _TYPE not in program.text.lower() or program.path.rpartition("/")[2].startswith(("test_", "conftest")):
        return None
    return next((node for text, node in constants(program) if text.lower().startswith(_TYPE)), None)


RULE = Rule("N018", "sse-buffered", "warning", check)
