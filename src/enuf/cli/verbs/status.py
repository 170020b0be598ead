"""`enuf status`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from enuf.cli.durations import seconds
from enuf.cli.naming import site_argument
from enuf.cli.terminal.output import print_json, say_as_is
from enuf.cli.verb import current, verb
from enuf.errors import AnswerIsNo, NotRunning

if TYPE_CHECKING:
    from enuf.cli.terminal.site_status import DownView, ServiceLook
    from enuf.cli.terminal.status_view import StatusView
    from enuf.model.paths import StackPaths

READ_EVERY_S = 0.1


@verb("status", example="enuf status --wait 30s")
@site_argument
@click.option(
    "--wait",
    type=seconds,
    default="0s",
    metavar="TIME",
    help="Wait up to TIME until the stack serves, for example 30s.",
)
def command(wait: float) -> int:
    """Show the running stack on one screen. Exit 3 when no stack runs, 1 when the stack does not serve.

    SITE is the name of an installed site. Its status covers the host's nginx and its service: a site whose visitors
    get no answer does not serve.
    """
    import msgspec

    from enuf.cli.terminal.progress import Progress
    from enuf.cli.terminal.site_status import DownView, down_screen
    from enuf.cli.terminal.status_screen import screen

    with Progress("waiting until it serves", quiet=current().quiet):
        paths, status = _wait_for_status(time.monotonic() + wait)
    if current().json:
        print_json(msgspec.to_builtins(status))
    else:
        say_as_is(down_screen(status, paths) if isinstance(status, DownView) else screen(status))
    return 0 if status.serves else AnswerIsNo.exit_code


def _wait_for_status(deadline_s: float) -> tuple[StackPaths, StatusView | DownView]:
    """Ask until the stack serves or the deadline passes. Return its folders and the last status."""
    from enuf.cli.stack import located_stack
    from enuf.cli.terminal.site_status import look_at_service
    from enuf.cli.terminal.status_view import read_status
    from enuf.control.client import enter_located

    paths = located_stack()
    while True:
        is_last = time.monotonic() >= deadline_s
        look = look_at_service(paths, asks_why=is_last)
        try:
            paths = enter_located(paths)
            status = read_status(paths, look)
            if is_last or status.serves:
                return paths, _of_last_run(status, look)
        except (NotRunning, AnswerIsNo):
            if look and look.down:
                return paths, look.down
            if is_last:
                raise
        time.sleep(READ_EVERY_S)
        if not paths.service:  # a start may have chosen another place
            paths = located_stack()


def _of_last_run(status: StatusView, look: ServiceLook | None) -> StatusView | DownView:
    """Return the status, or of a failed site that is just being tried again what it failed of: the try is no news yet."""
    down = look.down if look and status.state == "starting" else None
    return down if down and down.state == "failed" else status
