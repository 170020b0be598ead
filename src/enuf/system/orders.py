"""Orders to a running supervisor: one JSON line there, one JSON line back, on a private socket."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any, Literal

import msgspec

from enuf.errors import NotRunning
from enuf.model.paths import StackPaths
from enuf.system.answers import not_understood, read_answer

LINE_LIMIT_BYTES = 2**20
LINE_WITHIN_S = 5.0
"""Once a line has begun, the rest of it comes at once."""


class Order(msgspec.Struct, frozen=True):
    """What is asked."""

    verb: Literal["status", "reload", "stop"]
    mode: Literal["full", "in_place"] = "full"
    at_once: bool = False
    checked: bool = False
    """With a status: whether visitors get an answer is tried out."""


def give_order(
    paths: StackPaths, order: Order, timeout_s: float | None = None, *, line_within_s: float = LINE_WITHIN_S
) -> dict[str, Any]:
    """The supervisor's answer. Raises NotRunning when there is none, the EnufError that it answers, AnswerIsNo for rubbish."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(paths.control_socket)
            connection.sendall(msgspec.json.encode(order) + b"\n")
            line = _line(connection, line_within_s)
        except OSError as error:
            raise not_running(paths) from error
    if not line:
        raise NotRunning("the stack ended before it answered", f"see {paths.log}/enuf.log")
    return read_answer(order.verb, line)


def _line(connection: socket.socket, within_s: float) -> bytes:
    """Return the line that is sent, whatever was sent when the connection ends. Raises OSError, AnswerIsNo for too much."""
    received = bytearray(connection.recv(65536))  # a reload may take long to be answered
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


def not_running(paths: StackPaths) -> NotRunning:
    """There is no stack of this project."""
    start = f"sudo systemctl start {paths.service}" if paths.service else "enuf up"
    return NotRunning(f"no stack of {paths.project} is running", f"start it with: {start}")
