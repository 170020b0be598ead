"""`enuf help`."""

from __future__ import annotations

import click

from enuf.cli.verb import verb


@verb("help", example="enuf help up")
@click.argument("name", metavar="[VERB]", required=False)
def command(name: str | None) -> int:
    """Show all verbs, or the help of one."""
    from enuf.cli.root import root

    with root.make_context("enuf", [*filter(None, [name]), "--help"]) as context:
        root.invoke(context)
    return 0
