"""The messages that cross a process boundary: control socket, plan pipe, progress pipe. Each is one line of JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

from enuf.model.failure import Failure
from enuf.model.plan import Plan
from enuf.model.status import Count, StackStatus

ReloadMode = Literal["full", "in_place"]
"""`in_place`: the serving generation takes the new code itself, without a second one beside it."""


# -- the control socket: a request and a reply


class StatusRequest(msgspec.Struct, frozen=True, tag_field="verb", tag="status"):
    """Ask for the status."""

    checked: bool = False
    """Also try whether visitors get an answer."""


class ReloadRequest(msgspec.Struct, frozen=True, tag_field="verb", tag="reload"):
    """Ask for a reload; the reply comes when it has ended."""

    mode: ReloadMode = "full"


class StopRequest(msgspec.Struct, frozen=True, tag_field="verb", tag="stop"):
    """Ask for a stop; the reply comes before it begins."""

    at_once: bool = False


class ReloadReply(msgspec.Struct, frozen=True, kw_only=True):
    """The generation that serves after a reload, and its URL."""

    generation: Count
    url: str


class StopReply(msgspec.Struct, frozen=True):
    """The confirmation that a stop begins."""

    stopping: bool = True


ControlRequest = StatusRequest | ReloadRequest | StopRequest
ControlReply = StackStatus | ReloadReply | StopReply


class ReplyEnvelope(msgspec.Struct, frozen=True):
    """A reply as it is sent: its content in `ok`, or the failure in `error`."""

    ok: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: Failure | msgspec.UnsetType | None = msgspec.UNSET


# -- the pipe from a process that makes a plan


class PlanMade(msgspec.Struct, frozen=True, tag_field="plan_is", tag="made"):
    """The plan."""

    plan: Plan


class PlanFailed(msgspec.Struct, frozen=True, tag_field="plan_is", tag="failed"):
    """Why there is no plan."""

    failure: Failure


PlanReply = PlanMade | PlanFailed


# -- the pipe from a background supervisor to the command that started it


class ProgressMessage(msgspec.Struct, frozen=True, tag_field="message", tag="progress"):
    """A step that takes time has begun."""

    text: str


class WarningMessage(msgspec.Struct, frozen=True, tag_field="message", tag="warning"):
    """Something is not as it should be, and the start goes on."""

    text: str


class NoteMessage(msgspec.Struct, frozen=True, tag_field="message", tag="note"):
    """Something is worth knowing, and no problem."""

    text: str


class ServingMessage(msgspec.Struct, frozen=True, tag_field="message", tag="serving"):
    """The stack serves by this plan. It is the last message."""

    plan: Plan


class FailedMessage(msgspec.Struct, frozen=True, tag_field="message", tag="failed"):
    """The stack ended before it served. It is the last message."""

    failure: Failure


class InterruptedMessage(msgspec.Struct, frozen=True, tag_field="message", tag="interrupted"):
    """The stack was asked to stop before it served. It is the last message."""


StartMessage = (
    ProgressMessage | WarningMessage | NoteMessage | ServingMessage | FailedMessage | InterruptedMessage
)
