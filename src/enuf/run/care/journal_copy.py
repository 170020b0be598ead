"""The lines of the app and its server, copied into the journal of the service manager: our own stderr leads there.

The log stays the complete record. The journal takes a line when it can: nobody waits for it, and journald has a rate of
its own above which it counts lines and drops them.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from enuf.inspect.log_tail import LogTail
from enuf.run.running import RunningStack
from enuf.system.patient_output import PatientOutput

LOOK_EVERY_S = 1.0
STDERR = 2
_INFORMATIONAL = "<6>"
"""The priority, before each line (sd-daemon(3)): a line of the app cannot choose another one."""


class JournalCopy:
    """A reader of the server's log that copies every line that is added while the setting is on."""

    def __init__(self, running: RunningStack, descriptor: int = STDERR) -> None:
        self._running = running
        self._output = PatientOutput(descriptor)
        self._tail = LogTail(Path(running.plan.server.process.log))
        self._skipped = 0

    async def keep(self) -> None:
        """Copy new lines until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.copy()

    def copy(self) -> None:
        """Copy the lines that were added since the last call; while the setting is off, pass over them."""
        lines = self._tail.read()
        if not self._running.plan.journal:
            return
        for line in lines:
            if self._output.is_full:
                self._skipped += 1
                continue
            if self._skipped:
                self._output.write(
                    f"<4>{self._skipped} lines are in the log alone: the journal was too slow\n"
                )
                self._skipped = 0
            self._output.write(f"{_INFORMATIONAL}{line}\n")
        self._output.flush()

    async def finish(self) -> None:
        """Copy what the servers have said at their end, and close the log."""
        self.copy()
        self._output.flush(LOOK_EVERY_S)
        self._output.close()
        self._tail.close()
