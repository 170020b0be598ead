"""The collection of all evidence about the stack that answers a URL, in the order in which nothing disturbs the rest."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from enuf import __version__
from enuf.doctor.budget import Budget
from enuf.doctor.collect.live import topics as topics_package
from enuf.doctor.collect.live.backends import Tables, asked_directly, backends_said, find_backends
from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.elsewhere import collect_of, is_file_of
from enuf.doctor.collect.live.front import find_front
from enuf.doctor.collect.live.host import host_facts, kernel_lines
from enuf.doctor.collect.live.listening import own_hosts, tcp_listeners, unix_listeners
from enuf.doctor.collect.live.logs import front_logs, stopped_front_logs
from enuf.doctor.collect.live.probes import ask
from enuf.doctor.collect.live.processes import may_see, running_programs
from enuf.doctor.collect.live.servers import (
    configuration_files,
    find_servers,
    likely_holders,
    sockets_of_servers,
)
from enuf.doctor.collect.live.settled_logs import settled_logs
from enuf.doctor.collect.live.topic import TopicCollector
from enuf.doctor.collect.live.units import service_files, unit_states
from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.live.evidence import (
    APP_SERVERS,
    Backend,
    LiveEvidence,
    LiveFront,
    LiveProcess,
    LiveReply,
    LogText,
    Requested,
)
from enuf.doctor.live.masking import masked_live
from enuf.doctor.live.route import Route, chosen_route
from enuf.doctor.live.upstream_errors import (
    FrontError,
    lines_about,
    parse_front_error,
    upstream_address,
)
from enuf.model.address import TcpAddress, UnixAddress
from enuf.syntax.nginx_tree import NginxConfig

SHARE_OF_REPLY = 0.55
"""The part of the whole time for which the visitor's request may wait."""
_BAD_REQUEST = 400
LEAST_S = 0.5
"""An app that did not answer in less than this time is not slow for that."""
SAVED_CHARACTERS = 2_000_000
_SAVED_KINDS = (
    "nginx",
    "uwsgi-ini",
    "uwsgi-xml",
    "uwsgi-yaml",
    "uwsgi-json",
    "unit",
    "python",
    "procfile",
    "supervisor",
)


class LiveCollected(msgspec.Struct, frozen=True):
    """The evidence of a running stack, and that in its files."""

    evidence: LiveEvidence
    """Without secrets."""
    static: Evidence
    """As the files are: findings in it are masked when they are printed."""


def collect_live(requested: Requested, paths: Sequence[Path] = (), *, budget: Budget) -> LiveCollected:
    """Collect the evidence about the stack behind a URL, and about the files that the user names."""
    collection = Collection(requested, budget)
    tables = Tables(tcp=tcp_listeners(), unix=unix_listeners(), programs=running_programs(collection))
    front = find_front(collection, tables.tcp, tables.programs)
    servers = find_servers(tables.programs, collection)
    site = _site(front, collection)
    address = _arrival(requested, own_hosts(tables.tcp, requested.port))
    route = chosen_route(site, requested, address.host) if site else Route()
    backends = find_backends(route.passes, front, tables, collection) or _own_backends(front)
    named = list(_named_files(front, site, backends, servers))
    of_services = list(service_files()) if any(not backend.listeners for backend in backends) else []
    static, elsewhere = collect_of(named, [*of_services, *paths], collection)
    backends = [each if each.holders else _with_likely(each, servers, static) for each in backends]
    site = next((each for each in static.sites if each.file == front.configuration), None)
    units = unit_states(_unit_names(front, backends, static), collection)
    reply = _visit(address, collection)
    fails = bool(reply.failure) or reply.status >= 500 or _is_misunderstood(reply, backends)
    is_untold = any(
        each.address is None for each in route.passes
    )  # a variable: nginx's log names the address
    early = front_logs(front, site, route, collection) if fails or is_untold else []
    errors = _lines_about(reply, early, requested)
    said = backends_said(errors, backends, front, tables, collection)
    if not route.passes and not said:  # the front is the server itself, and has been asked
        backends = [msgspec.structs.replace(each, reply=reply) for each in backends]
    others = {upstream_address(each.upstream) for each in errors if each.subrequest}
    backends = [
        asked_directly(each, front, collection, fails=(fails or each in said) and each.address not in others)
        if collection.goes_on(f"what {each.address} answers")
        else each
        for each in (*backends, *said)
    ]
    sockets = sockets_of_servers(
        collection.within(servers, "where app servers listen"), (tables.tcp, tables.unix)
    )
    logs = (
        *(front_logs(front, site, route, collection) or stopped_front_logs(front, static, collection)),
        *settled_logs(backends, static, front, collection, reply),
    )
    host = host_facts(_folders(front, backends))
    host = msgspec.structs.replace(host, kernel_lines=kernel_lines(collection) if fails or said else ())
    evidence = LiveEvidence(
        enuf=__version__,
        requested=requested,
        host=host,
        reply=reply,
        front=front,
        backends=tuple(backends),
        servers=servers,
        sockets=sockets,
        logs=logs,
        units=units,
        roots=static.roots,
        files=tuple(_saved(static.files, site)),
        facts=dict(static.facts),
        absent_includes=tuple(
            f"{include.file}:{include.line}"
            for site in static.sites
            for include in site.includes
            if not include.files
        ),
        elsewhere=elsewhere,
    )
    evidence = msgspec.structs.replace(evidence, topics=_topics(collection, evidence, static))
    evidence = msgspec.structs.replace(
        evidence, hindrances=tuple(collection.hindrances.values()), took_s=round(budget.took_s, 3)
    )
    return LiveCollected(masked_live(evidence), static)


def _lines_about(reply: LiveReply, logs: Iterable[LogText], requested: Requested) -> tuple[FrontError, ...]:
    """Return what nginx's error logs say about the request that was just sent."""
    lines = (parse_front_error(line) for log in logs for line in log.lines)
    return lines_about((each for each in lines if each), requested.target, reply.sent_at)


def _is_misunderstood(reply: LiveReply, backends: Iterable[Backend]) -> bool:
    """Return True for the answer that a server of HTTP gives to a packet of the uwsgi protocol."""
    return reply.status == _BAD_REQUEST and any(each.protocol == "uwsgi" for each in backends)


def _visit(address: TcpAddress, collection: Collection) -> LiveReply:
    """Return the answer to the visitor's request, which is sent once."""
    what, requested = f"what {collection.requested.url} answers", collection.requested
    within_s = collection.left_s(collection.budget.within_s * SHARE_OF_REPLY, what)
    reply = ask(requested, address, within_s, over_tls=requested.scheme == "https")
    if reply.failure == "timeout" and within_s < LEAST_S:
        collection.too_late_for(what)
    return reply


def _unit_names(front: LiveFront, backends: Iterable[Backend], static: Evidence) -> Iterator[str]:
    """Yield the units of nginx, of the servers behind, and those that start a server at a backend."""
    yield front.main.unit if front.main else ""
    yield from (process.unit for backend in backends for process in backend.holders)
    yield from (unit.file.rpartition("/")[2] for unit in static.units)
    yield "nginx.service"


def topic_collectors() -> Iterator[TopicCollector]:
    """Yield the collectors of single topics, in the order of their names."""
    for found in pkgutil.iter_modules(topics_package.__path__):
        yield importlib.import_module(f"{topics_package.__name__}.{found.name}").TOPIC


def _topics(collection: Collection, evidence: LiveEvidence, static: Evidence) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in topic_collectors():
        facts = each.collect(collection, evidence, static) if collection.goes_on(each.what) else None
        if facts is not None:
            found[each.name] = facts
    return found


def _arrival(requested: Requested, hosts: Sequence[str]) -> TcpAddress:
    """Return the address of this machine to which the visitor's request is sent. No name is looked up elsewhere."""
    wild = {"0.0.0.0", "::"} & set(hosts)  # noqa: S104 - compared, not bound
    wanted = requested.host
    if wanted in hosts or (wanted.replace(".", "").isdigit() and wanted.startswith("127.") and wild):
        return TcpAddress(wanted, requested.port)
    if "127.0.0.1" in hosts or "0.0.0.0" in wild or not hosts:  # noqa: S104
        return TcpAddress("127.0.0.1", requested.port)
    if "::1" in hosts or "::" in wild:
        return TcpAddress("::1", requested.port)
    return TcpAddress(hosts[0], requested.port)


def _site(front: LiveFront, collection: Collection) -> NginxConfig | None:
    """Return the configuration of the nginx that listens; None where it cannot be read."""
    if not front.configuration or front.problem:
        return None
    found, _ = collect_of([(front.main, front.configuration)], (), collection)
    return next((each for each in found.sites if each.file == front.configuration), None)


def _named_files(
    front: LiveFront, site: NginxConfig | None, backends: Sequence[Backend], servers: Sequence[LiveProcess]
) -> Iterator[tuple[LiveProcess | None, str]]:
    """Yield the files of nginx and those of the app servers behind, each with the process that sees it at that path."""
    yield from ((front.main, file) for file in (site.files if site else ()) if is_file_of(front.main, file))
    holders = [process for backend in backends for process in backend.holders]
    if any(backend.listeners and not backend.holders for backend in backends):
        holders += [each for each in servers if not may_see(each.pid)]
    yield from ((process, str(file)) for process in holders for file in configuration_files(process))


def _with_likely(backend: Backend, servers: Sequence[LiveProcess], static: Evidence) -> Backend:
    """Return the backend with the server that most likely holds its listener, where this user may not see it."""
    if not backend.listeners:
        return backend
    return msgspec.structs.replace(backend, holders=likely_holders(backend, servers, static))


def _own_backends(front: LiveFront) -> list[Backend]:
    """Return the backend of an app server that has no nginx in front: the server itself."""
    main = front.main
    if main is None or main.program not in APP_SERVERS:
        return []
    address = front.listeners[0].address
    pids = {pid for each in front.listeners for pid in each.pids}
    holders = tuple(each for each in (main, *front.workers) if each.pid in pids or each is main)
    return [Backend(address=address, protocol="http", listeners=front.listeners, holders=holders)]


def _folders(front: LiveFront, backends: Iterable[Backend]) -> list[str]:
    """Return the folders that the stack writes to."""
    sockets = [
        each.address.path.rpartition("/")[0] for each in backends if isinstance(each.address, UnixAddress)
    ]
    logs = [log.rpartition("/")[0] for log in (front.main.logs if front.main else ())]
    return [folder for folder in (*sockets, *logs, front.prefix, "/tmp") if folder]  # noqa: S108


def _saved(files: Iterable[SourceFile], site: NginxConfig | None) -> Iterator[SourceFile]:
    """Yield the files that a saved evidence holds: nginx's first, up to a limit."""
    of_nginx = set(site.files) if site else set()
    left = SAVED_CHARACTERS
    for file in sorted(
        files, key=lambda each: (each.path not in of_nginx, each.kind == "python", not each.named)
    ):
        is_kept = file.path in of_nginx or file.kind in _SAVED_KINDS
        if is_kept and len(file.text) <= left:
            left -= len(file.text)
            yield file
