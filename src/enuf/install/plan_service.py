"""What the service is made to do by an install: nothing, a reload, or a restart during which requests wait."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec
from msgspec.structs import replace

from enuf.install.change import WriteFile
from enuf.install.requests import InstallRequest
from enuf.install.services.base import ServiceAction, ServiceEnvironment, ServiceFiles
from enuf.install.site_changes import SiteChanges
from enuf.install.target_host import TargetHost
from enuf.model.plan import Plan
from enuf.model.site import Installed
from enuf.run.state import read_state

SocketStep = Literal["", "open", "reopen"]


class BesideSteps(msgspec.Struct, frozen=True, kw_only=True):
    """What the services beside the site's own are made to do."""

    stop: tuple[str, ...] = ()
    """Those that the settings no longer name."""
    restart: tuple[str, ...] = ()
    start: tuple[str, ...] = ()


def beside_steps(
    request: InstallRequest, host: TargetHost, changes: SiteChanges, pending: Collection[str]
) -> BesideSteps:
    """Return the steps by which the services beside the site's own take up the `pending` paths."""
    services, started = host.servers.services, changes.service.started
    if not services.is_live:
        return BesideSteps()
    before = request.old.beside if request.old else ()
    changed = {path.rpartition("/")[2] for path in pending}
    running = [unit for unit in started if services.is_active(unit)]
    return BesideSteps(
        stop=tuple(unit for unit in before if unit not in changes.service.stopped),
        restart=tuple(unit for unit in running if unit in changed),
        start=tuple(unit for unit in started if unit not in running),
    )


class ServiceSteps(msgspec.Struct, frozen=True, kw_only=True):
    """The steps by which a service takes up its new files."""

    action: ServiceAction | None = None
    """None where the service runs by these very files, and in an image."""
    sockets: SocketStep = ""
    """What is done before with the sockets at which requests wait; `reopen` stops the service for that:
    systemd opens no socket for a service that runs."""
    cut: str = ""
    """Why requests may be lost, in words; empty where none is."""


def service_steps(
    request: InstallRequest, host: TargetHost, plan: Plan, changes: SiteChanges, pending: Collection[str]
) -> ServiceSteps:
    """Return the steps by which the service takes up the `pending` paths."""
    services, record, files = host.servers.services, changes.record, changes.service
    site = record.site
    if not services.is_live:
        return ServiceSteps()
    opened: SocketStep = "open" if site.waits_at else ""
    if not services.is_active(site.unit):
        return ServiceSteps(action="start", sockets=opened)
    if opened and not services.is_active(site.socket_unit):
        why = f"the service of {site.name} was started without a socket at which requests wait: it is restarted once"
        return ServiceSteps(action="start", sockets="reopen", cut=why)
    if any(_must_restart(file, host, pending) for file in files.sockets):
        why = f"the sockets of {site.name} are opened anew, for which the service stops"
        return ServiceSteps(action="start", sockets="reopen", cut=why)
    if _must_restart(files.definition, host, pending) or _has_moved(request, record, plan):
        return ServiceSteps(
            action="restart", cut="" if opened else f"the service of {site.name} is restarted"
        )
    return ServiceSteps(action="reload" if _is_app_changed(request, record, files, pending) else None)


def with_credentials(steps: ServiceSteps, given: ServiceEnvironment, host: TargetHost) -> ServiceSteps:
    """Return the steps with a restart where the service runs without credentials that it is to have."""
    if not given.is_renewed or not host.servers.services.is_live or steps.action in ("start", "restart"):
        return steps
    return replace(steps, action="restart")


def timer_action(
    request: InstallRequest, host: TargetHost, record: Installed, pending: Collection[str]
) -> ServiceAction | None:
    """Return the action for the timer that looks for renewed certificates; None where it goes on as it is."""
    services, timer = host.servers.services, record.site.certificate_timer
    if not services.is_live:
        return None
    if record.tls is None:
        return "stop" if request.old and request.old.tls else None
    if not services.is_active(timer):
        return "start"
    is_other = any(path.endswith(f"/{timer}") for path in pending)
    return "restart" if is_other else None


def _must_restart(file: object, host: TargetHost, pending: Collection[str]) -> bool:
    """Return True for a definition whose change is in force only after a restart."""
    if not isinstance(file, WriteFile) or file.path not in pending or file.mode & 0o111:
        return False  # a script is read anew each time
    before = host.tree.state(file.path).content.decode("utf-8", "replace")
    return host.servers.services.format.must_restart(before, file.text)


def _has_moved(request: InstallRequest, record: Installed, plan: Plan) -> bool:
    """Return True where the supervisor itself must start anew: nginx has another user, or the app another kind of server."""
    if request.old and request.old.site.nginx.user != record.site.nginx.user:
        return True
    running = read_state(record.site.paths(record.project))
    return bool(running and running.topology and running.topology != plan.topology.id)


def _is_app_changed(
    request: InstallRequest, record: Installed, files: ServiceFiles, pending: Collection[str]
) -> bool:
    """Return True unless only files of the service manager have changed."""
    own = {files.definition.path, *(file.path for file in (*files.links, *files.sockets, *files.beside))}
    others = [path for path in pending if path not in own and not path.endswith(f"/{record.site.name}.json")]
    return bool(others) or request.old is None or _without_files(request.old) != _without_files(record)


def _without_files(record: Installed) -> Installed:
    return replace(record, files=(), folders=(), of_systemd=())
