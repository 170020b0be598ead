"""A log of our own: one line per thing that happened. A full disk silences it and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

from enuf.model.secrets import masked_code
from enuf.system import files


class EventLog:
    """Appends to a file; a failed write is remembered in `problem` until one succeeds again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problem = ""

    def write(self, text: str) -> None:
        """Note it with the time; never raises."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        lines = "".join(f"[{stamp}] {line}\n" for line in masked_code(text).splitlines() or [""])
        try:
            descriptor = files.open_log(self._path)
            try:
                os.write(descriptor, lines.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            self.problem = f"cannot write {self._path}: {os.strerror(error.errno or 0)}"
        else:
            self.problem = ""
