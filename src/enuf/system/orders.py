"""Orders to a running supervisor: one JSON line there, one JSON line back, on a private socket."""

from __future__ import annotations

import contextlib
import socket
from typing import Any, Literal

import msgspec

from enuf.errors import NotRunning
from enuf.model.failure import Failure
from enuf.model.paths import StackPaths

LINE_LIMIT_BYTES = 2**20


class Order(msgspec.Struct, frozen=True):
    """What is asked."""

    verb: Literal["status", "reload", "stop"]
    mode: Literal["full", "frugal"] = "full"
    at_once: bool = False
    checked: bool = False
    """With a status: whether visitors get an answer is tried out."""


def give_order(paths: StackPaths, order: Order, timeout_s: float | None = None) -> dict[str, Any]:
    """The supervisor's answer. Raises NotRunning when there is none, or the EnufError that it answers."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(paths.control_socket)
            connection.sendall(msgspec.json.encode(order) + b"\n")
            raw = connection.makefile("rb").readline()
        except OSError as error:
            raise not_running(paths) from error
    if not raw:
        raise NotRunning("the stack ended before it answered", f"see {paths.log}/enuf.log")
    answer = msgspec.json.decode(raw)
    if "error" in answer:
        raise msgspec.convert(answer["error"], Failure).error()
    return dict(answer["ok"])


def not_running(paths: StackPaths) -> NotRunning:
    """There is no stack of this project."""
    start = f"sudo systemctl start {paths.service}" if paths.service else "enuf up"
    return NotRunning(f"no stack of {paths.project} is running", f"start it with: {start}")
