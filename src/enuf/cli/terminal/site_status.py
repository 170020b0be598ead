"""The output of `enuf status` for an installed site: systemd's state of its service, also while no supervisor answers."""

from __future__ import annotations

import msgspec

from enuf import __version__
from enuf.cli.terminal.beside_view import beside_lines
from enuf.cli.terminal.output import harmless
from enuf.cli.terminal.status_rows import INDENT, labelled, labelled_each
from enuf.language.spoken import translated
from enuf.model.paths import StackPaths
from enuf.model.service_state import ServiceState
from enuf.model.site import domains_of
from enuf.model.status import JobStatus, Phase, SideProcessStatus
from enuf.system.sites import KnownSite, record_in_force, site_named


class SiteView(msgspec.Struct, frozen=True, kw_only=True):
    """The service of an installed site, as systemd sees it."""

    name: str
    unit: str
    active: str
    """systemd's ActiveState: `active`, `reloading`, `activating`, `deactivating`, `failed`, `inactive`."""
    result: str
    """How its last run ended: `success`, `exit-code`, `signal`, `oom-kill`, `timeout`, `start-limit-hit`, …"""
    restarts: int
    """How often systemd has started it again by itself, after it was killed."""
    retried: bool = False
    """True while a failed start is tried again, with growing pauses."""


class SitePaths(msgspec.Struct, frozen=True):
    """The folder of a site's logs."""

    log: str


class DownView(msgspec.Struct, frozen=True, kw_only=True):
    """The document of `enuf status --json` for an installed site whose service does not serve."""

    state: Phase
    reason: str
    url: str
    topology: None = None
    generation: int = 0
    supervisor: None = None
    front: None = None
    server: None = None
    paths: SitePaths
    problems: tuple[str, ...]
    site: SiteView
    enuf: str
    beside: tuple[SideProcessStatus, ...] = ()
    jobs: tuple[JobStatus, ...] = ()
    evidence: tuple[str, ...]
    """The end of the app's traceback, or of what systemd has logged."""

    @property
    def serves(self) -> bool:
        """False: nobody accepts requests."""
        return False


class ServiceLook(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a site's service before the command becomes the user of the site."""

    service: ServiceState
    view: SiteView
    """The part of the document about the service."""
    down: DownView | None
    """None while the service is not known to be down, and where nobody asked why."""


def look_at_service(paths: StackPaths, *, asks_why: bool) -> ServiceLook | None:
    """Return the state of the service that runs a stack; None for a stack of `enuf up`, and where systemd does not answer.

    With `asks_why`, find out why it does not serve: the logs and the journal of the host are read for that. Root must ask
    before it becomes another user.
    """
    if not paths.site:
        return None
    from enuf.inspect.service_states import state_of_site  # no other stack needs what asks systemd

    service = state_of_site(paths.site, record_in_force(paths.site))
    if service is None:
        return None
    view = _site_view(paths.site, service)
    return ServiceLook(service=service, view=view, down=_down(view, paths, service) if asks_why else None)


def _down(view: SiteView, paths: StackPaths, service: ServiceState) -> DownView | None:
    phase = service.phase
    if phase in (None, "serving", "reloading"):
        return None
    # What reads journals and asks nginx is loaded for a site alone: the status of any other stack needs none of it.
    from enuf.sites.failure import failure_of_service
    from enuf.sites.report import visitors_problem

    site = site_named(view.name) or KnownSite(name=view.name)
    failure = failure_of_service(paths, service) if phase == "failed" else None
    problem = visitors_problem(site.record) if site.record and failure else ""
    return DownView(
        state=phase,
        reason=failure.reason if failure else service.status_text,
        url=_url(site),
        paths=SitePaths(paths.log),
        problems=(problem,) if problem else (),
        site=view,
        enuf=site.enuf,
        beside=service.processes,
        jobs=service.jobs,
        evidence=failure.lines if failure else (),
    )


def _url(site: KnownSite) -> str:
    if site.record is None:
        return ""
    return site.record.url or next((f"http://{name}" for name in domains_of(site.record)), "")


def _site_view(name: str, service: ServiceState) -> SiteView:
    return SiteView(
        name=name,
        unit=service.unit,
        active=service.active,
        result=service.result,
        restarts=service.restarts,
        retried=service.is_retried,
    )


def site_line(site: SiteView, enuf: str) -> str:
    """Return the name, the service and the version of enuf, in the language of the run."""
    restarts = translated(f", started again {site.restarts} times by systemd") if site.restarts else ""
    version = f", enuf {enuf}" if enuf else ""
    if (
        enuf and enuf != __version__
    ):  # upgraded since the start of the service, or a command of another virtualenv
        version += translated(f" (this command is of {__version__}: a restart takes a new version)")
    return f"{site.name}, {site.unit}{restarts}{version}"


def down_screen(view: DownView, paths: StackPaths) -> str:
    """Return the screen for a site that does not serve: why, since which start, and what to do."""
    restart = paths.service_commands.control("restart", paths.service)
    again = "it is tried again by itself; at once: " if view.site.retried else ""
    cure = f"{again}sudo {restart}"
    lines = [
        *labelled(view.state, view.url),
        *labelled("reason", translated(view.reason)),
        *(" " * INDENT + harmless(text) for text in view.evidence),
        *labelled_each("problem", view.problems),
        *labelled("site", site_line(view.site, view.enuf)),
        *beside_lines(view.beside, view.jobs),
        *labelled("logs", view.paths.log),
        *(labelled("cure", translated(cure)) if view.state == "failed" else []),
    ]
    return "\n".join(lines)
