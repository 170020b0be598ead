"""`enuf install`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from enuf.cli.completion import files
from enuf.cli.options import invocation, settings_flags
from enuf.cli.site_options import site_name_option, taken_install_options
from enuf.cli.verb import current, verb


@verb("install", example="enuf install --domain shop.example.com")
@click.argument("target", required=False, shell_complete=files)
@click.option(
    "--domain",
    "domains",
    metavar="NAME",
    multiple=True,
    help="Host name of the site, as visitors type it; repeatable.",
)
@site_name_option
@click.option(
    "--user",
    metavar="NAME",
    help="User that runs the app (default: the project's owner; if that is root, a temporary user of systemd).",
)
@click.option(
    "--writable",
    metavar="PATH",
    multiple=True,
    help="Path that the app may write too, besides those of earlier installs; repeatable.",
)
@click.option(
    "--not-writable",
    metavar="PATH",
    multiple=True,
    help="Path of an earlier --writable that the app may write no longer; repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Show the whole change as a diff, and change nothing.")
@click.option(
    "--root",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Install into the tree of an image: write files, start no program.",
)
@click.option(
    "--force", is_flag=True, help="Also overwrite files of the site that were changed after enuf wrote them."
)
@click.option("--yes", is_flag=True, help="Do not ask before a change that may lose requests.")
@settings_flags
def command(target: str | None, **words: Any) -> int:
    """Install the app on this host: a site of the host's own nginx, and a service that starts at boot.

    All or nothing: enuf writes the files, lets nginx test its whole configuration, starts the service and sends a real
    request through nginx. If a step fails, the host is as it was before (exit 10). Files of others are not changed.
    Without --listen the site is at port 80, beside the host's other sites. `enuf uninstall` removes everything again.
    """  # fmt: skip
    from enuf.cli.install_view import run_install

    options = taken_install_options(words)
    return run_install(invocation(target, project=current().typed_folder, **words), options)
