"""`enuf render`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from enuf.cli.asking import environment, invocation, settings_flags
from enuf.cli.output import print_json, say
from enuf.cli.verb import current, verb
from enuf.errors import SettingsInvalid


@verb("render", example="enuf render ./site")
@click.argument("folder", metavar="DIR")
@click.argument("target", required=False)
@settings_flags
def command(folder: str, target: str | None, **words: Any) -> int:
    """Write every config file to DIR, complete and commented: they run without enuf, each header says how."""
    from enuf.prepare import full_plan
    from enuf.render.write import rendered_paths, write_plan

    place = Path(folder).absolute()
    asked = invocation(target, **words)
    plan = full_plan(asked, environment(), rendered_paths(current().folder, place))
    try:
        written = write_plan(plan)
    except OSError as error:
        raise SettingsInvalid(
            f"{place} cannot be written: {error.strerror}", "choose another folder"
        ) from error
    if current().json:
        print_json({"files": [str(path) for path in written]})
    else:
        say("\n".join(str(path) for path in written))
    return 0
