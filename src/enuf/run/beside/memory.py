"""What must be remembered of scheduled commands while the stack is down: when each is due, and its last success."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.system import files

LIMIT_BYTES = 100_000


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """One scheduled command."""

    times: str = ""
    """The times that `due` was computed from."""
    due: float | None = None
    last_success: float | None = None


class JobMemory:
    """The file `jobs.json` of a stack."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs = _read(path)

    def due(self, name: str, times: str) -> float | None:
        """Return when the command was due next, if by these times."""
        known = self._jobs.get(name)
        return known.due if known and known.times == times else None

    def last_success(self, name: str) -> float | None:
        """Return when a run of the command succeeded the last time."""
        return self._jobs.get(name, Remembered()).last_success

    def plan(self, name: str, times: str, due: float) -> None:
        """Remember when the command is due next."""
        self._change(name, times=times, due=due)

    def succeed(self, name: str, at: float) -> None:
        """Remember a run that succeeded."""
        self._change(name, last_success=at)

    def _change(self, name: str, **fields: object) -> None:
        self._jobs[name] = replace(self._jobs.get(name, Remembered()), **fields)
        try:
            files.write_whole(
                self._path, msgspec.json.encode(self._jobs).decode() + "\n", 0o600, durable=False
            )
        except OSError:
            return  # it serves the next start alone, and the disk may be full


def _read(path: Path) -> dict[str, Remembered]:
    try:
        return msgspec.json.decode(files.read_regular(path, LIMIT_BYTES), type=dict[str, Remembered])
    except (OSError, msgspec.MsgspecError, RecursionError):
        return {}
