"""The table of topologies, and what makes a row legal."""

from __future__ import annotations

from enuf.errors import SettingsInvalid
from enuf.fronts import none
from enuf.fronts.base import Front
from enuf.fronts.nginx import Nginx
from enuf.model.topology import Link, Topology
from enuf.servers.base import AppServer
from enuf.servers.flask_dev import FlaskDev
from enuf.servers.uwsgi import Uwsgi

DEFAULT = "nginx-uwsgi"

SERVERS: dict[str, AppServer] = {server.name: server for server in (Uwsgi(), FlaskDev())}
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
            id="nginx-uwsgi",
            front="nginx",
            link=Link("uwsgi", "unix"),
            server="uwsgi",
            verdict="production",
            why="slow clients wait in nginx, workers are replaced when they die, reloads lose nothing",
        ),
    )
}


def find_topology(name: str) -> Topology:
    """The row of that name. Raises SettingsInvalid, naming the rows that exist."""
    try:
        return TOPOLOGIES[name]
    except KeyError:
        raise SettingsInvalid(
            f"there is no topology {name!r}", f"choose one of: {', '.join(TOPOLOGIES)}"
        ) from None


def understood_wires(row: Topology) -> frozenset[str]:
    """What the front, or a browser where there is none, can speak to the server."""
    front = FRONTS.get(row.front)
    return front.understands if front else none.UNDERSTANDS


def illegal_because(row: Topology) -> str | None:
    """Why this front and this server cannot be connected, naming the side that lacks the wire; None when they can."""
    server = SERVERS[row.server]
    if row.link.wire in understood_wires(row) & server.speaks:
        return None
    lacking = server.name if row.link.wire not in server.speaks else row.front
    return f"{row.id}: {lacking} does not speak {row.link.wire}"


def tools_needed(row: Topology) -> tuple[str, ...]:
    """The programs that discover must find for this row, front first."""
    front = FRONTS.get(row.front)
    tools = (front.tool if front else None, SERVERS[row.server].tool)
    return tuple(tool for tool in tools if tool)


def lends_address(name: str) -> bool:
    """True when the supervisor holds the public address and lends it; False when the server binds it itself."""
    row = find_topology(name)
    return row.front in FRONTS or SERVERS[row.server].takes_lent_address
