"""Somebody removed our runtime folder (a cleaner of /tmp, a careless hand): make it whole again while the stack runs.

A listening unix socket whose file is gone cannot be reached by anybody new, and its file cannot be made again. So the
folder is made anew, and then a new generation and a new front get new sockets in it. The public address is not touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from enuf.model.paths import StackPaths
from enuf.system import files

LOOK_EVERY_S = 2.0


class Healing:
    """Watches over the runtime folder."""

    def __init__(self, paths: StackPaths, mend: Callable[[], Awaitable[None]]) -> None:
        """`mend` is called once the folder is there again: it replaces what had sockets in it."""
        self._paths = paths
        self._mend = mend

    async def watch(self) -> None:
        """For ever: mend the folder when the control socket, which is always in it, has gone."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if not Path(self._paths.control_socket).exists():
                with contextlib.suppress(OSError):
                    self._make_folder()
                    await self._mend()

    def _make_folder(self) -> None:
        runtime = Path(self._paths.runtime)
        for folder in (runtime.parent, runtime, Path(self._paths.temp)):
            files.private_folder(folder)
        if not Path(self._paths.lock).exists():
            # Held until the process ends, like the first one; without it `enuf down` would not find us.
            self._lock = files.lock(Path(self._paths.lock))
        link = Path(self._paths.project) / ".enuf" / "run"
        if os.access(link.parent, os.W_OK) and not link.is_symlink():
            link.symlink_to(runtime)
