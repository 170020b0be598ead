"""`enuf reload`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from enuf.cli.naming import site_argument
from enuf.cli.terminal.output import note, print_json, remark, say
from enuf.cli.verb import current, verb

if TYPE_CHECKING:
    from enuf.model.paths import StackPaths


@verb("reload", example="enuf reload")
@site_argument
@click.option(
    "--workers",
    is_flag=True,
    help="Without a second copy of the app in memory; its limits: how-to/reload.md of the documentation (enuf help).",
)
@click.option("--own-environment", is_flag=True, hidden=True)
def command(workers: bool, own_environment: bool) -> int:
    """Take new code and settings without losing a request.

    The new version is imported, started on a socket of its own and asked for a page. Only then does the new
    version get the traffic. After a failure the old version serves on, and the reason is shown (exit 7).
    An installed site that has failed, so that nothing serves, is started again.
    """
    from enuf.cli.stack import located_stack
    from enuf.cli.terminal.progress import Progress
    from enuf.control.client import ask_supervisor, enter_located
    from enuf.control.shell_variables import not_taken
    from enuf.model.protocol import ReloadReply, ReloadRequest, StatusRequest
    from enuf.model.status import StackStatus

    with Progress("reloading", quiet=current().quiet):
        located = located_stack()
        if _is_revived(located):
            return 0
        paths = enter_located(located)
        # Only the service manager says the flag: it has read the files of the service's variables as root.
        environment = dict(os.environ) if own_environment else None
        request = ReloadRequest("in_place" if workers else "full", environment=environment)
        reply = ask_supervisor(paths, request, ReloadReply)
    status = ask_supervisor(paths, StatusRequest(), StackStatus)
    for warning in status.warnings if paths.service else ():
        remark("warning", warning, fg="yellow")
    for text in reply.ran:
        note(text)
    if not current().quiet and not paths.service:  # a service has its own variables, never a shell's
        _tell_of_variables(not_taken(status.supervisor.pid, os.environ))
    if current().json:
        shown = {
            "state": "serving",
            "generation": reply.generation,
            "url": reply.url,
            "note": reply.note,
            "ran": list(reply.ran),
        }
        print_json(shown)
    else:
        say(f"generation {reply.generation} serves at {reply.url}")
        if reply.note:
            note(reply.note)
    return 0


def _is_revived(paths: StackPaths) -> bool:
    """Start a failed site again, and print where it serves. Return False for every other stack. Raise NotReady."""
    from enuf.control.client import ask_supervisor
    from enuf.model.protocol import StatusRequest
    from enuf.model.status import StackStatus
    from enuf.sites.revive import revive_failed

    if not paths.site or not revive_failed(paths.site, paths):
        return False
    status = ask_supervisor(paths, StatusRequest(), StackStatus)
    told = "it had failed, and was started again"
    if current().json:
        print_json({"state": "serving", "generation": status.generation, "url": status.url, "note": told})
    else:
        say(f"generation {status.generation} serves at {status.url}")
        note(told)
    return True


def _tell_of_variables(names: tuple[str, ...]) -> None:
    """Print a note about variables that have another value in this shell than in the stack."""
    if names:
        have = "has" if len(names) == 1 else "have"
        note(
            f"{', '.join(names[:5])} {have} another value here than at the start: a reload reads the env files anew, "
            "not the shell; write the value into .env, or use enuf restart"
        )
