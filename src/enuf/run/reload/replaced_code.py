"""The cause of a refused reload when enuf, or the Python that runs enuf, was replaced below the running supervisor.

The supervisor goes on with what it has loaded; what it looks up later (a module, a distribution, its own Python for
the trial import) is that of the new installation, and does not fit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import msgspec

import enuf
from enuf.errors import EnufError, NotReady, PythonEnded, ToolUnusable
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan

Identity = tuple[int, int, int] | None
"""Device, inode and modification time of a file, its links followed; None without a file."""


class RunningCode(msgspec.Struct, frozen=True, kw_only=True):
    """The files of the Python and of the enuf of this process, as they are on the disk at one moment."""

    python: Identity
    package: Identity


def code_on_disk() -> RunningCode:
    """Return what the disk holds now where this process has come from."""
    return RunningCode(python=_identity(sys.executable), package=_identity(enuf.__file__))


def naming_replaced_code(make: Callable[[], Plan], paths: StackPaths) -> Callable[[], Plan]:
    """Return `make` with one more error: that a later call fails because the code was replaced since this call here.

    An error of the app or of its settings stays as it is: a restart would not cure it, and would end what still serves.
    """
    started = code_on_disk()

    def make_or_name_cause() -> Plan:
        try:
            return make()
        except Exception as error:
            replaced = _what_was_replaced(started, code_on_disk())
            if not replaced or not _may_come_from_that(error):
                raise
            raise _must_restart(replaced, error, paths) from None

    return make_or_name_cause


def _identity(path: str) -> Identity:
    try:
        status = os.stat(path)  # noqa: PTH116 - its links are followed: a virtualenv may be one
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns


def _what_was_replaced(started: RunningCode, now: RunningCode) -> str:
    """Return it as a sentence; empty where everything is as it was."""
    if started.python != now.python:
        return f"the Python that runs enuf was replaced since the stack was started: {sys.executable}"
    return "enuf itself was replaced since the stack was started" if started.package != now.package else ""


def _may_come_from_that(error: Exception) -> bool:
    """Return True for a missing tool, a trial import that ended without a word, and an error inside of enuf."""
    return isinstance(error, ToolUnusable | PythonEnded) or not isinstance(error, EnufError)


def _must_restart(replaced: str, error: Exception, paths: StackPaths) -> NotReady:
    if paths.service:
        restart = f"sudo {paths.service_commands.control('restart', paths.service)}"
        hint = f"{restart} takes the new one; requests wait meanwhile"
    else:
        hint = "`enuf restart` takes the new one, and drops the requests of that moment"
    failed = error.summary if isinstance(error, EnufError) else f"{type(error).__name__}: {error}"
    return NotReady(
        replaced,
        hint,
        detail=f"what failed: {failed}",
        slug="reload-needs-restart",
    )
