"""The reporter of a start at a terminal."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

from enuf.cli.terminal.output import print_json, remark, styled
from enuf.cli.terminal.progress import Progress
from enuf.cli.terminal.summary import as_document, introduction
from enuf.errors import EnufError
from enuf.model.plan import Plan

_NEXT = "reload: enuf reload   look: enuf status"


class TerminalReporter:
    """Prints the reports of a start; a closed terminal does not disturb the start."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False, dev: bool = False) -> None:
        self.has_served = False
        self.detached = False
        self.waiting = Progress("starting", quiet=quiet)
        self._quiet = quiet
        self._as_json = as_json
        self._dev = dev
        self._warnings: list[str] = []
        self._more: dict[str, Any] = {}

    def explain(self, plan: Plan) -> None:
        """Print the steps of the start; with --json the steps become a part of the document."""
        from enuf.cli.terminal.steps_view import as_list, explanation

        self.waiting.make_room()
        if self._as_json:
            self._more["explain"] = as_list(plan)
        elif not self._quiet:
            with contextlib.suppress(OSError):
                click.echo("\n".join([*explanation(plan), ""]))
                sys.stdout.flush()

    def progress(self, text: str) -> None:
        """Show the step on the progress line during the start.

        Later print a line on stderr if that is a terminal.
        """
        if not self.has_served:
            self.waiting.step(text)
        elif not self._quiet and sys.stderr.isatty():
            self._echo(f"{text} ...")

    def warning(self, text: str) -> None:
        """Print one `warning:` line on stderr."""
        self._warnings.append(text)
        self.waiting.make_room()
        if not self._quiet:
            with contextlib.suppress(OSError):
                remark("warning", text, fg="yellow")

    def note(self, text: str) -> None:
        """Print one `note:` line on stderr."""
        self._echo(f"note: {text}")

    def serving(self, plan: Plan) -> None:
        """Print the address, the chain of servers, the folders and the next commands, or the document with --json."""
        self.has_served = True
        lines, document = introduction(plan), as_document(plan)
        self.waiting.end()
        with contextlib.suppress(OSError):
            if self._as_json:
                print_json({**document, **self._more, "warnings": self._warnings})
            elif not self._quiet:
                head = styled(lines[0], sys.stdout, bold=True)
                click.echo("\n".join([head, *(f"  {line}" for line in (*lines[1:], self._next()))]))

    def _next(self) -> str:
        watching = "it reloads when a file changes   " if self._dev else ""
        return f"{watching}stop: {'enuf down' if self.detached else 'Ctrl-C'}   {_NEXT}"

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """Print one line, or the reason why the old version still serves."""
        if problem is None:
            self._echo(f"reloaded: generation {generation} serves")
            return
        if problem.detail:
            self._echo(problem.detail)
        self.warning(f"not reloaded, the old version still serves: {problem.summary}")

    def _echo(self, text: str) -> None:
        if not self._quiet:
            with contextlib.suppress(OSError):
                click.echo(text, err=True)

    def failed(self, error: EnufError) -> None:
        """Raise the error: the entry point of the command line prints it."""
        raise error
