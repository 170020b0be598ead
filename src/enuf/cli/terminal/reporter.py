"""What a person sees while a stack starts, directly or through a pipe from the background."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import click
import msgspec

from enuf.cli.terminal.output import print_json, remark, styled
from enuf.cli.terminal.progress import Progress
from enuf.cli.terminal.summary import as_document, introduction
from enuf.errors import EnufError, NotReady
from enuf.model.failure import Failure, failure_of
from enuf.model.plan import Plan

_NEXT = "reload: enuf reload   look: enuf status"


class TerminalReporter:
    """Prints to the terminal; a terminal that has gone disturbs nothing."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False, dev: bool = False) -> None:
        self.has_served = False
        self.detached = False
        self.waiting = Progress("starting", quiet=quiet)
        self._quiet = quiet
        self._as_json = as_json
        self._dev = dev
        self._warnings: list[str] = []
        self._more: dict[str, Any] = {}

    def explain(self, lines: list[str], document: list[dict[str, Any]]) -> None:
        """Print what is about to be done; with --json it becomes a part of the document."""
        self.waiting.make_room()
        if self._as_json:
            self._more["explain"] = document
        elif not self._quiet:
            with contextlib.suppress(OSError):
                click.echo("\n".join([*lines, ""]))
                sys.stdout.flush()

    def progress(self, text: str) -> None:
        """While it starts, what it waits for; later a line on stderr, only for somebody who watches."""
        if not self.has_served:
            self.waiting.step(text)
        elif not self._quiet and sys.stderr.isatty():
            self._echo(f"{text} ...")

    def warning(self, text: str) -> None:
        """One `warning:` line on stderr."""
        self._warnings.append(text)
        self.waiting.make_room()
        if not self._quiet:
            with contextlib.suppress(OSError):
                remark("warning", text, fg="yellow")

    def note(self, text: str) -> None:
        """One line on stderr: it comes when all else has been said."""
        self._echo(f"note: {text}")

    def serving(self, plan: Plan) -> None:
        """Where it is, what is behind it, where its files are, what to type next."""
        self.show(introduction(plan), as_document(plan))

    def show(self, lines: list[str], document: dict[str, Any]) -> None:
        """Print the lines, or the document with --json."""
        self.has_served = True
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
        """One line, or the reason why the old version still serves."""
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
        """Left to the end of the command, which tells errors."""
        raise error


class PipeReporter:
    """Sends everything to the command that started us in the background, until it has heard enough."""

    def __init__(self, descriptor: int) -> None:
        self.has_served = False
        self._pipe: int | None = descriptor

    def _send(self, kind: str, value: Any, *, last: bool = False) -> None:
        if self._pipe is None:
            return
        try:
            os.write(self._pipe, msgspec.json.encode([kind, value]) + b"\n")
        except OSError:
            last = True
        if last:
            os.close(self._pipe)
            self._pipe = None

    def progress(self, text: str) -> None:
        """Passed on."""
        self._send("progress", text)

    def warning(self, text: str) -> None:
        """Passed on."""
        self._send("warning", text)

    def note(self, text: str) -> None:
        """Passed on."""
        self._send("note", text)

    def serving(self, plan: Plan) -> None:
        """Passed on; from now on nobody listens."""
        self.has_served = True
        self._send("serving", [introduction(plan), as_document(plan)], last=True)

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """Nobody listens any more; enuf.log has it."""

    def failed(self, error: EnufError) -> None:
        """Passed on."""
        self._send("failed", failure_of(error), last=True)

    def interrupted(self) -> None:
        """Passed on: it was told to stop before it served."""
        self._send("interrupted", None, last=True)


def follow(descriptor: int, terminal: TerminalReporter) -> int:
    """Show what the background sends until it serves; 0. Raises the EnufError that it sends, or KeyboardInterrupt."""
    terminal.detached = True
    with os.fdopen(descriptor, "rb") as pipe:
        for line in pipe:
            kind, value = msgspec.json.decode(line)
            match kind:
                case "failed":
                    failure = msgspec.convert(value, Failure)
                    raise failure.error()
                case "interrupted":
                    raise KeyboardInterrupt
                case "serving":
                    terminal.show(*value)
                    return 0
                case "note":
                    terminal.note(value)
                case "progress":
                    terminal.progress(value)
                case "warning":
                    terminal.warning(value)
    raise NotReady(
        "the background process was killed before the stack served",
        "look into .enuf/log/enuf.log, then run it again",
    )
