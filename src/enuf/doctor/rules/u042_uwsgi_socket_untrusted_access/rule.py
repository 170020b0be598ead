"""A uwsgi socket that strangers can write to, and so run code (F178-F185)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Listener, Server
from enuf.doctor.facts.containers import published
from enuf.doctor.facts.host import umask_of
from enuf.doctor.facts.uwsgi import comment_in, is_loopback, tcp_address
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option, write_value
from enuf.model.address import UnixAddress
from enuf.model.numbers import decimal
from enuf.syntax.uwsgi_config import ParsedOption

_NEEDS_GROUP = "nginx's workers must then be in the group of the socket"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unix socket that everybody may write to, and every uwsgi socket open to other machines."""
    for server in evidence.servers:
        for listener in server.listeners:
            if listener.protocol == "uwsgi" and tcp_address(listener):
                yield from _on_the_network(server, listener)
        mode = server.config.last("chmod-socket")
        unix = [
            each
            for each in server.listeners
            if isinstance(each.address, UnixAddress) and each.protocol != "other"
        ]
        if unix and not all(_is_private(evidence, server, each) for each in unix):
            yield from _for_all(server, mode)


def _for_all(server: Server, mode: ParsedOption | None) -> Iterator[Diagnostic]:
    """Report a mode that lets everybody write, and the mode 777 that follows from `daemonize` alone."""
    daemonize = server.config.last("daemonize")
    alone = "advice" if server.in_container else None  # the containers that share it, and nobody else
    hint = "chmod-socket = 660, with chown-socket = <user>:www-data"
    if mode and _is_for_all(mode):
        yield at_option(
            mode,
            "every user of this machine may write to the socket, and a writer can make uWSGI run any code",
            severity=alone,
            hint=hint,
            fix=write_value(mode, "660", asks=_NEEDS_GROUP),
        )
    elif mode is None and daemonize and umask_of(server) == 0 and server.is_complete:
        yield at_option(
            daemonize,
            "daemonize sets the umask to 0, so the socket gets mode 777: every user of this machine may write to it, "
            "and a writer can make uWSGI run any code",
            severity=alone or "warning",
            hint=hint,
            fix=add_options(server.config, "chmod-socket = 660", asks=_NEEDS_GROUP),
        )


def _on_the_network(server: Server, listener: Listener) -> Iterator[Diagnostic]:
    address = tcp_address(listener)
    port = published(server, address.port) if address else None
    if address and port and not is_loopback(address):
        yield at_option(
            listener.option,
            f"port {port.outer or address.port} of the host leads to this socket ({_port_file(server)}, line {port.line}): whoever "
            "reaches it can make uWSGI run any code, because the uwsgi protocol trusts its peer",
            is_certain=not _may_not_run(server),
            hint="take the port out of `ports:`: nginx reaches the service without it",
        )
    elif address and not is_loopback(address):
        yield at_option(
            listener.option,
            "whoever reaches this port over the network can make uWSGI run any code: the uwsgi protocol trusts its peer",
            severity="advice" if server.in_container else "warning",  # a firewall may stand in front
            hint="no `ports:` for it, and a network that only nginx shares with it; 127.0.0.1 would shut nginx out"
            if server.in_container
            else f"{listener.option.key} = 127.0.0.1:{address.port}, or a unix socket",
        )


def _may_not_run(server: Server) -> bool:
    """Return True for a program of supervisor in containers whose own commands start no supervisor."""
    commands = [" ".join(each.command) for each in server.machines if each.command]
    by_supervisor = server.start is not None and server.start.kind == "supervisor"
    return by_supervisor and bool(commands) and not any("supervisor" in each for each in commands)


def _port_file(server: Server) -> str:
    """Return the name of the compose file that publishes a server's port."""
    return next(
        (
            each.deployment.rpartition("/")[2]
            for each in server.machines
            if each.service and each.service.ports
        ),
        "",
    )


def _is_for_all(mode: ParsedOption) -> bool:
    """Return True for 666, 777 and the like, and for chmod-socket without a mode, which means 777."""
    value = mode.value.strip()
    if mode.unresolved or mode.conditional or comment_in(mode):
        return False
    return value == "1" or (decimal(value, 3) is not None and len(value) == 3 and value[2] in "2367")


def _is_private(evidence: Evidence, server: Server, listener: Listener) -> bool:
    """Return True if a folder above the socket is closed to others."""
    if not isinstance(listener.address, UnixAddress):
        return False
    unit = server.start.unit if server.start else None
    if unit and unit.value("RuntimeDirectoryMode").lstrip("0") in ("700", "750", "710"):
        folders = [f"/run/{name}" for name in unit.value("RuntimeDirectory").split()]
        if any(listener.address.path.startswith(f"{folder}/") for folder in folders):
            return True
    path = posixpath.dirname(listener.address.path)
    while path not in ("", "/"):
        fact = evidence.fact(path)
        if fact.kind == "folder" and fact.mode is not None and not fact.mode & 0o001:
            return path.startswith(("/run", "/var/run", "/srv", "/opt", "/home"))
        path = posixpath.dirname(path)
    return False


RULE = Rule("U042", "uwsgi-socket-untrusted-access", "error", check)
