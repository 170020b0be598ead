"""The first processes of app servers, apart from their workers."""

from __future__ import annotations

from collections.abc import Iterable

from enuf.doctor.live.evidence import APP_SERVERS, LiveProcess


def main_process(holders: Iterable[LiveProcess]) -> LiveProcess | None:
    """Return the app server's first process among those that hold a socket."""
    return min(main_processes(holders), key=lambda each: each.started_at, default=None)


def main_processes(holders: Iterable[LiveProcess]) -> list[LiveProcess]:
    """Return every app server among those that hold a socket, without workers."""
    servers = [each for each in holders if each.program in APP_SERVERS]
    pids = {each.pid for each in servers}
    return [each for each in servers if each.parent not in pids]
