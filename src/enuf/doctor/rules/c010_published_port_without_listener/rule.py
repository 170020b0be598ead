"""A published port behind which nothing listens."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, copied_to
from enuf.doctor.evidence import Evidence, PythonServer, Server
from enuf.doctor.facts.app_servers import is_certain, service_of_site, tcp_binds
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.server_machines import service_of_machine
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.address import UnixAddress

_DEFAULT_SITE = 80
_CONFIGURED = re.compile(
    r"/etc/nginx(?:/(?!html(?:/|$)|ssl(?:/|$)|certs?(?:/|$)|certificates(?:/|$)|logs(?:/|$)).*)?$"
)
"""Where a mount may bring more sites."""
_DEBUGGER = re.compile(r"\b(?:debugpy|ptvsd|pydevd\w*)\b")
_DEBUGGER_PORTS = (5678, 5679)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every published port of an app server or an nginx that listens on other ports alone, or on a unix socket."""
    for service in evidence.services:
        yield from _beside_socket(evidence, service)
        ports = _listened(evidence, service)
        works = any(port.inner in ports for port in service.ports)
        for port in service.ports if ports and not _lends_its_network(evidence, service) else ():
            if (
                port.inner is not None
                and port.inner not in ports
                and not _is_named(evidence, service, port.inner)
            ):
                shown = ", ".join(str(each) for each in sorted(ports))
                yield at_line(
                    service.file,
                    port.line,
                    f"nothing in {service.name} listens on port {port.inner}, only on {shown}: connections are refused",
                    severity="warning" if works else None,
                    is_certain=all(
                        is_certain(each) for each in evidence.app_servers if each.service is service
                    ),
                    hint=f'"{port.outer}:{min(ports)}"',
                )


def _beside_socket(evidence: Evidence, service: ComposeService) -> Iterator[Diagnostic]:
    """Yield a finding for the published ports of a service whose one uWSGI listens on a unix socket alone."""
    servers = [each for each in evidence.servers if each.start and _service_of(evidence, each) is service]
    addresses = [listener.address for each in servers for listener in each.listeners]
    if len(servers) != 1 or not addresses or not all(isinstance(each, UnixAddress) for each in addresses):
        return
    if (
        not servers[0].is_complete
        or servers[0].emperor
        or servers[0].config.last("stats")
        or _has_nginx(service)
    ):
        return
    for port in service.ports if not _lends_its_network(evidence, service) else ():
        if port.inner is not None and not _is_named(evidence, service, port.inner):
            yield at_line(
                service.file,
                port.line,
                f"nothing in {service.name} listens on port {port.inner}: its uWSGI has the socket {addresses[0]} alone",
                severity="warning",
                hint="no ports: nginx connects to the socket",
            )


def _service_of(evidence: Evidence, server: Server) -> ComposeService | None:
    named = {(each.deployment, each.name) for each in server.machines}
    return service_of_machine(evidence, server.machines[0]) if len(named) == 1 else None


def _has_nginx(service: ComposeService) -> bool:
    words = " ".join((service.image, *_commands(service)))
    build = service.build
    return (
        build is None
        or "nginx" in f"{words} {build.base}"
        or bool(build.packages & {"nginx", "nginx-light", "nginx-full", "apache2", "supervisor"})
        or "supervisor" in words
    )


def _lends_its_network(evidence: Evidence, service: ComposeService) -> bool:
    """Return True if another service listens in the network of this one: its ports are published here."""
    words = {f"{kind}:{name}" for kind in ("service", "container") for name in service.names}
    return any(each.node.word("network_mode") in words for each in evidence.services)


def _is_named(evidence: Evidence, service: ComposeService, port: int) -> bool:
    """Return True if another program of the container may listen on the port: its commands, or a debugger, name it."""
    number = re.compile(rf"(?<!\d){port}(?!\d)")
    if port in _DEBUGGER_PORTS or any(number.search(text) for text in _commands(service)):
        return True
    inside = f"{service.context.rstrip('/')}/"
    texts = [
        file.text for file in evidence.of_kind("script") if service.context and file.path.startswith(inside)
    ]
    texts += [each.text for each in evidence.python_files if _DEBUGGER.search(each.text)]
    return any(number.search(text) for text in texts)


def _commands(service: ComposeService) -> Iterator[str]:
    for node in (service.node.at("command"), service.node.at("entrypoint")):
        if node:
            yield node.text
            yield from (each.text for each in node.items)
    if service.build:
        yield from (service.build.command[1], service.build.entrypoint[1])


def _listened(evidence: Evidence, service: ComposeService) -> frozenset[int]:
    """Return the ports on which a service listens, empty if they are not all known."""
    servers = [server for server in evidence.app_servers if server.service is service]
    if servers:
        return _of_servers(servers)
    if not service.base.rpartition("/")[2].startswith("nginx") or service.shares_host_network:
        return frozenset()
    sites = [site for site in evidence.sites if service_of_site(evidence, site.file) is service]
    if not sites or any(is_template(evidence, site.file) for site in sites):
        return frozenset()
    mounted = [service.held(site.file) or copied_to(site.file, service) for site in sites]
    mounts = [mount for mount in service.volumes if _CONFIGURED.match(mount.target)]
    if any("template" in mount.target for mount in mounts) or len(mounts) > len(sites):
        return frozenset()
    found = {listen.port for site in sites for match in site.servers() for listen in listens(match.directive)}
    unread = any("$" in each.directive.arg() for site in sites for each in site.find("listen"))
    replaced = any(path.endswith(("default.conf", "nginx.conf")) for path in mounted)
    return frozenset(found if replaced else found | {_DEFAULT_SITE}) if found and not unread else frozenset()


def _of_servers(servers: list[PythonServer]) -> frozenset[int]:
    known = all(bind.address is not None for server in servers for bind in server.binds)
    ports = {address.port for server in servers for address in tcp_binds(server)}
    sure = all(server.settings.knows("bind") and not server.beside_nginx for server in servers)
    return frozenset(ports) if known and sure else frozenset()


RULE = Rule("C010", "published-port-without-listener", "error", check)
