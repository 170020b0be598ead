"""The warnings and notes of a supervisor."""

from __future__ import annotations

from enuf.model.stack_events import NoteGiven, WarningGiven
from enuf.run.reporter import Reporter
from enuf.system.journal import EventJournal


class Notices:
    """The warnings and notes so far; each warning is recorded once, in the journal and by the reporter."""

    def __init__(self, journal: EventJournal, reporter: Reporter) -> None:
        self._journal = journal
        self._reporter = reporter
        self._recorded: set[str] = set()
        self.lasting: set[str] = set()
        """Warnings that hold until the stack ends."""

    def warn(self, text: str) -> None:
        """Record a warning that lasts, and report it."""
        if text not in self.lasting:
            self.lasting.add(text)
            self._journal.record(WarningGiven(text))
            self._reporter.warning(text)

    def record_once(self, text: str) -> None:
        """Record a warning in the journal alone: its source reports in the status for how long it holds."""
        if text not in self._recorded:
            self._recorded.add(text)
            self._journal.record(WarningGiven(text))

    def note(self, text: str) -> None:
        """Record and report something that is worth knowing and no problem."""
        self._journal.record(NoteGiven(text))
        self._reporter.note(text)
