"""`enuf down`."""

from __future__ import annotations

import click

from enuf.cli.naming import site_argument
from enuf.cli.terminal.output import note, print_json, say
from enuf.cli.verb import current, verb


@verb("down", example="enuf down")
@site_argument
@click.option("-f", "--force", "--now", "now", is_flag=True, help="Do not wait for the requests in flight.")
def command(now: bool) -> int:
    """Finish the requests in flight, stop, and leave no process, socket or pid file behind.

    Without a running stack the command says so and exits with 0.
    """
    from enuf.cli.stack import entered_stack
    from enuf.cli.terminal.progress import Progress
    from enuf.control.stop import stop_stack

    paths = entered_stack()
    with Progress("finishing the requests in flight", quiet=current().quiet):
        ran = stop_stack(paths, at_once=now, note=note)
    if current().json:
        print_json({"state": "stopped", "was_running": ran})
    else:
        again = f"; {paths.service} starts again at the next boot" if paths.service else ""
        say(f"stopped{again}" if ran else "nothing was running")
    return 0
