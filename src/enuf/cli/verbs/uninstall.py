"""`enuf uninstall`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from enuf.cli.site_names import names_of_sites
from enuf.cli.verb import current, verb


@verb("uninstall", example="enuf uninstall shop")
@click.argument("site", required=False, shell_complete=names_of_sites)
@click.option(
    "--name",
    metavar="NAME",
    help="Name of the site on this host, as SITE (default: the site of this project).",
)
@click.option("--dry-run", is_flag=True, help="Show the whole change as a diff, and change nothing.")
@click.option(
    "--root",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Uninstall from the tree of an image.",
)
@click.option(
    "--force", is_flag=True, help="Also remove files of the site that were changed after enuf wrote them."
)
@click.option("--keep-logs", is_flag=True, help="Keep the logs.")
def command(site: str | None, **words: Any) -> int:
    """Remove the app from this host, which is then as before the install.

    nginx stops sending requests to the app, the service finishes the requests in flight and stops, and every
    file and folder that `enuf install` made is removed, with the logs. If a step fails, the app is served as
    before (exit 10).
    """
    from enuf.cli.uninstall_view import run_uninstall
    from enuf.install.requests import UninstallOptions

    if site and words["name"]:
        raise click.UsageError(f"{site} and --name {words['name']} both name a site: keep one of them")
    words["name"] = words["name"] or site
    project = "" if words["name"] else str(current().folder)
    return run_uninstall(UninstallOptions(project=project, **words))
