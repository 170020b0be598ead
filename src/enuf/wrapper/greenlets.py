"""gunicorn's gevent worker: a request runs in a greenlet, and all greenlets of a process take turns in one thread.

A greenlet that waits lets the others run, and an error can be raised in it. One that computes, or waits in C code, lets no
other run, and the greenlet that looks after the time limit is among those. So a thread of the system, which gevent has not
patched, looks whether the greenlets still take turns, and sends this process a signal: its handler runs in the greenlet
that keeps the turn.
"""

from __future__ import annotations

import signal
from time import monotonic

from gevent import get_hub, getcurrent
from gevent.monkey import get_original

from enuf.wrapper.servers import GunicornWorker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KEPT = signal.SIGXCPU
"""The signal for a greenlet that keeps the turn: nobody else here has a use for it."""
LOOK_EVERY_S = 0.5


class GeventWorker(GunicornWorker):
    """gunicorn's worker whose requests have greenlets in place of threads."""

    current = staticmethod(getcurrent)
    """Returns what runs the caller's request: its greenlet."""

    def __init__(self, *, has_front: bool, hold_s: float, stopping: str) -> None:
        super().__init__(has_front=has_front, hold_s=hold_s, stopping=stopping)
        self._raised: dict[Any, Any] = {}
        """By greenlet: the call that raises an error in it, which the loop makes at its next turn."""
        self._turned = monotonic()
        """The last time at which the greenlets took turns."""
        self._kept_at: Any = None
        """The frame at which the signal met a greenlet."""

    def frame_of(self, thread: Any) -> Any:
        """Return the frame at which the greenlet of a request is; None when it has ended."""
        return self._kept_at if thread is getcurrent() else thread.gr_frame

    def interrupt(self, thread: Any, error: type[BaseException]) -> None:
        """Raise an error in the greenlet of a request at the loop's next turn. The one that runs raises it by itself."""
        if thread is not getcurrent():
            self._raised[thread] = get_hub().loop.run_callback(thread.throw, error)

    def withdraw(self, thread: Any) -> None:
        """Take the error back, if it was not raised yet."""
        call = self._raised.pop(thread, None)
        if call is not None:
            call.stop()

    def tick(self, alive_s: float) -> None:
        """Note that the greenlets take turns."""
        self._turned = monotonic()
        super().tick(alive_s)

    def guard(self, limit: Any) -> None:
        """Watch whether the greenlets take turns; one that keeps the turn for longer than the limit is ended."""

        def end_one_that_keeps_the_turn(_signal: int, frame: Any) -> None:
            now, keeping = monotonic(), getcurrent()
            late = [
                (answer, since)
                for answer, since in limit.running.copy().items()
                if answer.thread is keeping and now - since > limit.limit_s
            ]
            if not late or now - self._turned <= limit.limit_s:
                return
            self._kept_at = frame
            limit.interrupt(*late[0], now)
            self._kept_at = None
            raise limit.error

        signal.signal(KEPT, end_one_that_keeps_the_turn)
        main, sleep = get_original("_thread", "get_ident")(), get_original("time", "sleep")

        def look() -> None:
            while True:
                sleep(LOOK_EVERY_S)
                if monotonic() - self._turned > limit.limit_s:
                    signal.pthread_kill(main, KEPT)

        get_original("_thread", "start_new_thread")(look, ())

    def has_work_beside(self, stuck: int) -> bool:
        """Return False: requests that have a greenlet are known by their answers."""
        return False
