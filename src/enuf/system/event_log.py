"""A log that enuf itself writes, every line with its time.

A full disk silences it and disturbs nothing else.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from enuf.model.secrets import masked_code
from enuf.system import files


class EventLog:
    """Appends texts to a file. A failed write is in `problem`, in words, until a later one succeeds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problem = ""

    def write(self, text: str, at_s: float | None = None) -> None:
        """Append the text without secrets, each line after the time `at_s` (default: now). Never raise."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(at_s))
        lines = "".join(f"[{stamp}] {line}\n" for line in masked_code(text).splitlines() or [""])
        try:
            descriptor = files.open_log(self._path)
            try:
                os.write(descriptor, lines.encode("utf-8", "backslashreplace"))
            finally:
                os.close(descriptor)
        except OSError as error:
            self.problem = f"cannot write {self._path}: {os.strerror(error.errno or 0)}"
        else:
            self.problem = ""
