"""The table of topologies, and the rule by which a row is legal."""

from __future__ import annotations

import msgspec

from enuf.errors import SettingsInvalid
from enuf.fronts import none
from enuf.fronts.base import Front
from enuf.fronts.nginx import Nginx
from enuf.model.address import HTTP_PORT, HTTPS_PORT, Address, TcpAddress, is_ipv6_only
from enuf.model.topology import Link, Topology
from enuf.servers.base import AppServer
from enuf.servers.flask_dev import FlaskDev
from enuf.servers.granian import Granian
from enuf.servers.gunicorn import Gunicorn
from enuf.servers.uwsgi import Uwsgi
from enuf.settings.schema import Settings

DEFAULT = "nginx-uwsgi"
EMBEDDED = "embedded"

SERVERS: dict[str, AppServer] = {
    server.name: server for server in (Uwsgi(), Gunicorn(), Granian(), FlaskDev())
}
FRONTS: dict[str, Front] = {front.name: front for front in (Nginx(),)}

TOPOLOGIES: dict[str, Topology] = {
    row.id: row
    for row in (
        Topology(
            id="flask",
            front=none.NAME,
            link=Link("http", "tcp"),
            server="flask",
            verdict="learning",
            why="one process, no limits, a restart for every change",
        ),
        Topology(
            id="nginx-flask",
            front="nginx",
            link=Link("http", "tcp"),
            server="flask",
            verdict="learning",
            why="nginx in front, but still one process without limits",
        ),
        Topology(
            id="uwsgi-http",
            front=none.NAME,
            link=Link("http", "tcp"),
            server="uwsgi",
            verdict="testing",
            why="slow clients keep workers busy, chunked uploads arrive empty",
        ),
        Topology(
            id="nginx-uwsgi",
            front="nginx",
            link=Link("uwsgi", "unix"),
            server="uwsgi",
            verdict="production",
            why="slow clients wait in nginx, reloads lose nothing",
        ),
        Topology(
            id="nginx-uwsgi-tcp",
            front="nginx",
            link=Link("uwsgi", "tcp"),
            server="uwsgi",
            verdict="production, two hosts",
            why="keep its port private, who reaches it can run code",
        ),
        Topology(
            id="gunicorn",
            front=none.NAME,
            link=Link("http", "tcp"),
            server="gunicorn",
            verdict="testing",
            why="slow clients and static files keep workers busy",
        ),
        Topology(
            id="nginx-gunicorn",
            front="nginx",
            link=Link("http", "unix"),
            server="gunicorn",
            verdict="production",
            why="slow clients wait in nginx, reloads lose nothing",
        ),
        Topology(
            id="nginx-gunicorn-uwsgi",
            front="nginx",
            link=Link("uwsgi", "unix"),
            server="gunicorn",
            verdict="production",
            why="as nginx-gunicorn, over uWSGI's binary protocol",
        ),
        Topology(
            id="nginx-granian",
            front="nginx",
            link=Link("http", "unix"),
            server="granian",
            verdict="production",
            why="as nginx-gunicorn, with a server in Rust: one socket, no WebSockets, no enuf install",
        ),
    )
}


def find_topology(name: str) -> Topology:
    """Return the row of that name. Raise SettingsInvalid, naming the rows that exist."""
    try:
        return TOPOLOGIES[name]
    except KeyError:
        raise SettingsInvalid(
            f"there is no topology {name!r}", f"choose one of: {', '.join(TOPOLOGIES)}"
        ) from None


def understood_wires(row: Topology) -> frozenset[str]:
    """Return the wires that the front, or a browser where there is none, can speak to the server."""
    front = FRONTS.get(row.front)
    return front.understands if front else none.UNDERSTANDS


def illegal_because(row: Topology) -> str | None:
    """Return why this front and this server cannot be connected, naming the side that lacks the wire.

    None when they can.
    """
    server = SERVERS[row.server]
    if row.link.wire in understood_wires(row) & server.speaks:
        return None
    lacking = server.name if row.link.wire not in server.speaks else row.front
    return f"{row.id}: {lacking} does not speak {row.link.wire}"


def tools_needed(settings: Settings) -> dict[str, str]:
    """Return the programs that the topology needs, front first, each with the choice of its setting.

    A choice is `embedded`, `system` or an absolute path.
    """
    row = find_topology(settings.topology)
    adapters: tuple[Front | AppServer | None, ...] = (FRONTS.get(row.front), SERVERS[row.server])
    return {
        adapter.tool: getattr(settings, adapter.tool_setting) if adapter.tool_setting else EMBEDDED
        for adapter in adapters
        if adapter and adapter.tool
    }


def address_of_link(row: Topology, settings: Settings) -> Address | None:
    """Return the TCP address that all generations of the server share.

    None where a front connects to unix sockets.
    """
    if row.front not in FRONTS:
        return settings.serve.address
    return settings.serve.link if row.link.transport == "tcp" else None


class ListenAddress(msgspec.Struct, frozen=True):
    """An address that a stack needs, and how the supervisor binds it."""

    setting: str
    address: Address
    lent: bool
    """False where the server binds the address itself."""
    shared: bool
    """True where all generations of the server share the address."""
    ipv6_only: bool = True
    """False for `[::]` that takes IPv4 too."""
    mode: int = 0o600
    """File mode of a unix socket."""


def addresses(settings: Settings) -> tuple[ListenAddress, ...]:
    """Return every address that must be free, the public one first."""
    row, public = find_topology(settings.topology), settings.serve.addresses
    server = SERVERS[row.server]
    link = address_of_link(row, settings)
    behind = (
        ()
        if link is None
        else (
            ListenAddress(
                _LINK if row.front in FRONTS else _LISTEN,
                link,
                server.takes_lent_address,
                True,
                is_ipv6_only(link, ()),
            ),
        )
    )
    if row.front not in FRONTS:
        return behind
    plain = redirecting_addresses(settings)
    front = (
        ListenAddress(key, address, True, False, is_ipv6_only(address, among), settings.serve.socket_bits)
        for key, among in ((_LISTEN, public), (_PLAIN, plain))
        for address in among
    )
    return (*front, *behind)


_LISTEN, _LINK, _PLAIN = "serve.listen", "serve.link", "tls.http"


def redirecting_addresses(settings: Settings) -> tuple[Address, ...]:
    """Return the plain HTTP addresses that redirect to HTTPS: tls.http, or port 80 beside port 443."""
    tls = settings.tls
    if not tls.on or tls.http == "off":
        return ()
    if isinstance(tls.http, TcpAddress):
        return (tls.http,)
    return tuple(
        TcpAddress(address.host, HTTP_PORT)
        for address in settings.serve.addresses
        if isinstance(address, TcpAddress) and address.port == HTTPS_PORT
    )
