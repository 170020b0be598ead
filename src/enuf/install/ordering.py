"""The order of a site's certificate from an authority, after the site is served: its service does the work."""

from __future__ import annotations

from pathlib import Path

from enuf.errors import EnufError
from enuf.install.services.base import ServiceManager
from enuf.install.tree import HostTree
from enuf.model.site import Site
from enuf.system import files
from enuf.system.sites import read_problem


def order_certificate(site: Site, services: ServiceManager, tree: HostTree, *, force: bool = False) -> str:
    """Let the service order a certificate, whatever failed before; with `force` also one that is not due.

    Return why there is no new one, in words; empty on success. The host's nginx has taken the certificate then.
    Call it without the host's lock, which the service takes for the change.
    """
    files.write_whole(Path(site.order_wish), "force\n" if force else "now\n", 0o644)
    try:
        services.control("start", site.certificate_unit)
    except EnufError as error:
        return read_problem(tree.local_path(site.certificate_problem)) or error.summary
    return ""


def awaits_certificate(site: Site, tree: HostTree) -> bool:
    """Return True while there is no certificate of an authority yet, and plain HTTP serves the site."""
    return tree.state(site.plain_http).exists
