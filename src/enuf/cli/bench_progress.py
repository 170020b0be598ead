"""How far `enuf bench` has come: a bar on a terminal, and what is not measured."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from enuf.cli.terminal.output import note, takes_colours
from enuf.cli.verb import current
from enuf.language.spoken import translated

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from enuf.bench.results import LeftOut


_PER_SECOND = 2
"""How often the bar is drawn: drawing takes CPU time from what is measured."""


class BenchProgress:
    """A bar on stderr while topologies are measured; without a terminal only the notes."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._begun = 0

    def __enter__(self) -> BenchProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def begins(self, steps: int) -> None:
        """Show the bar for this number of turns."""
        if not sys.stderr.isatty() or current().quiet or current().json:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True, no_color=not takes_colours(sys.stderr))
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, transient=True, refresh_per_second=_PER_SECOND)
        self._task = self._bar.add_task("", total=steps)
        self._bar.start()

    def step(self, topology: str, scenario: str, round_number: int) -> None:
        """Show the turn that begins."""
        if self._bar and self._task is not None:
            turn = f"round {round_number}" if round_number else "trial"
            text = f"{translated(turn)}: {topology}, {scenario}"
            self._bar.update(self._task, description=text, completed=self._begun)
            self._begun += 1

    def left_out(self, left: LeftOut) -> None:
        """Say what is not measured, and why."""
        note(f"{left.name} is left out: {left.reason}")
