"""Sites paired with app servers: by addresses, by names of services, and by the pod that both run in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from enuf.doctor.app_settings import AppBind
from enuf.doctor.container import ComposeService, KubernetesService, Pod, ServicesBySource
from enuf.doctor.evidence import AppPair, Pass, PythonServer, Server
from enuf.doctor.read.pairs import LOOPBACK_HOSTS
from enuf.doctor.read.sites import passed_address
from enuf.model.address import Address, TcpAddress, UnixAddress

PAIRS_LIMIT = 1000
_VARIABLE = re.compile(r"\$\{?([a-z_]\w*)\}?", re.IGNORECASE)


class PairSources(msgspec.Struct, frozen=True, kw_only=True):
    """What decides which server a pass reaches."""

    servers: Sequence[PythonServer]
    uwsgi: Sequence[Server]
    services: Sequence[ComposeService]
    pods: Sequence[Pod]
    cluster: Sequence[KubernetesService]


def read_app_pairs(passes: Sequence[Pass], sources: PairSources) -> tuple[AppPair, ...]:
    """Return the pairs. A pass and a server that are left over are a pair if there is just one of each."""
    pairs: list[AppPair] = []
    services = ServicesBySource(sources.services)
    for site_pass in passes:
        if site_pass.protocol != "other" and len(pairs) < PAIRS_LIMIT:
            pairs += _matching(site_pass, services.of_file(site_pass.site.file), sources)
    paired = {id(pair.site_pass) for pair in pairs}
    idle = [server for server in sources.servers if all(pair.server is not server for pair in pairs)]
    left = [each for each in passes if id(each) not in paired and each.protocol != "other" and each.address]
    places = {each.text for each in left}
    if len(idle) == 1 and len(places) == 1 and not sources.uwsgi:
        pairs += [AppPair(site_pass=each, server=idle[0], bind=None) for each in left]
    return tuple(pairs)


def _matching(site_pass: Pass, here: ComposeService | None, sources: PairSources) -> Iterator[AppPair]:
    address = site_pass.address or address_by_variables(site_pass)
    for server in sources.servers:
        bind = next((each for each in server.binds if _reaches(address, here, server, each, sources)), None)
        if bind:
            yield AppPair(site_pass=site_pass, server=server, bind=bind)


def address_by_variables(site_pass: Pass) -> Address | None:
    """Return the address of a pass whose variables have one literal value each in the site."""
    text = site_pass.match.directive.arg()
    if "$" not in text:
        return None
    values: dict[str, set[str]] = {}
    for each in site_pass.site.find("set"):
        values.setdefault(each.directive.arg(), set()).add(each.directive.arg(1))

    def filled(variable: re.Match[str]) -> str:
        found = values.get(f"${variable[1]}", ())
        return next(iter(found)) if len(found) == 1 else variable[0]

    text = _VARIABLE.sub(filled, text)
    scheme, _, rest = text.rpartition("://") if "://" in text else ("", "", text)
    return passed_address(rest, 80 if scheme == "http" else None) if "$" not in text else None


def _reaches(
    address: Address | None,
    here: ComposeService | None,
    server: PythonServer,
    bind: AppBind,
    sources: PairSources,
) -> bool:
    other = bind.address
    if isinstance(address, UnixAddress) and isinstance(other, UnixAddress):
        return _outside(address.path, here) == _outside(other.path, server.service)
    if not isinstance(address, TcpAddress) or not isinstance(other, TcpAddress):
        return False
    if address.host not in LOOPBACK_HOSTS:
        return _named(address, server, other, sources)
    alone = here is None or here is server.service or here.shares_host_network
    published = (
        [port.inner for port in server.service.ports if port.outer == address.port] if server.service else []
    )
    if server.service and server.service is not here and not server.service.shares_host_network:
        return here is None and other.port in published
    return alone and other.port == address.port


def _named(address: TcpAddress, server: PythonServer, other: TcpAddress, sources: PairSources) -> bool:
    if server.service:
        return address.host in server.service.names and address.port == other.port
    if server.pod:
        return any(
            target == str(other.port) or target in _port_names(server.pod, other.port)
            for target in cluster_targets(address, server.pod, sources.cluster)
        )
    return address.host == other.host and address.port == other.port


def cluster_targets(address: TcpAddress, pod: Pod, services: Sequence[KubernetesService]) -> Iterator[str]:
    """Yield the target ports in a pod that a Service's name and port lead to."""
    for service in services:
        selects = service.selector and service.selector.items() <= pod.labels.items()
        if selects and service.name == address.host.partition(".")[0]:
            yield from (port.target for port in service.ports if port.number == address.port)


def _port_names(pod: Pod, number: int) -> tuple[str, ...]:
    return tuple(
        port.name for each in pod.containers for port in each.ports if port.number == number and port.name
    )


def _outside(path: str, service: ComposeService | None) -> str:
    """Return the path of a socket as one name for all services that share its volume."""
    for mount in service.volumes if service else ():
        if mount.source and path.startswith(mount.target.rstrip("/") + "/"):
            return f"{mount.source}:{path[len(mount.target.rstrip('/')) :]}"
    return path
