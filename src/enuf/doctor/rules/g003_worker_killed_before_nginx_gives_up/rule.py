"""nginx is to wait longer than gunicorn lets a request run: the worker is killed in the middle of the answer."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import at_app_setting, bound_pairs, is_sync, read_timeout
from enuf.doctor.rule import Diagnostic, Rule

_DEFAULT = 30


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every sync gunicorn with the default timeout behind a read timeout that was raised above it."""
    for pair in bound_pairs(evidence):
        server = pair.server
        limit, written = read_timeout(pair.site_pass)
        timeout = server.settings.number("timeout", _DEFAULT)
        if (
            not written
            or limit is None
            or not timeout
            or not is_sync(server)
            or not server.settings.knows("timeout")
        ):
            continue
        if limit <= 60 or limit < 2 * timeout:
            continue
        yield at_app_setting(
            server,
            "timeout",
            f"gunicorn kills a worker whose request takes longer than {timeout} s (WORKER TIMEOUT), "
            f"so the {limit:g} s of nginx are never reached: the visitor gets 502",
            severity="advice" if server.setting("timeout") else None,
            hint=f"--timeout {max(int(limit) - 5, 1)}",
            evidence=(f"{pair.site_pass.match.directive.file}:{pair.site_pass.match.directive.line}",),
        )


RULE = Rule("G003", "worker-killed-before-nginx-gives-up", "warning", check)
