"""`flask --app X enuf …`: the same verbs, with the same errors and exit codes, below Flask's command line."""

from __future__ import annotations

import click


@click.command(
    "enuf",
    short_help="Serve with nginx and uWSGI: enuf up, down, reload, status.",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def flask_command(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Pass everything after `enuf` to enuf's own command line."""
    from flask.cli import ScriptInfo

    from enuf.cli.errors import run
    from enuf.cli.root import root
    from enuf.cli.terminal.streams import ensure_std_streams

    ensure_std_streams()
    ctx.exit(run(root, words, ctx.command_path, ctx.find_object(ScriptInfo)))
