"""The state that the machine works on."""

from __future__ import annotations

from typing import Literal

import msgspec

from enuf.model.process import HandOver
from enuf.model.protocol import ReloadMode
from enuf.model.status import Phase
from enuf.run.machine import events

Condition = Literal["starting", "ready", "stopping", "backing-off"]

FIRST_TRIES = 2
"""Starts that the first generation gets: the first start may have collided with the import that ran
beside it."""
GIVES_UP_AFTER = 5
"""Starts in a row that never became ready, before the phase is `failed`; the machine goes on trying,
slowly."""
BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
QUIET_S = 30.0
"""Time of being ready after which a unit's earlier failures are forgotten."""
MAX_RETIRING = 2


class UnitState(msgspec.Struct, frozen=True, kw_only=True):
    """One server as the machine sees it."""

    key: str
    condition: Condition = "starting"
    failures: int = 0
    """Starts in a row that did not become ready, or did not stay ready."""
    ready_at_s: float = 0.0
    retry_at_s: float = 0.0
    problem: str = ""
    """Why the unit was judged not ready; its exit then has this reason."""

    @property
    def number(self) -> int:
        """The number of a generation; 0 for the front."""
        return events.number_of(self.key)


class ReloadInProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A reload in progress."""

    tickets: tuple[int, ...]
    mode: ReloadMode
    front_too: bool = False
    prepared: bool = False
    in_place: bool = False
    """The serving generation itself is taking the new code."""


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state of the machine."""

    has_front: bool
    hand_over: HandOver
    phase: Phase = "starting"
    proven: bool = False
    outdated: bool = False
    """The first generation was started otherwise than the complete plan wants: another takes its place before
    anybody is served."""
    front: UnitState | None = None
    serving: UnitState | None = None
    candidate: UnitState | None = None
    retiring: tuple[UnitState, ...] = ()
    last_number: int = 0
    reload: ReloadInProgress | None = None
    waiting: tuple[events.ReloadRequested, ...] = ()
    at_once: bool = False
    drains_at_stop: bool = False
    """True where requests do not come in any more when a stop begins, and those that wait must still be answered."""
    stop_within_s: float = 37.0
    """Longest time of a graceful stop; after it, every unit is killed."""
    stop_by_s: float = 0.0
    """End of that time on the monotonic clock, counted from the first request to stop."""
    late: bool = False
    """True when units were killed because that time was over."""
    reason: str = ""
    """The last failure, in words."""
    fatal: str = ""
    """Why the stack stops by itself; empty after a stop request."""
    closed: bool = False

    @property
    def units(self) -> tuple[UnitState, ...]:
        """The units that have a process or wait for one."""
        return tuple(unit for unit in (self.front, self.serving, self.candidate, *self.retiring) if unit)


Transition = tuple[Stack, list[events.Effect]]
