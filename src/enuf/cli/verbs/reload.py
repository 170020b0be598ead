"""`enuf reload`."""

from __future__ import annotations

import click

from enuf.cli.terminal.output import print_json, remark, say
from enuf.cli.verb import current, verb


@verb("reload", example="enuf reload")
@click.option(
    "--workers",
    is_flag=True,
    help="Without a second copy of the app in memory; its limits: docs/en/how-to/reload.md.",
)
def command(workers: bool) -> int:
    """Take new code and settings without losing a request.

    The new version is imported, started on a socket of its own and asked for a page. Only then does the new version
    get the traffic. After a failure the old version serves on, and the reason is shown (exit 7).
    """
    from enuf.cli.stack import entered_stack
    from enuf.cli.terminal.progress import Progress
    from enuf.control.client import ask
    from enuf.system.orders import Order

    with Progress("reloading", quiet=current().quiet):
        paths = entered_stack()
        answer = ask(paths, Order("reload", "in_place" if workers else "full"))
    if paths.service:
        for warning in ask(paths, Order("status"))["warnings"]:
            remark("warning", warning, fg="yellow")
    if current().json:
        print_json({"state": "serving", **answer})
    else:
        say(f"generation {answer['generation']} serves at {answer['url']}")
    return 0
