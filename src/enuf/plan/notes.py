"""The notes and warnings of a plan: what has no effect, what others may reach, what does not suit the app."""

from __future__ import annotations

from enuf.model.address import TcpAddress
from enuf.model.app import AppReport
from enuf.model.topology import Topology
from enuf.plan.beside import beside_of
from enuf.plan.check import ignored, open_to_local_users
from enuf.plan.forewarned import forewarned
from enuf.plan.loading import shared_by_fork
from enuf.plan.request import PlanRequest
from enuf.plan.static import Divided, without_effect
from enuf.plan.topologies import FRONTS
from enuf.plan.unmet import unmet
from enuf.servers.base import ServerRequest
from enuf.settings.schema import Settings


def notes(request: PlanRequest, row: Topology, server: ServerRequest, static: Divided) -> tuple[str, ...]:
    """Return the notes, one sentence each."""
    settings, report = request.settings, request.report
    has_front = row.front in FRONTS
    return (
        *request.notes,
        *_skipped_note(report),
        *static.notes,
        *(without_effect(settings, static.served, report, request.toolchain) if has_front else ()),
        *ignored(settings, row),
        *(unmet(settings, request.origins) if has_front else ()),
        *(open_to_local_users(settings, row) if request.peers is None else ()),
        *shared_by_fork(settings, report, row),
        *forewarned(
            report,
            settings,
            row,
            processes=server.processes,
            lazy=server.loading.lazy,
            user=request.toolchain.machine.user,
        ),
        *_body_note(settings, report, row),
        *_password_note(settings),
        *_beside_note(request),
    )


def _beside_note(request: PlanRequest) -> tuple[str, ...]:
    """Return a note about files that run without enuf: they hold nothing of what enuf itself runs."""
    if not request.rendered or request.container or beside_of(request) is None:
        return ()
    return ("[processes] and [schedule] are in none of these files: enuf up and enuf install run them",)


def _skipped_note(report: AppReport) -> tuple[str, ...]:
    return (f"{report.app.skipped}: {report.app} is served",) if report.app.skipped else ()


def _password_note(settings: Settings) -> tuple[str, ...]:
    """Return a note about passwords that travel in the open: to an address that others reach, with no proxy in front."""
    at = (address.host for address in settings.serve.addresses if isinstance(address, TcpAddress))
    private = all(host.startswith("127.") or host == "[::1]" for host in at)
    if not settings.access.files or settings.tls.on or settings.serve.trusted_proxies or private:
        return ()
    return (
        "access.passwords: without HTTPS everybody on the way can read the passwords: set tls.mode, or put a proxy with HTTPS "
        "in front and name it in serve.trusted_proxies",
    )


def _body_note(settings: Settings, report: AppReport, row: Topology) -> tuple[str, ...]:
    app_limit = report.max_content_length
    if row.front not in FRONTS or app_limit is None or app_limit <= settings.serve.max_body.bytes:
        return ()
    return (
        f"the app allows bodies of {app_limit} bytes (MAX_CONTENT_LENGTH), nginx stops at serve.max_body = {settings.serve.max_body}",
    )
