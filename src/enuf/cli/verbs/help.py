"""`enuf help`."""

from __future__ import annotations

import click

from enuf.cli.completion import verbs
from enuf.cli.verb import verb


@verb("help", example="enuf help up")
@click.argument("words", metavar="[VERB]", nargs=-1, shell_complete=verbs)
def command(words: tuple[str, ...]) -> int:
    """Show all verbs, or the help of one."""
    from enuf.cli.root import root

    with root.make_context("enuf", [*words[:1], "--help"]) as context:
        root.invoke(context)
    return 0
