"""What a command beside an installed site remembers of its runs, in a file of its own beside its log.

systemd knows the present run only: how the one before it ended, and when a run succeeded, is remembered here. The
command's own user writes the file, so it is a claim of the app's, shown and counted and never obeyed.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.model.status import A_SHORT_RUN_S, JobResult
from enuf.system import files
from enuf.system.process import describe_exit

FOLDER = "beside"
"""The folder of these files, in that of the site's logs."""
LIMIT_BYTES = 10_000


class SideRuns(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of one command that have ended."""

    succeeded: int = 0
    failed: int = 0
    stopped: int = 0
    """Ended by TERM or another signal that was sent from outside."""
    last_result: JobResult = ""
    last_end: str = ""
    """How the last run ended: `exited with status 1`; empty before."""
    last_success: float | None = None
    """When a run succeeded the last time, in seconds since the epoch."""
    failures: int = 0
    """Ends in a row that nobody asked for, each soon after its start."""


def read_side_runs(log_folder: Path, name: str) -> SideRuns:
    """Return what a command remembers; nothing of one that never ended, or whose file this user may not read."""
    try:
        return msgspec.json.decode(
            files.read_regular(_file(log_folder, name), LIMIT_BYTES, follow=False), type=SideRuns
        )
    except (OSError, msgspec.MsgspecError, RecursionError):
        return SideRuns()


def remember_run(
    log_folder: Path, name: str, code: int, *, was_stopped: bool, lasted_s: float, at: float
) -> None:
    """Remember the end of a run. `code` is the exit status, or the negative number of the signal that ended it.

    A file that cannot be written is left as it is: the command's work counts for more.
    """
    before = read_side_runs(log_folder, name)
    result: JobResult = "stopped" if was_stopped else "failed" if code else "succeeded"
    is_short = lasted_s < A_SHORT_RUN_S
    now = replace(
        before,
        last_result=result,
        last_end=describe_exit(-code if code < 0 else code << 8),
        last_success=at if result == "succeeded" else before.last_success,
        failures=0 if was_stopped else before.failures + 1 if is_short else 1,
        **{result: getattr(before, result) + 1},
    )
    file = _file(log_folder, name)
    try:
        file.parent.mkdir(mode=0o750, exist_ok=True)
        files.write_whole(file, msgspec.json.encode(now).decode() + "\n", 0o640, durable=False)
    except OSError:
        return


def _file(log_folder: Path, name: str) -> Path:
    return log_folder / FOLDER / f"{name}.json"
