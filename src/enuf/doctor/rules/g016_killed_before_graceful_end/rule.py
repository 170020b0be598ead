"""A server that is killed before it has finished its requests, at every stop and update."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import AppServer, Evidence
from enuf.doctor.facts.app_servers import at_app_setting
from enuf.doctor.rule import Diagnostic, Rule

_COMPOSE, _SYSTEMD, _DEFAULT = 10, 90, 30
_SPAN = re.compile(r"(?:(\d{1,6})m(?:in)?)?[ \t]*(?:(\d{1,6})s?)?")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every written graceful timeout that is longer than what stops the server waits."""
    for server in evidence.app_servers:
        setting = server.setting("graceful_timeout")
        graceful = server.settings.number("graceful_timeout", _DEFAULT)
        limit, name = _limit(server)
        if setting is None or not setting.certain or graceful is None or limit is None or graceful <= limit:
            continue
        yield at_app_setting(
            server,
            "graceful_timeout",
            f"{server.program} would finish requests for {graceful} s, and is killed {limit} s after the signal to stop",
            severity="advice" if graceful <= _DEFAULT else None,
            hint=f"{name}{graceful + 10}s",
        )


def _limit(server: AppServer) -> tuple[int | None, str]:
    """Return after how many seconds the server is killed, None if that is unknown, and the line that says so."""
    if server.service:
        written = server.service.node.word("stop_grace_period")
        return (_seconds(written) if written else _COMPOSE), "stop_grace_period: "
    unit = server.start.unit
    if unit:
        written = unit.value("TimeoutStopSec") or unit.value("TimeoutSec")
        return (_seconds(written) if written else _SYSTEMD), "TimeoutStopSec="
    return None, ""


def _seconds(text: str) -> int | None:
    match = _SPAN.fullmatch(text.strip())
    if match is None or not text.strip():
        return None
    return int(match[1] or 0) * 60 + int(match[2] or 0)


RULE = Rule("G016", "killed-before-graceful-end", "warning", check)
