"""`enuf status`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from enuf.cli.durations import seconds
from enuf.cli.terminal.output import print_json, say_as_is
from enuf.cli.verb import current, verb
from enuf.errors import AnswerIsNo, NotRunning

if TYPE_CHECKING:
    from enuf.cli.terminal.status_view import StatusView

READ_EVERY_S = 0.1


@verb("status", example="enuf status --wait 30s")
@click.option(
    "--wait",
    type=seconds,
    default="0s",
    metavar="TIME",
    help="Wait up to TIME until the stack serves, for example 30s.",
)
def command(wait: float) -> int:
    """Show the running stack on one screen. Exit 3 when no stack runs, 1 when the stack does not serve."""
    import msgspec

    from enuf.cli.terminal.progress import Progress
    from enuf.cli.terminal.status_screen import screen

    with Progress("waiting until it serves", quiet=current().quiet):
        status = _wait_for_status(time.monotonic() + wait)
    if current().json:
        print_json(msgspec.to_builtins(status))
    else:
        say_as_is(screen(status))
    return 0 if status.serves else AnswerIsNo.exit_code


def _wait_for_status(deadline_s: float) -> StatusView:
    """Ask until the stack serves or the deadline passes. Return the last status."""
    from enuf.cli.stack import entered_stack
    from enuf.cli.terminal.status_view import read_status

    while True:
        is_last = time.monotonic() >= deadline_s
        try:
            status = read_status(entered_stack())
            if is_last or status.serves:
                return status
        except (NotRunning, AnswerIsNo):
            if is_last:
                raise
        time.sleep(READ_EVERY_S)
