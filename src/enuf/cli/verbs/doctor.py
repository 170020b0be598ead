"""`enuf doctor`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from enuf.cli.verb import current, verb


@verb("doctor", example="enuf doctor site.conf uwsgi.ini --fix --diff")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True, path_type=Path))
@click.option("--fix", is_flag=True, help="Apply the safe fixes; a copy of each file is kept.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "advice"]),
    default="error",
    show_default=True,
    help="Exit 1 from this severity on.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="How to print the findings.",
)
def command(paths: tuple[Path, ...], fix: bool, diff: bool, fail_on: str, style: str) -> int:
    """Find faults in nginx sites, uWSGI configurations, units and apps, and say how to cure them.

    PATH is a file or a folder (default: the project and its installed files). Where no other server is described, an app is
    examined as enuf would serve it. The doctor only reads: it starts and
    imports nothing and asks nothing over the network. A comment `# enuf: ignore[U003]` on the line, or on the line
    above it, suppresses that code there.
    """  # fmt: skip
    from enuf.cli.terminal.doctor_view import Examined, diagnose
    from enuf.start.own_server import is_enufs, own_server
    from enuf.system.sites import files_of_site

    flags = current()
    project = flags.folder if not paths or flags.project else Path(os.path.realpath(os.curdir))
    chosen = paths or (project, *files_of_site(project))
    is_among = any(os.path.realpath(path) == str(project) for path in chosen)
    return diagnose(
        Examined(
            paths=chosen,
            project=str(project) if is_among else "",
            is_enufs=is_enufs(project),
            find_own=lambda: own_server(project, os.environ),
        ),
        fix=fix,
        diff=diff,
        fail_on=fail_on,
        style="json" if flags.json else style,
    )
