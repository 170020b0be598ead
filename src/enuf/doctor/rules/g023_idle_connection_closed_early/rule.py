"""Connections that nginx keeps for reuse and the app server closes after a few seconds."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import at_app_setting, bound_pairs, is_sync
from enuf.doctor.rule import Diagnostic, Rule

_DEFAULTS = {"gunicorn": 2, "uvicorn": 5}
_NGINX = 60


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every upstream with keepalive before a server whose own limit is shorter."""
    for pair in bound_pairs(evidence):
        server, site_pass = pair.server, pair.site_pass
        if server.program not in _DEFAULTS or is_sync(server) or not server.settings.knows("keepalive"):
            continue
        name = site_pass.match.directive.arg().partition("://")[2].partition("/")[0]
        kept = any(
            match.directive.arg() == name and match.directive.inside("keepalive")
            for match in site_pass.site.find("upstream")
        )
        seconds = server.settings.number("keepalive", _DEFAULTS[server.program])
        if kept and seconds is not None and 0 < seconds < _NGINX:
            yield at_app_setting(
                server,
                "keepalive",
                f"nginx keeps idle connections for {_NGINX} s, {server.program} closes them after {seconds} s: "
                "now and then a request meets the closing one and ends with 502",
                hint=f"--keep-alive {_NGINX + 15}"
                if server.program == "gunicorn"
                else f"--timeout-keep-alive {_NGINX + 15}",
            )


RULE = Rule("G023", "idle-connection-closed-early", "advice", check)
