"""What is behind nginx: the socket or the port of each upstream, the listeners, and the processes that hold them."""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.elsewhere import address_for
from enuf.doctor.collect.live.listening import (
    listeners_of_address,
    tcp_listeners,
    unix_listeners,
    with_queue,
)
from enuf.doctor.collect.live.paths import kind_in, way_to_socket
from enuf.doctor.collect.live.probes import ask, connect_errno, probe_wire, resolved, speaks_tls
from enuf.doctor.collect.live.processes import holders, process_seen
from enuf.doctor.evidence import Pass
from enuf.doctor.live.case import is_at
from enuf.doctor.live.evidence import (
    Backend,
    Listening,
    LiveFront,
    LiveProcess,
    Program,
)
from enuf.doctor.live.upstream_errors import FrontError, upstream_address
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.system.marks import all_pids

MOST_BACKENDS = 8
MOST_HOLDERS = 80
_PROTOCOLS: dict[str, Literal["uwsgi", "http", "other"]] = {"uwsgi": "uwsgi", "http": "http", "https": "http"}
_CONNECT_WITHIN_S, _WIRE_WITHIN_S, _ASK_WITHIN_S = 0.2, 0.3, 0.4


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """The listening sockets of this machine, and its processes of nginx and of app servers."""

    tcp: Sequence[Listening]
    unix: Sequence[Listening]
    programs: dict[int, Program]


def find_backends(
    passes: Iterable[Pass], front: LiveFront, tables: Tables, collection: Collection
) -> list[Backend]:
    """Return the backends of a route as they are before anything is asked of them."""
    seen: dict[Address, Backend] = {}
    for site_pass in passes:
        address = site_pass.address
        if address is None or address in seen or len(seen) == MOST_BACKENDS:
            continue
        backend = _with_listeners(Backend(address=address, protocol=site_pass.protocol), tables, collection)
        if backend.listeners and not backend.holders:
            collection.hinder_by_rights(f"which process listens at {address}")
        seen[address] = _with_way(backend, front)
    return list(seen.values())


def backends_said(
    errors: Iterable[FrontError],
    known: Sequence[Backend],
    front: LiveFront,
    tables: Tables,
    collection: Collection,
) -> list[Backend]:
    """Return the backends beside the known ones that lines about the request name: behind a variable, of auth_request."""
    found: dict[Address, Backend] = {}
    for error in errors:
        address = upstream_address(error.upstream)
        if address is None or address in found or any(is_at(error, each) for each in known):
            continue
        protocol = _PROTOCOLS.get(error.upstream.partition("://")[0], "other")
        backend = Backend(address=address, protocol=protocol)
        found[address] = _with_way(_with_listeners(backend, tables, collection), front)
    return list(found.values())[:MOST_BACKENDS]


def _with_listeners(backend: Backend, tables: Tables, collection: Collection) -> Backend:
    """Return the backend with the sockets that listen at its address, and the processes that hold them."""
    address = backend.address
    hosts = resolved(address.host) if isinstance(address, TcpAddress) else ()
    table = tables.unix if isinstance(address, UnixAddress) else tables.tcp
    at = [with_queue(each) for each in listeners_of_address(address, table, hosts)]
    inodes = [each.inode for each in at]
    held = holders(inodes, collection.within(tables.programs, f"the processes behind {address}"))
    if inodes and not any(held.values()):
        held = holders(inodes, collection.within(all_pids(), f"the processes behind {address}"))
    if inodes and not any(held.values()):  # nobody whom this user may see, or a server that has ended since
        now = {
            each.inode for each in (unix_listeners() if isinstance(address, UnixAddress) else tcp_listeners())
        }
        at = [each for each in at if each.inode in now]
    at = [msgspec.structs.replace(each, pids=tuple(held.get(each.inode, ()))) for each in at]
    pids = list(dict.fromkeys(pid for each in at for pid in each.pids))[:MOST_HOLDERS]
    looked_at = collection.within(pids, f"the processes behind {address}")
    processes = tuple(found for pid in looked_at if (found := process_seen(pid)))
    at = [each for each in at if _is_at(each, address, processes)]
    return msgspec.structs.replace(backend, resolved=hosts, listeners=tuple(at), holders=processes)


def _with_way(backend: Backend, front: LiveFront) -> Backend:
    """Return the backend with the way to its socket, as nginx's worker meets it."""
    address = backend.address
    if not isinstance(address, UnixAddress):
        return backend
    folders, socket = way_to_socket(address.path, front.worker)
    sees = kind_in(front.worker, address.path)
    return msgspec.structs.replace(backend, folders=folders, socket=socket, front_sees=sees)


def _is_at(listener: Listening, address: Address, processes: Sequence[LiveProcess]) -> bool:
    """Return False for a socket bound to a relative path in another folder."""
    bound = listener.address.path if isinstance(listener.address, UnixAddress) else "/"
    if bound.startswith(("/", "@")) or not isinstance(address, UnixAddress):
        return True
    folders = [each.directory for each in processes if each.pid in listener.pids and each.directory]
    return not folders or any(
        posixpath.normpath(posixpath.join(each, bound)) == address.path for each in folders
    )


def asked_directly(backend: Backend, front: LiveFront, collection: Collection, *, fails: bool) -> Backend:
    """Return the backend with what it answers itself. While the visitor is served, only the connection is tried.

    The ping reaches no app; the request to a backend of HTTP is the visitor's own.
    """
    try:
        with address_for(front.worker, _address_of(backend)) as address:
            return _asked_at(address, backend, collection, fails=fails)
    except OSError as error:
        return msgspec.structs.replace(backend, errno=error.errno)


def _asked_at(address: Address, backend: Backend, collection: Collection, *, fails: bool) -> Backend:
    number = connect_errno(address, collection.left_s(_CONNECT_WITHIN_S))
    backend = msgspec.structs.replace(backend, errno=number)
    if number != 0 or not fails or backend.protocol == "other" or _is_busy(backend):
        return backend
    if backend.protocol == "http" and backend.reply is None:
        reply = ask(collection.requested, address, collection.left_s(_ASK_WITHIN_S))
        backend = msgspec.structs.replace(backend, reply=reply)
        if reply.status:
            return msgspec.structs.replace(backend, wire="http", answer=f"HTTP {reply.status}")
    wire, answer = probe_wire(address, collection.left_s(_WIRE_WITHIN_S))
    if (
        backend.reply is not None
        and backend.reply.failure in ("closed", "not-http")
        and speaks_tls(address, collection.left_s(_WIRE_WITHIN_S))
    ):
        return msgspec.structs.replace(backend, wire="tls", answer="a TLS handshake")
    if wire == "silent" and backend.protocol == "uwsgi":
        reply = ask(collection.requested, address, collection.left_s(_ASK_WITHIN_S))
        if reply.status:
            wire, answer = "http", f"HTTP {reply.status}"
        backend = msgspec.structs.replace(backend, reply=reply)
    return msgspec.structs.replace(backend, wire=wire, answer=answer)


def _is_busy(backend: Backend) -> bool:
    """Return True while connections wait: a probe would wait behind them."""
    return any(each.queued for each in backend.listeners) or backend.errno == errno.EAGAIN


def _address_of(backend: Backend) -> Address:
    """Return the address to connect to: of a name the first one that somebody listens at."""
    address = backend.address
    if isinstance(address, TcpAddress) and backend.resolved:
        return TcpAddress(backend.resolved[0], address.port).reachable
    return address.reachable
