"""The messages of the control socket and of the pipe from a process that makes a plan, as JSON."""

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
    commands: bool = True
    """False for a reload without the commands of `reload.before`: an earlier release must not migrate a database."""
    environment: dict[str, str] | None = None
    """The variables that the service manager gives the service now; None to go on with those of the last start or reload."""


class StopRequest(msgspec.Struct, frozen=True, tag_field="verb", tag="stop"):
    """Ask for a stop; the reply comes before it begins."""

    at_once: bool = False


class ReloadReply(msgspec.Struct, frozen=True, kw_only=True):
    """The generation that serves after a reload, and its URL."""

    generation: Count
    url: str
    note: str = ""
    """What is different from now on, beside the code, in one line; empty where there is nothing to say."""
    ran: tuple[str, ...] = ()
    """The commands of `reload.before` that were run, each with the lines that it printed."""


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
