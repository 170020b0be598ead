"""`enuf install`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from enuf.cli.options import invocation, settings_flags
from enuf.cli.verb import verb


@verb("install", example="enuf install --domain shop.example.com")
@click.argument("target", required=False)
@click.option(
    "--domain", "domains", metavar="NAME", multiple=True, help="The name that visitors type; repeatable."
)
@click.option(
    "--name", metavar="NAME", help="The site's name on this host (default: that of the project's folder)."
)
@click.option(
    "--user",
    metavar="NAME",
    help="Who runs the app (default: the project's owner; if that is root, a user without a name).",
)
@click.option(
    "--writable",
    metavar="PATH",
    multiple=True,
    help="What the app may write, besides its own /tmp; repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Show the whole change as a diff, and touch nothing.")
@click.option(
    "--root",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Into the tree of an image: files only.",
)
@click.option("--force", is_flag=True, help="Also over files of the site that somebody has changed since.")
@settings_flags
def command(target: str | None, **words: Any) -> int:
    """Put the app on this host for good: a site of the host's own nginx, and a service that starts at boot.

    All or nothing: files, nginx's test of its whole configuration, the service, and a real request through nginx. If
    anything fails, the host is as it was before (exit 10). No file is touched that enuf has not written.
    Without --listen the site is at port 80, beside the host's other sites. `enuf uninstall` takes everything back.
    """  # fmt: skip
    from enuf.cli.install_view import run_install
    from enuf.install.requests import InstallOptions

    options = InstallOptions(**{key: words.pop(key) for key in InstallOptions.__struct_fields__})
    return run_install(invocation(target, **words), options)
