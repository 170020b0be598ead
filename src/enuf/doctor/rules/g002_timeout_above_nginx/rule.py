"""A timeout of gunicorn above nginx's: the visitor gets 504 while the worker goes on."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import at_app_setting, read_timeout
from enuf.doctor.rule import Diagnostic, Rule


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every gunicorn whose written timeout is longer than nginx waits for an answer."""
    for pair in (each for each in evidence.app_pairs if each.bind or _has_unknown_address(each.server)):
        server = pair.server
        setting = server.setting("timeout")
        if server.program != "gunicorn" or setting is None or not setting.certain or server.dev:
            continue
        timeout, limit = server.settings.number("timeout", 30), read_timeout(pair.site_pass)[0]
        if timeout is None or limit is None or (0 < timeout <= limit):
            continue
        shown = f"after {timeout} s" if timeout else "never (timeout 0)"
        wanted = f"{pair.site_pass.match.directive.name.removesuffix('_pass')}_read_timeout {timeout + 5 if timeout else 300}s;"
        yield at_app_setting(
            server,
            "timeout",
            f"nginx gives up after {limit:g} s and answers 504, gunicorn ends the request {shown}: "
            "the worker goes on for nobody",
            severity="advice" if timeout == 0 else None,
            hint=wanted,
            evidence=(f"{pair.site_pass.match.directive.file}:{pair.site_pass.match.directive.line}",),
        )


def _has_unknown_address(server: PythonServer) -> bool:
    """Return True for a server that listens at an address of variables: the only one that the site can mean."""
    return any(bind.address is None for bind in server.binds)


RULE = Rule("G002", "timeout-above-nginx", "warning", check)
