"""A failed site is started again: at once by root, and by whoever may write its logs, who asks root's own program for a try."""

from __future__ import annotations

import os
import time
from pathlib import Path

from enuf.errors import NotReady, NotRunning
from enuf.inspect.service_states import state_of_site
from enuf.install.failure_script import WISH
from enuf.install.services.systemd import SystemdHost
from enuf.model.paths import StackPaths
from enuf.sites.failure import failure_of_service

WITHIN_S, LOOK_EVERY_S = 180.0, 0.3


def revive_failed(name: str, paths: StackPaths) -> bool:
    """Start the service of a failed site again, and wait until it serves. Return False for a site that has not failed.

    Raise NotReady when the start fails again, and NotRunning where nothing tries the site again.
    """
    service = state_of_site(name)
    if service is None or service.phase != "failed":
        return False
    restart = paths.service_commands.control("restart", paths.service)
    if os.geteuid() == 0:
        SystemdHost().control("restart", paths.service)
        return True
    if not service.is_retried:
        raise NotRunning(f"the site {name} has failed, and is not tried again", f"sudo {restart}")
    _wait(name, paths, time.time())
    return True


def _wait(name: str, paths: StackPaths, begun: float) -> None:
    """Ask for a start, and wait for the outcome of one after `begun`. Raise NotReady for one that fails, or takes too long."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        service = state_of_site(name)
        if service and service.active in ("active", "reloading"):
            return
        if service and service.active == "failed" and service.started_at >= begun:
            failure = failure_of_service(paths, service)
            raise NotReady(
                f"the site {name} has failed again: {failure.reason}",
                f"what it says: enuf logs {name} --layer enuf",
                detail="\n".join(failure.lines),
            )
        if service and service.active == "failed":
            (Path(paths.log) / WISH).touch()
        time.sleep(LOOK_EVERY_S)
    raise NotReady(f"the site {name} has not been started within {WITHIN_S:g} s", f"enuf status {name}")
