"""What follows from pods: the ports on which they listen, and the ConfigMap's pod."""

from __future__ import annotations

from enuf.doctor.container import EMBEDDED_SIGN, Pod, PodContainer
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx_versions import is_official_nginx
from enuf.model.address import TcpAddress


def pod_of_config(evidence: Evidence, path: str) -> Pod | None:
    """Return the one pod that mounts the ConfigMap of an embedded file, None if there is not just one."""
    name = path.partition(EMBEDDED_SIGN)[2].partition("/")[0]
    pods = [pod for pod in evidence.pods if any(_mounts(container, name) for container in pod.containers)]
    return pods[0] if len(pods) == 1 and name else None


def _mounts(container: PodContainer, name: str) -> bool:
    return any(config == name for _, config in container.mounts)


def pod_ports(evidence: Evidence, pod: Pod) -> frozenset[int] | None:
    """Return the ports on which all containers of a pod listen, None if they are not all known."""
    found: set[int] = set()
    for container in pod.containers:
        ports = _ports(evidence, pod, container)
        if ports is None:
            return None
        found |= ports
    return frozenset(found) if found else None


def _ports(evidence: Evidence, pod: Pod, container: PodContainer) -> set[int] | None:
    servers = [server for server in evidence.app_servers if server.container is container]
    if servers:
        addresses = [bind.address for server in servers for bind in server.binds]
        known = all(server.settings.knows("bind") for server in servers) and None not in addresses
        return {address.port for address in addresses if isinstance(address, TcpAddress)} if known else None
    uwsgi = [
        server
        for server in evidence.servers
        if server.start and _starts_in(server.start.line, pod, container)
    ]
    if uwsgi and all(server.start and server.start.file == pod.file for server in uwsgi):
        addresses = [each.address for server in uwsgi for each in server.listeners]
        if addresses and None not in addresses:
            return {address.port for address in addresses if isinstance(address, TcpAddress)}
        return None
    if not is_official_nginx(container.image):
        return None
    names = {name for _, name in container.mounts}
    sites = [
        site for site in evidence.sites if site.file.partition(EMBEDDED_SIGN)[2].partition("/")[0] in names
    ]
    return {
        listen.port for site in sites for match in site.servers() for listen in listens(match.directive)
    } | {80}


def _starts_in(line: int, pod: Pod, container: PodContainer) -> bool:
    """Return True for a line inside of a container of the pod."""
    later = [each.line for each in pod.containers if each.line > container.line]
    return container.line <= line < min(later, default=line + 1)
