"""The connection of a request, lent to the app for a WebSocket, and its orderly end when the worker stops."""

from __future__ import annotations

import _socket
import contextlib
import os
import socket
import threading
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

GOING_AWAY, INTERNAL_ERROR = b"\x88\x02\x03\xe9", b"\x88\x02\x03\xf3"
"""The frames with which a server closes a WebSocket because it stops, or cannot go on: codes 1001 and 1011 (RFC 6455, 5.5.1
and 7.4.1)."""
CLOSES_WITHIN_S = 3.0
"""The time in which a visitor must answer that frame, and the app must end."""
LONGEST_SEND_S = 1.0


class LentSocket(socket.socket):
    """The socket that the app gets: a copy of the server's, which notes when the app takes the connection over.

    Frames of the app and the closing frame are sent one after the other.
    """

    def __init__(self, fd: int, on_taken: Callable[[], None]) -> None:
        super().__init__(fileno=os.dup(fd))
        self._on_taken = on_taken
        self.is_taken = False
        self.frames = threading.RLock()  # gevent's sendall calls send

    def send(self, data: Any, flags: int = 0, **wait: Any) -> int:
        """Send a part of the data at least. Return the number of bytes. `wait` is gevent's own argument."""
        with self.frames:
            self._take_over()
            return super().send(data, flags, **wait)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send the data."""
        with self.frames:
            self._take_over()
            super().sendall(data, flags)

    def dup(self) -> LentSocket:
        """Return a copy that shares the lock."""
        twin = LentSocket(self.fileno(), self._take_over)
        twin.frames = self.frames
        twin.settimeout(self.gettimeout())
        return twin

    def _take_over(self) -> None:
        if not self.is_taken:
            self.is_taken = True
            self._on_taken()


class LentConnections:
    """The connections that a worker has lent to the app."""

    def __init__(self) -> None:
        self._lent: dict[Any, LentSocket] = {}
        """By answer."""
        self._closing: dict[Any, float] = {}
        """By answer whose visitor was asked to close: the time when that was."""

    def __bool__(self) -> bool:
        return bool(self._lent)

    def lend(self, answer: Any) -> LentSocket:
        """Return the connection of an answer for its app. From the first byte on that the app sends, it is the app's."""
        lent = self._lent[answer] = LentSocket(answer.connection, answer.take_over)
        return lent

    def give_back(self, answer: Any) -> None:
        """Forget the connection of an answer whose app has ended. One that the app took over is closed by its library."""
        self._closing.pop(answer, None)
        lent = self._lent.pop(answer, None)
        if lent is not None and not lent.is_taken:
            lent.close()

    def forget(self) -> None:
        """Forget all connections: those of the process that this one was forked from."""
        self._lent.clear()
        self._closing.clear()

    def go_away(self) -> None:
        """Close the WebSockets. The caller repeats this until none is left.

        Each visitor gets the closing frame, whose answer tells the app that the WebSocket is closed. The connection of one
        that does not answer in time is ended, which is an error in the app's next call.
        """
        now = monotonic()
        for answer, lent in self._lent.copy().items():
            if not lent.is_taken:
                continue
            if answer not in self._closing:
                self._closing[answer] = now
                self.close(answer, GOING_AWAY)
            elif now - self._closing[answer] > CLOSES_WITHIN_S:
                with contextlib.suppress(OSError), _own(answer.connection) as own:
                    own.shutdown(socket.SHUT_RDWR)

    def close(self, answer: Any, frame: bytes) -> None:
        """Send a closing frame between two frames of the app; skip a visitor whose socket is full."""
        lent = self._lent[answer]
        if not lent.frames.acquire(timeout=LONGEST_SEND_S):
            return
        try:
            with contextlib.suppress(OSError), _own(answer.connection) as own:
                own.send(frame, socket.MSG_DONTWAIT)
        finally:
            lent.frames.release()


def _own(connection: int) -> contextlib.closing[_socket.socket]:
    """Return a copy of a connection that never waits for a greenlet: not the class that gevent has put in its place."""
    return contextlib.closing(_socket.socket(fileno=os.dup(connection)))
