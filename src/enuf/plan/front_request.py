"""What the plan asks of the front: where it listens, what it serves itself, its certificate."""

from __future__ import annotations

from enuf.fronts.base import Challenges, FrontRequest, TlsFiles
from enuf.model.address import UnixAddress
from enuf.model.process import Unit
from enuf.model.topology import Topology
from enuf.plan.release_paths import LinkPaths
from enuf.plan.request import PlanRequest
from enuf.plan.static import Divided
from enuf.plan.topologies import FRONTS, SERVERS, redirecting_addresses
from enuf.servers.base import ServerRequest
from enuf.settings.schema import Settings

CERTBOTS_WEBROOT = "/var/www/html"
"""The root of the distribution's default site: `certbot certonly --webroot` answers challenges from there."""


def front_request(
    request: PlanRequest,
    row: Topology,
    server: ServerRequest,
    unit: Unit,
    static: Divided,
) -> FrontRequest | None:
    """Return what the front is to stand in front of; None for a topology without a front."""
    if row.front not in FRONTS:
        return None
    served, kept, pages, protected = static.served, static.kept, request.pages, request.protected
    if request.site:
        link = LinkPaths(request)
        served, kept, protected = link.folders(served), link.folders(kept), link.folders(protected)
        pages = link.pages(pages)
    return FrontRequest(
        ends_hung=bool(unit.process.hung),
        upgrades=SERVERS[row.server].upgrades,
        marks_streams=SERVERS[row.server].marks_streams,
        settings=request.settings,
        toolchain=request.toolchain,
        paths=request.paths,
        link=row.link,
        server=SERVERS[row.server].title,
        listen=request.settings.serve.addresses,
        upstream=(server.listen,) if server.listen else _links(request, server.sockets),
        static_folders=served,
        static_kept=kept,
        app_urls=_app_urls(request),
        pages=pages,
        protected=protected,
        peers=request.peers,
        backlog=server.backlog,
        at_once=_at_once(request.settings, server),
        dev=request.watch,
        tls=_tls_files(request),
        redirecting=redirecting_addresses(request.settings),
        challenges=_challenges(request),
    )


def _links(request: PlanRequest, count: int) -> tuple[UnixAddress, ...]:
    """Return the links to the sockets of the serving version, or to one at which requests wait until there is a version."""
    site = request.site
    links = site.app_links(count) if site and site.waits_at else request.paths.app_sockets(count)
    return tuple(map(UnixAddress, links))


def _at_once(settings: Settings, server: ServerRequest) -> int | None:
    """Return how many requests may be in the app at once, those that wait included; None for the queues' own limit."""
    queue = settings.limits.queue
    return None if queue == "auto" else server.processes * server.threads + queue


def _app_urls(request: PlanRequest) -> tuple[str, ...]:
    prefix = request.settings.serve.prefix
    routes = (f"{prefix}/{part}" for part in request.report.routes)
    return (*routes, *(prefix + url.rstrip("/") for url in request.settings.static.spa_except))


def _tls_files(request: PlanRequest) -> TlsFiles | None:
    tls, site = request.tls, request.site
    if site and request.settings.tls.on:
        why = f"The certificate, its chain and its key; {site.certificate_timer} takes renewed ones."
        return TlsFiles(certificate=site.certificate, key=site.certificate, origin=why)
    if tls is None:
        return None
    which = f"SHA-256 {tls.facts.fingerprint}" if tls.facts.fingerprint else "to be issued at the start"
    origin = f"From {tls.certificate} and {tls.key}: {', '.join(tls.facts.names)}, until {tls.facts.not_after},\n{which}."
    if request.rendered:
        return TlsFiles(certificate=tls.certificate, key=tls.key, origin=origin)
    # One file with both, written by the supervisor: a pair is replaced in one step, and a broken one never gets here.
    return TlsFiles(certificate=request.paths.certificate, key=request.paths.certificate, origin=origin)


def _challenges(request: PlanRequest) -> Challenges | None:
    tls, site = request.tls, request.site
    if site and request.settings.tls.on:
        is_ordered = request.settings.tls.mode == "acme"
        return Challenges(
            webroot=site.webroot if is_ordered else CERTBOTS_WEBROOT,
            plain_http=site.plain_http if is_ordered else "",
        )
    if tls is None or not tls.webroot:
        return None
    return Challenges(
        webroot=tls.webroot, plain_http=request.paths.plain_http if tls.facts.is_stand_in else ""
    )
