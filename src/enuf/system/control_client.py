"""The client's end of the control socket: one request and one reply, each a line of JSON."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TypeVar

import msgspec

from enuf.errors import AnswerIsNo, NotRunning
from enuf.model.failure import Failure
from enuf.model.paths import StackPaths
from enuf.model.protocol import ControlReply, ControlRequest, ReplyEnvelope

LINE_LIMIT_BYTES = 2**20
LINE_WITHIN_S = 5.0
"""How long a line may take from its first byte to its end."""

Reply = TypeVar("Reply", bound=ControlReply)


def send_request(
    paths: StackPaths,
    request: ControlRequest,
    reply: type[Reply],
    timeout_s: float | None = None,
    *,
    line_within_s: float = LINE_WITHIN_S,
) -> Reply:
    """Send a request to the supervisor and return its reply as a `reply` struct.

    Without `timeout_s`, wait forever.

    Raise NotRunning when no supervisor replies, the EnufError that it replies with, and AnswerIsNo for a line
    that is no reply: anybody may have made the socket.
    """
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(paths.control_socket)
            connection.sendall(msgspec.json.encode(request) + b"\n")
            line = _read_line(connection, line_within_s)
        except OSError as error:
            raise not_running(paths) from error
    if not line:
        raise NotRunning("the stack ended before it answered", f"see {paths.log}/enuf.log")
    return read_reply(line, reply)


def _read_line(connection: socket.socket, within_s: float) -> bytes:
    """Return the line that is sent, or the part of it that came before the end of the connection.

    Raise OSError, and AnswerIsNo when the line is too long or takes longer than `within_s` from its first
    byte on.
    """
    received = bytearray(connection.recv(65536))  # the first byte may take as long as a reload
    deadline = time.monotonic() + within_s
    while received and not received.endswith(b"\n"):
        left = deadline - time.monotonic()
        if len(received) > LINE_LIMIT_BYTES or left <= 0:
            raise not_understood()
        connection.settimeout(left)
        try:
            chunk = connection.recv(65536)
        except TimeoutError:
            raise not_understood() from None
        if not chunk:
            break
        received += chunk
    return bytes(received)


def read_reply(line: bytes, reply: type[Reply]) -> Reply:
    """Return the content of a reply.

    Raise the EnufError that it carries, AnswerIsNo for what is no such reply.
    """
    try:
        envelope = msgspec.json.decode(line, type=ReplyEnvelope)
        if not isinstance(envelope.error, Failure):
            return msgspec.json.decode(envelope.ok or b"", type=reply)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise not_understood() from None
    raise envelope.error.error()


def not_running(paths: StackPaths) -> NotRunning:
    """Return the error for a project whose stack does not run."""
    start = f"sudo {paths.service_commands.control('start', paths.service)}" if paths.service else "enuf up"
    return NotRunning(f"no stack of {paths.project} is running", f"start it with: {start}")


def not_understood() -> AnswerIsNo:
    """Return the error for a reply that this version of enuf cannot read."""
    return AnswerIsNo(
        "the supervisor's answer was not understood",
        "a stack that another version of enuf started is ended by that version, or restarted: enuf restart",
        slug="not-understood",
    )
