"""`enuf restart`."""

from __future__ import annotations

from typing import Any

import click

from enuf.cli.asking import environment, invocation, settings_flags
from enuf.cli.verb import current, verb


@verb("restart", example="enuf restart app.py")
@click.argument("target", required=False)
@settings_flags
def command(target: str | None, **words: Any) -> int:
    """Down and up again, in the background. This DROPS the requests of that moment; `enuf reload` drops none.

    For what cannot change while the stack runs: another address, another topology, another nginx. Flags count as they
    do for `up`; those of the stack that ran are not remembered.
    """
    from enuf.cli.ending import end
    from enuf.cli.launch import launch

    asked = invocation(target, **words)
    end(current().folder, at_once=False)
    return launch(asked, environment(), detach=True, flags=current())
