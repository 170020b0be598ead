"""The connected sockets that several workers hold: what was opened before the fork."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.listening import connected_tcp
from enuf.doctor.collect.live.processes import sockets_of
from enuf.doctor.collect.live.topic import TopicCollector
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.evidence import LiveEvidence
from enuf.doctor.live.shared_connections import SharedConnection, SharedConnections
from enuf.inspect.kernel_sockets import connected_unix

MOST_WORKERS, KEPT = 16, 5
_OF_SYSTEM = "/run/systemd/"
"""Where systemd takes what a service prints: no worker reads there."""


def _collect(collection: Collection, evidence: LiveEvidence, static: Evidence) -> SharedConnections | None:
    case = LiveCase(evidence, static)
    workers = [each.pid for each in case.server_workers][:MOST_WORKERS]
    if len(workers) < 2 or not collection.left_s(0.2):
        return None
    held: dict[str, list[int]] = {}
    for pid in workers:
        for inode in sockets_of(pid):
            held.setdefault(inode, []).append(pid)
    shared = {inode: tuple(pids) for inode, pids in held.items() if len(pids) > 1}
    found = tuple(_connections(shared))[:KEPT] if shared else ()
    return SharedConnections(found=found) if found else None


def _connections(shared: dict[str, tuple[int, ...]]) -> Iterator[SharedConnection]:
    for inode, address in connected_tcp(shared):
        yield SharedConnection(peer=str(address), port=address.port, inode=inode, pids=shared[inode])
    for number, path in connected_unix():
        if (pids := shared.get(str(number))) and not path.startswith(_OF_SYSTEM):
            yield SharedConnection(peer=path, inode=str(number), pids=pids)


TOPIC = TopicCollector("shared_connections", _collect, "connections that workers share")
