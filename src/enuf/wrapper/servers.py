"""What the wrapper needs of the server that it runs in: the connection of a request, and a way to leave the queue."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
import select
import signal
import socket
import struct
import sys
from _thread import get_ident
from time import monotonic

from enuf.wrapper.lent import LentConnections
from enuf.wrapper.stamps import OLDEST_PIECE_S, output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
LOG_FD = 2


class BrokenOff(Exception):
    """Raised into a server that ends the connection of a request when its answer raises."""


class _Server:
    """What uWSGI and gunicorn have in common."""

    lends_connection = False
    """True where the app can take over the connection of a request, for a WebSocket."""
    reads_bounded = True
    """False where `readline(size)` of a request's body may return more."""

    def __init__(self, *, has_front: bool, hold_s: float) -> None:
        self.has_front = has_front
        self.hold_s = hold_s
        """So long, in seconds, nginx waits for the next byte of an answer."""
        self._held: list[tuple[float, socket.socket]] = []
        self.lent = LentConnections()
        if signal.getsignal(signal.SIGPIPE) is signal.SIG_DFL:  # a visitor who goes away would end the worker
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    current = staticmethod(get_ident)
    """Returns what runs the caller's request: the number of its thread."""

    def frame_of(self, thread: Any) -> Any:
        """Return the frame at which the thread of a request is; None when it has ended."""
        return sys._current_frames().get(thread)  # noqa: SLF001

    def interrupt(self, thread: Any, error: type[BaseException]) -> None:
        """Raise an error in the thread of a request, when it runs Python code next."""
        _set_exception(thread, error)

    def withdraw(self, thread: Any) -> None:
        """Take the error back, if it was not raised yet. To be called in that thread."""
        _set_exception(thread, None)

    def guard(self, limit: Any) -> None:
        """Begin what the server needs besides, in a process that begins to take requests."""

    @property
    def holds(self) -> bool:
        """Return True while connections are held."""
        return bool(self._held)

    @property
    def is_stopping(self) -> bool:
        """Return True when this worker takes no more requests."""
        return False

    def log(self, text: str) -> None:
        """Write to the server's log in one piece, whatever the app has done to sys.stderr."""
        output.write(LOG_FD, text)

    def tick(self, alive_s: float) -> None:
        """Let go of connections that were held long enough.

        A worker in which Python stands still, because C code keeps the interpreter's lock, ends `alive_s`
        seconds after its last tick: faulthandler's own thread, which needs no lock, writes all stacks into
        the log and ends the process.
        """
        output.release(OLDEST_PIECE_S)
        faulthandler.dump_traceback_later(alive_s, exit=True, file=LOG_FD)
        if self.lent and self.is_stopping:
            self.lent.go_away()
        now = monotonic()
        for held in [held for held in self._held if held[0] < now]:
            self._held.remove(held)
            held[1].close()

    def answer_last(self, connection: int, data: bytes) -> float:
        """Send a whole answer in place of the app, and end the connection.

        Return when this process may end, as `monotonic()`.
        """
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection)) as own:
            own.settimeout(1)
            own.sendall(data)
            own.shutdown(socket.SHUT_RDWR)
        return 0.0

    def replace_thread(self) -> None:
        """Do what the loss of a thread makes necessary."""

    def has_work_beside(self, stuck: int) -> bool:
        """Return True for work that is not in the app's code yet, beside so many requests that hang."""
        return False

    def end(self) -> None:
        """End this worker; the server starts another one."""
        os._exit(1)

    def hold(self, connection: int) -> float:
        """Keep a connection open until nginx gives up: only so does nginx learn that the answer is not whole.

        The end of a connection is the end of an answer for the uwsgi protocol. On TCP a reset says more, at
        once; a unix socket knows none (F274). Return when this process may end, as `monotonic()`.
        """
        own = socket.socket(fileno=os.dup(connection))
        if own.family != socket.AF_UNIX:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            own.close()
            return 0.0
        until = monotonic() + self.hold_s
        self._held.append((until, own))
        return until


class UwsgiWorker(_Server):
    """uWSGI's worker."""

    reads_bounded = False

    def __init__(self, *, has_front: bool, hold_s: float) -> None:
        super().__init__(has_front=has_front, hold_s=hold_s)
        import uwsgi

        self._uwsgi = uwsgi
        self.connection_of = uwsgi.connection_fd
        """Returns the descriptor of the connection of this thread's request, whatever it is given."""
        if not uwsgi.worker_id() and signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
            # The app was loaded in the master, which would not hear of the end of a worker.
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)

    def break_off(self, connection: int, *, ends_by_itself: bool) -> None:
        """Let the client see that the answer is not whole; with a Content-Length it sees that by itself."""
        if not ends_by_itself:
            self.hold(connection)

    def leave_queue(self) -> None:
        """Take no more connections in this worker: its threads no longer look at the listening sockets."""
        listening = set(self._uwsgi.sockets)
        with contextlib.suppress(OSError):  # there is no such folder on macOS
            for fd in os.listdir("/proc/self/fdinfo"):  # noqa: PTH208
                with contextlib.suppress(OSError):
                    self._leave(int(fd), listening)

    def _leave(self, fd: int, listening: set[int]) -> None:
        with open(f"/proc/self/fdinfo/{fd}") as file:  # noqa: PTH123
            watched = {int(number) for number in re.findall(r"^tfd:\s*(\d+)", file.read(), re.MULTILINE)}
        if watched & listening:
            with select.epoll.fromfd(os.dup(fd)) as queue:
                for socket_fd in watched & listening:
                    queue.unregister(socket_fd)


class GunicornWorker(_Server):
    """gunicorn's worker."""

    lends_connection = True

    def __init__(self, *, has_front: bool, hold_s: float, stopping: str) -> None:
        super().__init__(has_front=has_front, hold_s=hold_s)
        self.stopping = stopping
        """A file that is there once the stack stops."""
        self.worker: Any = None

    @property
    def is_stopping(self) -> bool:
        """Return True when gunicorn has asked this worker to stop or to be replaced, or enuf stops the front."""
        return not self.worker.alive or os.path.exists(self.stopping)  # noqa: PTH110

    def connection_of(self, environ: dict[str, Any]) -> int:
        """Return the descriptor of the request's connection."""
        fd: int = environ["gunicorn.socket"].fileno()
        return fd

    def break_off(self, connection: int, *, ends_by_itself: bool) -> None:
        """Raise BrokenOff, which makes gunicorn leave out the end mark of the body.

        Over the uwsgi protocol there is no such mark: the connection is held, and gunicorn closes another
        one.
        """
        if not ends_by_itself and self.hold(connection):
            ours, other = socket.socketpair()
            with ours, other:
                os.dup2(other.fileno(), connection)
        raise BrokenOff("the answer was cut short: see the record above")

    def hold(self, connection: int) -> float:
        """Do so for the uwsgi protocol only: with HTTP gunicorn sends no end mark."""
        return super().hold(connection) if self.worker.cfg.protocol == "uwsgi" else 0.0

    def leave_queue(self) -> None:
        """Take no more connections in this worker."""
        self.worker.alive = False

    def replace_thread(self) -> None:
        """Let another thread do the work of one that hangs: connections that were taken already wait for it."""
        with contextlib.suppress(AttributeError):  # private names of concurrent.futures
            pool = self.worker.tpool
            pool._max_workers += 1  # noqa: SLF001
            pool._adjust_thread_count()  # noqa: SLF001

    def has_work_beside(self, stuck: int) -> bool:
        """Return True while connections are in this worker beside those that hang."""
        return bool(getattr(self.worker, "nr_conns", 0) > stuck)


def _set_exception(thread: int, error: type[BaseException] | None) -> None:
    import ctypes

    found = ctypes.py_object(error) if error is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), found)
