"""`enuf uninstall`."""

from __future__ import annotations

from pathlib import Path

import click

from enuf.cli.verb import verb


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
def command(name: str | None, dry_run: bool, root: Path | None, force: bool, keep_logs: bool) -> int:
    """Remove the app from this host, which is then as before the install.

    nginx stops asking it, the service finishes the requests in flight and ends, and every file and folder that
    `enuf install` made goes, with the logs. If anything fails, the app goes on being served (exit 10).
    """
    from enuf.cli.uninstall_view import run_uninstall

    return run_uninstall(name, root, dry_run=dry_run, force=force, keep_logs=keep_logs)
