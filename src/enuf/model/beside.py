"""What runs beside the web app, as data: processes, and commands at certain times."""

from __future__ import annotations

import msgspec

from enuf.model.process import AppPrograms


class BesideSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A command that runs beside the web app, without a shell."""

    name: str
    """Name of its log, its layer and its service."""
    command: str
    """As the setting has it: words as a shell reads them."""
    environment: dict[str, str] = {}
    stop_within_s: float
    """Time between TERM and KILL."""
    log: str


class SideProcess(BesideSpec, frozen=True, kw_only=True):
    """A process that runs as long as the app."""

    group: str
    """Name of the setting: several copies of a process share it, their log and their layer."""


class ScheduledJob(BesideSpec, frozen=True, kw_only=True):
    """A command that runs at certain times: exactly one of `cron` and `every_s` is set."""

    cron: str = ""
    every_s: float = 0.0

    @property
    def times(self) -> str:
        """The times in words: `0 3 * * *`, `every 600 s`."""
        return self.cron or f"every {self.every_s:g} s"


class Beside(AppPrograms, frozen=True, kw_only=True):
    """All that runs beside the web app, and what the commands need to be found."""

    processes: tuple[SideProcess, ...] = ()
    jobs: tuple[ScheduledJob, ...] = ()
    json_logs: bool = False

    @property
    def stops_within_s(self) -> float:
        """The longest time between TERM and KILL; 0 with neither processes nor jobs."""
        return max((each.stop_within_s for each in (*self.processes, *self.jobs)), default=0.0)
