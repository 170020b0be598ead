"""What the host's service manager knows about a service, and the words for why the service failed."""

from __future__ import annotations

import msgspec

from enuf.model.signals import signal_name
from enuf.model.status import JobStatus, Phase, SideProcessStatus

EXITS = {
    4: "a setting is wrong (exit status 4)",
    5: "the app could not be found or imported (exit status 5)",
    6: "nginx, uWSGI or Python is missing or unusable (exit status 6)",
    7: "the app did not become ready (exit status 7)",
    9: "a right is missing (exit status 9)",
    8: "something is in use that it needs (exit status 8)",
    70: "a bug in enuf (exit status 70)",
    200: "its folder is gone or closed (exit status 200)",
    203: "its program is gone: the Python of its virtualenv, after an upgrade for example (exit status 203)",
    217: "its user is gone (exit status 217)",
    226: "a folder that it needs is gone (exit status 226)",
}
"""Exit statuses of `enuf serve`, and those of systemd for a program that it could not run (systemd.exec(5))."""
RESULTS = {
    "oom-kill": "the system ran out of memory and killed it",
    "timeout": "it did not start in time",
    "watchdog": "it hung",
    "resources": "the system had no resources to start it",
}
_PHASES: dict[str, Phase] = {
    "active": "serving",
    "reloading": "reloading",
    "activating": "starting",
    "deactivating": "stopping",
    "failed": "failed",
}


class ServiceState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a service, in systemd's words (systemctl(1), `show`)."""

    unit: str
    active: str
    """`active`, `reloading`, `activating`, `deactivating`, `failed` or `inactive`."""
    sub: str = ""
    """More exactly: `running`, `auto-restart`, …"""
    result: str = ""
    """How the last run ended: `success`, `exit-code`, `signal`, `oom-kill`, `timeout`, `start-limit-hit`, …"""
    status_text: str = ""
    """What the service itself has said last."""
    restarts: int = 0
    """How often systemd has started it again by itself."""
    code: int = 0
    """How the last main process ended, as waitid(2) says it: 1 for an exit, 2 or 3 for a signal."""
    status: int = 0
    """Exit status, or number of the signal, of the last main process."""
    started_at: float = 0.0
    """When the last main process was started, in seconds since the epoch; 0 for one that never was."""
    is_retried: bool = False
    """True while systemd tries the failed service again, with growing pauses."""
    processes: tuple[SideProcessStatus, ...] = ()
    """The services of the processes that run beside the site's app."""
    jobs: tuple[JobStatus, ...] = ()
    """The timers of the site's scheduled commands."""

    @property
    def phase(self) -> Phase | None:
        """The state in the words for a stack; None for a service that was stopped, or that is not known.

        A service that systemd starts again and again has failed, whatever it does this very moment; so has one whose
        run has ended badly, and of which only the end is left to do.
        """
        again = self.sub.startswith("auto-restart") or self.restarts or self.is_retried
        ends_badly = self.active == "deactivating" and self.result not in ("", "success")
        is_between = self.active == "inactive" and self.is_retried
        if ends_badly or is_between or (self.active == "activating" and again):
            return "failed"
        return _PHASES.get(self.active)

    @property
    def cause(self) -> str:
        """Why the service does not run, in words; empty where its last run ended well."""
        if self.result in RESULTS:
            return RESULTS[self.result]
        if self.code in (2, 3):
            return f"it was killed by {signal_name(self.status)}"
        if self.status:
            return EXITS.get(self.status, f"it ended with exit status {self.status}")
        return "" if self.result in ("", "success") else f"systemd says: {self.result}"
