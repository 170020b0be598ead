"""When a scheduled command is due. Times of crontab are those of the machine's time zone.

When clocks go forward, a run inside of the hour that is left out comes right after that hour; when they go back, it
comes once: as with Debian's cron. Runs of every hour or minute are not moved.
"""

from __future__ import annotations

import contextlib
import os
from datetime import datetime, tzinfo
from pathlib import Path

from enuf.model.beside import ScheduledJob

_LOCAL = Path("/etc/localtime")
LATE_S = 60.0
"""A run that is late by more is missed: the stack was down, or the machine asleep."""
MOST_COUNTED = 1000


def local_zone() -> tzinfo:
    """Return the machine's time zone with its changes of the clock, or that of TZ."""
    from zoneinfo import ZoneInfo

    name = os.environ.get("TZ", "").removeprefix(":")
    with contextlib.suppress(OSError, ValueError, KeyError):
        if name:
            return ZoneInfo(name)
        with _LOCAL.open("rb") as file:
            return ZoneInfo.from_file(file)
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    return zone


def next_due(job: ScheduledJob, after: float, zone: tzinfo) -> float:
    """Return the first time after `after` at which the command is due, in seconds since the epoch."""
    if not job.cron:
        return after + job.every_s
    from cronsim import CronSim

    # next() of CronSim works in whole seconds
    return next(CronSim(job.cron, datetime.fromtimestamp(after, zone))).timestamp()


def passed(job: ScheduledJob, due: float, now: float, zone: tzinfo) -> tuple[int, float]:
    """Return how many times from `due` on have passed, at most MOST_COUNTED, and the next one after `now`."""
    count = 0
    if not job.cron and due <= now:
        count = int((now - due) // job.every_s) + 1
        count += due + count * job.every_s <= now  # the division was rounded
        return min(count, MOST_COUNTED), due + count * job.every_s
    while due <= now and count < MOST_COUNTED:
        count, due = count + 1, next_due(job, due, zone)
    return count, due if due > now else next_due(job, now, zone)
