"""The printed result of `enuf uninstall`."""

from __future__ import annotations

import shlex

from enuf.cli.install_view import show_change, warn
from enuf.cli.terminal.output import print_json, say
from enuf.cli.terminal.progress import Progress
from enuf.cli.verb import current
from enuf.install.actions import (
    OperationReporter,
    folders_that_stay,
    kept_after_uninstall,
    refuse_unable,
    show_uninstall,
    uninstall_site,
)
from enuf.install.replaced import back_in_nginx
from enuf.install.requests import UninstallOptions


def run_uninstall(options: UninstallOptions) -> int:
    """Uninstall the site, or show the change. Return the exit status. Raise EnufError."""
    refuse_unable(options.root, dry_run=options.dry_run)
    with Progress("uninstalling", quiet=current().quiet) as progress:
        if options.dry_run:
            show_change(show_uninstall(options))
            return 0
        record = uninstall_site(options, OperationReporter(progress.step, warn))
        left = kept_after_uninstall(record, options)
    if current().json:
        print_json({"state": "uninstalled", "site": record.site.name, "kept": list(left)})
    else:
        where = f"in {options.root}" if options.root else "on this host"
        kept = ", but its logs" if options.keep_logs else ""
        if not left:
            say(f"{record.site.name} is uninstalled: nothing of it is left {where}{kept}")
        else:
            say(f"{record.site.name} is uninstalled: only the app's own files are left {where}{kept}")
            say(f"  the app's data and secrets; to remove them too: rm -r {' '.join(map(shlex.quote, left))}")
        for path in back_in_nginx(record):
            say(f"  nginx reads {path} again, as before enuf adopted that site")
        for folder in folders_that_stay(record, options.root):
            say(f"  {folder} is root's own and stays")
    return 0
