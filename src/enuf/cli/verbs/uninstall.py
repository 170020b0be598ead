"""`enuf uninstall`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from enuf.cli.verb import current, verb


@verb("uninstall", example="enuf uninstall")
@click.option(
    "--name", metavar="NAME", help="The site's name on this host (default: the site of this project)."
)
@click.option("--dry-run", is_flag=True, help="Show the whole change as a diff, and touch nothing.")
@click.option(
    "--root",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="From the tree of an image.",
)
@click.option("--force", is_flag=True, help="Also files of the site that somebody has changed since.")
@click.option("--keep-logs", is_flag=True, help="Leave the logs where they are.")
def command(**words: Any) -> int:
    """Remove the app from this host, which is then as before the install.

    nginx stops asking it, the service finishes the requests in flight and ends, and every file and folder that
    `enuf install` made goes, with the logs. If anything fails, the app goes on being served (exit 10).
    """
    from enuf.cli.uninstall_view import run_uninstall
    from enuf.install.requests import UninstallOptions

    project = "" if words["name"] else str(current().folder)
    return run_uninstall(UninstallOptions(project=project, **words))
