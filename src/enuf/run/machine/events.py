"""What the machine is told, and what it orders."""

from __future__ import annotations

import msgspec

from enuf.model.protocol import ReloadMode

FRONT = "front"
"""The key of the front's unit; a generation's key is `g` and its number."""


def number_of(key: str) -> int:
    """Return the number of a generation; 0 for the front, which has none."""
    return 0 if key == FRONT else int(key.removeprefix("g"))


class StartRequested(msgspec.Struct, frozen=True):
    """Start the stack; `proven` when the app's import has been tried already."""

    proven: bool


class ImportSucceeded(msgspec.Struct, frozen=True):
    """The throw-away import went well and the plan is complete."""

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
    """Somebody wants new code and settings; `ticket` names who is waiting for the answer."""

    ticket: int
    mode: ReloadMode = "full"


class Prepared(msgspec.Struct, frozen=True):
    """The new plan stands and its parts were tested."""

    front: bool
    app: bool


class PreparationFailed(msgspec.Struct, frozen=True):
    """The new plan cannot be made, or one of its parts failed its test."""

    reason: str


class FrontRefreshed(msgspec.Struct, frozen=True):
    """The front took its new configuration, or (with a reason) did not."""

    problem: str = ""


class StopRequested(msgspec.Struct, frozen=True):
    """Go down: gracefully, or at once."""

    at_once: bool = False


class TimerFired(msgspec.Struct, frozen=True):
    """A time that was asked for has come."""


Event = (
    StartRequested | ImportSucceeded | ImportFailed | Ready | UnitNotReady | Exited | ChainAnswered | ChainBroken
    | ReloadRequested | Prepared | PreparationFailed | FrontRefreshed | StopRequested | TimerFired
)  # fmt: skip


class Spawn(msgspec.Struct, frozen=True):
    """Start this unit and report Ready, UnitNotReady or Exited."""

    key: str


class Refresh(msgspec.Struct, frozen=True):
    """Make this running unit take new code in place and report Ready or UnitNotReady."""

    key: str


class Stop(msgspec.Struct, frozen=True):
    """Take this unit through its stop steps; it ends with Exited."""

    key: str
    drain: bool = False
    """First make sure that everything queued on its socket has been accepted."""


class Kill(msgspec.Struct, frozen=True):
    """End this unit and its whole session now; it ends with Exited."""

    key: str


class Publish(msgspec.Struct, frozen=True):
    """Point the front at this generation."""

    key: str


class Unpublish(msgspec.Struct, frozen=True):
    """No generation can answer: let the front say so at once, instead of letting people wait."""


class Release(msgspec.Struct, frozen=True):
    """Close the socket of a generation that is gone and remove its files."""

    key: str


class Prepare(msgspec.Struct, frozen=True):
    """Make a new plan and test its parts; report Prepared or PreparationFailed."""

    mode: ReloadMode


class RefreshFront(msgspec.Struct, frozen=True):
    """Put the front's new configuration in force; report FrontRefreshed."""


class CheckChain(msgspec.Struct, frozen=True):
    """Send a real request through the whole chain; report ChainAnswered or ChainBroken."""


class Accept(msgspec.Struct, frozen=True):
    """The plan in preparation is now the one in force."""


class Answer(msgspec.Struct, frozen=True):
    """Tell whoever holds these tickets how the reload ended; no problem means that it went well."""

    tickets: tuple[int, ...]
    problem: str = ""


class WakeAt(msgspec.Struct, frozen=True):
    """Report TimerFired at, or after, this time of the monotonic clock."""

    at_s: float


class Close(msgspec.Struct, frozen=True):
    """Everything has ended: leave."""


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
