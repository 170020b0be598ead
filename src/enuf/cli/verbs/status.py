"""`enuf status`."""

from __future__ import annotations

import time
from typing import Any

import click

from enuf.cli.durations import seconds
from enuf.cli.terminal.output import print_json, say
from enuf.cli.verb import current, verb
from enuf.errors import AnswerIsNo, NotRunning

LOOK_EVERY_S = 0.1
SERVES = ("serving", "reloading")


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
    from enuf.cli.terminal.progress import Progress
    from enuf.cli.terminal.status_view import screen

    with Progress("waiting until it serves", quiet=current().quiet):
        found = _look_until(time.monotonic() + wait)
    if current().json:
        print_json(found)
    else:
        say(screen(found))
    return 0 if found["state"] in SERVES else AnswerIsNo.exit_code


def _look_until(deadline_s: float) -> dict[str, Any]:
    """Ask until the stack serves or the deadline passes. Return the last status."""
    from enuf.cli.stack import entered_stack
    from enuf.cli.terminal.status_view import look

    while True:
        is_last = time.monotonic() >= deadline_s
        try:
            found = look(entered_stack())
            if is_last or found["state"] in SERVES:
                return found
        except (NotRunning, AnswerIsNo):
            if is_last:
                raise
        time.sleep(LOOK_EVERY_S)
