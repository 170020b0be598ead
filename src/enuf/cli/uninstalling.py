"""From the words of `enuf uninstall` to an empty place."""

from __future__ import annotations

from pathlib import Path

from enuf.cli.installing import tell_recovered
from enuf.cli.output import print_json, say
from enuf.cli.progress import Progress
from enuf.cli.sudo import refuse_without_root
from enuf.cli.verb import current
from enuf.errors import NotRunning
from enuf.install.contents import needed, refuse_edited, removal_of
from enuf.install.ground import Ground, this_host, tree_below
from enuf.install.sequence import uninstall
from enuf.install.services import refuse_without_systemd
from enuf.install.show import as_diff
from enuf.install.transaction import locked, recover
from enuf.model.site import LIBRARY, Installed
from enuf.system.sites import installed_sites, site_of


def run_uninstall(name: str | None, root: Path | None, *, dry_run: bool, force: bool, keep_logs: bool) -> int:
    """The site is gone, or the change shown. Raises EnufError."""
    if root is None and not dry_run:
        refuse_without_root("change the sites and services of this host")
        refuse_without_systemd()
    with Progress("uninstalling", quiet=current().quiet) as progress:
        ground = tree_below(root) if root else this_host("embedded")
        if dry_run or not ground.tree.place(LIBRARY).is_dir():
            _show(_found(name, ground), ground)
            return 0
        with locked(ground.tree):
            tell_recovered(recover(ground.tree, ground.host))
            record = _found(name, ground)
            if not force:
                refuse_edited(record, ground.tree.see, "uninstall")
            uninstall(record, ground.tree, ground.host, progress.step, keep_logs=keep_logs)
    if current().json:
        print_json({"state": "uninstalled", "site": record.site.name})
    else:
        say(
            f"{record.site.name} is uninstalled: nothing of it is left on this host{', but its logs' if keep_logs else ''}"
        )
    return 0


def _found(name: str | None, ground: Ground) -> Installed:
    sites = installed_sites(ground.tree.root)
    project = None if name else current().folder
    record = (
        site_of(project, ground.tree.root)
        if project
        else next((each for each in sites if each.site.name == name), None)
    )
    if record is None:
        known = ", ".join(each.site.name for each in sites)
        raise NotRunning(
            f"no site {name} is installed" if name else f"{project} is not installed on this host",
            f"installed are: {known}; name one with --name" if known else "name the project: --project DIR",
            slug="not-installed",
        )
    return record


def _show(record: Installed, ground: Ground) -> None:
    first, rest = removal_of(record)
    text = as_diff(needed((*first, *rest), ground.tree.see), ground.tree)
    if current().json:
        print_json({"site": record.site.name, "diff": text})
    else:
        say(text.rstrip("\n"))
