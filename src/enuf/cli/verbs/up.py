"""`enuf up`."""

from __future__ import annotations

from typing import Any

import click

from enuf.cli.completion import files
from enuf.cli.options import environment, invocation, settings_flags
from enuf.cli.verb import current, verb


@verb("up", example="enuf up app.py --listen 127.0.0.1:8000 --processes 4")
@click.argument("target", required=False, shell_complete=files)
@click.option(
    "-d",
    "-D",
    "--daemon",
    "--detach",
    "detach",
    is_flag=True,
    help="Go to the background once the stack serves.",
)
@click.option(
    "--reload", "--dev", "dev", is_flag=True, help="Reload when a file changes; show errors in the browser."
)
@click.option("--explain", is_flag=True, help="First say what you would type to do all of it by hand.")
@settings_flags
def command(target: str | None, detach: bool, dev: bool, explain: bool, **words: Any) -> int:
    """Serve the app: nginx, a unix socket, uWSGI, your app.

    TARGET is what Flask's --app takes: app.py, package.module, module:name, 'module:create_app("prod")'.
    Without TARGET, enuf looks where Flask looks. The command stays in the foreground and shows what the app
    prints, errors, and requests that failed (every request with --dev). Ctrl-C stops gracefully, twice at once.
    """
    from enuf.cli.terminal.reporter import TerminalReporter
    from enuf.start.foreground import launch

    invoked, flags = invocation(target, dev, project=current().typed_folder, **words), current()
    terminal = TerminalReporter(quiet=flags.quiet, as_json=flags.json, dev=dev)
    silent = "enuf.cli.silent_program" if flags.quiet and not flags.json else ""
    return launch(invoked, environment(), terminal, detach=detach, explain=explain, silent_program=silent)
