"""`enuf adopt`."""

from __future__ import annotations

from typing import Any

import click

from enuf.cli.options import invocation, settings_flags
from enuf.cli.site_options import site_name_option, taken_install_options
from enuf.cli.verb import verb


@verb("adopt", example="enuf adopt --dry-run")
@click.option(
    "--domain",
    "domains",
    metavar="NAME",
    multiple=True,
    help="Host name of the site, as visitors type it, in place of the old site's; repeatable.",
)
@site_name_option
@click.option(
    "--user", metavar="NAME", help="User that runs the app (default: the old server's, unless that is root)."
)
@click.option(
    "--writable",
    metavar="PATH",
    multiple=True,
    help="Path that the app may write, besides its own /tmp; repeatable.",
)
@click.option(
    "--dry-run", is_flag=True, help="Show what was found and the whole change as a diff, and change nothing."
)
@click.option("--force", is_flag=True, help="Leave out what enuf does not take over.")
@settings_flags
def command(**words: Any) -> int:
    """Take over the hand-made site of this project: a server block of the host's nginx, and the uWSGI or gunicorn behind it.

    enuf reads both and the unit that starts the server, says what is taken over and what is not, installs its own service
    beside the old one, and lets nginx change from one to the other in one reload. A real request proves the new site, else
    the old one serves as before (exit 10). The old server runs on until you stop it: the commands for that are printed.
    Until then `enuf uninstall` puts the old site back.
    """  # fmt: skip
    from enuf.cli.adopt_view import run_adopt

    options = taken_install_options(words)
    return run_adopt(invocation(None, **words), options)
