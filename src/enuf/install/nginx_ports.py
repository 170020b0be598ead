"""The TCP addresses of a site: those at which nginx could not listen, because another program does or the host has no such address."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Sequence

import psutil

from enuf.errors import Conflict, EnufError, SettingsInvalid
from enuf.model.address import ANY_IPV4, ANY_IPV6, TcpAddress, parse_tcp_address
from enuf.system.process import name_of
from enuf.system.sockets import bind_problem, listeners_at

_LISTEN = re.compile(r"^\s*listen (\S+?)[; ]", re.MULTILINE)


def listened(text: str) -> tuple[TcpAddress, ...]:
    """Return the TCP addresses at which a site's file makes nginx listen."""
    written = dict.fromkeys(_LISTEN.findall(text))
    return tuple(
        parse_tcp_address(f"{ANY_IPV4}:{each}" if each.isdecimal() else each)
        for each in written
        if not each.startswith("unix:")
    )


def refuse_taken(addresses: Sequence[TcpAddress], nginx: psutil.Process | None) -> None:
    """Raise Conflict, with the name of the program, for an address that another program than nginx has.

    `nginx` is the main process of the host's nginx; None while nginx does not run. Raise SettingsInvalid for an address
    that the host does not have.
    """
    own = {nginx.pid, *_children(nginx)} if nginx else set[int]()
    for wanted in addresses:
        held = listeners_at(wanted.port)
        if any(pid in own and _includes(at, wanted) for at, pid in held):
            continue  # nginx listens there already, for another site
        problem = bind_problem(wanted)
        if problem in (errno.EADDRINUSE, errno.EADDRNOTAVAIL):
            others = [(at, pid) for at, pid in held if pid not in own]
            raise _in_use(wanted, others) if problem == errno.EADDRINUSE else _unknown(wanted)


def _children(process: psutil.Process) -> list[int]:
    with contextlib.suppress(psutil.Error):
        return [each.pid for each in process.children()]
    return []


def _includes(held: TcpAddress, wanted: TcpAddress) -> bool:
    """Return True where a socket at one address takes the connections to another."""
    return held.is_ipv6 == wanted.is_ipv6 and held.host in (wanted.host, ANY_IPV4, ANY_IPV6)


def _in_use(wanted: TcpAddress, others: Sequence[tuple[TcpAddress, int]]) -> EnufError:
    choose = f"or choose another port for the site: --listen 0.0.0.0:{wanted.port + 8000 if wanted.port < 1024 else wanted.port + 1}"
    summary = f"nginx cannot listen at {wanted}"
    if not others:
        return Conflict(
            f"{summary}: another program has that port",
            f"stop what this names: ss -ltnp sport = :{wanted.port}; {choose}",
            slug="address-in-use",
        )
    at, pid = others[0]
    return Conflict(
        f"{summary}: {name_of(pid)} (pid {pid}) listens at {at}",
        f"stop that program (its service: systemctl status {pid}); {choose}",
        slug="address-in-use",
    )


def _unknown(wanted: TcpAddress) -> EnufError:
    return SettingsInvalid(
        f"serve.listen: this host has no address {wanted.host}, so nginx cannot listen there",
        "`ip address` lists those that it has; 0.0.0.0 is all of them",
    )
