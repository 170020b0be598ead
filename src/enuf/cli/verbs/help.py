"""`enuf help`."""

from __future__ import annotations

import click

from enuf.cli.verb import verb


@verb("help", example="enuf help up")
@click.argument("name", metavar="[VERB]", required=False)
def command(name: str | None) -> int:
    """Show all verbs, or the help of one."""
    from enuf.cli.root import root

    above = click.Context(root, info_name="enuf", **root.context_settings)
    if name is None:
        click.echo(root.get_help(above))
        return 0
    _, found, _ = root.resolve_command(above, [name])
    assert found is not None  # an unknown name is a usage error
    click.echo(
        found.get_help(click.Context(found, info_name=found.name, parent=above, **found.context_settings))
    )
    return 0
