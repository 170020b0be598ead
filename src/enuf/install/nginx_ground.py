"""The state of the host's nginx before a site is changed: usable, or broken, by somebody else or by the site itself."""

from __future__ import annotations

from collections.abc import Iterable

from enuf.errors import NotReady, NotRunning
from enuf.install.change import MakeFolder
from enuf.install.nginx_dump import places_of_default
from enuf.install.nginx_refusal import NginxRefuses, paths_in_faults
from enuf.install.nginx_service import NginxService
from enuf.install.services.base import ServiceManager
from enuf.install.tree import HostTree
from enuf.model.site import HostNginx, Installed
from enuf.system.sites import installed_sites

SERVICE = "nginx"
"""The name of its service in every distribution."""


def restore_log_folders(tree: HostTree, nginx: HostNginx) -> bool:
    """Make the folders of logs without which nginx refuses its configuration. Return True if one was missing.

    They stay, whatever comes of the change: they are those of nginx itself, and those that sites of enuf 0.1.0 name.
    """
    if not tree.is_this_host:
        return False
    folders = [MakeFolder(nginx.log, 0o755)]
    for record in installed_sites(tree.root):
        folder = record.site.old_nginx_log
        if any(f"{folder}/".encode() in tree.state(file.path).content for file in record.files):
            folders.append(MakeFolder(folder, 0o751))
    missing = [each for each in folders if not tree.state(each.path).exists]
    for each in missing:
        tree.apply(each)
    return bool(missing)


def refuse_broken(nginx: NginxService, record: Installed) -> bool:
    """Return True where nginx refuses its configuration for a fault of this very site, which the change may end.

    Raise NginxRefuses for any other fault.
    """
    try:
        nginx.test()
    except NginxRefuses as error:
        if not error.refusal.names(paths_in_faults(record)):
            raise
        return True
    return False


def refuse_stopped(nginx: NginxService, services: ServiceManager) -> None:
    """Raise NotRunning when the host's nginx does not run."""
    if nginx.is_running():
        return
    start = f"sudo {services.format.commands.control('start', SERVICE)}"
    if services.is_masked(SERVICE):
        start = (
            f"its service is masked: sudo {services.format.commands.control('unmask', SERVICE)} && {start}"
        )
    raise NotRunning("the host's nginx does not run", start, slug="nginx-not-running")


def refuse_second_default(nginx: NginxService, record: Installed, ports: Iterable[int]) -> None:
    """Raise NotReady where another site is the default site of one of these ports, of which a port has one."""
    configuration = nginx.configuration()
    for port in ports:
        found = places_of_default(configuration, port)
        others = [place for place in found if not place.is_in(file.path for file in record.files)]
        if others:
            raise NotReady(
                f"another site is the default site of port {port} already: {others[0]}",
                f"take `default_server` out of {others[0].path}, or take that file away where it is the distribution's own "
                "site; nginx need not be reloaded in between. Then try again",
                slug="default-site-taken",
            )
