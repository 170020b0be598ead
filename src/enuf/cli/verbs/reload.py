"""`enuf reload`."""

from __future__ import annotations

import click

from enuf.cli.terminal.output import note, print_json, remark, say
from enuf.cli.verb import current, verb


@verb("reload", example="enuf reload")
@click.option(
    "--workers",
    is_flag=True,
    help="Without a second copy of the app in memory; its limits: docs/en/how-to/reload.md.",
)
def command(workers: bool) -> int:
    """Take new code and settings without losing a request.

    The new version is imported, started on a socket of its own and asked for a page. Only then does the new
    version get the traffic. After a failure the old version serves on, and the reason is shown (exit 7).
    """
    from enuf.cli.stack import entered_stack
    from enuf.cli.terminal.progress import Progress
    from enuf.control.client import ask_supervisor
    from enuf.model.protocol import ReloadReply, ReloadRequest, StatusRequest
    from enuf.model.status import StackStatus

    with Progress("reloading", quiet=current().quiet):
        paths = entered_stack()
        reply = ask_supervisor(paths, ReloadRequest("in_place" if workers else "full"), ReloadReply)
    if paths.service:
        for warning in ask_supervisor(paths, StatusRequest(), StackStatus).warnings:
            remark("warning", warning, fg="yellow")
    if current().json:
        shown = {"state": "serving", "generation": reply.generation, "url": reply.url, "note": reply.note}
        print_json(shown)
    else:
        say(f"generation {reply.generation} serves at {reply.url}")
        if reply.note:
            note(reply.note)
    return 0
