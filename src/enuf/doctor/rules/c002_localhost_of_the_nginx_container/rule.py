"""nginx in a container that passes to localhost, where only nginx itself runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import ANY_HOSTS, is_loopback_host, service_of_site
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.read.app_pairs import address_by_variables
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.address import TcpAddress
from enuf.syntax.nginx_tree import NginxConfig

_MORE = re.compile(r"(?<![\w-])(?:supervisor|python|pip|gunicorn|uwsgi|s6|runit|circus|node|php)")
"""Programs beside nginx, as commands or packages; `openssl -nodes` is none."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to loopback in a service that runs nothing but nginx."""
    for each in evidence.passes:
        address, directive = each.address or address_by_variables(each), each.named_by
        if not isinstance(address, TcpAddress) or not _is_here(address.host):
            continue
        here = service_of_site(evidence, each.site.file)
        if here is None or not _is_nginx_alone(here) or is_template(evidence, directive.file):
            continue
        if address.port in _own_ports(evidence, here):
            continue
        meant = _meant(evidence, address.port)
        yield at_directive(
            directive,
            f"{address.host} is the nginx container itself, in which nothing listens on port {address.port}: 502",
            hint=f"{meant}:{address.port}"
            if meant
            else f"the name of the app's service, with port {address.port}",
        )


def _is_here(host: str) -> bool:
    """Return True for the machine itself: nginx connects to 0.0.0.0 as to the loopback."""
    return is_loopback_host(host) or host.strip("[]") in ANY_HOSTS


def _is_nginx_alone(service: ComposeService) -> bool:
    """Return True for nginx's own image, as long as nothing else is installed or started in it."""
    if service.shares_host_network or not service.base.rpartition("/")[2].startswith("nginx"):
        return False
    if service.node.at("command") or service.node.at("entrypoint"):
        return False
    done = (
        " ".join((*service.build.runs, service.build.command[1], service.build.entrypoint[1]))
        if service.build
        else ""
    )
    return _MORE.search(done) is None


def _own_ports(evidence: Evidence, service: ComposeService) -> set[int]:
    """Return the ports on which the nginx of a service listens itself."""
    sites: list[NginxConfig] = [
        site for site in evidence.sites if service_of_site(evidence, site.file) is service
    ]
    return {listen.port for site in sites for match in site.servers() for listen in listens(match.directive)}


def _meant(evidence: Evidence, port: int) -> str:
    """Return the service whose app server listens on the port, empty if there is not just one."""
    names = {
        server.service.name
        for server in evidence.app_servers
        if server.service
        for bind in server.binds
        if isinstance(bind.address, TcpAddress) and bind.address.port == port
    }
    return names.pop() if len(names) == 1 else ""


RULE = Rule("C002", "localhost-of-the-nginx-container", "error", check)
