"""`http =` on every address of a host whose nginx already serves the app: clients can go past nginx."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Listener, Pass
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.uwsgi import is_loopback, tcp_address
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every router on all addresses, in no container, of a uWSGI that a site on this host passes to."""
    for server in evidence.servers:
        if server.in_container or server.machines:
            continue
        passes = [
            pair.site_pass
            for pair in evidence.pairs_of(server)
            if pair.listener is not None
            and not _is_in_image(pair.site_pass)
            and not is_template(evidence, pair.site_pass.site.file)
        ]
        for listener in server.listeners if passes else ():
            address = tcp_address(listener)
            if not listener.router or address is None or is_loopback(address) or listener.option.conditional:
                continue
            if address.host not in ("0.0.0.0", "::", "") or listener.option.unresolved:  # noqa: S104 - compared, not bound
                continue
            if any(each is not listener and _has_port(each, address.port) for each in server.listeners):
                continue  # uWSGI does not start before one of both lines is gone
            yield at_option(
                listener.option,
                f"port {address.port} leads past nginx to the app on every address of the host: clients skip its limits and TLS",
                hint=f"{listener.option.key} = 127.0.0.1:{address.port}, or no such line beside socket",
                fix=write_value(
                    listener.option,
                    f"127.0.0.1:{address.port}",
                    asks="other machines may use the port on purpose",
                ),
                evidence=(f"{passes[0].site.file}:{passes[0].match.directive.line}",),
            )


def _has_port(listener: Listener, port: int) -> bool:
    address = tcp_address(listener)
    return address is not None and address.port == port


def _is_in_image(site_pass: Pass) -> bool:
    """Return True for the site of a container: a file of a project that is copied whole lies in the app's, too."""
    places = [place for each in site_pass.machines for place in each.paths_of(site_pass.site.file)]
    return any("nginx/" in place for place in places if place.startswith(("/etc/", "/usr/local/")))


RULE = Rule("U079", "http-router-open-beside-nginx", "warning", check)
