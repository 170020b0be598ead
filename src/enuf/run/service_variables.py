"""The environment of a service, which a reload may bring anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping

from enuf.errors import EnufError

OF_ONE_PROCESS = (
    *("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC", "MAINPID"),
    *("INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "CREDENTIALS_DIRECTORY"),
)  # fmt: skip
"""Variables that the service manager gives to each process alone: those of the supervisor stay."""


class ServiceVariables:
    """The variables of a service: one mapping, which all parts of the supervisor hold, and whose content may change."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """`environ` stays as it is where it is a mapping that cannot be changed."""
        self._environ = environ

    def offer(self, new: Mapping[str, str] | None) -> Callable[[EnufError | None], None]:
        """Put new variables in force for a reload. Return the function that takes its outcome.

        After a failure the variables are as before: what serves on was started with those.
        """
        environ = self._environ
        if new is None or not isinstance(environ, MutableMapping):
            return lambda _problem: None
        before = dict(environ)
        kept = {name: before[name] for name in OF_ONE_PROCESS if name in before}
        _replace(environ, {**{name: new[name] for name in new if name not in OF_ONE_PROCESS}, **kept})

        def end(problem: EnufError | None) -> None:
            if problem is not None:
                _replace(environ, before)

        return end


def _replace(environ: MutableMapping[str, str], values: Mapping[str, str]) -> None:
    environ.clear()
    environ.update(values)
