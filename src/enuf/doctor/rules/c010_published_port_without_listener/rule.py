"""A published port behind which nothing listens."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from enuf.doctor.container import ComposeService, copied_to
from enuf.doctor.evidence import Evidence, PythonServer, Server
from enuf.doctor.facts.app_servers import is_certain, service_of_site, tcp_binds
from enuf.doctor.facts.listens import ports_of
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.address import TcpAddress
from enuf.syntax.nginx_tree import NginxConfig

_DEFAULT_SITE = 80
_CONFIGURED = re.compile(
    r"/etc/nginx(?:/(?!html(?:/|$)|ssl(?:/|$)|certs?(?:/|$)|certificates(?:/|$)|logs(?:/|$)).*)?$"
)
"""Where a mount may bring more sites."""
_DATABASES = {"redis": 6379, "postgres": 5432, "mysql": 3306, "mariadb": 3306, "mongo": 27017}
_MAY_CHANGE_PORT = ("command", "entrypoint", "build", "env_file", "environment")
_OTHER_SERVERS = {"nginx", "nginx-light", "nginx-full", "apache2", "supervisor"}
_DEBUGGER = re.compile(r"\b(?:debugpy|ptvsd|pydevd\w*)\b")
_DEBUGGER_PORTS = (5678, 5679)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every published port of an app server or an nginx that listens on other ports alone, or on a unix socket."""
    lent = {each.node.word("network_mode") for each in evidence.services}
    sites: dict[int, list[NginxConfig]] = {}
    for site in evidence.sites:
        sites.setdefault(id(service_of_site(evidence, site.file)), []).append(site)
    for service in evidence.services:
        yield from _of_uwsgi(evidence, service, lent)
        yield from _of_database(service)
        ports = _listened(evidence, service, sites.get(id(service), []))
        works = any(port.inner in ports for port in service.ports)
        for port in service.ports if ports and not _lends_its_network(service, lent) else ():
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


def _of_database(service: ComposeService) -> Iterator[Diagnostic]:
    """Yield a finding for the published ports of an official image of a database that listens on its own port."""
    listens_on = _DATABASES.get(service.image.partition(":")[0])
    if listens_on is None or any(service.node.at(key) for key in _MAY_CHANGE_PORT):
        return
    if any("conf" in mount.target for mount in service.volumes):
        return
    for port in service.ports:
        if port.inner is not None and port.inner != listens_on:
            yield at_line(
                service.file,
                port.line,
                f"nothing in {service.name} listens on port {port.inner}, only on {listens_on}: connections are refused",
                severity="warning",
                hint=f"no ports: the app reaches {service.name}:{listens_on} in the network of the compose file",
            )


def _of_uwsgi(evidence: Evidence, service: ComposeService, lent: Container[str]) -> Iterator[Diagnostic]:
    """Yield a finding for the published ports of a service at which its one uWSGI does not listen."""
    servers = [each for each in evidence.servers if each.start and _runs(service, each)]
    addresses = [listener.address for each in servers for listener in each.listeners]
    if len(servers) != 1 or not addresses or any(each is None for each in addresses):
        return
    server = servers[0]
    if not server.is_complete or server.emperor or server.config.last("stats") or _has_nginx(service):
        return
    if any("attach-" in option.key for option in server.config.options):
        return  # a daemon beside uWSGI may listen
    ports = _ports(server)
    shown = " and ".join(str(each) for each in addresses)
    for port in service.ports if not _lends_its_network(service, lent) else ():
        if port.inner is None or port.inner in ports or _is_named(evidence, service, port.inner):
            continue
        yield at_line(
            service.file,
            port.line,
            f"nothing in {service.name} listens on port {port.inner}: its uWSGI has {shown} alone",
            severity="warning",
            hint="no ports: nginx connects to uWSGI inside",
        )


def _runs(service: ComposeService, server: Server) -> bool:
    """Return True if a service certainly runs a uWSGI: in its own container alone, or by the script that its command names."""
    machine = next((each for each in server.machines if each.service is service), None)
    if machine is None or server.start is None:
        return False
    command = " ".join(machine.command)
    return len(server.machines) == 1 or any(path in command for path in machine.paths_of(server.start.file))


def _is_in(service: ComposeService, server: Server) -> bool:
    """Return True if the configuration of a uWSGI lies in the container of a service."""
    return any(each.service is service for each in server.machines)


def _ports(server: Server) -> set[int]:
    addresses = (listener.address for listener in server.listeners)
    return {each.port for each in addresses if isinstance(each, TcpAddress)}


def _has_nginx(service: ComposeService) -> bool:
    """Return True if another server may run beside uWSGI in the container of a service."""
    build = service.build
    words = " ".join((service.image, *_commands(service)))
    if build is None or "nginx" in f"{words} {build.base}" or "supervisor" in words:
        return True
    return "uwsgi" not in words and bool(build.packages & _OTHER_SERVERS)


def _lends_its_network(service: ComposeService, lent: Container[str]) -> bool:
    """Return True if another service listens in the network of this one: its ports are published here."""
    return any(f"{kind}:{name}" in lent for kind in ("service", "container") for name in service.names)


def _is_named(evidence: Evidence, service: ComposeService, port: int) -> bool:
    """Return True if another program of the container may listen on the port: a uWSGI, its commands, or a debugger, name it."""
    if any(port in _ports(each) for each in evidence.servers if _is_in(service, each)):
        return True
    number = re.compile(rf"(?<!\d){port}(?!\d)")
    if port in _DEBUGGER_PORTS or any(number.search(text) for text in _commands(service)):
        return True
    inside = f"{service.context.rstrip('/')}/"
    texts = [
        re.sub(r"^[ \t]*#.*$", "", file.text, flags=re.MULTILINE)
        for file in evidence.of_kind("script")
        if service.context and file.path.startswith(inside)
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


def _listened(evidence: Evidence, service: ComposeService, sites: list[NginxConfig]) -> frozenset[int]:
    """Return the ports on which a service listens, empty if they are not all known."""
    servers = [server for server in evidence.app_servers if server.service is service]
    if servers:
        return _of_servers(servers)
    if not service.base.rpartition("/")[2].startswith("nginx") or service.shares_host_network:
        return frozenset()
    if not sites or any(is_template(evidence, site.file) for site in sites):
        return frozenset()
    mounted = [service.held(site.file) or copied_to(site.file, service) for site in sites]
    mounts = [mount for mount in service.volumes if _CONFIGURED.match(mount.target)]
    if any("template" in mount.target for mount in mounts) or len(mounts) > len(sites):
        return frozenset()
    found = ports_of(sites)
    replaced = any(path.endswith(("default.conf", "nginx.conf")) for path in mounted)
    return (found if replaced else found | {_DEFAULT_SITE}) if found else frozenset()


def _of_servers(servers: list[PythonServer]) -> frozenset[int]:
    known = all(bind.address is not None for server in servers for bind in server.binds)
    ports = {address.port for server in servers for address in tcp_binds(server)}
    sure = all(server.settings.knows("bind") and not server.beside_nginx for server in servers)
    return frozenset(ports) if known and sure else frozenset()


RULE = Rule("C010", "published-port-without-listener", "error", check)
