"""`enuf restart`."""

from __future__ import annotations

from typing import Any

import click

from enuf.cli.completion import files
from enuf.cli.options import environment, invocation, settings_flags
from enuf.cli.terminal.output import note
from enuf.cli.verb import current, verb
from enuf.errors import Conflict


@verb("restart", example="enuf restart app.py")
@click.argument("target", required=False, shell_complete=files)
@settings_flags
def command(target: str | None, **words: Any) -> int:
    """Stop the stack and start it again in the background.

    This DROPS the requests of that moment; `enuf reload` drops none.

    A restart changes what a reload cannot: the address, the topology, nginx itself. Flags mean what they mean
    for `up`; the flags of the running stack are not remembered. Faults that show beforehand leave the stack
    running.
    """
    from enuf.cli.naming import name_site
    from enuf.cli.site_names import is_site
    from enuf.cli.stack import located_stack
    from enuf.cli.terminal.progress import Progress
    from enuf.cli.terminal.reporter import TerminalReporter
    from enuf.control.stop import stop_as_owner
    from enuf.start.foreground import launch
    from enuf.start.plan_only import planned

    flags = current()
    if target and is_site(target) and not _is_here(target):
        name_site(target)
    paths = located_stack()
    if paths.service:
        raise Conflict(
            f"{flags.site or 'this project'} is the service {paths.service}",
            f"sudo {paths.service_commands.control('restart', paths.service)}",
        )
    invoked = invocation(target, project=flags.typed_folder, **words)
    planned(invoked, environment())
    with Progress("finishing the requests in flight", quiet=flags.quiet):
        stop_as_owner(paths, note=note)
    terminal = TerminalReporter(quiet=flags.quiet, as_json=flags.json)
    return launch(invoked, environment(), terminal, detach=True)


def _is_here(target: str) -> bool:
    """Return True for a module or a package of the project, which has a word of its own meaning before a site has it."""
    folder = current().typed_folder
    return (folder / f"{target}.py").is_file() or (folder / target / "__init__.py").is_file()
