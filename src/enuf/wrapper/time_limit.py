"""The time limit: a request whose app does not give the next byte in time is ended, and no other.

A thread of each worker looks at all requests that are in the app's code. One that takes too long gets an
exception in its own thread, so that the app's `finally` runs. A thread that does not react (it waits in C
code) cannot be ended: its client is answered, and the worker takes no new connections, lets its other
requests finish and ends.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LOOK_EVERY_S = 0.5
GRACE_S = 2.0
"""The time in which a thread must react to the exception."""
DEEPEST_FRAMES = 25


class RequestTimeout(BaseException):
    """Raised in a thread whose request takes too long.

    No Exception, so that the app does not take it for its own.
    """


class TimeLimit:
    """The limit for the first byte and for the time between two bytes of every answer of this process."""

    error = RequestTimeout

    def __init__(self, limit_s: float, server: Any, waiting: Any) -> None:
        self.limit_s = limit_s
        self.server = server
        self.waiting = waiting
        self.watches = False
        self.running: dict[Any, float] = {}
        """The start of the app's code, by answer. The thread that removes an entry decides about its answer."""
        self.open: set[Any] = set()
        """The answers that the server has not closed."""
        self._lock = threading.Lock()
        self._hung: dict[Any, float] = {}
        """The deadline of each answer whose thread got the exception."""
        self._stuck: dict[Any, float] = {}
        """By answer whose thread did not react: the time from which on its connection may be closed."""
        os.register_at_fork(after_in_child=self._forked)

    def watch(self) -> None:
        """Start the thread that looks, once per process."""
        with self._lock:
            if not self.watches:
                self.watches = True
                self.server.tick(self.limit_s + 6)
                self.server.guard(self)
                self.waiting.look()
                threading.Thread(target=self._look, name="enuf-time-limit", daemon=True).start()

    def settle(self, answer: Any) -> None:
        """Withdraw the exception for an answer whose thread has reacted. To be called in that thread."""
        for _ in range(2):
            try:
                with self._lock:
                    self.running.pop(answer, None)
                    if self._hung.pop(answer, None) is not None:
                        self.server.withdraw(answer.thread)
                return
            except RequestTimeout:  # it came now, and comes only once
                continue

    def _forked(self) -> None:
        self.watches = False
        self._lock = threading.Lock()
        for entries in (self.running, self._hung, self._stuck, self.open):
            entries.clear()
        self.server.lent.forget()

    def _look(self) -> None:
        leaves_by, quiet = 0.0, 0
        while True:
            time.sleep(LOOK_EVERY_S)
            self.server.tick(self.limit_s + 6)  # longer than nginx waits
            self.waiting.look()
            now = monotonic()
            for answer, since in self.running.copy().items():
                self.waiting.longest_s = max(self.waiting.longest_s, now - since)
                if now - since > self.limit_s:
                    self.interrupt(answer, since, now)
            for answer, until in self._hung.copy().items():
                if now > until:
                    self._give_up(answer)
            if not self._stuck:
                continue
            if not leaves_by:
                leaves_by = now + self.limit_s + GRACE_S
                self.server.leave_queue()
            if now > leaves_by:
                self._cut_others()
            busy = self.open.copy() - self._stuck.keys() or self.server.has_work_beside(len(self._stuck))
            quiet = 0 if busy else quiet + 1
            may_end = now > max(self._stuck.values()) and not self.server.holds
            if may_end and (quiet > 1 or now > leaves_by + self.server.hold_s):
                self.server.end()

    def _cut_others(self) -> None:
        """Give up streams that go on, so that the worker can end."""
        for answer in self.open.copy() - self._stuck.keys():
            self.server.log(f"enuf: {answer}: answer cut short: another request of its worker hangs\n")
            self._stuck[answer] = self.server.hold(answer.connection)

    def interrupt(self, answer: Any, since: float, now: float) -> None:
        """Raise RequestTimeout in the thread of an answer that is late."""
        with self._lock:
            taken = self.running.pop(answer, None)
            if taken is None:
                return
            if taken != since:  # it has sent a part since then
                self.running[answer] = taken
                return
            frame = self.server.frame_of(answer.thread)
            stack = "".join(traceback.format_stack(frame, limit=-DEEPEST_FRAMES)) if frame else ""
            del frame
            self._hung[answer] = now + GRACE_S
            self.server.interrupt(answer.thread, RequestTimeout)
        late_s, waited = self.limit_s, ""
        if answer.waited_s:
            late_s -= self.waiting.lead_s(answer.waited_s)
            waited = f" after a wait of {answer.waited_s:.1f} s"
        self.server.log(
            f"enuf: hung request: {answer}: no byte for {late_s:g} s{waited}\n"
            f"Fatal Python error: hung request\n{stack}[end of the stack]\n"
        )

    def _give_up(self, answer: Any) -> None:
        """Answer for a thread that does not react."""
        with self._lock:
            if self._hung.pop(answer, None) is None:
                return
            if not answer.sent:
                self._stuck[answer] = self.server.answer_last(answer.connection, _whole(*answer.ended()))
            else:  # what was sent must not look whole: nginx breaks it off when it hears nothing more
                self._stuck[answer] = self.server.hold(answer.connection)
        self.server.replace_thread()
        self.server.log(
            f"enuf: {answer}: its thread does not react, so this worker (pid {os.getpid()}) ends when its other requests "
            "are finished\n"
        )


def _whole(status: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    """Return an answer as the bytes of HTTP."""
    length = ("Content-Length", str(len(body)))
    lines = [f"{name}: {value}" for name, value in (*headers, length, ("Connection", "close"))]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body
