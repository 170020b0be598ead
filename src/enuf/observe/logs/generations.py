"""Which generation served from when on, as the journal tells."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import msgspec

from enuf.model.journal import JournalEvent
from enuf.model.stack_events import PhaseChanged, ReloadAccepted, StackStarted
from enuf.model.unit_events import UnitReady, generation_of

MOST_VERSIONS = 8


class AppVersion(msgspec.Struct, frozen=True, order=True):
    """One version of the app: the code that a generation has loaded at one time."""

    since: float
    """When it began to serve, in seconds since the epoch."""
    generation: int


class AppVersions:
    """The latest versions of the app, from the supervisor's events.

    A version begins with a new generation, or with a reload in place of the one that serves.
    """

    def __init__(self, known: Iterable[AppVersion] = ()) -> None:
        """Begin with the versions that are known already, for a journal whose beginning cannot be read."""
        self._all = sorted(set(known))[-MOST_VERSIONS:]
        self._is_reported = False
        """True once the start or the reload that has brought the last version is in the journal."""

    def read(self, events: Iterable[JournalEvent]) -> None:
        """Take in the next events of the journal."""
        for event in events:
            match event:
                case StackStarted():
                    self._all, self._is_reported = [], False
                case UnitReady(unit) if unit.startswith("g"):
                    self._begin_generation(generation_of(unit) or 0, event.at)
                case PhaseChanged("starting", "serving"):
                    self._is_reported = True
                case ReloadAccepted(generation):
                    self._accept(generation, event.at)

    @property
    def latest(self) -> tuple[AppVersion, ...]:
        """The versions, the oldest first."""
        return tuple(self._all)

    def at(self, moment: float) -> AppVersion | None:
        """Return the version that served at a moment; None if it is not known."""
        number = bisect_right([version.since for version in self._all], moment)
        return self._all[number - 1] if number else None

    def _begin_generation(self, generation: int, at: float) -> None:
        """Begin a version, unless the generation has only been started again."""
        if generation and all(version.generation < generation for version in self._all):
            self._begin(AppVersion(at, generation))
            self._is_reported = False

    def _accept(self, generation: int, at: float) -> None:
        last = self._all[-1] if self._all else None
        if self._is_reported and last and last.generation == generation and last.since < at:
            self._begin(AppVersion(at, generation))
        self._is_reported = True

    def _begin(self, version: AppVersion) -> None:
        self._all = [*self._all, version][-MOST_VERSIONS:]
