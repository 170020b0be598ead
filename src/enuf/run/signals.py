"""The signals that a supervisor obeys.

SIGTERM and SIGINT stop the stack, a second one at once; SIGQUIT stops it gracefully; SIGHUP reloads; SIGUSR1
reopens the logs.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from enuf.run.reporter import Reporter
from enuf.system.process import has_terminal


class SignalHandlers:
    """Turns signals into calls, in the thread of the event loop."""

    def __init__(
        self,
        reporter: Reporter,
        *,
        stop: Callable[[bool], None],
        reload: Callable[[], None],
        reopen_logs: Callable[[], None],
        in_flight: Callable[[], int],
    ) -> None:
        """`stop` takes whether the stack shall stop at once; `in_flight` counts the requests that this would cut."""
        self._reporter = reporter
        self._stop = stop
        self._reload = reload
        self._reopen_logs = reopen_logs
        self._in_flight = in_flight
        self._stops = 0
        self._had_terminal = has_terminal()

    def install(self) -> None:
        """Handle the signals from now on."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop_signalled)
        loop.add_signal_handler(signal.SIGINT, self._stop_signalled)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants it ignored
            loop.add_signal_handler(signal.SIGHUP, self._hangup_signalled)
        loop.add_signal_handler(signal.SIGUSR1, self._reopen_logs)
        loop.add_signal_handler(signal.SIGQUIT, self._stop, False)

    def _stop_signalled(self) -> None:
        self._stops += 1
        if self._stops == 1:
            self._reporter.progress("finishing the requests in flight (once more: stop now)")
        elif self._stops == 2 and (cut := self._in_flight()):
            self._reporter.note(f"{cut} request{'' if cut == 1 else 's'} cut")
        self._stop(self._stops > 1)

    def _hangup_signalled(self) -> None:
        """Reload, or stop when our terminal was closed: no user could stop the stack later."""
        if self._had_terminal and not has_terminal():
            self._stop(False)
        else:
            self._reload()
