"""An HTTP_HOST of $host, which has no port, on a site with an unusual port (F148)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx import params_in_force, uwsgi_passes
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_LINE = "uwsgi_param HTTP_HOST $host:$server_port;"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi_pass with that parameter in force in a server on a port that URLs must name."""
    for _, match in uwsgi_passes(evidence):
        server = match.around("server")
        host = params_in_force(match).get("HTTP_HOST")
        if server is None or host is None or host.arg(1) not in ("$host", "$server_name"):
            continue
        port = next((each.port for each in listens(server) if each.port not in (80, 443)), None)
        if port is None:
            continue
        yield at_directive(
            host if host.file == match.directive.file else match.directive,
            f"HTTP_HOST is {host.arg(1)}, which has no port: redirects and url_for(_external=True) "
            f"lose the :{port}",
            1 if host.file == match.directive.file else 0,
            hint=f"{_LINE}  (below include uwsgi_params;)",
            fix=by_hand(f"add `{_LINE}` below the include"),
            evidence=(f"{host.file}:{host.line}: uwsgi_param HTTP_HOST {host.arg(1)};",),
        )


RULE = Rule("N013", "redirect-loses-port", "warning", check)
