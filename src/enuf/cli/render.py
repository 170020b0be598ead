"""`enuf render`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from enuf.cli.asking import environment, invocation, settings_flags
from enuf.cli.output import print_json, say, writing_to
from enuf.cli.verb import current, verb


@verb("render", example="enuf render ./site")
@click.argument("folder", metavar="DIR")
@click.argument("target", required=False)
@settings_flags
def command(folder: str, target: str | None, **words: Any) -> int:
    """Write every config file to DIR, complete and commented: they run without enuf, each header says how."""
    from enuf.cli.planning import planned
    from enuf.render.write import rendered_paths, write_plan

    place = Path(folder).resolve()
    asked = invocation(target, **words)
    plan, _ = planned(asked, environment(), rendered_paths(current().folder, place))
    with writing_to(place):
        written = write_plan(plan)
    if current().json:
        print_json({"files": [str(path) for path in written]})
    else:
        say("\n".join(str(path) for path in written))
    return 0
