"""The processes that an app left running in sessions of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from enuf.model.unit_events import StrayFound, StraysEnded
from enuf.run.process.children import Child, Children
from enuf.run.process.stopping import end_strays
from enuf.system import marks
from enuf.system.journal import EventJournal
from enuf.system.process import name_of


class Strays:
    """The stray processes of a stack: started by an app, and left running by its generation."""

    def __init__(
        self, children: Children, journal: EventJournal, of_units: Callable[[], Iterable[Child]]
    ) -> None:
        """`of_units` returns the main processes of all units, with those whose workers still finish."""
        self._children = children
        self._journal = journal
        self._of_units = of_units
        self._recorded: set[str] = set()

    async def end_left_by(self, key: str, child: Child) -> None:
        """End the processes that the app started from this child; their marks prove their origin.

        The app of the next generation starts its own, so their number would grow with every reload.
        """
        ended = await end_strays(lambda: self._children.strays.marked(child.name))
        if ended:
            self._journal.record(StraysEnded(tuple(ended), unit=key))
        self._record_unclaimed()

    async def end_all(self) -> None:
        """End all remaining descendants of the supervisor."""
        ended = await end_strays(self._children.strays.now)
        if ended:
            self._journal.record(StraysEnded(tuple(ended)))

    def _record_unclaimed(self) -> None:
        """Record the orphans that carry no mark, because they were started with an environment of their own.

        They may be those of any generation, so they are ended with the stack and not before.
        """
        of_units = {child.pid for child in self._of_units()}
        for pid in self._children.orphans():
            if marks.carried(pid)[0] != marks.run_id() and marks.session_of(pid) not in of_units:
                stray = f"{name_of(pid)} (pid {pid})"
                if stray not in self._recorded:
                    self._recorded.add(stray)
                    self._journal.record(StrayFound(stray))
