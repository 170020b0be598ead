"""What a supervisor may answer: checked where it arrives, since anybody may have made the socket that it came from."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from enuf.errors import AnswerIsNo
from enuf.model.failure import Failure

Pid = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
TcpText = Annotated[str, msgspec.Meta(pattern=r":[0-9]{1,5}\Z")]


class _Supervisor(msgspec.Struct):
    pid: Pid


class _Program(msgspec.Struct):
    name: str
    version: str | None
    origin: str
    pid: Pid | None


class _Server(_Program):
    ports: list[TcpText]
    processes: Count
    threads: Count


class _Paths(msgspec.Struct):
    conf: str
    log: str
    socket: str
    runtime: str


class _Dashboard(msgspec.Struct):
    url: str
    pid: Pid | None


class _Unseen(msgspec.Struct):
    wait: str
    queue: str


class _Status(msgspec.Struct):
    state: str
    reason: str
    url: str
    topology: str
    generation: Count
    app: str
    supervisor: _Supervisor
    front: _Program | None
    server: _Server
    retiring: list[str]
    backlog_limit: Count | None
    unseen: _Unseen
    paths: _Paths
    dashboard: _Dashboard | None
    reloads: dict[str, Count]
    warnings: list[str]


class _Reloaded(msgspec.Struct):
    generation: Count
    url: str


class _Answer(msgspec.Struct):
    ok: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: Failure | None = None


_SHAPES: dict[str, Any] = {"status": _Status, "reload": _Reloaded, "stop": dict[str, Any]}


def read_answer(verb: str, line: bytes) -> dict[str, Any]:
    """Return the content of an answer to that order. Raises the EnufError that it is, AnswerIsNo for what is no answer."""
    try:
        answer = msgspec.json.decode(line, type=_Answer)
        if answer.error is None:
            msgspec.json.decode(answer.ok or b"", type=_SHAPES[verb])
            return msgspec.json.decode(answer.ok or b"", type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise not_understood() from None
    raise answer.error.error()


def not_understood() -> AnswerIsNo:
    """Return the error for an answer that this version of enuf cannot read."""
    return AnswerIsNo(
        "the supervisor's answer was not understood",
        "a stack that another version of enuf started is ended by that version, or restarted: enuf restart",
        slug="not-understood",
    )
