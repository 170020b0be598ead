"""From the words of `enuf uninstall` to an empty place."""

from __future__ import annotations

from pathlib import Path

from enuf.cli.install_view import tell_recovered
from enuf.cli.terminal.output import print_json, say
from enuf.cli.terminal.progress import Progress
from enuf.cli.verb import current
from enuf.errors import NotRunning, ToolUnusable
from enuf.install.contents import needed, refuse_edited, removal_of
from enuf.install.sequence import uninstall
from enuf.install.services import LiveHost, StillHost, refuse_without_systemd
from enuf.install.show import as_diff
from enuf.install.target_host import this_host
from enuf.install.transaction import locked, recover
from enuf.install.tree import HostTree
from enuf.model.site import LIBRARY, Installed
from enuf.system.own_command import refuse_without_root
from enuf.system.sites import installed_sites


def run_uninstall(name: str | None, root: Path | None, *, dry_run: bool, force: bool, keep_logs: bool) -> int:
    """The site is gone, or the change shown. Raises EnufError."""
    if root is None and not dry_run:
        refuse_without_root("change the sites and services of this host")
        refuse_without_systemd()
    with Progress("uninstalling", quiet=current().quiet) as progress:
        tree, host = HostTree(root.resolve() if root else Path("/")), StillHost() if root else _servers()
        if dry_run or not tree.place(LIBRARY).is_dir():
            _show(_found(name, tree), tree)
            return 0
        with locked(tree):
            tell_recovered(recover(tree, host))
            record = _found(name, tree)
            if not force:
                refuse_edited(record, tree.see, "uninstall")
            uninstall(record, tree, host, progress.step, keep_logs=keep_logs)
    if current().json:
        print_json({"state": "uninstalled", "site": record.site.name})
    else:
        kept = ", but its logs" if keep_logs else ""
        say(f"{record.site.name} is uninstalled: nothing of it is left on this host{kept}")
    return 0


def _servers() -> LiveHost:
    """The host's servers; its nginx may have gone since, and then nobody has to be told."""
    try:
        host = this_host("system").host
    except ToolUnusable:
        return LiveHost("nginx", "/run/nginx.pid")
    assert isinstance(host, LiveHost)
    return host


def _found(name: str | None, tree: HostTree) -> Installed:
    sites = installed_sites(tree.root)
    project = str(current().folder)
    record = next(
        (each for each in sites if (each.site.name == name if name else each.project == project)), None
    )
    if record is None:
        known = ", ".join(each.site.name for each in sites)
        raise NotRunning(
            f"no site {name} is installed" if name else f"{project} is not installed on this host",
            f"installed are: {known}; name one with --name" if known else "name the project: --project DIR",
            slug="not-installed",
        )
    return record


def _show(record: Installed, tree: HostTree) -> None:
    first, rest = removal_of(record)
    text = as_diff(needed((*first, *rest), tree.see), tree)
    if current().json:
        print_json({"site": record.site.name, "diff": text})
    else:
        say(text.rstrip("\n"))
