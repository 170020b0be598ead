"""The signals that end a start."""

from __future__ import annotations

import signal


def interrupt_on_signals() -> None:
    """Make TERM and HUP end the command as Ctrl-C does, with all resources released, until a supervisor handles them.

    The first process of a container ignores both by default (signal(7), pid_namespaces(7)).
    """

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, interrupt)
