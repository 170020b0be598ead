"""A second app below a path of a name that is another site's: refused with the lines that join the two."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from enuf.errors import Conflict
from enuf.fronts.nginx_part import part_lines
from enuf.install.dashboard_port import is_free_port
from enuf.install.tree import HostTree
from enuf.model.address import TcpAddress
from enuf.model.site import Installed, domains_of
from enuf.settings.schema import Settings
from enuf.system.sites import installed_sites

FIRST_PORT, MOST_TRIED = 8100, 200
_WEB = frozenset((80, 443))


def refuse_part_of_another(settings: Settings, name: str, project: str, tree: HostTree) -> None:
    """Raise Conflict for a site below a path (`serve.prefix`) whose name another site of enuf's has at the same port.

    nginx gives a name at a port to one server block. The error has the commands and the lines that let the first site
    pass the path on.
    """
    prefix = settings.serve.prefix.rstrip("/")
    first = _first_site(settings, name, installed_sites(tree.root)) if prefix else None
    if first is None:
        return
    names = " ".join(f"--domain {shlex.quote(each)}" for each in settings.serve.hosts)
    port = _free_port(tree)
    raise Conflict(
        f"{settings.serve.hosts[0]} is the site {first.site.name} of {first.project}, which passes {prefix} on by lines of its own",
        f"three steps join them: (1) enuf --project {shlex.quote(project)} install {names} --set serve.prefix={prefix} "
        f"--listen 127.0.0.1:{port} --set serve.trusted_proxies=127.0.0.1; (2) write the lines above into "
        f"{first.site.own_file('server')}; (3) enuf --project {shlex.quote(first.project)} install",
        detail=part_lines(prefix, port),
        slug="domain-shared",
    )


def _free_port(tree: HostTree) -> int:
    """Return the first port from FIRST_PORT on at which no other site and no program listens."""
    taken = {each.visitor.address.port for each in installed_sites(tree.root) if each.visitor}
    ports = (port for port in range(FIRST_PORT, FIRST_PORT + MOST_TRIED) if port not in taken)
    here = (port for port in ports if not tree.is_this_host or is_free_port(TcpAddress("127.0.0.1", port)))
    return next(here, FIRST_PORT)


def _first_site(settings: Settings, name: str, sites: Sequence[Installed]) -> Installed | None:
    """Return the other site that has one of the names at one of the ports."""
    ports = {getattr(address, "port", 0) for address in settings.serve.addresses}
    ports |= _WEB if ports & _WEB else set()
    hosts = set(settings.serve.hosts)
    return next(
        (
            each
            for each in sites
            if each.site.name != name
            and hosts & set(domains_of(each))
            and each.visitor is not None
            and each.visitor.address.port in ports
        ),
        None,
    )
