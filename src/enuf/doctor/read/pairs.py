"""Sites paired with uWSGI servers by their addresses, after relative paths and placeholders are resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from enuf.doctor.evidence import Listener, Pair, Pass, Server
from enuf.doctor.machine import run_together
from enuf.doctor.read.unit_folders import is_of_others
from enuf.model.address import Address, TcpAddress, UnixAddress

PAIRS_LIMIT = 1000
LOOPBACK_HOSTS = frozenset(("127.0.0.1", "localhost", "::1", "0.0.0.0", "::", ""))  # noqa: S104 - compared, not bound
"""Hosts whose ports are those of one machine, seen from itself."""
_WILDCARD = frozenset(("0.0.0.0", "::", ""))  # noqa: S104


def read_pairs(
    passes: Sequence[Pass], servers: Sequence[Server], others: tuple[str, ...] = ()
) -> tuple[Pair, ...]:
    """Pair each pass with the servers that listen on its address.

    `others` are the beginnings of the paths of sockets that services without uWSGI provide.

    A pass without a listener is paired with the server without a pass if there is just one of each kind: the
    two are most likely meant for each other.
    """
    pairs = list(
        islice((pair for site_pass in passes for pair in _matching(site_pass, servers)), PAIRS_LIMIT)
    )
    paired_passes = {id(pair.site_pass) for pair in pairs}
    paired_servers = {id(pair.server) for pair in pairs}
    unpaired = [
        site_pass
        for site_pass in passes
        if id(site_pass) not in paired_passes
        and site_pass.protocol != "other"
        and not is_of_others(site_pass.address, others)
    ]
    idle_servers = [server for server in servers if id(server) not in paired_servers and server.listeners]
    same_upstream = len({id(site_pass.match.directive) for site_pass in unpaired}) if unpaired else 0
    places = len({site_pass.text for site_pass in unpaired})
    if (
        idle_servers
        and len({server.config.files[:1] for server in idle_servers}) == 1
        and (same_upstream == 1 or places == 1)
    ):
        pairs += [
            Pair(site_pass=site_pass, server=server, listener=None)
            for site_pass in unpaired
            for server in idle_servers
            if site_pass.address
        ]
    return tuple(pairs[:PAIRS_LIMIT])


def _matching(site_pass: Pass, servers: Sequence[Server]) -> Iterator[Pair]:
    if site_pass.address is None:
        return
    for server in servers:
        listener = next((each for each in server.listeners if _meets(site_pass, server, each)), None)
        if listener:
            yield Pair(site_pass=site_pass, server=server, listener=listener)


def _meets(site_pass: Pass, server: Server, listener: Listener) -> bool:
    """Return True if the pass arrives at the listener, where both run."""
    address, other = site_pass.address, listener.address
    together = run_together(site_pass.machines, server.machines)
    if address is None or not together:
        return address is not None and reaches(address, listener)
    if isinstance(address, UnixAddress) and isinstance(other, UnixAddress):
        return any(
            address.path == other.path if near is far else near.place(address.path) == far.place(other.path)
            for near, far in together
        )
    named = [far for near, far in together if isinstance(address, TcpAddress) and address.host in far.names]
    others = {name for near, _ in together for name in near.neighbours}
    if isinstance(address, TcpAddress) and address.host in others and not named:
        return False  # the name of another container
    if isinstance(address, TcpAddress) and _is_loopback(address):
        together = tuple((near, far) for near, far in together if near is far or near.host_network)
        if not together:
            return False  # the nginx container itself
    return reaches(address, listener)


def _is_loopback(address: TcpAddress) -> bool:
    return address.host in ("localhost", "::1") or address.host.startswith("127.")


def reaches(address: Address, listener: Listener) -> bool:
    """Return True if a connection to the address would arrive at the listener, as far as both are known."""
    other = listener.address
    if isinstance(address, UnixAddress) and isinstance(other, UnixAddress):
        return address.path == other.path
    if not isinstance(address, TcpAddress) or not isinstance(other, TcpAddress) or address.port != other.port:
        return False
    if address.host == other.host or other.host in _WILDCARD:
        return True
    return address.host in LOOPBACK_HOSTS and other.host in LOOPBACK_HOSTS
