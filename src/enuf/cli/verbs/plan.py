"""`enuf plan`."""

from __future__ import annotations

from typing import Any

import click

from enuf.cli.completion import files
from enuf.cli.options import environment, invocation, settings_flags
from enuf.cli.terminal.output import print_json, remark, say
from enuf.cli.verb import current, verb


@verb("plan", example="enuf plan --json")
@click.argument("target", required=False, shell_complete=files)
@settings_flags
def command(target: str | None, **words: Any) -> int:
    """Show what would run, in full: processes, sockets, files.

    Start and write nothing. Secrets are masked.
    """
    import msgspec

    from enuf.cli.terminal.summary import introduction
    from enuf.plan.masked import masked_plan
    from enuf.plan.steps import pasteable_command
    from enuf.start.plan_only import planned

    plan, warnings = planned(invocation(target, **words), environment())
    plan = masked_plan(plan)
    for warning in warnings:
        remark("warning", warning, fg="yellow")
    if current().json:
        print_json(msgspec.to_builtins(plan))
        return 0
    _, *rest = introduction(plan)
    lines = [f"{plan.name} would be served at {plan.url}", *rest]
    lines += [f"note: {note}" for note in plan.notes]
    lines += [f"runs: {pasteable_command(unit.process, plan)}" for unit in (plan.front, plan.server) if unit]
    lines += [
        f"serves: {folder.url} from {folder.directory} ({folder.owner})" for folder in plan.static_folders
    ]
    lines += [f"sends: {folder.url} from {folder.directory} (static.protected)" for folder in plan.protected]
    lines += [f"writes: {plan.paths.conf}/{file.name}" for file in plan.files]
    say("\n".join(lines))
    return 0
