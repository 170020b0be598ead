"""The commands that a hint shows: with full paths, because sudo searches system folders only."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from enuf.errors import PrivilegeNeeded


def own_command() -> tuple[str, ...]:
    """Return the words that start this enuf from any folder."""
    program = Path(sys.argv[0])
    if program.name == "enuf" and program.is_file() and os.access(program, os.X_OK):
        return (str(Path(os.path.abspath(program))),)  # noqa: PTH100 - links stay: they tell which virtualenv
    return (sys.executable, "-P", "-m", "enuf")


def with_sudo(arguments: Sequence[str] | None = None, user: str = "") -> str:
    """Return the command line that does this as root, or as `user`.

    By default, with the arguments of this very run.
    """
    words = sys.argv[1:] if arguments is None else arguments
    account = ("-u", f"#{user}" if user.isdigit() else user) if user else ()
    return shlex.join(("sudo", *account, *own_command(), *words))


def refuse_without_root(what: str) -> None:
    """Raise PrivilegeNeeded, with the exact command, unless we are root."""
    if os.geteuid() != 0:
        raise PrivilegeNeeded(f"only root may {what}", with_sudo())
