"""The events that the machine takes, and the effects that it orders."""

from __future__ import annotations

import msgspec

from enuf.model.protocol import ReloadMode

FRONT = "front"
"""The key of the front's unit; a generation's key is `g` and its number."""


def number_of(key: str) -> int:
    """Return the number of a generation; 0 for the front, which has none."""
    return 0 if key == FRONT else int(key.removeprefix("g"))


class StartRequested(msgspec.Struct, frozen=True):
    """The stack shall start; `proven` when the import of the app has succeeded already."""

    proven: bool


class ImportSucceeded(msgspec.Struct, frozen=True):
    """The throw-away import succeeded and the plan is complete."""

    otherwise: bool = False
    """The server has to be started otherwise than it was: the import has shown what nobody could know before."""


class ImportFailed(msgspec.Struct, frozen=True):
    """The throw-away import failed."""

    reason: str


class Ready(msgspec.Struct, frozen=True):
    """A unit accepts requests and, if it is a generation, has answered its health request."""

    key: str


class UnitNotReady(msgspec.Struct, frozen=True):
    """A unit did not become ready in time, or gave a bad answer to its health request."""

    key: str
    reason: str


class Exited(msgspec.Struct, frozen=True):
    """The main process of a unit ended, and nothing of its session is left."""

    key: str
    reason: str


class ChainAnswered(msgspec.Struct, frozen=True):
    """A real request has passed through the whole chain."""


class ChainBroken(msgspec.Struct, frozen=True):
    """No request passes through the whole chain."""

    reason: str


class ReloadRequested(msgspec.Struct, frozen=True):
    """A client or a signal asks for new code and settings."""

    ticket: int
    """The number of the request, for its answer."""
    mode: ReloadMode = "full"
    commands: bool = True
    """False for a reload without the commands of `reload.before`."""


class Prepared(msgspec.Struct, frozen=True):
    """The new plan is made and its parts passed their tests."""

    front: bool
    """True when the front's configuration has changed."""
    app: bool
    """True when a new generation is needed."""


class PreparationFailed(msgspec.Struct, frozen=True):
    """The new plan cannot be made, or one of its parts failed its test."""

    reason: str


class FrontRefreshed(msgspec.Struct, frozen=True):
    """The front took its new configuration, or did not, as `problem` says."""

    problem: str = ""


class StopRequested(msgspec.Struct, frozen=True):
    """The stack shall stop: gracefully, or at once."""

    at_once: bool = False


class TimerFired(msgspec.Struct, frozen=True):
    """The time of a WakeAt has come."""


Event = (
    StartRequested | ImportSucceeded | ImportFailed | Ready | UnitNotReady | Exited | ChainAnswered | ChainBroken
    | ReloadRequested | Prepared | PreparationFailed | FrontRefreshed | StopRequested | TimerFired
)  # fmt: skip


class Spawn(msgspec.Struct, frozen=True):
    """Start this unit; Ready, UnitNotReady or Exited follows."""

    key: str


class Refresh(msgspec.Struct, frozen=True):
    """Let this running unit take new code in place; Ready or UnitNotReady follows."""

    key: str


class Stop(msgspec.Struct, frozen=True):
    """Take this unit through its stop steps; Exited follows."""

    key: str
    drain: bool = False
    """True to wait first until the unit has accepted every connection in its queue."""


class Kill(msgspec.Struct, frozen=True):
    """Kill this unit and its whole session; Exited follows."""

    key: str


class Publish(msgspec.Struct, frozen=True):
    """Point the front at this generation."""

    key: str


class Unpublish(msgspec.Struct, frozen=True):
    """Point the front at no generation: the front answers 502 at once instead of letting visitors wait."""


class Release(msgspec.Struct, frozen=True):
    """Close the socket of a generation that is gone and remove its files."""

    key: str


class Prepare(msgspec.Struct, frozen=True):
    """Make a new plan and test its parts; Prepared or PreparationFailed follows."""

    mode: ReloadMode
    commands: bool = True
    """True to run the commands of `reload.before` too."""


class RefreshFront(msgspec.Struct, frozen=True):
    """Put the front's new configuration in force; FrontRefreshed follows."""


class CheckChain(msgspec.Struct, frozen=True):
    """Send a real request through the whole chain; ChainAnswered or ChainBroken follows."""


class Accept(msgspec.Struct, frozen=True):
    """Put the plan of the reload in force."""


class Answer(msgspec.Struct, frozen=True):
    """Answer these reload requests; without a problem the reload succeeded."""

    tickets: tuple[int, ...]
    problem: str = ""


class WakeAt(msgspec.Struct, frozen=True):
    """Post TimerFired at, or after, this time of the monotonic clock."""

    at_s: float


class Close(msgspec.Struct, frozen=True):
    """Leave the loop: every unit has ended."""


Effect = (
    Spawn
    | Refresh
    | Stop
    | Kill
    | Publish
    | Unpublish
    | Release
    | Prepare
    | RefreshFront
    | CheckChain
    | Accept
    | Answer
    | WakeAt
    | Close
)
