"""The queue in front of the workers after a slow request, and what uWSGI's stats say about the workers."""

from __future__ import annotations

import os
import posixpath

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.listening import arrived_at, with_queue
from enuf.doctor.collect.live.processes import may_see, sockets_of
from enuf.doctor.collect.live.topic import TopicCollector
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.evidence import LiveEvidence
from enuf.doctor.live.waiting_facts import WaitingFacts
from enuf.inspect.uwsgi_stats import Stats, parse_stats_address, read_stats
from enuf.model.address import Address, UnixAddress

SLOW_S = 0.9
_OWN_HOSTS = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
_STATS_WITHIN_S, _MOST_REQUESTS = 0.4, 5


def _collect(collection: Collection, evidence: LiveEvidence, static: Evidence) -> WaitingFacts | None:
    reply = evidence.reply
    if reply is None or (reply.failure != "timeout" and reply.took_s < SLOW_S):
        return None
    case = LiveCase(evidence, static)
    if case.backend is None or not case.backend.listeners:
        return None
    now = [with_queue(each) for each in case.backend.listeners]
    if all(each.queued is None for each in now):
        return None
    stats = _stats(case, collection)
    running = [each for each in stats.workers if each.pid > 0 and each.status != "cheap"] if stats else []
    busy = [core for worker in running for core in worker.cores if core.in_request]
    return WaitingFacts(
        queued=max(each.queued or 0 for each in now),
        limit=max(each.limit or 0 for each in now),
        taken=_taken(case, collection),
        workers=sum(len(worker.cores) for worker in running) or _slots(case),
        busy=len(busy),
        requests=tuple(f"{core.request[0]} {core.request[1]}"[:200] for core in busy[:_MOST_REQUESTS]),
        is_told=stats is not None,
    )


def _taken(case: LiveCase, collection: Collection) -> int | None:
    """Return how many connections that arrived at the backend are in the hands of the server's processes."""
    if case.backend is None or not case.serving or not all(may_see(each.pid) for each in case.serving):
        return None
    arrived = set(arrived_at(case.backend.address))
    held = [sockets_of(each.pid) for each in collection.within(case.serving, "connections of the workers")]
    return len(arrived & set().union(*held))


def _slots(case: LiveCase) -> int:
    """Return how many requests the server works on at a time, as its configuration says; 0 where that is unknown."""
    server = case.configured
    if server is None:
        return 0
    numbers = {
        name: server.config.last(name)
        for name in ("processes", "workers", "threads", "gevent", "asyncio", "async")
    }
    if any(numbers[name] for name in ("gevent", "asyncio", "async")):
        return 0
    option, threads = numbers["processes"] or numbers["workers"], numbers["threads"]
    written = [each.value.strip() if each else "1" for each in (option, threads)]
    return int(written[0][:6]) * int(written[1][:6]) if all(each.isdecimal() for each in written) else 0


def _stats(case: LiveCase, collection: Collection) -> Stats | None:
    """Return what the stats server of the uWSGI behind says; only the one that its own configuration names is asked."""
    server = case.configured
    option = server.config.last("stats") if server else None
    if (
        server is None
        or option is None
        or option.unresolved
        or not collection.left_s(_STATS_WITHIN_S, "uWSGI's stats")
    ):
        return None
    try:
        address: Address = parse_stats_address(option.value.strip())
    except ValueError:
        return None
    if isinstance(address, UnixAddress):
        path = posixpath.normpath(posixpath.join(server.directory or "/", address.path))
        if not os.access(path, os.W_OK):
            return None
        address = UnixAddress(path)
    elif address.host not in _OWN_HOSTS:
        return None
    return read_stats(address.reachable, within_s=collection.left_s(_STATS_WITHIN_S))


TOPIC = TopicCollector("waiting", _collect, "the queue in front of the workers")
