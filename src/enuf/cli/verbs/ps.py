"""`enuf ps`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from enuf.cli.terminal.output import note, print_json, printable, say_as_is
from enuf.cli.verb import current, verb
from enuf.cli.widths import aligned
from enuf.language.spoken import translated, translated_label

if TYPE_CHECKING:
    from enuf.control.running import ListedStack


@verb("ps", example="enuf ps")
@click.option("-a", "--all", is_flag=True, expose_value=False, hidden=True, help="All are listed anyway.")
def command() -> int:
    """List the running stacks: project, state, address. As root, those of all users."""
    from enuf.control.running import running_stacks

    stacks = running_stacks()
    if current().json:
        print_json({"stacks": [_document(stack) for stack in stacks]})
    elif not stacks:
        note("no stack is running; start one with: enuf up")
    else:
        say_as_is("\n".join(_lines(stacks)))
    return 0


def _document(stack: ListedStack) -> dict[str, object]:
    import msgspec

    supervisor = {"pid": stack.pid}
    return {
        "project": stack.project,
        "state": stack.state,
        "url": stack.url,
        "supervisor": supervisor,
        "note": stack.note,
        "beside": [msgspec.to_builtins(each) for each in stack.beside],
        "jobs": [msgspec.to_builtins(each) for each in stack.jobs],
    }


def _lines(stacks: list[ListedStack]) -> list[str]:
    """Return a line per stack; the project comes last, so that no path is cut."""
    rows = [(translated_label("STATE"), translated_label("ADDRESS"), translated_label("PROJECT"))]
    # printable: the stacks of other users, for root
    rows += [
        (translated_label(printable(stack.state)), printable(stack.url) or "-", printable(_project(stack)))
        for stack in stacks
    ]
    return aligned(rows)


def _project(stack: ListedStack) -> str:
    return f"{stack.project}   ({translated(stack.note)})" if stack.note else stack.project
