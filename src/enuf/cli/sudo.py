"""The command that was typed, as root: by full paths, because sudo looks in folders of the system only."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from enuf.errors import PrivilegeNeeded


def own_command() -> tuple[str, ...]:
    """What starts this enuf from anywhere."""
    program = Path(sys.argv[0])
    if program.name == "enuf" and program.is_file() and os.access(program, os.X_OK):
        return (str(Path(os.path.abspath(program))),)  # noqa: PTH100 - links stay: they tell which virtualenv
    return (sys.executable, "-m", "enuf")


def with_sudo(arguments: Sequence[str] | None = None) -> str:
    """The line to type."""
    return shlex.join(("sudo", *own_command(), *(sys.argv[1:] if arguments is None else arguments)))


def refuse_without_root(what: str) -> None:
    """Raise PrivilegeNeeded, with the exact command, unless we are root."""
    if os.geteuid() != 0:
        raise PrivilegeNeeded(f"only root may {what}", with_sudo())
