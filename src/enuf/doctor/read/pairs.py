"""Which site speaks to which uWSGI: addresses compared after relative paths and placeholders are resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from enuf.doctor.evidence import Listener, Pair, Pass, Server
from enuf.model.address import Address, TcpAddress, UnixAddress

PAIRS_LIMIT = 1000
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1", "0.0.0.0", "::", ""))  # noqa: S104 - compared, not bound
_WILDCARD = frozenset(("0.0.0.0", "::", ""))  # noqa: S104


def read_pairs(passes: Sequence[Pass], servers: Sequence[Server]) -> tuple[Pair, ...]:
    """A pair for each pass whose address a server listens on.

    A pass that meets nobody is paired with the server that nobody meets, when there is just one of each kind:
    those two are most likely meant for each other.
    """
    pairs = list(islice((pair for way in passes for pair in _meeting(way, servers)), PAIRS_LIMIT))
    met = {id(pair.way) for pair in pairs}
    meets = {id(pair.server) for pair in pairs}
    lost = [way for way in passes if id(way) not in met and way.protocol != "other"]
    idle = [server for server in servers if id(server) not in meets and server.listeners]
    same_upstream = len({id(way.found.directive) for way in lost}) if lost else 0
    places = len({way.text for way in lost})
    if (
        idle
        and len({server.config.files[:1] for server in idle}) == 1
        and (same_upstream == 1 or places == 1)
    ):
        pairs += [
            Pair(way=way, server=server, listener=None) for way in lost for server in idle if way.address
        ]
    return tuple(pairs[:PAIRS_LIMIT])


def _meeting(way: Pass, servers: Sequence[Server]) -> Iterator[Pair]:
    if way.address is None:
        return
    for server in servers:
        listener = next((each for each in server.listeners if reaches(way.address, each)), None)
        if listener:
            yield Pair(way=way, server=server, listener=listener)


def reaches(address: Address, listener: Listener) -> bool:
    """True when a connection to the address would arrive at the listener, as far as both are known."""
    other = listener.address
    if isinstance(address, UnixAddress) and isinstance(other, UnixAddress):
        return address.path == other.path
    if not isinstance(address, TcpAddress) or not isinstance(other, TcpAddress) or address.port != other.port:
        return False
    if address.host == other.host or other.host in _WILDCARD:
        return True
    return address.host in _LOOPBACK and other.host in _LOOPBACK
