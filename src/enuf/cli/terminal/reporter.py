"""The reporter of a start at a terminal."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enuf.cli.terminal.output import print_json, remark, remark_text, styled, what_to_type
from enuf.cli.terminal.progress import Progress
from enuf.cli.terminal.summary import as_document, introduction
from enuf.errors import EnufError
from enuf.language.spoken import translated, translated_label
from enuf.model.address import ANY_IPV4, ANY_IPV6, TcpAddress
from enuf.model.plan import Plan

if TYPE_CHECKING:
    from enuf.cli.terminal.log_stream import LogStream
    from enuf.system.patient_output import PatientOutput

MOST_ADDRESSES = 3
LAST_WAIT_S = 1.0
"""So long, in seconds, the last line waits for a terminal that was stopped."""


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
        self._stream: LogStream | None = None
        self._err: PatientOutput | None = None
        """Takes lines once the stack serves: a terminal that was stopped must not stop the supervisor."""

    def explain(self, plan: Plan) -> None:
        """Print the steps of the start; with --json the steps become a part of the document."""
        from enuf.cli.terminal.steps_view import as_list, explanation

        if self._as_json:
            self._more["explain"] = as_list(plan)
        elif not self._quiet:
            text = "\n".join([*explanation(plan), ""])  # takes long enough for the progress line to return
            self.waiting.make_room()
            with contextlib.suppress(OSError):
                click.echo(text)
                sys.stdout.flush()

    def progress(self, text: str) -> None:
        """Show the step on the progress line during the start.

        Later print a line on stderr if that is a terminal.
        """
        if not self.has_served:
            self.waiting.step(text)
        elif not self._quiet and sys.stderr.isatty():
            self._echo(f"{translated(text)} ...")

    def warning(self, text: str) -> None:
        """Print one `warning:` line on stderr."""
        self._warnings.append(text)
        self.waiting.make_room()
        if self._quiet:
            return
        if self._err:
            self._err.write(remark_text("warning", text, fg="yellow") + "\n")
        else:
            with contextlib.suppress(OSError):
                remark("warning", text, fg="yellow")

    def note(self, text: str) -> None:
        """Print one `note:` line on stderr."""
        self._echo(f"{translated_label('note')}: {translated(text)}")

    def watch(self, plan: Plan) -> None:
        """Note where the logs end now: what is added is shown once the stack serves."""
        if not self._quiet and not self._as_json:
            from enuf.cli.terminal.log_stream import LogStream

            self._stream = LogStream(Path(plan.paths.log), every_request=self._dev)

    def ended(self, *, stopped: bool) -> None:
        """Show the last lines, and `stopped` after a requested stop."""
        if self._stream and self.has_served:
            self._stream.finish()
        if stopped and self.has_served:
            self._echo(translated("stopped"))
        if self._err:
            self._err.flush(LAST_WAIT_S)

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
                click.echo(
                    "\n".join(
                        [head, *(f"  {line}" for line in (*_elsewhere(plan), *lines[1:], *self._next(plan)))]
                    )
                )
                sys.stdout.flush()
        if not self.detached:
            from enuf.system.patient_output import PatientOutput

            self._err = PatientOutput(sys.stderr.fileno())
            if self._stream:
                self._stream.begin(has_front=plan.front is not None)

    def _next(self, plan: Plan) -> tuple[str, str]:
        words = {
            "logs": "enuf logs -f",
            "live": "enuf top",
            **({"dashboard": "enuf dash"} if plan.dashboard else {}),
        }
        watching = [translated("it reloads when a file changes")] if self._dev else []
        stop = {
            "stop": "enuf down" if self.detached else "Ctrl-C",
            "reload": "enuf reload",
            "look": "enuf status",
        }
        return what_to_type(words), "   ".join([*watching, what_to_type(stop)])

    def reloaded(self, generation: int, problem: EnufError | None) -> None:
        """Print one line, or the reason why the old version still serves."""
        if problem is None:
            self._echo(translated(f"reloaded: generation {generation} serves"))
            return
        if problem.detail:
            self._echo(problem.detail)
        self.warning(f"not reloaded, the old version still serves: {problem.summary}")

    def _echo(self, text: str) -> None:
        if self._quiet:
            return
        if self._err:
            self._err.write(f"{text}\n")
        else:
            with contextlib.suppress(OSError):
                click.echo(text, err=True)

    def failed(self, error: EnufError) -> None:
        """Raise the error: the entry point of the command line prints it."""
        raise error


def _elsewhere(plan: Plan) -> list[str]:
    """Return the line about the addresses for other machines, where the stack is open to them."""
    listens = (plan.listen, *plan.more_listen)
    wide = [one for one in listens if isinstance(one, TcpAddress) and one.host in (ANY_IPV4, ANY_IPV6)]
    if not wide:
        return []
    from enuf.system.sockets import own_addresses

    scheme = plan.url.partition(":")[0]
    urls = [f"{scheme}://{address}:{wide[0].port}" for address in own_addresses()[:MOST_ADDRESSES]]
    return [translated(f"for other machines: {'   '.join(urls)}")] if urls else []
