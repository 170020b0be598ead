"""`enuf restart`."""

from __future__ import annotations

from typing import Any

import click

from enuf.cli.options import environment, invocation, settings_flags
from enuf.cli.verb import current, verb
from enuf.errors import Conflict


@verb("restart", example="enuf restart app.py")
@click.argument("target", required=False)
@settings_flags
def command(target: str | None, **words: Any) -> int:
    """Down and up again, in the background. This DROPS the requests of that moment; `enuf reload` drops none.

    For what cannot change while the stack runs: another address, another topology, another nginx. Flags count as they
    do for `up`; those of the stack that ran are not remembered. What can be seen to be wrong before leaves it running.
    """
    from enuf.cli.stack_client import known_paths
    from enuf.cli.stop import end_as_owner
    from enuf.model.service_commands import SYSTEMD
    from enuf.start.foreground import launch
    from enuf.start.plan_only import planned

    asked, flags = invocation(target, **words), current()
    paths = known_paths()
    if paths.service:
        raise Conflict(
            f"this project is the service {paths.service}",
            f"sudo {SYSTEMD.control('restart', paths.service)}",
        )
    planned(asked, environment())
    end_as_owner(paths, quiet=flags.quiet)
    return launch(asked, environment(), detach=True, flags=flags)
