"""What a person sees while a stack starts, directly or through a pipe from the background."""

from __future__ import annotations

import os
import sys
from typing import Any

import click
import msgspec

from enuf.cli.output import print_json, styled
from enuf.errors import EnufError, revive
from enuf.model.plan import Plan
from enuf.run.forked import Failure, failure_of


class TerminalReporter:
    """Prints to the terminal."""

    def __init__(
        self, *, quiet: bool = False, as_json: bool = False, dev: bool = False, detached: bool = False
    ) -> None:
        self._quiet = quiet
        self._as_json = as_json
        self._dev = dev
        self.detached = detached

    def progress(self, text: str) -> None:
        """Shown on stderr, only to somebody who watches."""
        if not self._quiet and sys.stderr.isatty():
            click.echo(f"{text} ...", err=True)

    def warning(self, text: str) -> None:
        """One `warning:` line on stderr."""
        click.echo(f"{styled('warning:', sys.stderr, fg='yellow')} {text}", err=True)

    def serving(self, plan: Plan) -> None:
        """Where it is, what is behind it, where its files are, what to type next."""
        self.show(introduction(plan), as_document(plan))

    def show(self, lines: list[str], document: dict[str, Any]) -> None:
        """Print the lines, or the document with --json."""
        if self._as_json:
            print_json(document)
        elif not self._quiet:
            lines = [
                *lines,
                "stop: enuf down   reload: enuf reload   look: enuf status"
                if self.detached
                else self._next(),
            ]
            head = styled(lines[0], sys.stdout, bold=True)
            click.echo("\n".join([head, *(f"  {line}" for line in lines[1:])]))
        sys.stdout.flush()

    def _next(self) -> str:
        watching = "it reloads when a file changes   " if self._dev else ""
        return f"{watching}stop: Ctrl-C   reload: enuf reload   look: enuf status"

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """One line, or the reason why the old version still serves."""
        if problem is None:
            if not self._quiet:
                click.echo(f"reloaded: generation {generation} serves", err=True)
            return
        if problem.detail:
            click.echo(problem.detail, err=True)
        self.warning(f"not reloaded, the old version still serves: {problem.summary}")

    def failed(self, error: EnufError) -> None:
        """Left to the end of the command, which tells errors."""
        raise error


class PipeReporter:
    """Sends everything to the command that started us in the background, until it has heard enough."""

    def __init__(self, descriptor: int) -> None:
        self._pipe: int | None = descriptor
        os.set_inheritable(descriptor, False)

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

    def serving(self, plan: Plan) -> None:
        """Passed on; from now on nobody listens."""
        self._send("serving", [introduction(plan), as_document(plan)], last=True)

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """Nobody listens any more; enuf.log has it."""

    def failed(self, error: EnufError) -> None:
        """Passed on."""
        self._send("failed", failure_of(error), last=True)


def follow(descriptor: int, terminal: TerminalReporter) -> int:
    """Show what the background sends until it serves; 0. Raises the EnufError that it sends."""
    terminal.detached = True
    with os.fdopen(descriptor, "rb") as pipe:
        for line in pipe:
            kind, value = msgspec.json.decode(line)
            if kind == "failed":
                failure = msgspec.convert(value, Failure)
                raise revive(failure.exit_code, failure.slug, failure.summary, failure.hint, failure.detail)
            if kind == "serving":
                terminal.show(*value)
                return 0
            getattr(terminal, kind)(value)
    raise EnufError("the background process ended without a word", "look into .enuf/log/enuf.log")


def introduction(plan: Plan) -> list[str]:
    """Four lines about a stack."""
    tools = plan.toolchain.tools
    python = plan.toolchain.python
    server = plan.server.process.name
    behind = (
        f"uWSGI {tools[server].version}"
        if server in tools
        else f"Flask's development server ({python.flask_version})"
    )
    size = f", {plan.processes} processes x {plan.threads} threads" if server in tools else ""
    chain = f"{behind}{size}, Python {python.version} ({python.origin})"
    if plan.front:
        front = plan.front.process.name
        chain = f"{front} {tools[front].version} -> {plan.topology.link.transport} socket -> {chain}"
    static = ", ".join(sorted({folder.url for folder in plan.static_folders}))
    return [
        f"{plan.name} is served at {plan.url}",
        chain,
        f"app {plan.app}"
        + (f", static files {static} by {plan.front.process.name}" if static and plan.front else "")
        + f"   for {plan.topology.verdict}",
        f"configs {_short(plan.paths.conf, plan)}   logs {_short(plan.paths.log, plan)}",
    ]


def _short(path: str, plan: Plan) -> str:
    return path.removeprefix(f"{plan.paths.project}/")


def as_document(plan: Plan) -> dict[str, Any]:
    """The same facts for programs."""
    return {
        "state": "serving",
        "url": plan.url,
        "topology": plan.topology.id,
        "app": str(plan.app),
        "generation": 1,
        "paths": {"conf": plan.paths.conf, "log": plan.paths.log, "socket": plan.paths.app_socket},
    }
