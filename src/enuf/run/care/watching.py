"""The watch for changed source files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from enuf.model.plan import Watch
from enuf.system.tree import fingerprint

LOOK_EVERY_S = 0.5


async def watch_files(what: Watch, changed: Callable[[], None]) -> None:
    """Call `changed` whenever the files have changed and then been still for a moment, until cancelled.

    Polling works on every file system, also on mounted ones without notifications; a hundred files cost about
    a millisecond.
    """
    known = fingerprint(what.folders, what.suffixes)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        seen = fingerprint(what.folders, what.suffixes)
        if seen == known:
            continue
        while True:  # an editor or a checkout writes several files: wait until it is done
            await asyncio.sleep(LOOK_EVERY_S / 2)
            still = fingerprint(what.folders, what.suffixes)
            if still == seen:
                break
            seen = still
        known = seen
        changed()
