"""The PROXY protocol spoken on one side of a connection alone."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import is_loopback_host, tcp_binds
from enuf.doctor.facts.listens import Listen, listens
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.numbers import decimal
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig

_Listeners = dict[tuple[frozenset[str], int], list[Listen]]
"""The listeners of nginx by the containers of its site and the port."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass over the loopback whose receiver expects another beginning of the connection."""
    listening_at = _listeners(evidence)
    for site in evidence.sites:
        if is_template(evidence, site.file):
            continue
        for match in (*site.find_in_stream("proxy_pass"), *site.find("proxy_pass")):
            sends = match.around("stream") is not None and match.value("proxy_protocol") == "on"
            for port in _ports(site, match):
                listening = listening_at.get((_host(evidence, site), port))
                if listening:
                    yield from _at_nginx(match, listening, sends=sends)
                elif sends:
                    yield from _at_app(evidence, match, port)


def _ports(site: NginxConfig, match: DirectiveMatch) -> Iterator[int]:
    """Yield the ports of the loopback that a pass leads to, itself or by an upstream."""
    text = match.directive.arg().removeprefix("http://").removeprefix("https://").partition("/")[0]
    in_stream = match.around("stream") is not None
    blocks = site.find_in_stream("upstream") if in_stream else site.find("upstream")
    members = [
        each.arg()
        for block in blocks
        if block.directive.arg() == text
        for each in block.directive.inside("server")
    ]
    for place in members or [text]:
        host, _, port = place.rpartition(":")
        number = decimal(port, 5)
        if number is not None and is_loopback_host(host):
            yield number


def _listeners(evidence: Evidence) -> _Listeners:
    found: _Listeners = {}
    for site in evidence.sites:
        host = _host(evidence, site)
        for server in site.servers():
            for each in listens(server.directive):
                if each.directive:
                    found.setdefault((host, each.port), []).append(each)
    return found


def _host(evidence: Evidence, site: NginxConfig) -> frozenset[str]:
    """Return the containers of a site, none for one of this machine: sites of one host see each other's listeners."""
    return frozenset(machine.name for machine in evidence.machines_with(site.file))


def _at_nginx(match: DirectiveMatch, listening: list[Listen], *, sends: bool) -> Iterator[Diagnostic]:
    expects = {"proxy_protocol" in each.directive.args for each in listening if each.directive}
    if expects == {sends} or len(expects) > 1:
        return
    place = f"{listening[0].directive.file}:{listening[0].directive.line}" if listening[0].directive else ""
    yield at_directive(
        match.directive,
        "proxy_protocol on; puts a line before the request, and the listener of this port takes it for the request: 400"
        if sends
        else "the listener of this port waits for the line of the PROXY protocol, which this pass does not send: "
        "nginx closes every connection, `broken header`",
        hint=f"listen {listening[0].port} proxy_protocol;" if sends else _hint(match),
        evidence=(place,),
    )


def _hint(match: DirectiveMatch) -> str:
    in_stream = match.around("stream") is not None
    return (
        "proxy_protocol on;" if in_stream else "listen without proxy_protocol: a pass of http cannot send it"
    )


def _at_app(evidence: Evidence, match: DirectiveMatch, port: int) -> Iterator[Diagnostic]:
    for server in evidence.app_servers:
        fits = any(bind.port == port for bind in tcp_binds(server)) and not server.in_container
        if fits and server.settings.knows("proxy_protocol") and not server.settings.is_on("proxy_protocol"):
            yield at_directive(
                match.directive,
                f"proxy_protocol on; puts a line before the request, and {server.program} takes it for the request: 400",
                hint="--proxy-protocol" if server.program == "gunicorn" else "proxy_protocol off;",
                evidence=(f"{server.start.file}:{server.start.line}",),
            )
            return


RULE = Rule("N090", "proxy-protocol-on-one-side", "error", check)
