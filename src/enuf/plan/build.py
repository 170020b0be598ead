"""The plan, built from the app's report, the settings and the toolchain."""

from __future__ import annotations

import math
import re

import msgspec

from enuf.fronts.base import FrontRequest
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.model.app import WRAPPER_ANSWERS, AppReport
from enuf.model.host_names import plain_name
from enuf.model.paths import MOST_SOCKETS, StackPaths
from enuf.model.plan import ConfigFile, Health, LogRotation, Plan, Watch
from enuf.model.process import Companion
from enuf.model.site import Site
from enuf.model.tool import Machine
from enuf.model.topology import Topology
from enuf.plan.beside import beside_of
from enuf.plan.check import (
    not_writable,
    refuse_app,
    refuse_as_site,
    refuse_contradictions,
    refuse_front,
    refuse_long_socket,
    refuse_tool,
    refuse_virtualenv,
)
from enuf.plan.front_request import front_request
from enuf.plan.greenlets import refuse_without_gevent
from enuf.plan.loading import how_loaded
from enuf.plan.notes import notes
from enuf.plan.preparation import preparation_of
from enuf.plan.protected import refuse_protected
from enuf.plan.public_folders import refuse_public_passwords, refuse_static
from enuf.plan.release_paths import LinkPaths
from enuf.plan.request import PlanRequest
from enuf.plan.static import Divided, divided
from enuf.plan.topologies import (
    FRONTS,
    SERVERS,
    address_of_link,
    find_topology,
    redirecting_addresses,
)
from enuf.servers.base import ServerRequest
from enuf.settings.schema import Settings
from enuf.settings.values import ProcessRange

_HOST = re.compile(r"[A-Za-z0-9._-]+(?::[0-9]{1,5})?")
BURST = 10_240
"""So many connections may wait for the app at once, as far as the system lets them."""
MAX_AUTO_PROCESSES = 8
DASHBOARD_LOG = "dashboard.log"


def build(request: PlanRequest) -> Plan:
    """Build the plan. Raise SettingsInvalid, AppNotFound or ToolUnusable for what cannot work."""
    settings, report, paths = request.settings, request.report, request.paths
    row = find_topology(settings.topology)
    listen = settings.serve.address
    refuse_contradictions(settings, row, request.origins)
    if request.site:
        refuse_as_site(settings, row)
    refuse_app(report, row)
    for address in settings.serve.addresses:
        refuse_long_socket(address)
    refuse_virtualenv(request.toolchain)
    refuse_tool(request.toolchain, row)
    refuse_without_gevent(request.toolchain, settings)
    refuse_front(request.toolchain, settings)
    static = _static_folders(request, row)
    public = (*report.static_folders, *request.extra_static)
    refuse_public_passwords(settings.access.paths_in(paths.project), public, request.real_paths)
    server = _server_request(request, row)
    unit = SERVERS[row.server].unit(server)
    front = front_request(request, row, server, unit, static)
    files = _files(row, server, front, request.site)
    return Plan(
        name=_name(paths),
        app=report.app,
        topology=row,
        listen=listen,
        more_listen=settings.serve.addresses[1:],
        redirecting=redirecting_addresses(settings),
        proxied=settings.serve.proxy_protocol,
        url=_url(settings, request.site),
        tls=request.tls,
        paths=paths,
        toolchain=request.toolchain,
        server=unit,
        front=FRONTS[row.front].unit(front) if front and not request.site else None,
        dashboard=_dashboard(request),
        beside=beside_of(request),
        site=request.site,
        files=files,
        health=_health(settings, listen, report),
        preparation=preparation_of(request),
        wait_s=settings.reload.wait.seconds,
        processes=server.processes,
        threads=server.threads,
        greenlets=bool(settings.serve.greenlets),
        backlog_limit=server.backlog,
        loading=server.loading,
        static_folders=static.served,
        guarded=settings.access.guards,
        static_through_app=static.through_app,
        protected=request.protected,
        pages=request.pages,
        env_files=request.env_files,
        watch=Watch(folders=tuple(sorted({paths.project, report.app.directory}))) if request.watch else None,
        rotation=LogRotation(settings.log.rotate.size.bytes, settings.log.rotate.keep),
        journal=bool(request.site and settings.install.journal),
        notes=notes(request, row, server, static),
    )


def _url(settings: Settings, site: Site | None) -> str:
    listen, prefix = settings.serve.address, settings.serve.prefix
    shown = msgspec.structs.replace(listen, host=plain_name(settings.serve.hosts)) if site else listen
    return shown.url("https" if settings.tls.on else "http") + (f"{prefix}/" if prefix else "")


def _files(
    row: Topology, server: ServerRequest, front: FrontRequest | None, site: Site | None
) -> tuple[ConfigFile, ...]:
    """Render every file. Raise SettingsInvalid for a text that the language of a file cannot hold."""
    try:
        files = SERVERS[row.server].files(server)
        if front and site:
            return (*files, FRONTS[row.front].site(front, site))
        return files + (FRONTS[row.front].files(front) if front else ())
    except ValueError as error:
        raise not_writable(error) from error


def _dashboard(request: PlanRequest) -> Companion | None:
    listen, paths = request.settings.dashboard.listen, request.paths
    if listen is None:
        return None
    # -P: nothing in the folder that it starts in can take the place of a module
    program = (request.enuf_python, "-P", "-m", "enuf.web")
    places = {"runtime": paths.runtime, "log": paths.log, "conf": paths.conf, "project": paths.project}
    if request.site:
        places["site"] = request.site.name
    if request.watch:
        places["why"] = paths.why_socket
    return Companion(
        name="dashboard",
        argv=(*program, *(word for name, place in places.items() for word in (f"--{name}", place))),
        directory=paths.runtime,
        log=f"{paths.log}/{DASHBOARD_LOG}",
        listen=listen,
        stays=request.site is not None,
        runs_always=request.watch,
        variable="ENUF_DASHBOARD_FD",
        token_file=paths.dashboard_token,
    )


def _name(paths: StackPaths) -> str:
    return paths.project.rstrip("/").rpartition("/")[2] or "root"


def _server_request(request: PlanRequest, row: Topology) -> ServerRequest:
    settings, machine = request.settings, request.toolchain.machine
    return ServerRequest(
        app=request.report.app,
        settings=settings,
        toolchain=request.toolchain,
        # The server stays in the folder that it was started for, wherever a link leads later.
        paths=msgspec.structs.replace(request.paths, project=_without_links(request.paths.project, request)),
        link=row.link,
        has_front=row.front in FRONTS,
        listen=_tcp(address_of_link(row, settings)),
        processes=process_count(settings, machine, SERVERS[row.server].most_processes),
        threads=settings.serve.at_once,
        backlog=min(BURST, machine.somaxconn),
        waiting=UnixAddress(request.site.waits_at) if request.site and request.site.waits_at else None,
        sockets=_sockets(settings, row, machine),
        loading=how_loaded(settings, request.report, row),
        protected=request.protected,
        pages=tuple(each for each in WRAPPER_ANSWERS if each in request.pages.errors),
        dev=request.watch,
    )


def _sockets(settings: Settings, row: Topology, machine: Machine) -> int:
    """Return how many unix sockets a generation has; gunicorn's gevent worker counts its greenlets for each of them apart."""
    if row.link.transport == "tcp" or settings.serve.greenlets:
        return 1
    most = SERVERS[row.server].most_sockets or MOST_SOCKETS
    return min(most, math.ceil(BURST / machine.somaxconn))


def _without_links(path: str, request: PlanRequest) -> str:
    return request.real_paths.get(path, path)


def _tcp(address: Address | None) -> TcpAddress | None:
    return address if isinstance(address, TcpAddress) else None


def process_count(settings: Settings, machine: Machine, most: int | None = None) -> int:
    """Return the number of worker processes.

    It is the server's limit, the top of the scale, the configured number, or one per usable core.
    """
    if most is not None:
        return most
    if isinstance(settings.workers.scale, ProcessRange):
        return settings.workers.scale.high
    if isinstance(settings.serve.processes, int):
        return settings.serve.processes
    return max(2, min(machine.cpus, MAX_AUTO_PROCESSES))


def _static_folders(request: PlanRequest, row: Topology) -> Divided:
    """Return the folders that the front serves.

    Raises SettingsInvalid for one that holds what is not public.
    """
    if row.front not in FRONTS:
        return Divided(served=())
    mode = request.settings.static.mode
    found = request.report.static_folders if mode != "off" else ()
    closed, link = request.site.closed if request.site else (), LinkPaths(request)
    found = tuple(folder for folder in found if link.path(folder.directory) not in closed)
    serve = request.settings.serve
    static = divided(
        found, request.extra_static, serve.prefix, always=mode == "always", any_host=not serve.hosts
    )
    app, project, real = request.report.app, request.paths.project, request.real_paths
    refuse_static(static.served, app, project, real)
    refuse_protected(request.protected, static.served, request.env_files, app=app, project=project, real=real)
    return static


def _health(settings: Settings, listen: Address, report: AppReport) -> Health:
    wish = settings.reload.health
    hosts = settings.serve.hosts or _own_hosts(report)
    host = plain_name(hosts) if hosts or not isinstance(listen, TcpAddress) else str(listen)
    named = wish if wish not in ("auto", "off") else None
    return Health(
        path=settings.serve.prefix + (named or "/"),
        prefix=settings.serve.prefix,
        host=host,
        scheme="https" if settings.tls.on else "http",
        timeout_s=settings.serve.timeout.seconds,
        enabled=wish != "off",
        strict_status=named is not None,
    )


def _own_hosts(report: AppReport) -> tuple[str, ...]:
    """Return the names that the app itself answers to, where it answers 400 to others: Django's ALLOWED_HOSTS."""
    named = (trait.what for trait in report.traits if trait.kind == "host")
    return tuple(name for name in named if _HOST.fullmatch(name))
