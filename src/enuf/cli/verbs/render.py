"""`enuf render`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from enuf.cli.completion import files, folders
from enuf.cli.options import environment, invocation, settings_flags
from enuf.cli.terminal.output import print_json, say_as_is, writing_to
from enuf.cli.verb import current, verb


@verb("render", example="enuf render ./site")
@click.argument("folder", metavar="DIR", shell_complete=folders)
@click.argument("target", required=False, shell_complete=files)
@click.option("--plain", is_flag=True, help="The short files that one writes by hand: two inis and a site.")
@settings_flags
def command(folder: str, target: str | None, plain: bool, **words: Any) -> int:
    """Write every config file to DIR, complete and commented, to run without enuf.

    Each file's header says how.
    With --plain the files are short, as one writes them by hand: to read, to copy into /etc/nginx and to edit.
    """
    from msgspec.structs import replace

    from enuf.render.write import rendered_paths, write_plan
    from enuf.start.plan_only import planned
    from enuf.start.privileges import with_rights_of_keeper

    place = Path(folder).resolve()
    invoked = replace(invocation(target, **words), rendered=True)
    plan, _ = planned(invoked, environment(), rendered_paths(current().folder, place))
    if plain:
        from enuf.cli.plain import write_plain_plan

        written = write_plain_plan(plan, invoked, environment(), Path(folder))
    else:
        with with_rights_of_keeper(Path(folder)), writing_to(place):  # a link is judged, too
            written = write_plan(plan)
    if current().json:
        print_json({"files": [str(path) for path in written]})
    else:
        say_as_is("\n".join(str(path) for path in written))
    return 0
