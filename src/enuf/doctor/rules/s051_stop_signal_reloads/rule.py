"""SIGHUP as the signal to stop: uWSGI and gunicorn reload at it."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, StartCommand
from enuf.doctor.facts.app_servers import gunicorns
from enuf.doctor.facts.uwsgi import has_master
from enuf.doctor.rule import Diagnostic, Rule, at_line

_RELOADS = ("HUP", "SIGHUP", "1")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every start of gunicorn, or of uWSGI with a master, whose manager stops it with SIGHUP."""
    seen: set[tuple[str, int]] = set()
    starts = [("gunicorn", server.start) for server in gunicorns(evidence)]
    starts += [
        ("uWSGI", server.start) for server in evidence.servers if server.start and has_master(server.config)
    ]
    for program, start in starts:
        if start.stop_signal.upper() in _RELOADS and (start.file, start.line) not in seen:
            seen.add((start.file, start.line))
            yield at_line(start.file, start.line, _message(program, start), hint=_hint(start))


def _message(program: str, start: StartCommand) -> str:
    manager = {"supervisor": "supervisorctl stop", "unit": "systemctl stop"}.get(start.kind, "docker stop")
    return (
        f"{program} reloads at SIGHUP: {manager} waits until its time is over, and then kills every process"
    )


def _hint(start: StartCommand) -> str:
    return {"supervisor": "stopsignal=QUIT", "unit": "KillSignal=SIGQUIT"}.get(
        start.kind, "stop_signal: SIGQUIT"
    )


RULE = Rule("S051", "stop-signal-reloads", "warning", check)
