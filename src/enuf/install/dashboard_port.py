"""The address of a site's dashboard: chosen once at the first install, and kept, so that monitoring finds it again."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from enuf.control.client import ask_supervisor
from enuf.errors import Conflict, EnufError
from enuf.install.tree import HostTree
from enuf.model.address import Address, TcpAddress, parse_address
from enuf.model.protocol import StatusRequest
from enuf.model.site import Installed
from enuf.model.status import StackStatus
from enuf.system.sites import installed_sites

MOST_TRIED = 200
ANSWERS_WITHIN_S = 2.0


def dashboard_address(usual: TcpAddress, old: Installed | None, name: str, tree: HostTree) -> TcpAddress:
    """Return the address of an installed site's dashboard: the one that the site has, else the first free port from `usual` on.

    Raise Conflict when no port near it is free.
    """
    others = {address for address, _ in _reserved(tree, name)}
    kept = _address(old.dashboard) if old else None
    if kept is None and old and tree.is_this_host:
        kept = _running(old)
    if isinstance(kept, TcpAddress) and kept not in others:
        return kept
    for port in range(usual.port, min(usual.port + MOST_TRIED, 65536)):
        address = TcpAddress(usual.host, port)
        if address not in others and (not tree.is_this_host or is_free_port(address)):
            return address
    raise Conflict(
        f"no port from {usual.port} on is free for the dashboard",
        "name one: --set dashboard.listen=127.0.0.1:PORT",
    )


def refuse_dashboard_of_another(asked: Address | None, name: str, tree: HostTree) -> None:
    """Raise Conflict for an address that the dashboard of another installed site has."""
    for address, owner in _reserved(tree, name):
        if address == asked:
            raise Conflict(
                f"dashboard.listen: {asked} is the dashboard of the site {owner}",
                "leave the setting out, and enuf takes a free port; or name another",
            )


def _reserved(tree: HostTree, name: str) -> Iterator[tuple[Address, str]]:
    """Yield the address of the dashboard of every other site, and the name of the site."""
    for each in installed_sites(tree.root):
        address = _address(each.dashboard)
        if address and each.site.name != name:
            yield address, each.site.name


def _address(text: str) -> Address | None:
    with contextlib.suppress(ValueError):
        return parse_address(text) if text else None
    return None


def _running(old: Installed) -> Address | None:
    """Return the address of the dashboard of a site that an older enuf installed, while the site runs."""
    with contextlib.suppress(EnufError, OSError, ValueError):
        paths = old.site.paths(old.project)
        dashboard = ask_supervisor(paths, StatusRequest(), StackStatus, ANSWERS_WITHIN_S).dashboard
        return parse_address(dashboard.url.removeprefix("http://")) if dashboard else None
    return None


def is_free_port(address: TcpAddress) -> bool:
    """Return True for an address at which no program of this host listens."""
    with socket.socket(socket.AF_INET6 if address.is_ipv6 else socket.AF_INET, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((address.host, address.port))
        except OSError:
            return False
    return True
