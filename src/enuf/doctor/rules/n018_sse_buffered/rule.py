"""A stream of events that nginx holds back until its buffers are full (F157)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.nginx import prefix_of, python_passes
from enuf.doctor.facts.python_import import constants
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import DirectiveMatch

_TYPE = "text/event-stream"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass with buffering on, if a source streams events and nothing turns it off."""
    streams = [(python_file, node) for python_file in evidence.python_files if (node := _stream(python_file))]
    if not streams or any(
        "x-accel-buffering" in python_file.text.lower() for python_file in evidence.python_files
    ):
        return
    for site, match in python_passes(evidence):
        name = f"{match.directive.name.removesuffix('_pass')}_buffering"
        if any(each.directive.arg() == "off" for each in site.find(name)):
            continue
        if _is_for_files(match):
            continue
        near = [each for each in streams if _is_of(evidence, match, each[0])]
        if not near:
            continue
        python_file, node = near[0]
        yield at_directive(
            match.directive,
            "the app sends server-sent events, and nginx collects them before it passes them on: "
            "they arrive late and all at once",
            hint=f'{name} off;  or in the app: response.headers["X-Accel-Buffering"] = "no"',
            fix=by_hand(f"add `{name} off;` to the location of the events"),
            evidence=(f"{python_file.path}:{node.lineno}: {_TYPE}",),
        )


def _is_for_files(match: DirectiveMatch) -> bool:
    """Return True for a location of static or uploaded files, which no stream comes from."""
    location = match.around("location")
    return location is not None and (prefix_of(location) or "").startswith(("/static", "/media", "/assets"))


def _is_of(evidence: Evidence, match: DirectiveMatch, python_file: PythonFile) -> bool:
    """Return False for a source of another service than the one that the pass reaches."""
    servers = [pair.server for pair in evidence.app_pairs if pair.site_pass.match is match]
    contexts = [server.service.context if server.service else "" for server in servers]
    return not contexts or any(
        not context or python_file.path.startswith(context.rstrip("/") + "/") for context in contexts
    )


def _stream(python_file: PythonFile) -> ast.Constant | None:
    """Return the place where a source names the type of server-sent events, None if no source does."""
    if _TYPE not in python_file.text.lower() or python_file.path.rpartition("/")[2].startswith(
        ("test_", "conftest")
    ):
        return None
    return next((node for text, node in constants(python_file) if text.lower().startswith(_TYPE)), None)


RULE = Rule("N018", "sse-buffered", "warning", check)
