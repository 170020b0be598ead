"""`enuf plan`."""

from __future__ import annotations

from typing import Any

import click

from enuf.cli.asking import environment, invocation, settings_flags
from enuf.cli.output import print_json, say
from enuf.cli.verb import current, verb


@verb("plan", example="enuf plan --json")
@click.argument("target", required=False)
@settings_flags
def command(target: str | None, **words: Any) -> int:
    """What would run, in full: processes, sockets, files. Starts nothing and writes nothing."""
    import msgspec

    from enuf.cli.report import introduction
    from enuf.prepare import full_plan
    from enuf.system.place import locate

    asked = invocation(target, **words)
    plan = full_plan(asked, environment(), locate(current().folder))
    if current().json:
        print_json(msgspec.to_builtins(plan))
        return 0
    lines = introduction(plan)
    lines += [f"note: {note}" for note in plan.notes]
    lines += [f"runs: {' '.join(unit.process.argv)}" for unit in (plan.front, plan.server) if unit]
    lines += [
        f"serves: {folder.url} from {folder.directory} ({folder.owner})" for folder in plan.static_folders
    ]
    lines += [f"writes: {plan.paths.conf}/{file.name}" for file in plan.files]
    say("\n".join(lines))
    return 0
