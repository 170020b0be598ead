"""The folder that the project's path leads to: another one after a release, or when it was replaced."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from enuf.system.stack_lock import identity_of

QUIET_S = 10.0


class ProjectFolder:
    """The folder behind the project's path, watched for a change: a new folder has no files of enuf yet."""

    def __init__(self, project: str) -> None:
        self._project = Path(project)
        self._identity = ""
        self._changed_at = -QUIET_S

    def look(self) -> str:
        """Return the path without links when it leads to another folder than at the last look, else an empty string."""
        before = self._identity
        with contextlib.suppress(OSError):
            self._identity = identity_of(self._project)
        if before in ("", self._identity):
            return ""
        self._changed_at = time.monotonic()
        return os.path.realpath(self._project)

    @property
    def is_new(self) -> bool:
        """True for QUIET_S seconds after a change: files that are missing in a new folder were not removed."""
        return time.monotonic() - self._changed_at < QUIET_S
