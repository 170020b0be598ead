"""`enuf clean`."""

from __future__ import annotations

from enuf.cli.terminal.output import print_json, printable, say
from enuf.cli.verb import current, verb


@verb("clean", example="enuf clean")
def command() -> int:
    """Remove the runtime folder of the project when no stack runs in it, and those of projects that are gone.

    End the processes that a killed stack of the project left. What is in a project stays: its configs and logs are
    in .enuf.
    """
    from enuf.cli.stack import located_stack
    from enuf.control.cleaning import clean_runtime_folders

    removed = clean_runtime_folders(located_stack())
    if current().json:
        print_json({"removed": removed})
    else:
        say("\n".join(f"removed {printable(folder)}" for folder in removed) or "nothing to remove")
    return 0
