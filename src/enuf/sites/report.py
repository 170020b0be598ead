"""Reports about the installed sites of a host, as far as the user who asks may know."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Literal

import msgspec

from enuf.control.client import ask_supervisor
from enuf.errors import EnufError
from enuf.inspect.host_site import REQUEST_ID, host_problem
from enuf.inspect.service_states import states_of_sites
from enuf.model.address import parse_address
from enuf.model.certificate import CertificateStatus, certificate_status
from enuf.model.protocol import StatusRequest
from enuf.model.service_state import ServiceState
from enuf.model.site import Installed, domains_of
from enuf.model.status import JobStatus, Phase, SideProcessStatus, StackStatus
from enuf.sites.address import nginx_texts
from enuf.sites.failure import failure_of_service, reason_of_start
from enuf.system.sites import KnownSite, known_sites
from enuf.tls.local import read_facts

ANSWERS_WITHIN_S = 6.0
MARK = "enuf/sites"
SiteState = Phase | Literal["stopped", "unknown"]
_NOT_UNDERSTOOD = "a newer enuf wrote the record of this site, or it is damaged"


class SiteReport(msgspec.Struct, frozen=True, kw_only=True):
    """One installed site, in a row of `enuf sites`."""

    name: str
    unit: str
    """Its service."""
    state: SiteState
    """That of `enuf status`; also `stopped`, and `unknown` where this user may not ask."""
    reason: str = ""
    """Why the site does not serve; empty while it does."""
    url: str = ""
    domains: tuple[str, ...] = ()
    enuf: str = ""
    """The version of enuf that runs the site, else the one that installed it; empty where neither says so."""
    user: str = ""
    """The user who runs the app."""
    project: str = ""
    certificate: CertificateStatus | None = None
    dashboard: str = ""
    """The dashboard's URL, without the token that opens it."""
    beside: tuple[SideProcessStatus, ...] = ()
    """The processes that run beside the app, as services of systemd."""
    jobs: tuple[JobStatus, ...] = ()
    """The commands that timers of systemd start."""


def site_reports() -> list[SiteReport]:
    """Return a report about every installed site, by name. Each supervisor has some seconds to answer."""
    sites = known_sites()
    services = states_of_sites({site.name: site.record for site in sites})
    return [report_of(site, services.get(site.name)) for site in sites]


def report_of(site: KnownSite, service: ServiceState | None) -> SiteReport:
    """Return the report about a site. `service` is the state of its service, None where that is not known."""
    status, record = _status_of(site), site.record
    state, reason = _state(site, status, service)
    return SiteReport(
        name=site.name,
        unit=site.unit,
        state=state,
        reason=reason if record or reason else _NOT_UNDERSTOOD,
        url=status.url if status else record.url if record else "",
        domains=domains_of(record) if record else (),
        enuf=(status.enuf if status else "") or site.enuf,
        user=site.user,
        project=site.project,
        certificate=_certificate(record) if record else None,
        dashboard=_dashboard(status, record),
        beside=service.processes if service else (),
        jobs=service.jobs if service else (),
    )


def visitors_problem(record: Installed) -> str:
    """Return why visitors of a site get no answer from the host's nginx; empty while they do, or where it is not known."""
    if record.visitor is None:
        return ""
    commands = record.site.paths(record.project).service_commands
    names_itself = any(REQUEST_ID in text.lower() for text in nginx_texts(record))
    looking = host_problem(record.site, record.visitor, commands, MARK, names_itself=names_itself)
    return asyncio.run(looking)


def _status_of(site: KnownSite) -> StackStatus | None:
    """Return the supervisor's own report; None where it does not run, or where this user may not ask."""
    with contextlib.suppress(EnufError, OSError):
        return ask_supervisor(site.paths, StatusRequest(checked=True), StackStatus, ANSWERS_WITHIN_S)
    return None


def _state(
    site: KnownSite, status: StackStatus | None, service: ServiceState | None
) -> tuple[SiteState, str]:
    has_failed = service is not None and service.phase == "failed"
    if status and not (has_failed and status.state == "starting"):
        reason = reason_of_start(site.paths, status.state, status.reason)
        return ("failed", status.problems[0]) if status.problems else (status.state, reason)
    if service is None:
        return "unknown", "systemd does not answer about its service"
    phase = service.phase
    if phase is None:
        return "stopped", ""
    if phase == "serving":
        problem = visitors_problem(site.record) if site.record else ""
        return ("failed", problem) if problem else (phase, "")
    if phase == "failed":
        return phase, failure_of_service(site.paths, service).reason
    return phase, service.status_text


def _certificate(record: Installed) -> CertificateStatus | None:
    if record.tls is None:
        return None
    facts = read_facts(Path(record.site.public_certificate))
    return certificate_status(facts, record.tls.certificate, time.time()) if facts else None


def _dashboard(status: StackStatus | None, record: Installed | None) -> str:
    if status:
        return status.dashboard.url if status.dashboard else ""
    with contextlib.suppress(ValueError):
        return parse_address(record.dashboard).url() if record and record.dashboard else ""
    return ""
